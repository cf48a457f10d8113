//! Comparing a mail with what the conversation already holds: words known from an earlier message are
//! history, whatever the language and however the lines were wrapped anew.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::lines::content;

/// Words in a row that must be known together; single words are everyone's.
const RUN: usize = 5;
/// A block of known words shorter than this may be chance, a greeting or a name.
const SHORTEST_BLOCK: usize = 9;
/// Known words of a line, in percent, that make the line known.
const KNOWN_PERCENT: usize = 80;

/// For each line of a mail, whether its words stand in an earlier message of the conversation.
pub fn known_lines(lines: &[&str], history: &[&str]) -> Vec<bool> {
    let runs = runs_of(history);
    let words: Vec<(usize, u64)> = lines
        .iter()
        .enumerate()
        .flat_map(|(at, line)| hashed_words(line).map(move |word| (at, word)))
        .collect();
    let mut covered = vec![false; words.len()];
    for at in 0..words.len().saturating_sub(RUN - 1) {
        if runs.contains(&combine(words[at..at + RUN].iter().map(|&(_, word)| word))) {
            covered[at..at + RUN].fill(true);
        }
    }
    forget_short_blocks(&mut covered);
    verdicts(lines.len(), &words, &covered)
}

fn runs_of(history: &[&str]) -> HashSet<u64> {
    let mut runs = HashSet::new();
    for message in history {
        let words: Vec<u64> = message.lines().flat_map(hashed_words).collect();
        runs.extend(words.windows(RUN).map(|run| combine(run.iter().copied())));
    }
    runs
}

fn forget_short_blocks(covered: &mut [bool]) {
    for block in covered.chunk_by_mut(|a, b| a == b) {
        if block.len() < SHORTEST_BLOCK {
            block.fill(false);
        }
    }
}

fn verdicts(lines: usize, words: &[(usize, u64)], covered: &[bool]) -> Vec<bool> {
    let mut counts = vec![(0, 0); lines];
    for (&(line, _), &known) in words.iter().zip(covered) {
        counts[line].0 += 1;
        counts[line].1 += usize::from(known);
    }
    counts
        .into_iter()
        .map(|(all, known)| all > 0 && known * 100 >= all * KNOWN_PERCENT)
        .collect()
}

fn hashed_words(line: &str) -> impl Iterator<Item = u64> {
    content(line)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| hash(&word.to_lowercase()))
}

fn combine(words: impl Iterator<Item = u64>) -> u64 {
    hash(&words.collect::<Vec<_>>())
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
