//! R11: mails made to hurt are refused or read, in bounded memory, and the next mail is taken.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use std::fmt::Write;
use std::io;

/// Memory beyond what was in use before, for a mail of at most 25 MiB.
const ROOM: u64 = (3 * 25) << 20;
/// What the house itself may come to use meanwhile.
const HOUSE: u64 = 32 << 20;

fn headers() -> String {
    let mut mail = String::from("From: anna@example.com\n");
    for n in 0..10_000 {
        writeln!(mail, "X-Header-{n}: {}", "x".repeat(50)).unwrap();
    }
    format!("{mail}\nhello\n")
}

fn parts() -> String {
    let mut mail = String::from(
        "From: anna@example.com\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n",
    );
    for n in 0..10_000 {
        write!(
            mail,
            "--b\nContent-Type: text/plain; name=f{n}.txt\n\nfile {n}\n"
        )
        .unwrap();
    }
    format!("{mail}--b--\n")
}

fn nesting() -> String {
    let mut mail = String::from("From: anna@example.com\nMIME-Version: 1.0\n");
    for n in 0..1_000 {
        write!(
            mail,
            "Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"
        )
        .unwrap();
    }
    format!("{mail}Content-Type: text/plain\n\ndeep\n")
}

/// 100 MB without a line's end; the server may hang up at any time.
fn endless_line(world: &World) -> io::Result<String> {
    let mut session = world.smtp();
    for command in [
        "EHLO x",
        "MAIL FROM:<a@x.example>",
        "RCPT TO:<inbox@localhost>",
        "DATA",
    ] {
        session.say(command);
    }
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        session.try_write(&piece)?;
    }
    session.try_say("\r\n.")
}

#[test]
fn trust_mails_made_to_hurt_are_refused_or_read_in_bounded_memory() {
    let world = World::start();
    let place = Place::of(&world);
    assert!(clients::mail(&place, "anna says 000000"));
    let process = world.process();
    let before = process.memory();
    for (what, bomb) in [
        ("headers", headers()),
        ("parts", parts()),
        ("nesting", nesting()),
    ] {
        let reply = world.mail("anna@example.com", "inbox@localhost", &bomb);
        assert!(reply.starts_with("250"), "{what}: {reply}");
    }
    if let Ok(reply) = endless_line(&world) {
        assert!(
            reply.starts_with("552") || reply.starts_with("500"),
            "{reply}"
        );
    }
    let grown = process.most_memory().saturating_sub(before);
    assert!(grown <= ROOM + HOUSE, "{} MiB", grown >> 20);
    assert!(clients::mail(&place, "anna says 000001"));
    clients::prove(&world, &["anna says 000001".into()]);
}

#[test]
fn trust_a_thousand_recipients_are_taken_a_hundred_at_a_time() {
    let world = World::start();
    let mut session = world.smtp();
    session.say("EHLO x");
    session.say("MAIL FROM:<anna@example.com>");
    let replies: Vec<_> = (0..1_000)
        .map(|n| session.say(&format!("RCPT TO:<inbox+{n}@localhost>")))
        .collect();
    let taken = replies.iter().filter(|r| r.starts_with("250")).count();
    let later = replies.iter().filter(|r| r.starts_with("452")).count();
    assert_eq!((taken, later), (100, 900));
    assert!(session.say("DATA").starts_with("354"));
    let reply = session.say("From: anna@example.com\r\nSubject: All\r\n\r\nHello\r\n.");
    assert!(reply.starts_with("250"), "{reply}");
}
