//! Laying what the HTML says of its lines over the lines of the plain text.
//!
//! The two say the same words in different lines, so words are matched, not lines.

use std::collections::HashMap;

use crate::rules::html_tree::{Kind, Tree};

/// How far ahead in the HTML's words the next plain line is looked for.
const WINDOW: usize = 400;
/// Words that must agree for a line to be found again.
const ANCHOR: usize = 3;

/// A word by its number; one the HTML does not have is equal to none.
type Word = Option<usize>;

/// For each plain line the mark of most HTML words it consists of; `None` where they were not found.
pub fn marks<M: Copy + PartialEq>(html: &[(M, String)], plain: &[&str]) -> Vec<Option<M>> {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut words: Vec<(Word, M)> = Vec::new();
    for (mark, line) in html {
        for word in words_of(line) {
            let next = numbers.len();
            words.push((Some(*numbers.entry(word).or_insert(next)), *mark));
        }
    }
    let mut next = 0;
    plain
        .iter()
        .map(|line| {
            let wanted = words_of(line).map(|word| numbers.get(&word).copied());
            let wanted: Vec<Word> = wanted.collect();
            let at = locate(&words, next, &wanted)?;
            let found = words[at..]
                .iter()
                .zip(&wanted)
                .take_while(|(known, word)| word.is_some() && known.0 == **word);
            let found: Vec<M> = found.map(|(known, _)| known.1).collect();
            next = at + found.len();
            majority(&found)
        })
        .collect()
}

/// Words by which the beginning of a text is found in the HTML.
const BEGINNING: usize = 6;

/// The node of the HTML at which these lines begin, if its words say so.
pub fn begin(tree: &Tree, lines: &[&str]) -> Option<usize> {
    let wanted: Vec<String> = lines
        .iter()
        .copied()
        .flat_map(words_of)
        .take(BEGINNING)
        .collect();
    let mut words = Vec::new();
    for id in tree.ids() {
        if let Kind::Text(text) = &tree.node(id).kind {
            words.extend(words_of(text).map(|word| (id, word)));
        }
    }
    let begins = |run: &&[(usize, String)]| run.iter().map(|(_, word)| word).eq(&wanted);
    let found = words.windows(wanted.len().max(1)).find(begins);
    found.and_then(|run| run.first()).map(|(id, _)| *id)
}

/// The mark that more than half of them bear, else the first.
fn majority<M: Copy + PartialEq>(marks: &[M]) -> Option<M> {
    let votes = |mark: &M| marks.iter().filter(|other| *other == mark).count();
    let first = marks.first()?;
    let last = marks.last()?;
    let wins = [first, last]
        .into_iter()
        .find(|mark| votes(mark) * 2 > marks.len());
    wins.or(Some(first)).copied()
}

/// Where the line's first words stand among the HTML's, from `next` on.
fn locate<M>(words: &[(Word, M)], next: usize, wanted: &[Word]) -> Option<usize> {
    let anchor = &wanted[..wanted.len().min(ANCHOR)];
    let fits = |at: usize| {
        words[at..]
            .iter()
            .map(|(word, _)| word)
            .take(anchor.len())
            .eq(anchor)
    };
    if anchor.is_empty() || anchor.contains(&None) {
        return None;
    }
    let reach = if anchor.len() < ANCHOR {
        WINDOW / 20
    } else {
        WINDOW
    };
    let end = words.len().min(next + reach);
    (next..end).find(|&at| fits(at))
}

fn words_of(line: &str) -> impl Iterator<Item = String> {
    line.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}
