//! Lines that stand between new and old text.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::lines::{content, fold};
use super::words::separators::{FORWARD_BEGINS, FORWARDED, ORIGINAL, REPLY_ABOVE};
use crate::rules::phrases::Phrases;

/// What a separator announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// A forwarded mail: nobody writes this above a reply.
    Forward,
    /// A mail answered or forwarded.
    Original,
    /// A rule, bare or around words no table has: says something only above a header block.
    Rule,
}

static FORWARDED_SET: LazyLock<HashSet<&str>> =
    LazyLock::new(|| FORWARDED.iter().copied().collect());
static BEGINS_SET: LazyLock<HashSet<&str>> =
    LazyLock::new(|| FORWARD_BEGINS.iter().copied().collect());
static ORIGINAL_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| ORIGINAL.iter().copied().collect());
static ASKS: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(REPLY_ABOVE));

const LONGEST: usize = 300;

fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '_' | '=' | '–' | '—' | '‐' | '―' | '─' | '━' | '*' | '~'
    )
}

/// The separator on this line, quoted or not, and what else the line holds after it (Yahoo glues the
/// first headers on).
pub fn separator(line: &str) -> Option<(Separator, &str)> {
    let text = content(line);
    if text.is_empty() || text.len() > LONGEST * 8 {
        return None;
    }
    let bare = || bare(text).map(|kind| (kind, ""));
    match dashed(text) {
        Some((Separator::Rule, _)) => bare().or(Some((Separator::Rule, ""))),
        found => found.or_else(bare),
    }
}

/// Whether the line says no more than "Original message", without dashes.
pub fn is_title(line: &str) -> bool {
    let text = content(line);
    // "Reply" alone is anybody's word.
    let telling = text.contains(' ') || !text.is_ascii();
    telling && text.len() < LONGEST && known(text).is_some()
}

/// `---- words ----`, perhaps with more behind.
fn dashed(text: &str) -> Option<(Separator, &str)> {
    let inner = text.trim_start_matches(is_dash);
    let dashes = text[..text.len() - inner.len()].chars().count();
    if inner.trim().is_empty() {
        return (dashes >= 16).then_some((Separator::Rule, ""));
    }
    if dashes < 2 {
        return None;
    }
    let inner = inner.trim_start();
    let (words, rest) = inner
        .match_indices(is_dash)
        .map(|(at, _)| (&inner[..at], &inner[at..]))
        .find(|(words, rest)| words.ends_with([' ', '\u{a0}']) || rest.starts_with("--"))
        .or_else(|| whole(inner))?;
    if let Some(kind) = known(words) {
        return Some((kind, rest.trim_start_matches(is_dash).trim()));
    }
    // Two languages in one line: "Preposlaná správa --- Forwarded Message".
    let whole = inner.trim_end_matches(is_dash);
    let framed = dashes >= 3 && inner.len() - whole.len() >= 3 && whole.chars().count() <= 80;
    let kind = known(whole).or(framed.then_some(Separator::Rule))?;
    Some((kind, ""))
}

fn whole(inner: &str) -> Option<(&str, &str)> {
    let words = inner.trim_end_matches(is_dash);
    Some((words, &inner[words.len()..]))
}

fn known(words: &str) -> Option<Separator> {
    if words.len() > LONGEST {
        return None;
    }
    let words = words.replace("&nbsp;", " ");
    let words = fold(words.trim_matches([':', ' ', '*', '：']));
    // Horde and mutt name the author there.
    let named = || {
        let (head, _) = words.split_at_checked(words.find(['<', '@'])?)?;
        let forwarded = |phrase: &&str| head.starts_with(*phrase);
        FORWARDED_SET.iter().any(forwarded).then_some(())
    };
    if FORWARDED_SET.contains(words.as_str())
        || words.starts_with("forwarded by ")
        || named().is_some()
    {
        Some(Separator::Forward)
    } else if ORIGINAL_SET.contains(words.as_str()) || words.starts_with("original message from") {
        Some(Separator::Original)
    } else {
        None
    }
}

/// Lines that separate without dashes: they end in a colon, or in brackets or signs of their own.
fn bare(text: &str) -> Option<Separator> {
    let framed = !text.starts_with(char::is_alphanumeric) || text.starts_with("Original Message ");
    let ends = text.ends_with([':', '：', ']', '*']);
    if text.len() > LONGEST || !(framed || ends) {
        return None;
    }
    let folded = fold(text);
    let words = folded.trim_matches(['*', ' ', '[', ']']);
    let named = words.trim_end_matches([':', '：', ' ']);
    if named.len() < words.len() && BEGINS_SET.contains(named) {
        return Some(Separator::Forward);
    }
    let asks = ASKS.stand_in(&folded);
    let processed = words.starts_with("original message processed by");
    (asks || processed).then_some(Separator::Original)
}
