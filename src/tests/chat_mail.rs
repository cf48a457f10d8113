//! Mails that follow a chat: what they carry, what bears both labels, how files travel.

use super::world::World;
use super::world::http::{Api, ask};
use super::world::sink::Sink;
use super::world::visitor::Visitor;
use mail_parser::{MessageParser, MimeHeaders};
use serde_json::{Value, json};

/// A shop whose mails go to a sink, and Anna, who wrote and left her address.
fn shop(sink: &Sink) -> (World, Visitor) {
    let world = World::with(&format!(
        "[outbound]\nvia = \"smtp://{}\"\n[limits]\nchat_per_minute = 0\n",
        sink.address
    ));
    let anna = Visitor::come(&world);
    anna.say("Do you ship to Trieste?", "1");
    let who = json!({"email": "anna@shop.example", "name": "Anna"});
    assert_eq!(anna.ask("POST", "identify", &who).status, 200);
    (world, anna)
}

fn answer(api: &Api, channel: &str, text: &str) {
    api.post(
        "/conversations/1/messages",
        json!({"channel": channel, "text": text}),
    );
}

/// The text of the mail number `n`, counted from 1, once it is there.
fn mail(world: &World, sink: &Sink, n: usize) -> String {
    let raw = world.wait("the mail", || sink.mails().get(n - 1).cloned());
    let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
    parsed.body_text(0).unwrap().into_owned()
}

/// Text and channels of each line of the thread.
fn labels(api: &Api) -> Vec<(String, String)> {
    let thread = api.get("/conversations/1");
    let label = |message: &Value| {
        let channels = message["channels"].as_array().unwrap();
        let names: Vec<_> = channels.iter().map(|c| c.as_str().unwrap()).collect();
        (
            message["text"].as_str().unwrap().to_owned(),
            names.join("+"),
        )
    };
    let messages = thread["messages"].as_array().unwrap();
    messages.iter().map(label).collect()
}

#[test]
fn a_mail_after_chat_carries_the_chat_since_the_last_mail_and_labels_it() {
    let sink = Sink::open();
    let (world, anna) = shop(&sink);
    let api = world.api();
    answer(&api, "chat", "We do, in two days");
    answer(&api, "note", "a regular customer");
    answer(&api, "email", "First, in writing");
    let first = mail(&world, &sink, 1);
    for words in [
        "First, in writing",
        "Do you ship to Trieste?",
        "We do, in two days",
    ] {
        assert!(first.contains(words), "{words}: {first}");
    }
    assert!(!first.contains("regular"), "a note never leaves the house");
    anna.say("And to Rome?", "2");
    answer(&api, "email", "Second, in writing");
    let second = mail(&world, &sink, 2);
    assert!(
        second.contains("Second, in writing") && second.contains("And to Rome?"),
        "{second}"
    );
    assert!(
        !second.contains("Trieste") && !second.contains("First"),
        "{second}"
    );
    let expected = [
        ("Do you ship to Trieste?", "chat+email"),
        ("We do, in two days", "chat+email"),
        ("a regular customer", ""),
        ("First, in writing", "email"),
        ("And to Rome?", "chat+email"),
        ("Second, in writing", "email"),
    ];
    let expected = expected.map(|(text, label)| (text.to_owned(), label.to_owned()));
    assert_eq!(labels(&api), expected);
    let seen = [
        "Do you ship to Trieste?",
        "We do, in two days",
        "Answered by email",
        "And to Rome?",
        "Answered by email",
    ];
    assert_eq!(anna.texts(), seen, "in the widget chat stays chat");
}

#[test]
fn the_answer_to_such_a_mail_comes_back_into_the_same_thread() {
    let sink = Sink::open();
    let (world, anna) = shop(&sink);
    let api = world.api();
    answer(&api, "email", "In writing");
    let raw = world.wait("the mail", || sink.mails().first().cloned());
    api.patch("/conversations/1", json!({"status": "complete"}));
    let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
    let back = parsed
        .reply_to()
        .unwrap()
        .first()
        .unwrap()
        .address()
        .unwrap()
        .to_owned();
    let reply = world.mail(
        "anna@shop.example",
        &back,
        "From: anna@shop.example\nSubject: Re: x\nMessage-ID: <back@shop.example>\n\nThe blue one, please\n",
    );
    assert!(reply.starts_with("250"), "{reply}");
    let thread = api.get("/conversations/1");
    assert_eq!(
        (&thread["status"], &thread["read"]),
        (&json!("open"), &json!(false))
    );
    assert_eq!(
        thread["messages"].as_array().unwrap().last().unwrap()["matched_by"],
        "token"
    );
    assert!(!anna.texts().contains(&"The blue one, please".to_owned()));
}

#[test]
fn a_transcript_goes_out_at_any_time() {
    let sink = Sink::open();
    let (world, _) = shop(&sink);
    let api = world.api();
    let mut agent = world.logged_in("mario@shop.example", "agent");
    answer(&api, "email", "In writing");
    mail(&world, &sink, 1);
    let sent = agent.post("/conversations/1/transcript", &[]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    let record = mail(&world, &sink, 2);
    assert!(record.contains("Do you ship to Trieste?"), "{record}");
}

#[test]
fn small_files_travel_along_and_large_ones_are_fetched_by_a_signed_link() {
    let sink = Sink::open();
    let (world, anna) = shop(&sink);
    let api = world.api();
    let paper = |size: usize| [b"%PDF-1.7\n".as_slice(), &vec![b'x'; size]].concat();
    assert_eq!(anna.send_file("small.pdf", &paper(1_000)).status, 201);
    answer(&api, "email", "Thank you");
    let raw = world.wait("the mail", || sink.mails().first().cloned());
    let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert_eq!(
        parsed.attachment(0).unwrap().attachment_name(),
        Some("small.pdf")
    );
    assert!(!raw.contains("/files/"), "{raw}");

    for name in ["plan.pdf", "roof.pdf"] {
        assert_eq!(anna.send_file(name, &paper(6_000_000)).status, 201);
    }
    answer(&api, "email", "Thank you again");
    let text = mail(&world, &sink, 2);
    assert!(sink.mails()[1].len() < 100_000, "no file in it");
    let links: Vec<_> = text
        .split_whitespace()
        .filter(|w| w.contains("/files/"))
        .collect();
    assert_eq!(links.len(), 2, "{text}");
    let path = links[1]
        .split(&world.http_address().to_string())
        .nth(1)
        .unwrap();
    let fetched = ask(world.http_address(), "GET", path, &[], b"");
    assert_eq!((fetched.status, fetched.body), (200, paper(6_000_000)));
    assert!(
        fetched
            .headers
            .iter()
            .any(|(n, v)| n == "content-disposition" && v.contains("roof.pdf"))
    );
    let forged = format!("{}a", &path[..path.len() - 1]);
    let forged = if forged == path {
        format!("{}b", &path[..path.len() - 1])
    } else {
        forged
    };
    assert_eq!(
        ask(world.http_address(), "GET", &forged, &[], b"").status,
        404
    );
}
