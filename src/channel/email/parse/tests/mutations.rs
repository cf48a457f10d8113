//! The fixtures, damaged in thousands of ways, always the same ones: whatever comes, it is read, and
//! every attachment that is listed can be fetched.

use super::fixtures;
use crate::channel::email::parse::{attachment, mail};
use crate::channel::email::{inspect, read};
use crate::rules::mail::Team;

/// A small generator (splitmix64), so that a failure can be met again.
pub(super) struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % sides.max(1) as u64).unwrap_or(0)
    }
}

/// Pieces that mean something to a parser.
const SPICE: [&[u8]; 16] = [
    b"\r\n\r\n",
    b"\n",
    b"--b1\r\n",
    b"--b1--",
    b"=?utf-8?B?",
    b"?=",
    b"\"",
    b"<",
    b">",
    b";",
    b"=",
    b"\0",
    b"\xff\xff\xff\x7f",
    b"Content-Type: message/rfc822\r\n",
    b"charset=utf-7",
    b"\x1b$B",
];

fn damage(dice: &mut Dice, raw: &mut Vec<u8>, other: &[u8]) {
    if raw.is_empty() {
        raw.push(b'x');
    }
    let at = dice.roll(raw.len());
    match dice.roll(6) {
        0 => raw[at] ^= 1 << dice.roll(8),
        1 => raw.truncate(at),
        2 => drop(raw.drain(at..(at + dice.roll(40)).min(raw.len()))),
        3 => drop(raw.splice(at..at, SPICE[dice.roll(SPICE.len())].iter().copied())),
        4 => {
            let from = dice.roll(other.len());
            let piece = &other[from..(from + dice.roll(200)).min(other.len())];
            drop(raw.splice(at..at, piece.iter().copied()));
        }
        _ => raw[at] = u8::try_from(dice.roll(256)).unwrap_or(0),
    }
}

#[test]
fn damaged_mails_are_read_and_their_attachments_fetched() {
    let fixtures = fixtures();
    let mut dice = Dice(4711);
    for _ in 0..4_000 {
        let (_, raw) = &fixtures[dice.roll(fixtures.len())];
        let (_, other) = &fixtures[dice.roll(fixtures.len())];
        let mut raw = raw.clone();
        for _ in 0..=dice.roll(6) {
            damage(&mut dice, &mut raw, other);
        }
        let read = mail(&raw);
        for listed in &read.attachments {
            let fetched = attachment(&raw, listed.part);
            let (described, bytes) =
                fetched.unwrap_or_else(|| panic!("{} of {}", listed.name, raw.escape_ascii()));
            assert_eq!((&described, bytes.len() as u64), (listed, listed.size));
        }
    }
}

/// The whole way of a mail, as `casella inspect` goes it: judged, parted, sanitised, put into words.
#[test]
fn damaged_mails_pass_the_whole_path() {
    let fixtures = fixtures();
    let mut dice = Dice(815);
    for _ in 0..1_500 {
        let (_, raw) = &fixtures[dice.roll(fixtures.len())];
        let (_, other) = &fixtures[dice.roll(fixtures.len())];
        let mut raw = raw.clone();
        for _ in 0..=dice.roll(6) {
            damage(&mut dice, &mut raw, other);
        }
        let reading = read::reading(&raw, Some(""), &Team::default());
        let shown = inspect::object(&reading);
        let html = shown["html"].as_str().unwrap_or_default();
        assert!(!html.contains("<script"), "{}", raw.escape_ascii());
        let listed = shown["attachments"].as_array().map_or(0, Vec::len);
        assert_eq!(listed, reading.mail.attachments.len());
    }
}
