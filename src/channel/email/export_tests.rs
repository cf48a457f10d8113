use super::*;
use crate::channel::email::import::{Importer, Stop, archives};
use crate::clock::Clock;
use crate::config::Config;
use casella_index::{Actor, Event, Tx};
use std::fs;
use std::path::Path;

fn inbox(folder: &Path) -> Inbox {
    Inbox::open(Config::default(), Clock::machine(), folder).unwrap()
}

fn import(inbox: &Inbox, file: &Path) -> crate::channel::email::import::Report {
    let found = archives(&[file.to_owned()]).unwrap();
    Importer::new(inbox, Stop::default())
        .run(&found, &mut |_| {})
        .unwrap()
}

fn exported(inbox: &Inbox) -> String {
    let mut out = Vec::new();
    for id in messages(inbox).unwrap() {
        write_mbox(inbox, id, &mut out).unwrap();
    }
    String::from_utf8(out).unwrap()
}

fn chat_line(tx: &mut Tx<'_>, text: &str) -> Result<(), StoreError> {
    let conversation = Conversation {
        id: tx.new_conversation()?,
        next_seq: 1,
        ..Conversation::default()
    };
    let message = Message {
        id: tx.new_message()?,
        seq: 1,
        conversation: conversation.id,
        at: 1_000,
        author: Author {
            kind: AuthorKind::Visitor,
            name: "Visitor 1".into(),
            ..Author::default()
        },
        channels: vec![Channel::Chat],
        body: Body::Inline(text.into()),
        ..Message::default()
    };
    tx.record(Event::ConversationOpened(conversation))?;
    tx.record(Event::MessageAdded {
        message: Box::new(message),
        reopens: false,
        unread: true,
    })?;
    Ok(())
}

const MAILS: [&str; 2] = [
    "From: b@x.example\r\nTo: inbox@localhost\r\nMessage-ID: <2@x>\r\nDate: Fri, 02 Jan 2026 10:00:00 +0000\r\nSubject: b\r\n\r\nFrom here\r\n>From there\r\n",
    "From: a@x.example\nTo: inbox@localhost\nMessage-ID: <1@x>\nDate: Thu, 01 Jan 2026 10:00:00 +0000\nSubject: a\n\nno last line end",
];

#[test]
fn everything_is_written_oldest_first_and_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let one = inbox(&folder.path().join("one"));
    for (i, mail) in MAILS.iter().enumerate() {
        let file = folder.path().join(format!("{i}.eml"));
        fs::write(&file, mail).unwrap();
        import(&one, &file);
    }
    let stamp = one.stamp(Actor::System);
    one.store
        .write(stamp, |tx| chat_line(tx, "hello from the widget"))
        .wait()
        .unwrap();

    let mbox = exported(&one);
    let order: Vec<_> = ["hello from the widget", "Subject: a", "Subject: b"]
        .map(|s| mbox.find(s))
        .to_vec();
    assert!(order.is_sorted() && order[0].is_some(), "{mbox}");
    assert!(
        mbox.contains("\r\n>From here\r\n>>From there\r\n"),
        "{mbox}"
    );
    assert!(mbox.contains("X-Casella-Channel: chat"), "{mbox}");

    let file = folder.path().join("all.mbox");
    fs::write(&file, &mbox).unwrap();
    let two = inbox(&folder.path().join("two"));
    let report = import(&two, &file);
    assert_eq!((report.mails, report.failed), (3, 0));
    let known = import(&one, &file);
    assert_eq!(known.duplicates, 2, "the mails are those we have");
}
