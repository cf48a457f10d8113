//! Sorting the lines of a text into new words, history and signature.

use super::attribution::{Strength, attribution_at, quote_follows};
use super::evidence::{Evidence, introduces};
use super::headers::{announced_at, block_at};
use super::lines::{content, depth, has_words, is_blank, is_quoted};
use super::separators::{Separator, is_title, separator};
use super::{answers, signature};
use crate::rules::mail::Parted;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Blank,
    New,
    /// Quoted, or an introduction to it.
    Quote,
    /// From here everything is older.
    History,
    Signature,
}

/// Parts a text; `known[n]` is what is known of line `n` besides its wording (HTML, earlier mail).
pub fn part(text: &str, known: &[Evidence]) -> Parted {
    let lines: Vec<&str> = text.lines().collect();
    let mut sides = classify(&lines, known);
    keep_wrapped_quotes_whole(&lines, &mut sides);
    answers::show_unmarked(&lines, known, &mut sides);
    keep_answers_in_place(&mut sides);
    fold_signatures(&lines, &mut sides);
    keep_rules_with_history(&lines, &mut sides);
    place_invisible_lines(&lines, &mut sides);
    if !says_something(&lines, &sides) {
        sides = undo(&lines, sides);
    }
    assemble(&lines, &sides)
}

fn says_something(lines: &[&str], sides: &[Side]) -> bool {
    let mut new = lines
        .iter()
        .zip(sides)
        .filter(|(_, side)| **side == Side::New);
    new.any(|(line, _)| has_words(line))
}

/// Nothing new is left: better all of it than nothing, and only the signature folded.
fn undo(lines: &[&str], sides: Vec<Side>) -> Vec<Side> {
    let old = sides
        .iter()
        .zip(lines)
        .any(|(side, line)| matches!(side, Side::Quote | Side::History) && has_words(line));
    sides
        .into_iter()
        .map(|side| match side {
            Side::Signature if old => Side::Signature,
            _ => Side::New,
        })
        .collect()
}

fn classify(lines: &[&str], known: &[Evidence]) -> Vec<Side> {
    let mut sides = vec![Side::New; lines.len()];
    let mut at = 0;
    while at < lines.len() {
        let evidence = known.get(at).copied().unwrap_or_default();
        let marked = is_quoted(lines[at]) && !is_own(lines, &sides, at, evidence);
        if is_blank(lines[at]) && !is_quoted(lines[at]) {
            sides[at] = Side::Blank;
            at += 1;
        } else if marked || evidence.is_old() {
            sides[at] = Side::Quote;
            at += 1;
        } else if let Some(start) = introduction(lines, at, known) {
            let end = start.after;
            if start.continues(lines, known, &sides[..at]) {
                sides[at..end].fill(Side::Quote);
                at = end;
            } else {
                sides[at..].fill(Side::History);
                break;
            }
        } else {
            at += 1;
        }
    }
    sides
}

/// Whether a quoted line belongs to a quotation that this mail's writer made: the HTML says so, and
/// neither an attribution nor another quote stands right above.
fn is_own(lines: &[&str], sides: &[Side], at: usize, evidence: Evidence) -> bool {
    if evidence != Evidence::Own {
        return false;
    }
    let own = |n: usize| {
        let dated = lines[n].contains(|c: char| c.is_ascii_digit()) && introduces(lines[n], true);
        sides[n] == Side::New && !dated
    };
    let above = (0..at).rev().find(|&n| !is_blank(lines[n]));
    above.is_some_and(own)
}

/// Lines that introduce older text, ending before `after`.
struct Introduction {
    after: usize,
}

impl Introduction {
    /// Whether what follows is marked line by line, so that answers may stand between. Lines that
    /// only an earlier message knows may end anywhere: below them an answer is looked for if there
    /// is none above.
    fn continues(&self, lines: &[&str], known: &[Evidence], above: &[Side]) -> bool {
        let next = (self.after..lines.len()).find(|&n| is_quoted(lines[n]) || !is_blank(lines[n]));
        next.is_none_or(|n| match known.get(n).copied().unwrap_or_default() {
            _ if is_quoted(lines[n]) => true,
            Evidence::Old => true,
            Evidence::Repeated => !above.contains(&Side::New),
            _ => false,
        })
    }
}

/// The introduction that begins on line `at`, if one does.
fn introduction(lines: &[&str], at: usize, known: &[Evidence]) -> Option<Introduction> {
    if let Some((kind, rest)) = separator(lines[at]) {
        let block = header_after(lines, at + 1);
        let found = match (kind, block) {
            (_, Some(after)) => Some(Introduction { after }),
            (Separator::Rule, None) => list_footer(lines, at),
            (_, None) if rest.is_empty() || rest.len() > 2 => Some(Introduction { after: at + 1 }),
            _ => None,
        };
        // Rules may frame an attribution as well.
        if found.is_some() || kind != Separator::Rule {
            return found;
        }
    }
    if let Some(block) = block_at(lines, at)
        && block.convinces(false)
    {
        return Some(Introduction { after: block.end });
    }
    let found = attribution_at(lines, at)?;
    let after = at + found.lines;
    let supported = found.strength == Strength::Strong
        || quote_follows(lines, after)
        || old_follows(lines, after, known);
    supported.then_some(Introduction { after })
}

/// Whether the next readable line is old by other evidence.
fn old_follows(lines: &[&str], after: usize, known: &[Evidence]) -> bool {
    let next = (after..lines.len()).find(|&n| !is_blank(lines[n]));
    next.is_some_and(|n| known.get(n).is_some_and(|evidence| evidence.is_old()))
}

/// The end of a header block that stands below a separator, blank lines between allowed.
fn header_after(lines: &[&str], from: usize) -> Option<usize> {
    let at = (from..lines.len().min(from + 3)).find(|&n| !is_blank(lines[n]))?;
    announced_at(lines, at).map(|block| block.end)
}

/// The footer mailing lists add below a rule.
fn list_footer(lines: &[&str], at: usize) -> Option<Introduction> {
    let next = lines.get(at + 1).map(|line| line.to_lowercase())?;
    let list = next.contains("mailing list")
        || next.contains("unsubscribe")
        || (next.trim_end().ends_with(" list") && lines[at].trim().len() > 40);
    list.then_some(Introduction { after: at + 1 })
}

/// A long quoted line that a mail program broke leaves its end without a mark: still the quote's.
fn keep_wrapped_quotes_whole(lines: &[&str], sides: &mut [Side]) {
    for at in 1..lines.len().saturating_sub(1) {
        let between =
            sides[at] == Side::New && sides[at - 1] == Side::Quote && sides[at + 1] == Side::Quote;
        let same = is_quoted(lines[at - 1]) && depth(lines[at - 1]) == depth(lines[at + 1]);
        let above = content(lines[at - 1]);
        let broken = above.chars().count() >= 60 && !above.ends_with(['.', '?', '!', ':', ';']);
        let below = !is_blank(lines[at + 1]) && is_quoted(lines[at + 1]);
        let link = above.contains("(http") || lines[at].trim_start().starts_with("(http");
        if between && same && (broken && below || link) {
            sides[at] = Side::Quote;
        }
    }
}

/// Answers between quotes need what they answer: from the first to the last of them all stays.
fn keep_answers_in_place(sides: &mut [Side]) {
    let body_end = sides
        .iter()
        .position(|side| *side == Side::History)
        .unwrap_or(sides.len());
    let body = &mut sides[..body_end];
    let quotes: Vec<usize> = (0..body.len())
        .filter(|&n| body[n] == Side::Quote)
        .collect();
    let (Some(&first), Some(&last)) = (quotes.first(), quotes.last()) else {
        return;
    };
    let interleaved = body[first..last].contains(&Side::New);
    if !interleaved {
        return;
    }
    let answers_end = body
        .iter()
        .rposition(|side| *side == Side::New)
        .map_or(0, |n| n + 1);
    for side in &mut body[..answers_end] {
        if *side == Side::Quote {
            *side = Side::New;
        }
    }
}

/// Each stretch of new text may end in a signature.
fn fold_signatures(lines: &[&str], sides: &mut [Side]) {
    let mut at = 0;
    while at < lines.len() {
        let old = |side: Side| matches!(side, Side::Quote | Side::History);
        if old(sides[at]) {
            at += 1;
            continue;
        }
        let end = (at..lines.len())
            .find(|&n| old(sides[n]))
            .unwrap_or(lines.len());
        if let Some(start) = signature::begins(&lines[at..end]) {
            for side in &mut sides[at + start..end] {
                if *side == Side::New {
                    *side = Side::Signature;
                }
            }
        }
        at = end;
    }
}

/// Lines of invisible characters read as blank, yet are not: they go with the line above.
fn place_invisible_lines(lines: &[&str], sides: &mut [Side]) {
    let mut above = Side::New;
    for (line, side) in lines.iter().zip(sides) {
        if *side != Side::Blank {
            above = *side;
        } else if !line.trim().is_empty() {
            *side = above;
        }
    }
}

/// A rule right above old text belongs to it, and so does the title of it.
fn keep_rules_with_history(lines: &[&str], sides: &mut [Side]) {
    for at in (0..lines.len()).rev() {
        if sides[at] != Side::New || !(is_rule(lines[at]) || is_title(lines[at])) {
            continue;
        }
        let below = sides[at + 1..].iter().find(|side| **side != Side::Blank);
        if matches!(below, Some(Side::Quote | Side::History)) {
            sides[at] = Side::Quote;
        }
    }
}

/// A line of at least three dashes or stars and nothing else.
fn is_rule(line: &str) -> bool {
    let marks = line.chars().filter(|c| !c.is_whitespace());
    let ruled = |c: char| matches!(c, '-' | '_' | '=' | '*' | '–' | '—' | '─');
    marks.clone().count() >= 3 && marks.clone().all(ruled)
}

fn assemble(lines: &[&str], sides: &[Side]) -> Parted {
    let is_old = |side: Side| matches!(side, Side::Quote | Side::History | Side::Signature);
    let signature = gather(lines, sides, |side| side == Side::Signature);
    Parted {
        reply_text: gather(lines, sides, |side| side == Side::New),
        quoted_text: gather(lines, sides, is_old),
        signature: (!signature.is_empty()).then_some(signature),
    }
}

/// The chosen lines as text; where others stood between, one blank line stays.
fn gather(lines: &[&str], sides: &[Side], chosen: impl Fn(Side) -> bool) -> String {
    let mut text = String::new();
    let mut gap = false;
    for (line, &side) in lines.iter().zip(sides) {
        if !chosen(side) || (side == Side::Blank) {
            gap |= !text.is_empty();
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let blank = line.trim().is_empty();
        if gap && !blank {
            text.push('\n');
        }
        gap = false;
        text.push_str(line.trim_end());
    }
    text.trim_matches('\n').to_owned()
}
