//! R15: a damaged database gives right answers, or one line that names file and remedy.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use super::{Dice, rounds};
use std::fs;

/// Flips bits here and there, or cuts the end off.
fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let size = bytes.len() as u64;
    if dice.roll(4) == 0 {
        bytes.truncate(dice.roll(size) as usize);
        return;
    }
    for _ in 0..1 + dice.roll(8) {
        let at = dice.roll(size) as usize;
        bytes[at] ^= 1 << dice.roll(8);
    }
}

#[test]
fn trust_a_damaged_database_gives_right_answers_or_one_line() {
    let mut world = World::start();
    let place = Place::of(&world);
    let said: Vec<_> = (0..30).map(|n| format!("anna says {n:06}")).collect();
    for words in &said {
        assert!(clients::mail(&place, words));
    }
    assert!(world.stop());
    let file = world.data().join("casella.redb");
    let whole = fs::read(&file).unwrap();
    let mbox = world.folder.path().join("out.mbox");
    let mut complaints = 0;
    for seed in 1..=rounds(25, 100) {
        let mut bytes = whole.clone();
        damage(&mut bytes, &mut Dice::new(seed as u64));
        fs::write(&file, &bytes).unwrap();
        let output = world.casella(&["export", "--mbox", mbox.to_str().unwrap()]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!error.contains("panicked"), "seed {seed}: {error}");
        if output.status.success() {
            let text = fs::read_to_string(&mbox).unwrap();
            for words in &said {
                assert!(text.contains(words), "seed {seed}: {words} is missing");
            }
        } else {
            complaints += 1;
            assert_eq!(output.status.code(), Some(1), "seed {seed}: {error}");
            assert!(error.contains("casella.redb"), "seed {seed}: {error}");
            assert!(error.contains("backup"), "seed {seed}: {error}");
        }
    }
    assert!(complaints > 0, "nothing was ever noticed");
    fs::write(&file, &whole).unwrap();
}
