//! Bounces, delays, vacation notes and our own mail coming back.

use super::office::*;
use crate::inbox::receive::Outcome;
use crate::rules::threading::MatchedBy;
use casella_index::Rows;
use casella_index::model::*;
use casella_index::tables::SUPPRESSIONS;

const DAY: Millis = 24 * 3_600_000;

fn bounce(action: &str, status: &str, about: &str) -> String {
    format!(
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: b@localhost\nSubject: Undelivered Mail Returned to Sender\n\
         Message-ID: <dsn@mx.example>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\n\n\
         --B\nContent-Type: text/plain\n\nIt failed.\n\n\
         --B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; mario@x.example\nAction: {action}\nStatus: {status}\n\n\
         --B\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{about}>\nSubject: Re: Order 12\n\n--B--\n"
    )
}

#[tokio::test]
async fn a_vacation_note_joins_without_reopening_or_lighting_the_dot() {
    let office = Office::open().await;
    let first = office
        .deliver(&mail(MARIO, "a@x.example", ""))
        .await
        .conversation;
    let ours = office
        .answer(first, "mario@x.example")
        .email
        .unwrap()
        .message_id;
    office.complete(first);
    let note = mail(
        MARIO,
        "v@x.example",
        &format!("In-Reply-To: <{ours}>\nAuto-Submitted: auto-replied\n"),
    );
    let note = office
        .deliver_from(Some(""), &["inbox@localhost"], &note)
        .await;
    assert_eq!(
        (note.conversation, note.outcome),
        (first, Outcome::Joined(MatchedBy::Reference))
    );
    assert_eq!(office.state(first), "complete read");
    assert!(office.message(note.message).email.unwrap().auto_reply);
}

#[tokio::test]
async fn a_bounce_changes_the_message_it_is_about_and_makes_no_contact() {
    for by_token in [true, false] {
        let office = Office::open().await;
        let first = office
            .deliver(&mail(MARIO, "a@x.example", ""))
            .await
            .conversation;
        let ours = office.answer(first, "mario@x.example");
        office.complete(first);
        let id = ours.email.unwrap().message_id;
        let (to, about) = if by_token {
            (office.bounce_address(ours.id), "unknown@y")
        } else {
            ("inbox@localhost".into(), id.as_str())
        };
        let report = office
            .deliver_from(Some(""), &[&to], &bounce("failed", "5.2.2", about))
            .await;
        assert_eq!(
            (report.conversation, report.outcome),
            (first, Outcome::Joined(MatchedBy::Bounce))
        );
        let delivery = office.message(ours.id).delivery;
        assert_eq!(
            (delivery.state, delivery.detail.as_str()),
            (DeliveryState::Bounced, "the mailbox is full (5.2.2)")
        );
        assert_eq!(delivery.recipients[0].address, "mario@x.example");
        assert_eq!(office.contacts(), 1);
        assert_eq!(office.state(first), "complete unread", "told, not reopened");
    }
}

#[tokio::test]
async fn a_delay_is_shown_and_disturbs_nobody() {
    let office = Office::open().await;
    let first = office
        .deliver(&mail(MARIO, "a@x.example", ""))
        .await
        .conversation;
    let ours = office.answer(first, "mario@x.example");
    office.complete(first);
    office
        .deliver_from(
            Some(""),
            &[&office.bounce_address(ours.id)],
            &bounce("delayed", "4.4.1", "x@y"),
        )
        .await;
    assert_eq!(
        office.message(ours.id).delivery.state,
        DeliveryState::Delayed
    );
    assert_eq!(office.state(first), "complete read");
}

#[tokio::test]
async fn a_dead_address_is_suppressed_at_once_and_a_full_one_after_three_times() {
    let office = Office::open().await;
    let first = office
        .deliver(&mail(MARIO, "a@x.example", ""))
        .await
        .conversation;
    let suppressed = || {
        office
            .inbox
            .read()
            .unwrap()
            .get(&SUPPRESSIONS, &"mario@x.example".to_owned())
            .unwrap()
            .unwrap()
    };
    let mut hard = Vec::new();
    for n in 0..3 {
        let ours = office.answer(first, "mario@x.example");
        let report = bounce("failed", "5.2.2", "x@y").replace("dsn@", &format!("dsn{n}@"));
        office
            .deliver_from(
                Some(""),
                &[&office.bounce_address(ours.id)],
                &report.replace("It failed", &format!("It failed {n}")),
            )
            .await;
        hard.push(suppressed().hard);
    }
    assert_eq!(hard, [false, false, true]);
    let dead = Office::open().await;
    let first = dead
        .deliver(&mail(MARIO, "a@x.example", ""))
        .await
        .conversation;
    let ours = dead.answer(first, "mario@x.example");
    dead.deliver_from(
        Some(""),
        &[&dead.bounce_address(ours.id)],
        &bounce("failed", "5.1.1", "x@y"),
    )
    .await;
    assert!(
        dead.inbox
            .read()
            .unwrap()
            .get(&SUPPRESSIONS, &"mario@x.example".to_owned())
            .unwrap()
            .unwrap()
            .hard
    );
}

#[tokio::test]
async fn a_bounce_about_nothing_of_ours_is_kept_and_is_nobodys() {
    let office = Office::open().await;
    let report = office
        .deliver_from(
            Some(""),
            &["inbox@localhost"],
            &bounce("failed", "5.1.1", "unknown@y.example"),
        )
        .await;
    assert_eq!(
        (
            office.contacts(),
            office.state(report.conversation).as_str()
        ),
        (0, "complete read")
    );
    assert_eq!(office.conversation(report.conversation).contact, None);
}

#[tokio::test]
async fn a_bounce_that_names_an_address_alone_is_about_our_last_mail_there() {
    let office = Office::open().await;
    let first = office
        .deliver(&mail(MARIO, "a@x.example", ""))
        .await
        .conversation;
    let ours = office.answer(first, "mario@x.example");
    office.inbox.clock.advance(4 * DAY);
    let text = "From: MAILER-DAEMON@x.example\nSubject: failure notice\n\nHi. This is the qmail-send program at x.example.\n\n<mario@x.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n";
    office
        .deliver_from(Some(""), &["inbox@localhost"], text)
        .await;
    assert_eq!(
        office.message(ours.id).delivery.state,
        DeliveryState::Bounced
    );
    assert!(
        office
            .inbox
            .read()
            .unwrap()
            .all(&SUPPRESSIONS)
            .unwrap()
            .is_empty(),
        "anybody could have said so"
    );
}

#[tokio::test]
async fn our_own_mail_coming_back_is_noted_on_itself() {
    let office = Office::open().await;
    let first = office
        .deliver(&mail(MARIO, "a@x.example", ""))
        .await
        .conversation;
    let ours = office.answer(first, "mario@x.example");
    let id = ours.email.unwrap().message_id;
    let back = office.deliver(&mail("inbox@localhost", &id, "")).await;
    assert_eq!((back.message, back.outcome), (ours.id, Outcome::CameBack));
    assert_eq!(office.conversation(first).messages_count, 2);
}
