use std::sync::Arc;

use super::super::{Fact, Facts, Query, open};
use super::*;
use crate::tests::support;

struct AsIndexed;

impl Facts for AsIndexed {
    fn conversation(&self, _: u64, indexed: u64) -> Option<u64> {
        Some(indexed)
    }
    fn holds(&self, _: u64, _: &Fact) -> bool {
        true
    }
}

fn found(index: &Index, question: &str) -> Vec<(u64, u64)> {
    let facts: Arc<dyn Facts> = Arc::new(AsIndexed);
    let found = index.find(&Query::parse(question), &facts, 50, None);
    let hits = found.unwrap().hits;
    hits.iter()
        .map(|hit| (hit.conversation, hit.message))
        .collect()
}

/// A conversation with a mail for each text.
fn talk(store: &Store, texts: &'static [&'static str]) -> (ConversationId, Vec<MessageId>) {
    support::write(store, move |tx| {
        let conversation = support::open(tx)?;
        let mut messages = Vec::new();
        for (i, text) in texts.iter().enumerate() {
            messages.push(support::mail(tx, conversation, i as u32 + 1, text)?);
        }
        Ok((conversation, messages))
    })
    .unwrap()
}

fn record(store: &Store, event: Event) {
    support::write(store, move |tx| tx.record(event)).unwrap();
}

fn built(store: &Store, folder: &Path) -> (Follower, Index) {
    let mut builder = Builder::new(store.clone(), folder).unwrap();
    while !builder.step().unwrap() {}
    Follower::new(store.clone(), builder.finish().unwrap()).unwrap()
}

#[test]
fn what_is_recorded_is_found_at_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (mut follower, index) = built(&store, &folder.path().join("index"));
    assert_eq!(follower.step(0).unwrap(), Next::Idle);

    let (conversation, messages) = talk(&store, &["first words", "second words"]);
    assert_eq!(follower.step(0).unwrap(), Next::Idle);
    assert_eq!(found(&index, "words"), [(conversation.0, messages[1].0)]);
    assert_eq!(found(&index, "anna@example.com").len(), 1);
    assert_eq!(follower.reached(), store.last_seq());
}

#[test]
fn commits_keep_their_distance() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (mut follower, index) = built(&store, &folder.path().join("index"));
    talk(&store, &["one"]);
    assert_eq!(follower.step(10_000).unwrap(), Next::Idle);
    talk(&store, &["two"]);
    assert_eq!(follower.step(10_100).unwrap(), Next::At(10_500));
    assert_eq!(found(&index, "two"), []);
    assert!(follower.reached() < store.last_seq());
    assert_eq!(follower.step(10_500).unwrap(), Next::Idle);
    assert_eq!(found(&index, "two").len(), 1);
}

#[test]
fn changes_moves_and_renames_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (mut follower, index) = built(&store, &folder.path().join("index"));
    let (one, messages) = talk(&store, &["alpha", "beta"]);
    let (two, _) = talk(&store, &["gamma"]);
    follower.catch_up(0).unwrap();

    let mut changed = store.read().unwrap().message(messages[0]).unwrap().unwrap();
    changed.body = Body::Inline("delta".into());
    record(&store, Event::MessageChanged(Box::new(changed)));
    record(
        &store,
        Event::MessageMoved {
            message: messages[1],
            from: one,
            to: two,
            seq: 2,
            matched_by: "moved".into(),
        },
    );
    let mut renamed = store.read().unwrap().conversation(one).unwrap().unwrap();
    renamed.subject = "epsilon".into();
    renamed.newest = Some(messages[0]);
    record(&store, Event::ConversationChanged(Box::new(renamed)));
    follower.catch_up(1_000).unwrap();

    for (question, expected) in [
        ("alpha ", vec![]),
        ("delta", vec![(one.0, messages[0].0)]),
        ("beta", vec![(two.0, messages[1].0)]),
        ("epsilon", vec![(one.0, messages[0].0)]),
    ] {
        assert_eq!(found(&index, question), expected, "{question}");
    }
}

#[test]
fn a_follower_goes_on_where_its_index_ends() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("index");
    let store = Store::open(folder.path()).unwrap();
    let (mut follower, _) = built(&store, &home);
    talk(&store, &["committed"]);
    follower.step(0).unwrap();
    talk(&store, &["taken in, never committed"]);
    assert!(matches!(follower.step(1).unwrap(), Next::At(_)));
    drop(follower);

    let (mut follower, index) = Follower::new(store.clone(), open(&home).unwrap()).unwrap();
    follower.step(2).unwrap();
    assert_eq!(found(&index, "committed").len(), 2);
    assert_eq!(index.len(), 2);
}

#[test]
fn an_index_of_another_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("index");
    let store = Store::open(&folder.path().join("a")).unwrap();
    talk(&store, &["words"]);
    let _ = built(&store, &home);
    let other = Store::open(&folder.path().join("b")).unwrap();
    let refused = Follower::new(other, open(&home).unwrap());
    assert!(matches!(refused.err(), Some(FollowError::Index(_))));
}

#[test]
fn an_index_is_built_from_the_tables_while_mail_comes_in() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("index");
    let store = Store::open(folder.path()).unwrap();
    for _ in 0..3 {
        support::write(&store, |tx| {
            let conversation = support::open(tx)?;
            (1..=100).try_for_each(|i| {
                support::mail(tx, conversation, i, &format!("text {i}")).map(drop)
            })
        })
        .unwrap();
    }
    let mut builder = Builder::new(store.clone(), &home).unwrap();
    assert!(!builder.step().unwrap());
    talk(&store, &["late"]);
    while !builder.step().unwrap() {}
    let (mut follower, index) = Follower::new(store.clone(), builder.finish().unwrap()).unwrap();
    follower.catch_up(0).unwrap();
    assert_eq!(index.len(), 301);
    assert_eq!(found(&index, "text").len(), 3);
    assert_eq!(found(&index, "late").len(), 1);
}
