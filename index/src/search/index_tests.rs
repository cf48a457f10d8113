use std::fs;
use std::sync::Arc;

use super::super::{Fact, Facts, Query};
use super::*;

struct AsIndexed;

impl Facts for AsIndexed {
    fn conversation(&self, _: u64, indexed: u64) -> Option<u64> {
        Some(indexed)
    }
    fn holds(&self, _: u64, _: &Fact) -> bool {
        true
    }
}

fn doc(message: u64, text: &str) -> Doc {
    Doc {
        message,
        conversation: message,
        at: message as i64,
        text: text.to_owned(),
        ..Doc::default()
    }
}

fn messages(index: &Index, question: &str) -> Vec<u64> {
    let facts: Arc<dyn Facts> = Arc::new(AsIndexed);
    let found = index.find(&Query::parse(question), &facts, 50, None);
    found.unwrap().hits.iter().map(|hit| hit.message).collect()
}

#[test]
fn what_was_committed_is_there_after_reopening_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut writer) = create(folder.path()).unwrap();
    writer.add(&doc(1, "kept")).unwrap();
    writer.commit(41).unwrap();
    writer.add(&doc(2, "kept too late")).unwrap();
    drop(writer);
    let opened = open(folder.path()).unwrap();
    assert_eq!(opened.seq, 41);
    assert_eq!(messages(&opened.index, "kept"), [1]);
}

#[test]
fn taking_a_message_in_twice_leaves_one() {
    let folder = tempfile::tempdir().unwrap();
    let (index, mut writer) = create(folder.path()).unwrap();
    writer.put(&doc(1, "first words")).unwrap();
    writer.put(&doc(1, "second words")).unwrap();
    writer.commit(1).unwrap();
    writer.put(&doc(1, "third words")).unwrap();
    writer.put(&doc(2, "gone words")).unwrap();
    writer.remove(2);
    writer.commit(2).unwrap();
    assert_eq!(index.len(), 1);
    assert_eq!(messages(&index, "words "), [1]);
    assert_eq!(messages(&index, "\"first\""), [] as [u64; 0]);
}

#[test]
fn an_unusable_index_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("index");
    assert_eq!(open(&home).err(), Some(Unusable::Missing));
    let (_, writer) = create(&home).unwrap();
    assert_eq!(
        open(&home).err(),
        Some(Unusable::Missing),
        "never committed"
    );
    drop(writer);
    for damage in [
        "meta.json cut",
        "meta.json empty",
        "meta.json garbage",
        "a segment gone",
        "all segments cut",
    ] {
        let (_, mut writer) = create(&home).unwrap();
        writer.add(&doc(1, "words")).unwrap();
        writer.commit(1).unwrap();
        writer.close().unwrap();
        harm(&home, damage);
        let outcome = open(&home);
        assert!(
            matches!(outcome.err(), Some(Unusable::Damaged(_))),
            "{damage}"
        );
    }
}

#[test]
fn a_want_of_descriptors_is_no_damage() {
    for code in [23, 24] {
        let error = || std::io::Error::from_raw_os_error(code);
        assert_eq!(Unusable::from(error()), Unusable::NoDescriptors);
        let read = tantivy::directory::error::OpenReadError::wrap_io_error(error(), "x".into());
        assert_eq!(
            Unusable::from(TantivyError::from(read)),
            Unusable::NoDescriptors
        );
        let told = TantivyError::from(error());
        assert_eq!(Unusable::from(told), Unusable::NoDescriptors);
    }
    let other = std::io::Error::from_raw_os_error(5);
    assert!(matches!(Unusable::from(other), Unusable::Damaged(_)));
}

fn harm(home: &Path, damage: &str) {
    let meta = home.join("meta.json");
    match damage {
        "meta.json cut" => fs::write(&meta, &fs::read(&meta).unwrap()[..100]).unwrap(),
        "meta.json empty" => fs::write(&meta, b"").unwrap(),
        "meta.json garbage" => fs::write(&meta, [0xff; 400]).unwrap(),
        _ => {
            for entry in fs::read_dir(home).unwrap() {
                let path = entry.unwrap().path();
                let is = |end: &str| path.extension().is_some_and(|e| e == end);
                if damage == "a segment gone" && is("term") {
                    fs::remove_file(&path).unwrap();
                } else if damage == "all segments cut" && (is("term") || is("idx") || is("fast")) {
                    fs::write(&path, b"x").unwrap();
                }
            }
        }
    }
}

#[test]
fn a_flipped_bit_is_found_by_verifying() {
    let folder = tempfile::tempdir().unwrap();
    let (index, mut writer) = create(folder.path()).unwrap();
    writer.add(&doc(1, "some words to be damaged")).unwrap();
    writer.commit(1).unwrap();
    writer.close().unwrap();
    index.verify().unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "idx") {
            let mut bytes = fs::read(&path).unwrap();
            bytes[0] ^= 1;
            fs::write(&path, bytes).unwrap();
        }
    }
    let opened = open(folder.path()).unwrap();
    assert!(matches!(opened.index.verify(), Err(Unusable::Damaged(_))));
}

#[test]
fn an_index_of_another_version_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut writer) = create(folder.path()).unwrap();
    let mut prepared = writer.writer.prepare_commit().unwrap();
    prepared.set_payload("0 17");
    prepared.commit().unwrap();
    drop(writer);
    assert_eq!(open(folder.path()).err(), Some(Unusable::OtherVersion));
}

#[test]
fn a_new_index_is_built_aside_while_the_old_one_serves() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("index");
    let (old, mut old_writer) = create(&home).unwrap();
    old_writer.add(&doc(1, "old words")).unwrap();
    old_writer.commit(1).unwrap();

    let (_, mut writer) = create(&side(&home)).unwrap();
    writer.add(&doc(2, "new words")).unwrap();
    writer.commit(2).unwrap();
    assert_eq!(messages(&old, "words"), [1]);

    drop(old_writer);
    let opened = promote(writer, &home).unwrap();
    assert_eq!(opened.seq, 2);
    assert_eq!(messages(&opened.index, "words"), [2]);
    assert_eq!(
        messages(&old, "words"),
        [1],
        "a search under way is not disturbed"
    );
    drop(opened);
    assert_eq!(open(&home).unwrap().seq, 2);
    assert!(!side(&home).exists());
}
