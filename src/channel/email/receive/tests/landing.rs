//! Which conversation a mail joins, and whose it is.

use super::office::*;
use crate::config::Threading;
use crate::inbox::receive::Outcome;
use crate::rules::threading::MatchedBy;
use casella_index::model::*;
use casella_index::{Event, Rows};

#[tokio::test]
async fn a_first_mail_begins_a_conversation_with_a_new_contact() {
    let office = Office::open().await;
    let received = office.deliver(&mail(MARIO, "a@x.example", "")).await;
    assert_eq!(received.outcome, Outcome::Began);
    assert_eq!(office.state(received.conversation), "open unread");
    let conversation = office.conversation(received.conversation);
    assert_eq!(
        (conversation.subject.as_str(), conversation.snippet.as_str()),
        ("Order 12", "Where is it? (a@x.example)")
    );
    let contact = office.contact(received.conversation);
    assert_eq!(
        (
            contact.name.as_str(),
            contact.addresses[0].key.as_str(),
            contact.addresses[0].verified
        ),
        ("Mario Rossi", "mario@x.example", true)
    );
    let message = office.message(received.message);
    assert_eq!(message.matched_by.as_deref(), Some("new"));
    let raw = office
        .inbox
        .store
        .blob(message.email.unwrap().raw.unwrap())
        .unwrap();
    assert_eq!(
        raw,
        mail(MARIO, "a@x.example", "")
            .replace('\n', "\r\n")
            .into_bytes(),
        "byte for byte"
    );
}

#[tokio::test]
async fn another_mail_of_a_contact_joins_and_reopens_the_running_conversation() {
    let office = Office::open().await;
    let first = office
        .deliver(&mail(MARIO, "a@x.example", ""))
        .await
        .conversation;
    office.complete(first);
    let second = office
        .deliver(&mail("mario@X.example", "b@x.example", ""))
        .await;
    assert_eq!(
        (second.conversation, second.outcome),
        (first, Outcome::Joined(MatchedBy::Contact))
    );
    assert_eq!(office.state(first), "open unread");
    assert_eq!(office.contacts(), 1);
}

#[tokio::test]
async fn with_a_conversation_per_thread_only_answers_join() {
    let office = Office::with(|config| config.inbox.threading = Threading::Thread).await;
    let first = office
        .deliver(&mail(MARIO, "a@x.example", ""))
        .await
        .conversation;
    let other = office.deliver(&mail(MARIO, "b@x.example", "")).await;
    assert_ne!(other.conversation, first);
    assert_eq!(
        office.conversation(other.conversation).suggestion,
        Some(first),
        "the same subject is a suggestion"
    );
    let answer = office
        .deliver(&mail(MARIO, "c@x.example", "In-Reply-To: <a@x.example>\n"))
        .await;
    assert_eq!(
        (answer.conversation, answer.outcome),
        (first, Outcome::Joined(MatchedBy::Reference))
    );
}

#[tokio::test]
async fn an_answer_to_our_mail_comes_back_by_token_whatever_its_headers_say() {
    let office = Office::with(|config| config.inbox.threading = Threading::Thread).await;
    let first = office
        .deliver(&mail(MARIO, "a@x.example", ""))
        .await
        .conversation;
    office.answer(first, "mario@x.example");
    office.complete(first);
    let to = office.reply_address(first).to_uppercase();
    let answer = office
        .deliver_to(&[&to], &mail(MARIO, "b@x.example", ""))
        .await;
    assert_eq!(
        (answer.conversation, answer.outcome),
        (first, Outcome::Joined(MatchedBy::Token))
    );
    assert_eq!(office.state(first), "open unread");
    let header =
        mail(MARIO, "c@x.example", "").replace("inbox@localhost", &office.reply_address(first));
    assert_eq!(
        office.deliver(&header).await.outcome,
        Outcome::Joined(MatchedBy::Token),
        "the token in To alone"
    );
}

#[tokio::test]
async fn a_stranger_with_a_token_joins_as_a_stranger() {
    let office = Office::open().await;
    let first = office
        .deliver(&mail(MARIO, "a@x.example", ""))
        .await
        .conversation;
    let to = office.reply_address(first);
    let stranger = office
        .deliver_to(
            &[&to],
            &mail("Mario Rossi <evil@y.example>", "b@y.example", ""),
        )
        .await;
    assert_eq!(stranger.conversation, first);
    let email = office.message(stranger.message).email.unwrap();
    assert!(email.external);
    let resembles = email.resembles.unwrap_or_default();
    assert_eq!(resembles.how, "same_name");
    assert_eq!(
        (office.contacts(), office.contact(first).name.as_str()),
        (1, "Mario Rossi"),
        "the contact is unchanged"
    );
    assert!(
        !office
            .inbox
            .read()
            .unwrap()
            .takes_part(first, "evil@y.example")
            .unwrap()
    );
}

#[tokio::test]
async fn a_stranger_who_names_a_known_id_gets_a_conversation_and_a_hint() {
    let office = Office::open().await;
    let first = office
        .deliver(&mail(MARIO, "a@x.example", ""))
        .await
        .conversation;
    let stranger = office
        .deliver(&mail(
            "eve@y.example",
            "b@y.example",
            "In-Reply-To: <a@x.example>\nReferences: <a@x.example>\n",
        ))
        .await;
    assert_eq!(stranger.outcome, Outcome::Began);
    assert_eq!(
        office.conversation(stranger.conversation).suggestion,
        Some(first)
    );
}

#[tokio::test]
async fn somebody_in_cc_takes_part() {
    let office = Office::open().await;
    let first = office
        .deliver(&mail(MARIO, "a@x.example", "Cc: anna@z.example\n"))
        .await
        .conversation;
    let answer = office
        .deliver(&mail(
            "anna@z.example",
            "b@z.example",
            "References: <a@x.example>\n",
        ))
        .await;
    assert_eq!(
        (answer.conversation, answer.outcome),
        (first, Outcome::Joined(MatchedBy::Reference))
    );
}

#[tokio::test]
async fn an_answer_that_overtakes_its_mail_is_joined_by_it() {
    let office = Office::with(|config| config.inbox.threading = Threading::Thread).await;
    let answer = office
        .deliver(&mail(MARIO, "b@x.example", "In-Reply-To: <a@x.example>\n"))
        .await;
    let parent = office.deliver(&mail(MARIO, "a@x.example", "")).await;
    assert_eq!(parent.conversation, answer.conversation);
}

#[tokio::test]
async fn a_copy_by_a_second_path_is_one_message_with_two_paths() {
    let office = Office::open().await;
    let first = office.deliver(&mail(MARIO, "a@x.example", "")).await;
    let copy = format!(
        "Received: from elsewhere\n{}",
        mail(MARIO, "a@x.example", "")
    );
    let again = office.deliver_to(&["sales@localhost"], &copy).await;
    assert_eq!(
        (again.message, again.outcome),
        (first.message, Outcome::Duplicate)
    );
    let paths = office.message(first.message).email.unwrap().paths;
    let ways: Vec<_> = paths.iter().map(|path| path.recipients.join(",")).collect();
    assert_eq!(ways, ["inbox@localhost", "sales@localhost"]);
    assert_eq!(office.conversation(first.conversation).messages_count, 1);
}

#[tokio::test]
async fn the_same_id_with_other_words_is_another_mail_and_both_are_found() {
    let office = Office::open().await;
    let first = office.deliver(&mail(MARIO, "a@x.example", "")).await;
    let other = office
        .deliver(&mail(MARIO, "a@x.example", "").replace("Where", "When"))
        .await;
    assert_ne!(other.message, first.message);
    let found = office
        .inbox
        .read()
        .unwrap()
        .mails_with_id("a@x.example")
        .unwrap();
    assert_eq!(found, [(first.message, true), (other.message, true)]);
    assert!(
        office
            .message(other.message)
            .email
            .unwrap()
            .message_id
            .ends_with("@local")
    );
}

#[tokio::test]
async fn a_mail_without_id_sent_twice_is_one_message() {
    let office = Office::open().await;
    let plain = "From: mario@x.example\nSubject: Hi\n\nNo id.\n";
    let first = office.deliver(plain).await;
    assert_eq!(office.deliver(plain).await.message, first.message);
}

#[tokio::test]
async fn an_agents_forward_belongs_to_the_customer_and_their_words_to_a_note() {
    let office = Office::open().await;
    office.agent("anna@localhost");
    let forward = "From: Anna <anna@localhost>\nTo: inbox@localhost\nSubject: Fwd: Broken vase\nMessage-ID: <f@localhost>\n\n\
        Please look after this one.\n\n---------- Forwarded message ---------\nFrom: Mario Rossi <mario@x.example>\n\
        Date: Fri, 2 Jan 2026 at 03:04\nSubject: Broken vase\nTo: <anna@localhost>\n\n\nIt came in pieces.\n";
    let received = office.deliver(forward).await;
    assert_eq!(
        office.contact(received.conversation).addresses[0].key,
        "mario@x.example"
    );
    let message = office.message(received.message);
    assert_eq!(
        (message.subject.as_str(), message.author.address.as_deref()),
        ("Broken vase", Some("mario@x.example"))
    );
    assert_eq!(office.text(received.message).trim(), "It came in pieces.");
    assert_eq!(
        message.email.unwrap().swapped_from.unwrap().address,
        "anna@localhost"
    );
    let thread = office
        .inbox
        .read()
        .unwrap()
        .thread(received.conversation, 0, 10)
        .unwrap();
    assert_eq!(thread[0].direction, Direction::Note);
    assert_eq!(
        office.text(thread[0].id).trim(),
        "Please look after this one."
    );
}

#[tokio::test]
async fn a_customers_forward_is_the_customers() {
    let office = Office::open().await;
    let forward = "From: Carla <carla@z.example>\nTo: inbox@localhost\nSubject: Fwd: Broken vase\nMessage-ID: <f@z.example>\n\n\
        See below.\n\n---------- Forwarded message ---------\nFrom: Mario Rossi <mario@x.example>\n\
        Date: Fri, 2 Jan 2026 at 03:04\nSubject: Broken vase\nTo: <carla@z.example>\n\n\nIt came in pieces.\n";
    let received = office.deliver(forward).await;
    assert_eq!(
        office.contact(received.conversation).addresses[0].key,
        "carla@z.example"
    );
}

#[tokio::test]
async fn an_address_typed_into_a_widget_is_proven_by_the_token_alone() {
    let office = Office::open().await;
    let chat = office.write(|tx| {
        let id = tx.new_contact()?;
        let address = ContactAddress {
            address: "mario@x.example".into(),
            key: "mario@x.example".into(),
            verified: false,
            ..ContactAddress::default()
        };
        tx.record(Event::ContactCreated(Contact {
            id,
            addresses: vec![address],
            ..Contact::default()
        }))?;
        let chat = Conversation {
            id: tx.new_conversation()?,
            channel: Channel::Chat,
            visitor: Some(VisitorId(1)),
            contact: Some(id),
            next_seq: 1,
            ..Conversation::default()
        };
        tx.record(Event::ConversationOpened(chat.clone()))?;
        Ok(chat.id)
    });
    let unasked = office.deliver(&mail(MARIO, "a@x.example", "")).await;
    assert_ne!(
        unasked.conversation, chat,
        "the real Mario does not walk into a stranger's chat"
    );
    let to = office.reply_address(chat);
    let answered = office
        .deliver_to(&[&to], &mail(MARIO, "b@x.example", ""))
        .await;
    assert_eq!(answered.conversation, chat);
    assert!(office.conversation(chat).verified);
    assert_eq!(
        office
            .deliver(&mail(MARIO, "c@x.example", ""))
            .await
            .conversation,
        chat,
        "from now on it is his"
    );
}

#[tokio::test]
async fn of_a_mail_passed_on_as_attachment_the_customers_files_are_files_of_the_message() {
    let office = Office::open().await;
    office.agent("anna@localhost");
    let received = office
        .deliver(
            "From: Anna <anna@localhost>
To: inbox@localhost
Subject: Fwd: Invoice
Message-ID: <f@localhost>
Content-Type: multipart/mixed; boundary=out

--out

Can somebody check?
--out
Content-Type: message/rfc822

From: Mario <mario@x.example>
Subject: Invoice
Message-ID: <o@x.example>
Content-Type: multipart/mixed; boundary=in

--in

It is wrong.
--in
Content-Type: application/pdf; name=invoice.pdf
Content-Disposition: attachment; filename=invoice.pdf

%PDF-1.4
--in--
--out--
",
        )
        .await;
    let message = office.message(received.message);
    let file = &message.attachments[1];
    assert_eq!(file.name, "invoice.pdf");
    let AttachmentSource::Part(part) = file.source else {
        panic!("the file is in the mail: {file:?}");
    };
    let raw = office.inbox.store.blob(message.email.unwrap().raw.unwrap());
    let (_, content) = crate::channel::email::parse::attachment(&raw.unwrap(), part).unwrap();
    assert!(content.starts_with(b"%PDF-1.4"));
}

#[tokio::test]
async fn a_mail_passed_on_as_attachment_reads_like_the_customers_own() {
    let office = Office::open().await;
    office.agent("anna@localhost");
    let part = |id: &str, bytes: &str| {
        format!(
            "Content-Type: image/png; name={id}.png\nContent-ID: <{id}@x>\nContent-Disposition: inline\n\n{bytes}\n"
        )
    };
    let forward = format!(
        "From: Anna <anna@localhost>\nTo: inbox@localhost\nSubject: Fwd: Broken\nMessage-ID: <f@localhost>\n\
         Content-Type: multipart/related; boundary=out\n\n\
         --out\nContent-Type: text/html\n\n<b>See below.</b><img src=\"cid:logo@x\">\n\
         --out\n{}\
         --out\nContent-Type: message/rfc822\n\n\
         From: Mario <mario@x.example>\nSubject: Broken\nMessage-ID: <o@x.example>\n\
         Content-Type: multipart/related; boundary=in\n\n\
         --in\nContent-Type: text/html\n\n<p>It came <b>broken</b>:</p><img src=\"cid:logo@x\">\
         <blockquote type=cite>We sent it on Monday.</blockquote>\n\
         --in\n{}--in--\n--out--\n",
        part("logo", "OUTER"),
        part("logo", "INNER"),
    );
    let received = office.deliver(&forward).await;
    let message = office.message(received.message);
    let body = office.inbox.store.body(&message).unwrap();
    assert_eq!(body.text, "It came broken:");
    assert_eq!(body.quoted_text, "> We sent it on Monday.");
    let html = body.html.expect("the customer's HTML");
    assert!(
        html.contains("<b>broken</b>") && html.contains("cid:logo@x"),
        "{html}"
    );
    assert!(!html.contains("See below"), "{html}");
    let inline = message.attachments.iter().filter(|file| file.inline);
    let raw = office
        .inbox
        .store
        .blob(message.email.as_ref().unwrap().raw.unwrap());
    let raw = raw.unwrap();
    let pictures: Vec<Vec<u8>> = inline
        .filter_map(|file| match file.source {
            AttachmentSource::Part(part) => {
                Some(crate::channel::email::parse::attachment(&raw, part)?.1)
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        pictures,
        [b"INNER"],
        "the customer's picture, not the colleague's"
    );
}
