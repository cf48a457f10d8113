//! The mail trace leaves no mail out: whatever became of it, an admin finds it, and what holds for its address.

use super::world::World;
use super::world::http::Browser;
use serde_json::{Value, json};

fn mail(from: &str, id: &str) -> String {
    format!(
        "From: <{from}>\nTo: inbox@localhost\nSubject: Where is it?\nMessage-ID: <{id}@cliente.example>\n\nWhere is {id}?\n"
    )
}

fn sent(world: &World, from: &str, id: &str) {
    let reply = world.mail(from, "inbox@localhost", &mail(from, id));
    assert!(reply.starts_with("250"), "{reply}");
}

fn trace(admin: &mut Browser, query: &str) -> String {
    let answer = admin.get(&format!("/settings/trace?{query}"));
    assert_eq!(answer.status, 200, "{query}");
    answer.text()
}

/// Refusals are noted a moment after they are said.
fn told(world: &World, admin: &mut Browser, query: &str, words: &[&str]) {
    for told in words {
        world.wait(&format!("{query}: {told}"), || {
            trace(admin, query).contains(told).then_some(())
        });
    }
}

/// A complaint of a mailbox's owner, as its provider passes it on (RFC 5965).
fn complaint(about: &str, recipient: &str) -> String {
    format!(
        "From: <feedback@provider.example>\nTo: inbox@localhost\nSubject: Complaint\nMessage-ID: <arf@provider.example>\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
         --b\n\nThis is a complaint.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\
         User-Agent: Provider/1\nVersion: 1\nOriginal-Rcpt-To: {recipient}\n--b\nContent-Type: message/rfc822\n\n\
         From: inbox@localhost\nTo: {recipient}\nMessage-ID: <{about}>\n\nOn its way\n--b--\n"
    )
}

#[test]
fn a_session_that_broke_off_and_a_recipient_refused_are_found() {
    let world = World::start();
    let mut admin = world.logged_in("ada@shop.example", "admin");
    let mut session = world.smtp();
    session.say("EHLO sender.example");
    session.say("MAIL FROM:<lost@cliente.example>");
    session.say("RCPT TO:<inbox@localhost>");
    session.say("DATA");
    session.try_write(b"Subject: half a ma").unwrap();
    drop(session);
    told(
        &world,
        &mut admin,
        "q=lost@cliente.example",
        &["the sender broke off"],
    );
    world.mail(
        "probe@else.example",
        "nobody@localhost",
        &mail("probe@else.example", "1"),
    );
    told(
        &world,
        &mut admin,
        "q=nobody@localhost",
        &["no such mailbox here", "probe@else.example"],
    );
    let by_kind = trace(&mut admin, "kind=outcome:unknown_mailbox");
    assert!(by_kind.contains("probe@else.example") && !by_kind.contains("lost@cliente.example"));
}

#[test]
fn a_mail_put_off_is_found() {
    let world = World::with("[store]\nmin_free = \"900000 GiB\"\n");
    let mut admin = world.logged_in("ada@shop.example", "admin");
    let reply = world.mail(
        "early@cliente.example",
        "inbox@localhost",
        &mail("early@cliente.example", "1"),
    );
    assert!(reply.starts_with("452"), "{reply}");
    told(
        &world,
        &mut admin,
        "q=early@cliente.example",
        &["the disk is nearly full", "452"],
    );
}

#[test]
fn a_copy_its_conversation_and_its_place_in_the_index_are_shown() {
    let world = World::start();
    let mut admin = world.logged_in("ada@shop.example", "admin");
    sent(&world, "mario@cliente.example", "1");
    sent(&world, "mario@cliente.example", "1");
    told(&world, &mut admin, "q=1@cliente.example", &["<dd>yes"]);
    told(
        &world,
        &mut admin,
        "q=%3C1@cliente.example%3E",
        &[
            "Began a conversation",
            "A copy of a mail we hold",
            "1: Where is it?",
            "127.0.0.1 sender.example",
        ],
    );
    told(
        &world,
        &mut admin,
        "q=MARIO@cliente.example&kind=outcome:duplicate",
        &["A copy of a mail we hold"],
    );
    told(
        &world,
        &mut admin,
        "q=cliente.exam",
        &["Began a conversation"],
    );
}

#[test]
fn a_complaint_suppresses_its_address_and_both_are_shown() {
    let world = World::start();
    let mut admin = world.logged_in("ada@shop.example", "admin");
    sent(&world, "mario@cliente.example", "1");
    let answer = json!({"channel": "email", "text": "On its way"});
    let ours: Value = world.api().post("/conversations/1/messages", answer);
    let about = ours["message_id"].as_str().unwrap();
    told(
        &world,
        &mut admin,
        "q=mario@cliente.example",
        &["Sent by us", "Waiting to be sent"],
    );

    let complaint = complaint(about, "mario@cliente.example");
    let reply = world.mail("feedback@provider.example", "inbox@localhost", &complaint);
    assert!(reply.starts_with("250"), "{reply}");
    told(
        &world,
        &mut admin,
        "kind=mark:complaint",
        &["feedback@provider.example", "complaint"],
    );
    told(
        &world,
        &mut admin,
        "q=mario@cliente.example",
        &["Mail to mario@cliente.example was refused for good"],
    );
    let contacts = world.api().get("/contacts?email=feedback@provider.example");
    assert_eq!(contacts["contacts"], json!([]), "a report makes no contact");
}

#[test]
fn a_blocked_sender_is_named_as_such() {
    let world = World::start();
    let mut admin = world.logged_in("ada@shop.example", "admin");
    sent(&world, "mario@cliente.example", "1");
    assert_eq!(
        admin.post("/contacts/1/block", &[("blocked", "1")]).status,
        303
    );
    sent(&world, "mario@cliente.example", "2");
    told(
        &world,
        &mut admin,
        "q=mario@cliente.example",
        &[
            "mario@cliente.example is blocked",
            "Joined the contact",
            "2@cliente.example",
        ],
    );
}
