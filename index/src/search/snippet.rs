//! Why a message was found: the piece of it where most of what was asked stands together.
//!
//! Works on the text itself, folded as the index folds it, so `perche` marks `Perché`. Gives
//! fragments, not HTML: whoever shows them escapes them.

use std::collections::HashSet;
use std::ops::Range;

use super::analysis::{Kind, Piece, Pieces, composed};
use super::query::Query;
use super::reading::{Reading, read};
use super::stem::{stem, stemmer_for};

/// More of a text than this is not looked into. In bytes.
const LOOKED_INTO: usize = 200_000;
/// Marks considered when the place is chosen.
const MOST_MARKS: usize = 300;

/// A stretch of a snippet. All fragments in a row are its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    pub text: String,
    /// Whether this is what was asked for.
    pub hit: bool,
}

/// Makes snippets for the hits of one question.
pub struct Snippets {
    readings: Vec<Reading>,
    near: bool,
}

/// A found stretch, and by which part of the question.
#[derive(Debug, Clone)]
struct Mark {
    range: Range<usize>,
    part: usize,
}

impl Snippets {
    /// `near`: the hits came by near spellings, which are then marked too.
    pub fn new(query: &Query, near: bool) -> Self {
        Snippets {
            readings: query.wanted().into_iter().map(read).collect(),
            near,
        }
    }

    /// The best place in the first of `texts` where anything was found, about `length` bytes of it;
    /// else the beginning of the first that is not blank.
    pub fn of(&self, texts: &[&str], length: usize) -> Vec<Fragment> {
        for text in texts {
            let text = composed(head(text, LOOKED_INTO));
            let marks = self.marks(&text);
            if !marks.is_empty() {
                return cut(&text, &marks, best_place(&marks, length), length);
            }
        }
        let first = texts.iter().map(|t| t.trim_start()).find(|t| !t.is_empty());
        first.map_or_else(Vec::new, |text| cut(text, &[], 0, length))
    }

    fn marks(&self, text: &str) -> Vec<Mark> {
        if self.readings.is_empty() {
            return Vec::new();
        }
        let stemmer = stemmer_for(text);
        let mut marks = Vec::new();
        let mut pieces = Pieces::new(text);
        let longest = self
            .readings
            .iter()
            .map(|r| r.pieces.len())
            .max()
            .unwrap_or(1);
        let mut window: Vec<Piece> = Vec::new();
        let mut more = true;
        while marks.len() < MOST_MARKS {
            while more && window.len() < longest {
                more = pieces.advance();
                if more {
                    window.push(pieces.piece.clone());
                }
            }
            let Some(first) = window.first() else { break };
            let stemmed = (first.kind == Kind::Word)
                .then(|| {
                    stemmer
                        .as_ref()
                        .map(|s| stem(&text[first.from..first.to], s))
                })
                .flatten()
                .unwrap_or_default();
            for (part, reading) in self.readings.iter().enumerate() {
                let found = self.stands_at(&window, &stemmed, reading);
                marks.extend(found.map(|range| Mark { range, part }));
            }
            window.remove(0);
        }
        marks
    }

    /// The bytes at the head of `window` that a reading asks for.
    fn stands_at(&self, window: &[Piece], stemmed: &str, asked: &Reading) -> Option<Range<usize>> {
        let first = window.first()?;
        if self.near && asked.near && asked.pieces.len() > 1 {
            let pair = asked.pieces.iter().any(|p| p.text == first.text);
            return pair.then_some(first.from..first.to);
        }
        if let [word] = asked.pieces.as_slice() {
            let stands = first.text == word.text
                || (asked.prefix && first.text.starts_with(&word.text))
                || asked.variants.contains(&first.text)
                || (!stemmed.is_empty() && asked.stems.iter().any(|s| s == stemmed))
                || (self.near && asked.near && is_near(&first.text, &word.text));
            return stands.then_some(first.from..first.to);
        }
        let (start, asked_start) = (first.position, asked.pieces.first()?.position);
        let last = asked.pieces.len() - 1;
        let mut end = first.to;
        for (i, piece) in asked.pieces.iter().enumerate() {
            let place = piece.position - asked_start + start;
            let here = window.iter().find(|w| w.position == place)?;
            let goes_on = asked.prefix && i == last && here.text.starts_with(&piece.text);
            if here.text != piece.text && !goes_on {
                return None;
            }
            end = here.to;
        }
        Some(first.from..end)
    }
}

/// Whether two words differ by one letter more, less, other or swapped.
fn is_near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    match (a, b) {
        ([], []) => true,
        ([_, rest_a @ ..], [_, rest_b @ ..]) if rest_a == rest_b => true,
        ([_, rest @ ..], other) | (other, [_, rest @ ..]) if rest == other => true,
        (other, [_, rest @ ..]) if rest == other => true,
        ([x, y, rest_a @ ..], [v, w, rest_b @ ..]) => (x, y) == (w, v) && rest_a == rest_b,
        _ => false,
    }
}

/// The first mark of the stretch that holds the most different parts of the question.
fn best_place(marks: &[Mark], length: usize) -> usize {
    let parts_from = |i: usize| {
        let end = marks[i].range.start + length * 2 / 3;
        let within = marks[i..].iter().take_while(|m| m.range.start < end);
        within.map(|m| m.part).collect::<HashSet<_>>().len()
    };
    let best = (0..marks.len()).rev().max_by_key(|i| parts_from(*i));
    best.map_or(0, |i| marks[i].range.start)
}

fn cut(text: &str, marks: &[Mark], place: usize, length: usize) -> Vec<Fragment> {
    let start = word_start(text, place.saturating_sub(length / 3), place);
    let end = word_end(text, start + length);
    let mut out = Gathered::default();
    if start > 0 {
        out.push("… ", false);
    }
    let mut at = start;
    let mut ordered: Vec<_> = marks.iter().map(|m| m.range.clone()).collect();
    ordered.sort_by_key(|r| (r.start, std::cmp::Reverse(r.end)));
    for mark in ordered.into_iter().filter(|m| m.end <= end) {
        if mark.end <= at || mark.start < start {
            continue;
        }
        let from = mark.start.max(at);
        out.push(&text[at..from], false);
        out.push(&text[from..mark.end], true);
        at = mark.end;
    }
    out.push(&text[at..end.max(at)], false);
    if end < text.trim_end().len() {
        out.push(" …", false);
    }
    out.fragments
}

fn head(text: &str, length: usize) -> &str {
    &text[..text.floor_char_boundary(length)]
}

/// Forward from `at` to the beginning of a word, `place` at the latest.
fn word_start(text: &str, at: usize, place: usize) -> usize {
    if at == 0 {
        return 0;
    }
    let at = text.floor_char_boundary(at);
    let space = text[at..place].find(char::is_whitespace);
    space
        .map_or(at, |i| text.len() - text[at + i..].trim_start().len())
        .min(place)
}

/// Back from `at` to the end of a word, unless that word is very long.
fn word_end(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    let at = text.floor_char_boundary(at);
    let near = text.floor_char_boundary(at.saturating_sub(40));
    text[near..at]
        .rfind(char::is_whitespace)
        .map_or(at, |i| near + i)
}

/// Fragments with runs of white space made one space, neighbours of a kind joined.
#[derive(Default)]
struct Gathered {
    fragments: Vec<Fragment>,
    spaced: bool,
}

impl Gathered {
    fn push(&mut self, text: &str, hit: bool) {
        let mut clean = String::with_capacity(text.len());
        for c in text.chars() {
            let space = c.is_whitespace() || c.is_control();
            if !space {
                clean.push(c);
            } else if !self.spaced {
                clean.push(' ');
            }
            self.spaced = space;
        }
        match self.fragments.last_mut().filter(|last| last.hit == hit) {
            Some(last) => last.text.push_str(&clean),
            None if clean.is_empty() => {}
            None => self.fragments.push(Fragment { text: clean, hit }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(question: &str, texts: &[&str], near: bool) -> String {
        let snippets = Snippets::new(&Query::parse(question), near);
        let marked = |f: &Fragment| {
            if f.hit {
                format!("[{}]", f.text)
            } else {
                f.text.clone()
            }
        };
        snippets.of(texts, 90).iter().map(marked).collect()
    }

    #[test]
    fn what_was_asked_is_marked() {
        for (question, text, expected) in [
            ("perche", "Non so perché.", "Non so [perché]."),
            ("strasse", "Die Straße ist lang", "Die [Straße] ist lang"),
            (
                "inv",
                "Your INV-2024/0031 is due",
                "Your [INV]-2024/0031 is due",
            ),
            (
                "INV-2024/0031",
                "Your INV-2024/0031 is due",
                "Your [INV-2024/0031] is due",
            ),
            (
                "\"is due\"",
                "It is due, is it due?",
                "It [is due], is it due?",
            ),
            (
                "2024/00",
                "Your INV-2024/0031 is due",
                "Your INV-[2024/0031] is due",
            ),
            (
                "invoices",
                "We have sent you the invoice today",
                "We have sent you the [invoice] today",
            ),
            (
                "spedizioni",
                "La sua spedizione è partita ieri dal magazzino",
                "La sua [spedizione] è partita ieri dal magazzino",
            ),
            ("del", "The delivery was late", "The [delivery] was late"),
            (
                "late -delivery",
                "The delivery was late",
                "The delivery was [late]",
            ),
            ("Müller", "Herr Mueller ruft an", "Herr [Mueller] ruft an"),
            ("退款", "我想申请退款。", "我想申请[退款]。"),
            ("水", "泳水", "泳[水]"),
            ("a  \n b", "a\n\n  b", "[a] [b]"),
            ("<b>", "1 <b>2</b>", "1 <[b]>2</[b]>"),
            ("zebra", "No such animal", "No such animal"),
            ("is:open", "Anything", "Anything"),
        ] {
            assert_eq!(shown(question, &[text], false), expected, "{question}");
        }
    }

    #[test]
    fn near_spellings_are_marked_when_they_were_found() {
        for (question, text, expected) in [
            ("recieve", "Did you receive it?", "Did you [receive] it?"),
            ("invoce", "The invoice", "The [invoice]"),
            ("invoicee", "The invoice", "The [invoice]"),
            ("invoive", "The invoice", "The [invoice]"),
            ("involve", "The invoice", "The invoice"),
        ] {
            assert_eq!(shown(question, &[text], true), expected, "{question}");
            if expected.contains('[') {
                assert_eq!(shown(question, &[text], false), text, "{question}");
            }
        }
    }

    #[test]
    fn the_place_with_most_of_it_is_shown() {
        let filler = "lorem ipsum dolor sit amet ".repeat(20);
        let text = format!("late. {filler} the invoice was late again {filler}");
        let snippet = shown("late invoice", &[&text], false);
        assert!(snippet.contains("[invoice] was [late]"), "{snippet}");
        assert!(
            snippet.starts_with("… ") && snippet.ends_with(" …"),
            "{snippet}"
        );
        assert!(snippet.len() < 130, "{snippet}");
    }

    #[test]
    fn the_first_text_with_a_hit_is_shown() {
        let texts = ["Hello there", "About your order"];
        assert_eq!(shown("order", &texts, false), "About your [order]");
        assert_eq!(shown("hello", &texts, false), "[Hello] there");
        assert_eq!(shown("zebra", &["  ", "x"], false), "x");
        assert_eq!(shown("zebra", &[], false), "");
    }

    #[test]
    fn no_cut_falls_within_a_character() {
        let text = "é漢🙂\u{301} ".repeat(200);
        for length in 1..60 {
            let snippets = Snippets::new(&Query::parse("漢"), false);
            assert!(!snippets.of(&[&text], length).is_empty());
        }
    }
}
