use std::collections::HashMap;

use super::super::{Doc, create};
use super::*;

/// What the tests say of conversations: odd ones are complete, those above 50 unread; message 77 was
/// moved to conversation 1, message 88 is hidden.
struct World;

impl Facts for World {
    fn conversation(&self, message: u64, indexed: u64) -> Option<u64> {
        match message {
            77 => Some(1),
            88 => None,
            _ => Some(indexed),
        }
    }

    fn holds(&self, conversation: u64, fact: &Fact) -> bool {
        match fact {
            Fact::Open => conversation.is_multiple_of(2),
            Fact::Complete => !conversation.is_multiple_of(2),
            Fact::Unread => conversation > 50,
            Fact::Spam => conversation == 99,
            Fact::Tag(tag) => tag == "vip" && conversation == 4,
            Fact::Assignee(who) => who == "none",
        }
    }
}

struct Mailbox {
    _folder: tempfile::TempDir,
    index: Index,
    writer: super::super::Writer,
}

impl Mailbox {
    fn of(docs: &[Doc]) -> Mailbox {
        let folder = tempfile::tempdir().unwrap();
        let (index, mut writer) = create(folder.path()).unwrap();
        // Several segments, so that merging them is part of every test.
        for chunk in docs.chunks(docs.len().div_ceil(3).max(1)) {
            chunk.iter().for_each(|doc| writer.put(doc).unwrap());
            writer.commit(1).unwrap();
        }
        Mailbox {
            _folder: folder,
            index,
            writer,
        }
    }

    fn page(&self, question: &str, limit: usize, after: Option<Cursor>) -> Found {
        let facts: Arc<dyn Facts> = Arc::new(World);
        self.index
            .find(&Query::parse(question), &facts, limit, after)
            .unwrap()
    }

    fn conversations(&self, question: &str) -> Vec<u64> {
        let found = self.page(question, 50, None);
        found.hits.iter().map(|hit| hit.conversation).collect()
    }
}

fn doc(message: u64, conversation: u64, text: &str) -> Doc {
    Doc {
        message,
        conversation,
        at: message as i64 * 1_000,
        text: text.to_owned(),
        ..Doc::default()
    }
}

#[test]
fn each_filter_narrows() {
    let march = 1_709_251_200_000;
    let mut docs = vec![
        doc(1, 1, "alpha"),
        doc(2, 2, "beta"),
        doc(3, 3, "gamma"),
        doc(4, 4, "delta"),
    ];
    docs[0].from = "Mario Rossi <mario.rossi@shop.example.com>".into();
    docs[0].to = "info@casella.example".into();
    docs[0].channels = vec!["email"];
    docs[1].subject = "Order INV-2024/0031".into();
    docs[1].channels = vec!["chat", "email"];
    docs[2].attachments = vec!["Offer_final.PDF".into(), "photo.jpg".into()];
    docs[2].has_attachment = true;
    docs[2].channels = vec!["messenger"];
    docs[3].participants = "Anna Bianchi anna@bianchi.example".into();
    for (i, doc) in docs.iter_mut().enumerate() {
        doc.at = march + i as i64 - 2;
    }
    let mailbox = Mailbox::of(&docs);
    for (question, expected) in [
        ("", vec![4, 3, 2, 1]),
        ("alpha", vec![1]),
        ("mario.rossi@shop.example.com", vec![1]),
        ("shop.example.com", vec![1]),
        ("rossi@shop", vec![1]),
        ("rossi", vec![1]),
        ("from:rossi", vec![1]),
        ("from:\"mario rossi\"", vec![1]),
        ("from:\"rossi anna\"", vec![]),
        ("from:alpha", vec![]),
        ("to:info@casella.example", vec![1]),
        ("to:rossi", vec![]),
        ("INV-2024/0031", vec![2]),
        ("inv-2024/00", vec![2]),
        ("INV-2024", vec![2]),
        ("0031", vec![2]),
        ("2024/0031", vec![2]),
        ("INV-2024/0032", vec![]),
        ("0031/2024", vec![]),
        ("subject:order", vec![2]),
        ("subject:beta", vec![]),
        ("file:offer", vec![3]),
        ("offer_final.pdf", vec![3]),
        ("has:attachment", vec![3]),
        ("-has:attachment", vec![4, 2, 1]),
        ("channel:email", vec![2, 1]),
        ("channel:chat", vec![2]),
        ("channel:messenger OR channel:chat", vec![3, 2]),
        ("anna@bianchi.example", vec![4]),
        ("before:2024-03-01", vec![2, 1]),
        ("after:2024-03-01", vec![4, 3]),
        ("after:2024-03 before:2024-04", vec![4, 3]),
        ("is:open", vec![4, 2]),
        ("is:complete", vec![3, 1]),
        ("-is:open", vec![3, 1]),
        ("is:unread", vec![]),
        ("is:read alpha", vec![1]),
        ("tag:vip", vec![4]),
        ("assignee:none", vec![4, 3, 2, 1]),
        ("tag:vip OR alpha", vec![4, 1]),
        ("alpha OR beta OR gamma", vec![3, 2, 1]),
        ("alpha OR beta is:open", vec![2]),
        ("-alpha", vec![4, 3, 2]),
        ("-alpha -beta", vec![4, 3]),
        ("-is:open -alpha", vec![3]),
        ("alp", vec![1]),
        ("alp beta", vec![]),
        ("al* -beta", vec![1]),
        ("a", vec![]),
    ] {
        assert_eq!(mailbox.conversations(question), expected, "{question}");
    }
}

#[test]
fn a_conversation_stands_once_by_its_newest_message_that_fits() {
    let mailbox = Mailbox::of(&[
        doc(1, 10, "late"),
        doc(2, 10, "late again"),
        doc(3, 10, "thanks"),
        doc(4, 20, "late"),
    ]);
    let found = mailbox.page("late", 50, None);
    let hits: Vec<_> = found
        .hits
        .iter()
        .map(|h| (h.conversation, h.message))
        .collect();
    assert_eq!(hits, [(20, 4), (10, 2)]);
    assert_eq!(
        (found.total, found.total_exact, found.next),
        (2, true, None)
    );
}

#[test]
fn a_moved_message_is_found_where_it_is_now() {
    let mailbox = Mailbox::of(&[
        doc(77, 60, "moved"),
        doc(88, 60, "moved"),
        doc(5, 1, "other"),
    ]);
    assert_eq!(mailbox.conversations("moved"), [1]);
    assert_eq!(mailbox.conversations("moved is:unread"), [] as [u64; 0]);
}

#[test]
fn pages_hold_every_conversation_once_in_order() {
    // Many messages share their second, and the newest match of a conversation hides its older ones.
    let docs: Vec<_> = (1..=120)
        .map(|i| Doc {
            at: (i / 7) as i64,
            ..doc(i, (i * 13) % 40, "word")
        })
        .collect();
    let mut newest: HashMap<u64, (i64, u64)> = HashMap::new();
    for doc in docs.iter().filter(|d| d.message != 88 && d.message != 77) {
        let best = newest.entry(doc.conversation).or_default();
        *best = (*best).max((doc.at, doc.message));
    }
    newest
        .entry(1)
        .and_modify(|best| *best = (*best).max((11, 77)));
    let mut expected: Vec<_> = newest.into_iter().map(|(c, key)| (key, c)).collect();
    expected.sort_unstable_by(|a, b| b.cmp(a));

    let mailbox = Mailbox::of(&docs);
    for limit in [1, 3, 7, 39, 40, 41] {
        let mut shown = Vec::new();
        let mut after = None;
        loop {
            let found = mailbox.page("word", limit, after);
            assert_eq!((found.total, found.total_exact), (expected.len(), true));
            shown.extend(
                found
                    .hits
                    .iter()
                    .map(|h| ((h.at, h.message), h.conversation)),
            );
            match found.next {
                Some(next) => after = Some(next.to_string().parse().unwrap()),
                None => break,
            }
        }
        assert_eq!(shown, expected, "limit {limit}");
    }
}

#[test]
fn words_spread_over_a_conversation_are_found_when_no_message_has_all() {
    let mailbox = Mailbox::of(&[
        doc(1, 10, "the blue lamp"),
        doc(2, 10, "is broken"),
        doc(3, 20, "a blue car"),
        doc(4, 30, "broken again"),
        doc(5, 40, "blue sky"),
        doc(6, 40, "broken glass"),
    ]);
    let found = mailbox.page("blue broken", 1, None);
    assert_eq!(
        (found.hits[0].conversation, found.hits[0].fit),
        (40, Fit::Conversation)
    );
    assert_eq!(found.total, 2);
    let rest = mailbox.page("blue broken", 1, found.next);
    assert_eq!(
        (rest.hits[0].conversation, rest.hits[0].message, rest.next),
        (10, 2, None)
    );
    assert_eq!(
        mailbox.conversations("blue broken is:complete"),
        [] as [u64; 0]
    );
    assert_eq!(mailbox.conversations("blue car broken"), [] as [u64; 0]);
    assert_eq!(
        mailbox.conversations("blue car"),
        [20],
        "one message has both"
    );
}

#[test]
fn near_spellings_fill_a_short_answer_up() {
    let mailbox = Mailbox::of(&[
        doc(1, 1, "please refund me"),
        doc(2, 2, "please refudn me"),
        doc(3, 3, "please fund me"),
    ]);
    let found = mailbox.page("refund", 50, None);
    let hits: Vec<_> = found.hits.iter().map(|h| (h.conversation, h.fit)).collect();
    assert_eq!(hits, [(1, Fit::Message), (2, Fit::Near)]);
    assert_eq!(mailbox.conversations("\"refudn\""), [2], "quoted is meant");
    assert_eq!(mailbox.conversations("refund -please"), [] as [u64; 0]);
}

#[test]
fn what_was_removed_is_not_found_and_does_not_hide_others() {
    let mut mailbox = Mailbox::of(&[doc(1, 1, "word"), doc(2, 2, "word"), doc(3, 1, "word")]);
    mailbox.writer.remove(3);
    mailbox.writer.commit(2).unwrap();
    let found = mailbox.page("word", 50, None);
    let hits: Vec<_> = found
        .hits
        .iter()
        .map(|h| (h.conversation, h.message))
        .collect();
    assert_eq!(hits, [(2, 2), (1, 1)]);
}

#[test]
fn a_cursor_from_outside_is_checked() {
    for bad in ["", "m", "m.1", "x.1.2", "m.a.2", "m.1.2.3", "m.1.-2"] {
        assert!(bad.parse::<Cursor>().is_err(), "{bad}");
    }
    assert_eq!("m.-5.7".parse::<Cursor>().unwrap().to_string(), "m.-5.7");
}
