//! "On 3 May, Anna wrote:" in all its languages, on one to four lines.
//!
//! Recognised by what such lines share rather than by a pattern per language: an opening word, a date
//! or an address, a verb at its place, a colon. The fewer of these, the more the next line must help.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::lines::{
    address_in, content, depth, fold, has_address, is_blank, is_invisible, is_quoted, stands_alone,
};
use super::words::wrote::{INNER, LAST, QUOTING, STARTS};
use crate::rules::phrases::Phrases;

/// Lines one attribution may span, blank ones not counted.
const MAX_LINES: usize = 4;
/// Bytes one attribution may have; with an address, and without.
const MAX_BYTES: usize = 420;
const MAX_BARE_BYTES: usize = 240;

/// How sure we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Only if quoted lines follow.
    Weak,
    /// Whatever follows.
    Strong,
}

/// An attribution over `lines` lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    pub lines: usize,
    pub strength: Strength,
    /// The lines as one, unfolded.
    pub text: String,
}

static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:^|[^0-9])(?:19|20|25)[0-9][0-9](?:[^0-9]|$)|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}|(?:^|[^0-9])[0-9]{1,2}[:.h][0-9]{2}(?:[^0-9]|$)|[0-9]{1,2} ?[月월]",
    )
    .ok()
});
static CLOCK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[^0-9])[0-9]{1,2}[:.h][0-9]{2}(?:[^0-9]|$)").ok());
static ISO_START: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^20[0-9]{2}[-/][0-9]{1,2}[-/][0-9]{1,2}").ok());

/// Most lines say nothing of the kind: these find out without trying every word.
static STARTS_BY_LETTER: LazyLock<HashMap<char, Vec<&str>>> =
    LazyLock::new(|| by_letter(STARTS.iter().copied(), |word| word.chars().next()));
static LAST_BY_LETTER: LazyLock<HashMap<char, Vec<&str>>> =
    LazyLock::new(|| by_letter(LAST.iter().copied(), |verb| verb.chars().next_back()));
static LAST_WORDS: LazyLock<HashMap<char, Vec<&str>>> = LazyLock::new(|| {
    let words = LAST.iter().filter_map(|verb| verb.split(' ').next_back());
    by_letter(words, |word| word.chars().next_back())
});
static VERBS: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&[INNER, LAST].concat()));

/// Bytes looked at for a verb at a line's end.
const LONGEST_VERB: usize = 64;

fn by_letter<'w>(
    words: impl Iterator<Item = &'w str>,
    letter: impl Fn(&str) -> Option<char>,
) -> HashMap<char, Vec<&'w str>> {
    let mut table: HashMap<char, Vec<&str>> = HashMap::new();
    for word in words {
        if let Some(letter) = letter(word) {
            table.entry(letter).or_default().push(word);
        }
    }
    table
}

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    // All of them ask for a digit, which folding has made ASCII.
    text.bytes().any(|b| b.is_ascii_digit())
        && pattern.as_ref().is_some_and(|regex| regex.is_match(text))
}

/// The attribution that begins on line `at`.
pub fn attribution_at(lines: &[&str], at: usize) -> Option<Attribution> {
    if !is_worth_a_look(lines[at]) {
        return None;
    }
    let readable = lines[at..].iter().take(MAX_LINES + 2);
    let unusual = begins_unusually(lines[at]);
    if !unusual && !readable.clone().any(|line| may_end(line)) {
        return None;
    }
    let level = depth(lines[at]);
    let mut joined = String::new();
    let mut folded = String::new();
    let mut used = 0;
    let mut end = at;
    while used < MAX_LINES && end < lines.len() {
        let line = lines[end];
        end += 1;
        if is_blank(line) {
            // One program breaks its attribution around a bare "<"; nobody else leaves a blank.
            if used == 0
                || end > at + 3
                || !lines.get(end).is_some_and(|l| content(l).starts_with('<'))
            {
                return None;
            }
            continue;
        }
        if depth(line) != level && !is_tail(line) {
            return None;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(content(line));
        push_word(&mut folded, &fold(content(line)));
        used += 1;
        if joined.len() > MAX_BYTES {
            return None;
        }
        if (unusual || may_end(line))
            && let Some(strength) = judge_folded(&folded)
        {
            let begins_later = (at + 1..end).any(|later| begins(lines, later, end));
            return (!begins_later).then_some(Attribution {
                lines: end - at,
                strength,
                text: joined,
            });
        }
        if !may_begin(&folded) {
            return None;
        }
    }
    None
}

/// Adds folded words behind folded words.
fn push_word(folded: &mut String, more: &str) {
    if !(folded.is_empty() || more.is_empty()) {
        folded.push(' ');
    }
    folded.push_str(more);
}

/// Cheap, and false for most prose: an attribution's first line has a number, an address or a colon.
fn is_worth_a_look(line: &str) -> bool {
    let line = line.trim_end();
    line.ends_with([':', '：', '-', '︰', '*'])
        || line
            .chars()
            .any(|c| c.is_numeric() || matches!(c, '@' | '<'))
        || line.ends_with('\u{202c}')
}

/// Whether an attribution could end with this line: by a colon, a frame or a verb. Cheap, and false
/// for most lines.
fn may_end(line: &str) -> bool {
    let end = line.trim_end();
    if end.ends_with("--") || end.ends_with(" >>>") {
        return true;
    }
    let end = end.trim_end_matches(|c: char| is_closing(c) || c.is_whitespace());
    let Some(last) = end.chars().next_back() else {
        return false;
    };
    if is_invisible(last) || matches!(last, ':' | '：' | '︰') {
        return true;
    }
    let last = last.to_lowercase().last().unwrap_or(last);
    LAST_WORDS.get(&last).is_some_and(|words| {
        let start = end.ceil_char_boundary(end.len().saturating_sub(LONGEST_VERB));
        let tail = fold(&end[start..]);
        words.iter().any(|word| tail.ends_with(word))
    })
}

/// The forms that may end in anything: a date in ISO's order with its zone, "Posted by".
fn begins_unusually(line: &str) -> bool {
    let line = content(line).trim_start_matches(is_frame);
    let head: String = line.chars().take(24).collect();
    let dated = head.starts_with(char::is_numeric) && matches(&ISO_START, &fold(&head));
    dated || fold(&head).starts_with("posted by")
}

fn is_closing(c: char) -> bool {
    matches!(c, '-' | '–' | '—' | '_' | '*' | ' ' | '.' | '~' | ']')
}

/// The bracket that ends an address on a line of its own looks like a quote mark.
fn is_tail(line: &str) -> bool {
    let tail = line.trim_start().strip_prefix('>').map(fold);
    tail.is_some_and(|tail| tail.ends_with(':') && last_verb(tail.trim_end_matches(':')).is_some())
}

/// Whether lines `at..end` are a whole attribution without what stands above them: they must open
/// like one, since the second half of a wrapped line has an address and a verb too.
fn begins(lines: &[&str], at: usize, end: usize) -> bool {
    let mut folded = String::new();
    for line in &lines[at..end] {
        push_word(&mut folded, &fold(content(line)));
    }
    let head = folded.trim_start_matches(is_frame);
    let first: String = head.chars().take(24).collect();
    let opening = opens(head) || matches(&DATE, &first);
    opening && judge_folded(&folded) == Some(Strength::Strong)
}

/// Whether more lines could make an attribution of this: it opens like one, or holds a date or an
/// address.
fn may_begin(folded: &str) -> bool {
    let body = folded.trim_start_matches(is_frame);
    opens(body) || folded.contains(['@', '<']) || matches(&DATE, folded)
}

fn is_frame(c: char) -> bool {
    matches!(
        c,
        '-' | '–' | '—' | '_' | '*' | ' ' | '>' | '<' | '•' | '~' | '['
    )
}

fn opens(folded: &str) -> bool {
    let first = folded.chars().next();
    let starts = first.and_then(|first| STARTS_BY_LETTER.get(&first));
    starts.into_iter().flatten().any(|start| {
        folded.strip_prefix(start).is_some_and(|rest| {
            rest.starts_with([' ', ',', '-'])
                || start.chars().all(|c| !c.is_ascii())
                    && rest.starts_with(|c: char| c.is_ascii_digit())
        })
    })
}

/// Judges one line, or several joined.
pub fn judge(text: &str) -> Option<Strength> {
    judge_folded(&fold(text))
}

fn judge_folded(folded: &str) -> Option<Strength> {
    if folded.ends_with(" >>>") && matches(&DATE, folded) {
        return Some(Strength::Strong);
    }
    let framed = folded.starts_with("--") && folded.ends_with("--");
    let body = folded.trim_start_matches(is_frame);
    let trimmed = body.trim_end_matches(is_closing);
    let said = trimmed.trim_end_matches([':', '：', '︰', ' ', '*']);
    let colon = said.len() < trimmed.len();
    if said.is_empty() {
        return None;
    }
    let address = has_address(said);
    if !address && said.len() > MAX_BARE_BYTES {
        return None;
    }
    let signs = Signs {
        framed,
        colon,
        address,
        date: matches(&DATE, said),
        opens: opens(said),
    };
    ends_with_verb(said, &signs)
        .or_else(|| holds_verb(said, &signs))
        .or_else(|| without_verb(said, &signs))
        .or_else(|| in_any_language(said, &signs))
}

struct Signs {
    framed: bool,
    colon: bool,
    address: bool,
    date: bool,
    opens: bool,
}

/// "…, Anna wrote:"
fn ends_with_verb(said: &str, signs: &Signs) -> Option<Strength> {
    let start = last_verb(said)?;
    let weak_verb = matches!(&said[start..], "said" | "says" | "sent" | "en" | "följande");
    let complete = signs.opens && signs.date && signs.address;
    if !(signs.colon || signs.framed || complete) {
        return None;
    }
    if weak_verb && !(signs.opens && signs.date) && !signs.address {
        return None;
    }
    let dated_first = signs.date && begins_with_date(said);
    let strong = (signs.date && (signs.opens || signs.address || dated_first))
        || signs.address
        || (signs.framed && start > 0)
        || (signs.opens && said[..start].contains(" via "));
    Some(if strong {
        Strength::Strong
    } else {
        Strength::Weak
    })
}

/// Where the verb starts that ends the text.
fn last_verb(said: &str) -> Option<usize> {
    let last = said.chars().next_back()?;
    let verbs = LAST_BY_LETTER.get(&last)?.iter();
    verbs
        .filter(|verb| said.ends_with(**verb))
        .map(|verb| said.len() - verb.len())
        .filter(|&start| {
            stands_alone(said, start, said.len()) && !said[..start].ends_with(['-', '/', '_'])
        })
        .min()
}

/// A weekday, a month or a number opens the line.
fn begins_with_date(said: &str) -> bool {
    let first_words: String = said.chars().take(24).collect();
    said.starts_with(|c: char| c.is_ascii_digit())
        || first_words.chars().any(|c| c.is_ascii_digit())
}

/// "Am … schrieb Anna:", "Anna <a@b.c> schrieb am …:"
fn holds_verb(said: &str, signs: &Signs) -> Option<Strength> {
    if !signs.colon || !VERBS.stand_in(said) {
        return None;
    }
    // Any verb may be followed by a date in brackets.
    let bracketed = LAST.iter().filter(|_| said.ends_with(')'));
    let after = INNER
        .iter()
        .chain(bracketed)
        .filter_map(|verb| {
            let at = said.find(verb)?;
            stands_alone(said, at, at + verb.len()).then_some((at, at + verb.len(), *verb))
        })
        .max_by_key(|&(_, after, _)| after);
    let (at, after, verb) = after?;
    let tail = said[after..].trim();
    let names = tail.split(' ').count() <= 6 || has_address(tail) || matches(&DATE, tail);
    let placed = verb != "via"
        && (signs.opens || signs.address || at > 0 && matches(&DATE, tail) && tail.len() < 60);
    if !placed || !names || tail.len() > 160 {
        return None;
    }
    // "Anna kirjoitti 20.05.2019 kello 10:26:": nobody but a program is so exact.
    let exact = has_year(tail) && matches(&CLOCK, tail) && said[..at].split(' ').count() <= 6;
    match (signs.date, signs.opens || signs.address || exact) {
        (true, true) => Some(Strength::Strong),
        (false, false) => None,
        _ => Some(Strength::Weak),
    }
}

/// "2014-10-17 11:28 GMT+03:00 Anna <a@b.c>:", "Quoting Anna <a@b.c>:", "Posted by Anna on 3/5/2016"
fn without_verb(said: &str, signs: &Signs) -> Option<Strength> {
    let quotes = signs.colon
        && QUOTING.iter().any(|word| {
            said.strip_prefix(word)
                .is_some_and(|rest| rest.starts_with(' '))
        });
    if quotes {
        return Some(if signs.address {
            Strength::Strong
        } else {
            Strength::Weak
        });
    }
    let ends_in_address = said.ends_with('>') && signs.address;
    let iso = matches(&ISO_START, said);
    let year = said.len() < 200 && has_year(said);
    if ends_in_address && year && (signs.colon && begins_with_date(said) || iso) {
        return Some(Strength::Strong);
    }
    // "3 May 2023, 09:14 by anna@example.com:"
    let bare = address_in(said).is_some_and(|(_, end)| end == said.len());
    if bare && signs.colon && year && begins_with_date(said) {
        return Some(Strength::Weak);
    }
    let gmt = iso && said.contains(" gmt") && said.len() < 80;
    let posted = said.starts_with("posted by ") && said.contains(" on ") && signs.date;
    (gmt || posted).then_some(Strength::Strong)
}

/// Day, time, `<address>` and a colon at the end: so nobody but a mail program writes.
fn in_any_language(said: &str, signs: &Signs) -> Option<Strength> {
    let dated = has_year(said) && matches(&CLOCK, said);
    let named = signs.address && said.contains('<') && said.contains('>');
    (signs.colon && dated && named).then_some(Strength::Strong)
}

fn has_year(said: &str) -> bool {
    said.as_bytes()
        .windows(4)
        .any(|w| (w.starts_with(b"19") || w.starts_with(b"20")) && w.iter().all(u8::is_ascii_digit))
}

/// Whether the first readable line from `at` on is quoted by marks.
pub fn quote_follows(lines: &[&str], at: usize) -> bool {
    lines[at..]
        .iter()
        .find(|line| is_quoted(line) || !is_blank(line))
        .is_some_and(|line| is_quoted(line))
}
