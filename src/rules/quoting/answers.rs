//! Answers written into quoted text without any mark, as Outlook's users do.
//!
//! What was quoted is known from the earlier messages. A line among known ones that no earlier
//! message holds was written now.

use super::attribution::judge;
use super::evidence::{Evidence, introduces};
use super::lines::{has_words, is_blank, is_quoted};
use super::separators::separator;
use super::signature::is_device_line;
use super::text::Side;

/// Makes such lines new, and with them what they answer: old text above them stays in its place.
pub fn show_unmarked(lines: &[&str], known: &[Evidence], sides: &mut [Side]) {
    if !known.contains(&Evidence::Repeated) {
        return;
    }
    let Some(last) = last_answer(lines, known, sides) else {
        return;
    };
    for side in &mut sides[..=last] {
        if matches!(side, Side::Quote | Side::History) {
            *side = Side::New;
        }
    }
}

/// The last line that was written between lines known from an earlier message.
fn last_answer(lines: &[&str], known: &[Evidence], sides: &[Side]) -> Option<usize> {
    let old = |n: &usize| matches!(sides[*n], Side::Quote | Side::History);
    let readable: Vec<usize> = (0..lines.len()).filter(|&n| !is_blank(lines[n])).collect();
    let mut last = None;
    let mut candidate = None;
    let mut flanked = false;
    for n in readable {
        if !old(&n) || is_quoted(lines[n]) {
            (candidate, flanked) = (None, false);
        } else if known[n] == Evidence::Repeated {
            last = candidate.take().or(last);
            flanked = true;
        } else if flanked && is_unlike_frame(lines[n], known[n]) {
            candidate = Some(n);
        } else {
            // Who wrote the next older mail stands here: below it another message begins.
            (candidate, flanked) = (None, false);
        }
    }
    last
}

/// Whether a line is neither part of an introduction nor what programs add.
fn is_unlike_frame(line: &str, known: Evidence) -> bool {
    let link = line
        .trim_start_matches(['<', '[', ' ', '('])
        .starts_with("http");
    let framed = introduces(line, true)
        || judge(line).is_some()
        || separator(line).is_some()
        || is_device_line(line);
    has_words(line) && !framed && !link && known != Evidence::Introduces
}
