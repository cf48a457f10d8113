//! `make bench`: ratios against other systems, in one run on one machine. Prints tables; judges nothing.
//!
//! Everything is real: the release binary, sockets, files, fsync. What is not installed is skipped
//! with a line that says so.

mod casella;
mod chat;
mod messenger;
mod peers;
mod smtp;
mod web;

use std::time::Duration;

/// Mails of each size sent in one measurement, shared by the senders.
const MAILS: [(usize, usize); 2] = [(4 * 1024, 1_500), (100 * 1024, 200)];
const SENDERS: [usize; 3] = [1, 10, 50];
/// Messages the pages are measured at.
const MESSAGES: usize = 100_000;

fn main() {
    let folder = tempfile::tempdir().expect("a temp folder");
    // `cargo run --release --example bench -- chat`: that section alone.
    match std::env::args().nth(1).as_deref() {
        Some("chat") => return chat::chat(folder.path()),
        Some("messenger") => return messenger::messenger(folder.path()),
        _ => {}
    }
    println!("## Start, size and memory\n");
    let casella = casella::Running::start(&folder.path().join("data"));
    println!(
        "binary {:.1} MB, ready after {} ms, idle {:.1} MB\n",
        casella.binary_mb(),
        casella.start.as_millis(),
        casella.memory_mb()
    );

    println!("## SMTP: mails accepted a second (durably), and the ratio to Postfix\n");
    println!(
        "| size | senders | Casella | Postfix | mailin-embedded (no fsync) | Casella / Postfix |"
    );
    println!("|---|---|---|---|---|---|");
    let postfix = peers::Postfix::start(&folder.path().join("postfix"));
    let embedded = peers::embedded();
    for (size, count) in MAILS {
        for senders in SENDERS {
            let ours = smtp::rate(&casella.smtp, "inbox@localhost", size, count, senders);
            let theirs = postfix
                .as_ref()
                .map(|p| smtp::rate(&p.address, "box@bench.test", size, count, senders));
            let stock = smtp::rate(&embedded, "box@bench.test", size, count, senders);
            let ratio = theirs.map_or("–".into(), |theirs| format!("{:.1}", ours / theirs));
            let shown = theirs.map_or("not installed".into(), |rate| format!("{rate:.0}"));
            println!(
                "| {} KB | {senders} | {ours:.0} | {shown} | {stock:.0} | {ratio} |",
                size / 1024
            );
        }
    }
    drop(postfix);
    println!(
        "\nsearchable after {} ms; loaded {:.1} MB\n",
        casella.searchable_after(Duration::from_secs(5)).as_millis(),
        casella.memory_mb()
    );
    drop(casella);

    peers::import(folder.path());
    web::pages(folder.path(), MESSAGES);
    println!();
    chat::chat(folder.path());
    println!();
    messenger::messenger(folder.path());
}
