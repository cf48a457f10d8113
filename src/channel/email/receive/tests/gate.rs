//! What is let in, what is kept, what is traced.

use super::super::*;
use super::office::*;
use casella_index::Rows;
use casella_index::model::*;
use casella_index::tables::TRACES;

#[tokio::test]
async fn any_bytes_are_kept() {
    let office = Office::open().await;
    for (n, bytes) in [
        "",
        "\n",
        "no header at all",
        "From: \n\n",
        "\u{0}\u{1}\u{2}",
        "Content-Type: multipart/mixed; boundary=\n\n--",
    ]
    .iter()
    .enumerate()
    {
        let received = office.deliver(bytes).await;
        let raw = office.message(received.message).email.unwrap().raw.unwrap();
        assert_eq!(
            office.inbox.store.blob(raw).unwrap(),
            bytes.trim_start().replace('\n', "\r\n").into_bytes(),
            "case {n}"
        );
    }
}

#[tokio::test]
async fn a_mail_that_defeats_us_is_kept_unread_with_its_envelope() {
    let office = Office::open().await;
    let raw = b"From: mario@x.example\r\n\r\nfoul";
    let path = MailPath {
        mail_from: Some("mario@x.example".into()),
        recipients: vec!["inbox@localhost".into()],
        ..MailPath::default()
    };
    let way = Way {
        authentication: None,
        path,
        team: team(&office.inbox).unwrap(),
        imported: false,
    };
    let incoming = prepare(&office.inbox, raw, Err(Unreadable::Fault), way);
    let received = office.write(move |tx| receive(tx, incoming));
    let message = office.message(received.message);
    let email = message.email.unwrap();
    assert!(email.unreadable);
    assert_eq!(office.inbox.store.blob(email.raw.unwrap()).unwrap(), raw);
    assert_eq!(
        office.contact(received.conversation).addresses[0].key,
        "mario@x.example"
    );
    assert_eq!(office.state(received.conversation), "open unread");
}

#[tokio::test]
async fn recipients_are_judged_by_address_and_signature() {
    let office = Office::open().await;
    let good = office.reply_address(ConversationId(7));
    let bad = good.replace("r+a", "r+b");
    for (recipient, accepted) in [
        ("inbox@localhost", true),
        ("INBOX+anything@LOCALHOST", true),
        ("postmaster@localhost", true),
        (good.as_str(), true),
        (good.to_uppercase().as_str(), true),
        (bad.as_str(), false),
        ("r+@localhost", false),
        ("b+aaaa@localhost", false),
        ("nobody@localhost", false),
        ("inbox@elsewhere.example", false),
        ("", false),
    ] {
        let judged = office
            .reception
            .recipient(&peer(), "mario@x.example", recipient);
        assert_eq!(judged.is_ok(), accepted, "{recipient}");
        if let Err(refusal) = judged {
            assert_eq!(
                (refusal.code, refusal.enhanced),
                (550, "5.1.1"),
                "{recipient}"
            );
        }
    }
}

#[tokio::test]
async fn a_nearly_full_disk_defers_before_the_mail_is_sent() {
    let office =
        Office::with(|config| config.store.min_free = crate::config::Size::mib(1 << 40)).await;
    let refusal = office
        .reception
        .mail_from(&peer(), "mario@x.example", None)
        .unwrap_err();
    assert_eq!((refusal.code, refusal.enhanced), (452, "4.3.1"));
}

#[tokio::test]
async fn every_decision_leaves_a_row_in_the_trace() {
    let office = Office::open().await;
    office.deliver(&mail(MARIO, "a@x.example", "")).await;
    office.deliver(&mail(MARIO, "a@x.example", "")).await;
    let (gate, nobody) = (&office.reception, "nobody@localhost");
    let refusal = gate.recipient(&peer(), "mario@x.example", nobody);
    let refusal = refusal.unwrap_err();
    gate.refused(&peer(), "mario@x.example", &[nobody.into()], &refusal);
    office.write(|_| Ok(()));
    let told: Vec<_> = office
        .inbox
        .read()
        .unwrap()
        .all(&TRACES)
        .unwrap()
        .into_iter()
        .map(|(_, row)| row.decision)
        .collect();
    assert_eq!(
        told,
        [
            "began conversation 1",
            "a copy of message 1, which we held already; this path was added to it",
            "refused: no such mailbox here"
        ]
    );
}

#[tokio::test]
async fn an_archive_is_ordered_by_its_own_dates_and_is_news_to_nobody() {
    let office = Office::open().await;
    let old = mail(
        MARIO,
        "a@x.example",
        "Date: Fri, 2 Jan 2015 03:04:05 +0000\n",
    )
    .replace('\n', "\r\n");
    for _ in 0..2 {
        let path = MailPath {
            via: "import".into(),
            ..MailPath::default()
        };
        let team = team(&office.inbox).unwrap();
        let reading = read::guarded(old.clone(), None, &team);
        let way = Way {
            authentication: None,
            path,
            team,
            imported: true,
        };
        let incoming = prepare(&office.inbox, old.as_bytes(), reading, way);
        office.write(move |tx| receive(tx, incoming));
    }
    let conversation = office.conversation(ConversationId(1));
    assert_eq!(
        (conversation.messages_count, conversation.updated_at),
        (1, 1_420_167_845_000)
    );
    assert_eq!(office.state(ConversationId(1)), "open read");
    let paths = office.message(MessageId(1)).email.unwrap().paths;
    assert_eq!(paths.len(), 1, "reading an archive twice adds nothing");
}
