//! R14: an index damaged or gone is no reason to wait: mail flows, and everything is found again.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use std::fs;
use std::path::Path;

/// Does something to the index in this folder.
type Harm = fn(&Path);

/// What can befall an index.
const HARMS: [(&str, Harm); 5] = [
    ("the folder is gone", |index| {
        fs::remove_dir_all(index).unwrap()
    }),
    ("the folder is empty", |index| {
        for file in files(index) {
            fs::remove_file(file).unwrap();
        }
    }),
    ("a file stands in its place", |index| {
        fs::remove_dir_all(index).unwrap();
        fs::write(index, "nothing").unwrap();
    }),
    ("its list of segments is cut short", |index| {
        let meta = index.join("meta.json");
        let text = fs::read(&meta).unwrap();
        fs::write(&meta, &text[..text.len() / 2]).unwrap();
    }),
    ("its files are nonsense", |index| {
        for file in files(index) {
            let size = fs::metadata(&file).unwrap().len() as usize;
            fs::write(&file, vec![0x5A; size]).unwrap();
        }
    }),
];

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect()
}

#[test]
fn trust_a_damaged_index_stops_no_mail_and_is_rebuilt() {
    let mut world = World::start();
    let place = Place::of(&world);
    for number in 0..20 {
        assert!(clients::mail(&place, &format!("anna says {number:06}")));
    }
    let index = world.data().join("index");
    assert!(index.is_dir(), "the index lies elsewhere");
    for (round, (harm, befall)) in HARMS.iter().enumerate() {
        assert!(world.stop());
        befall(&index);
        world.start_again();
        let place = Place::of(&world);
        let words = format!("bob says {round:06}");
        assert!(clients::mail(&place, &words), "{harm}");
        let api = world.api();
        world.wait(harm, || {
            let answer = api.ask("GET", "/search?q=says&limit=1", None);
            let found = (answer.status == 200).then(|| answer.json())?;
            (found["total"].as_u64()? == 2).then_some(())
        });
        for number in [0, 19] {
            let found = api.get(&format!("/search?q={number:06}%20from:anna"));
            assert_eq!(found["total"], 1, "{harm}: {found}");
        }
    }
}
