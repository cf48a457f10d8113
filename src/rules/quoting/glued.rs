//! An attribution that stands on one line with the words above it: "Thanks! On 3 May, Anna wrote:".
//!
//! Programs that make text of HTML without minding its blocks write so.

use std::borrow::Cow;

use super::attribution::{Strength, judge};
use super::lines::{content, has_words};

/// Bytes a line may have that is looked into.
const LONGEST_LINE: usize = 2_000;
/// How words that open an attribution are written in the middle of a line.
const OPENINGS: [&str; 13] = [
    " On ", " Am ", " Le ", " Il ", " El ", " Em ", " Op ", " Den ", " W dniu ", " Dne ", " Dnia ",
    " Pada ", " Vào ",
];

/// The text with such attributions on lines of their own.
pub fn apart(text: &str) -> Cow<'_, str> {
    let places: Vec<Option<usize>> = text.lines().map(place).collect();
    if places.iter().all(Option::is_none) {
        return Cow::Borrowed(text);
    }
    let lines = text.lines().zip(places).map(|(line, place)| match place {
        Some(at) => format!("{}\n{}", line[..at].trim_end(), line[at..].trim_start()),
        None => line.to_owned(),
    });
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

/// Where on the line an attribution begins that is not the line's own beginning.
fn place(line: &str) -> Option<usize> {
    let ends = line.trim_end().ends_with([':', '：']);
    if !ends || line.len() > LONGEST_LINE || line.trim_start().starts_with('>') {
        return None;
    }
    let at = OPENINGS
        .iter()
        .filter_map(|opening| line.rfind(opening))
        .max()?;
    let (before, rest) = line.split_at(at);
    let dated = rest.chars().take(40).any(|c| c.is_ascii_digit());
    let before = before.trim_end_matches(['-', '_', ' ']);
    let whole = judge(content(line)) == Some(Strength::Strong) && !has_words_of_own(before);
    let splits = dated && has_words(before) && !whole && judge(rest) == Some(Strength::Strong);
    splits.then_some(before_rule(line, at))
}

/// Dashes right before an attribution belong to it: "Thanks!--- On 3 May, Anna wrote:".
fn before_rule(line: &str, at: usize) -> usize {
    let before = line[..at].trim_end_matches(['-', '_', ' ']);
    let rule = &line[before.len()..at];
    match rule.matches(['-', '_']).count() {
        0 | 1 => at,
        _ => before.len(),
    }
}

/// Whether what stands before could be a sentence, and not the head of the same attribution.
fn has_words_of_own(before: &str) -> bool {
    let before = before.trim();
    !before.ends_with([',', '<', '-']) && !before.contains(['@', '<'])
}
