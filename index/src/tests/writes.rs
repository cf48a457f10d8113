use super::support::*;
use crate::board::Filter;
use crate::model::*;
use crate::{Event, Rows, Store, StoreError, backup};

#[test]
fn what_was_answered_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let id = write(&store, |tx| {
        let conversation = open(tx)?;
        mail(tx, conversation, 1, "hello")
    })
    .unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    let message = store.read().unwrap().message(id).unwrap().unwrap();
    assert_eq!(store.body(&message).unwrap().text, "hello");
    assert_eq!(
        store.blob(message.email.unwrap().raw.unwrap()).unwrap(),
        b"hello"
    );
    assert_eq!(store.board().unread(), 1);
}

#[test]
fn a_second_process_is_told_that_the_folder_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Store::open(folder.path()).unwrap();
    let second = Store::open(folder.path()).unwrap_err();
    assert!(
        matches!(&second, StoreError::Locked { path } if path.contains("tmp") || !path.is_empty()),
        "{second}"
    );
}

#[test]
fn a_verb_that_fails_after_recording_undoes_everything() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let failed = write(&store, |tx| {
        open(tx)?;
        Err::<(), _>(StoreError::Aborted {
            why: "half-way".into(),
        })
    });
    assert!(failed.is_err());
    assert_eq!(store.last_seq(), 0);
    assert_eq!(
        write(&store, open).unwrap(),
        ConversationId(1),
        "ids of undone writes are given again"
    );
}

#[test]
fn a_panicking_verb_costs_only_its_own_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let failed = write(&store, |_| -> Result<(), StoreError> {
        panic!("a fault of ours")
    });
    assert!(matches!(failed, Err(StoreError::Aborted { .. })));
    assert!(write(&store, open).is_ok());
}

#[test]
fn many_callers_share_commits_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let callers: Vec<_> = (0..200)
        .map(|n| {
            store.write(STAMP, move |tx| {
                let conversation = open(tx)?;
                mail(tx, conversation, 1, &format!("mail {n}"))
            })
        })
        .collect();
    for caller in callers {
        caller.wait().unwrap();
    }
    assert_eq!(
        store.board().list(&Filter::default(), None, 1_000).len(),
        200
    );
}

#[test]
fn completing_reading_and_moving_show_on_the_board() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (a, b, first) = write(&store, |tx| {
        let (a, b) = (open(tx)?, open(tx)?);
        let first = mail(tx, a, 1, "one")?;
        mail(tx, a, 2, "two")?;
        mail(tx, b, 1, "three")?;
        Ok((a, b, first))
    })
    .unwrap();
    write(&store, move |tx| {
        tx.record(Event::ConversationRead { conversation: b })?;
        tx.record(Event::ConversationCompleted {
            conversation: b,
            by: None,
        })?;
        tx.record(Event::MessageMoved {
            message: first,
            from: a,
            to: b,
            seq: 2,
            matched_by: "moved".into(),
        })
    })
    .unwrap();
    let open = Filter {
        status: Some(Status::Open),
        ..Filter::default()
    };
    assert_eq!(
        store
            .board()
            .list(&open, None, 10)
            .iter()
            .map(|place| place.1)
            .collect::<Vec<_>>(),
        [a]
    );
    assert_eq!(store.board().unread(), 1);
    let snapshot = store.read().unwrap();
    let thread: Vec<_> = snapshot
        .thread(b, 0, 10)
        .unwrap()
        .into_iter()
        .map(|m| m.snippet)
        .collect();
    assert_eq!(thread, ["three", "one"]);
    assert_eq!(snapshot.conversation(a).unwrap().unwrap().messages_count, 1);
}

#[test]
fn a_mail_is_found_by_its_ids_and_people() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (conversation, id) = write(&store, |tx| {
        let conversation = open(tx)?;
        Ok((conversation, mail(tx, conversation, 1, "hello")?))
    })
    .unwrap();
    let snapshot = store.read().unwrap();
    assert_eq!(
        snapshot.mails_with_id("hello@example.com").unwrap(),
        [(id, true)]
    );
    assert!(
        snapshot
            .takes_part(conversation, "anna@example.com")
            .unwrap()
    );
    assert!(
        !snapshot
            .takes_part(conversation, "bob@example.com")
            .unwrap()
    );
}

#[test]
fn replaying_the_journal_gives_the_same_tables() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("data")).unwrap();
    write(&store, |tx| {
        let (a, b) = (open(tx)?, open(tx)?);
        let first = mail(tx, a, 1, "one")?;
        tx.record(Event::MessageMoved {
            message: first,
            from: a,
            to: b,
            seq: 1,
            matched_by: "moved".into(),
        })
    })
    .unwrap();
    assert_eq!(backup::replay_differs(&store).unwrap(), None);
}

#[test]
fn a_backup_taken_while_writing_restores_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("data")).unwrap();
    let id = write(&store, |tx| {
        let conversation = open(tx)?;
        mail(tx, conversation, 1, "kept")
    })
    .unwrap();
    let file = folder.path().join("backup");
    let key = ("keys/a.key".to_owned(), b"secret".to_vec());
    backup::backup(&store, &file, &[key]).unwrap();
    let target = folder.path().join("restored");
    backup::restore(&file, &target).unwrap();
    assert_eq!(std::fs::read(target.join("keys/a.key")).unwrap(), b"secret");
    let restored = Store::open(&target).unwrap();
    let message = restored.read().unwrap().message(id).unwrap().unwrap();
    assert_eq!(
        restored.blob(message.email.unwrap().raw.unwrap()).unwrap(),
        b"kept"
    );
    assert!(write(&restored, open).is_ok(), "a restored store goes on");
}

#[test]
fn a_cut_backup_and_an_occupied_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("data")).unwrap();
    let file = folder.path().join("backup");
    backup::backup(&store, &file, &[]).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 40]).unwrap();
    let cut = backup::restore(&file, &folder.path().join("new")).unwrap_err();
    assert!(matches!(cut, StoreError::Damaged { .. }), "{cut}");
    std::fs::write(&file, &bytes).unwrap();
    let occupied = backup::restore(&file, &folder.path().join("data")).unwrap_err();
    assert!(occupied.to_string().contains("not empty"), "{occupied}");
}

#[test]
fn a_backup_writes_nothing_outside_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("data")).unwrap();
    let file = folder.path().join("backup");
    let stray = ("../stray".to_owned(), Vec::new());
    backup::backup(&store, &file, &[stray]).unwrap();
    assert!(backup::restore(&file, &folder.path().join("new")).is_err());
    assert!(!folder.path().join("stray").exists());
}
