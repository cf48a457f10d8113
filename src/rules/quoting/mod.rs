//! What a person newly wrote, and what their mail program quoted below, above or between.
//!
//! Holds the rules of MAIL: HTML containers, header blocks, attributions, separators, `>` marks,
//! signatures, and comparison with what the conversation already holds. Nothing is lost: every
//! readable line of the text stands in `reply_text` or in `quoted_text`; where nothing new would be
//! left, nothing is folded; answers between quotes stay among them. Finding out *who* wrote a
//! forwarded mail is [`forwarding`](super::forwarding)'s.

mod align;
pub mod attribution;
mod containers;
pub mod headers;
mod history;
pub mod lines;
pub mod separators;
mod signature;
mod text;
mod words;

pub use words::labels::Field;

use super::html_text::labelled_lines;
use super::html_tree::Tree;
use super::mail::{Mail, Parted};

/// HTML longer than this is not looked at for containers; its text still is.
const LONGEST_HTML: usize = 8 << 20;

/// Parts a mail's text, with the HTML's containers as evidence where there is HTML.
pub fn part(mail: &Mail) -> Parted {
    part_against(mail, &[])
}

/// Parts a text that has nothing but its wording.
pub fn part_text(text: &str) -> Parted {
    text::part(text, &[])
}

/// Parts the readable text of an HTML body.
pub fn part_html(html: &str) -> Parted {
    let tree = Tree::parse(html);
    let quoted = containers::quoted_nodes(&tree);
    let (known, lines): (Vec<bool>, Vec<String>) =
        labelled_lines(&tree, |id| quoted[id]).into_iter().unzip();
    text::part(&lines.join("\n"), &known)
}

/// Parts a mail's text; lines whose words stand in one of `history`, the earlier messages of the
/// conversation, are old in whatever language they were introduced.
pub fn part_against(mail: &Mail, history: &[&str]) -> Parted {
    let lines: Vec<&str> = mail.text.lines().collect();
    let mut known = html_evidence(mail, &lines);
    if !history.is_empty() {
        let repeated = history::known_lines(&lines, history);
        for (line, repeated) in known.iter_mut().zip(introduced(&lines, repeated)) {
            *line |= repeated;
        }
    }
    text::part(&mail.text, &known)
}

/// For each line of the text whether the HTML says it is quoted.
fn html_evidence(mail: &Mail, lines: &[&str]) -> Vec<bool> {
    let html = mail
        .html
        .as_deref()
        .filter(|html| html.len() <= LONGEST_HTML);
    let Some(html) = html else {
        return vec![false; lines.len()];
    };
    let tree = Tree::parse(html);
    let quoted = containers::quoted_nodes(&tree);
    if !quoted.contains(&true) {
        return vec![false; lines.len()];
    }
    let marked = labelled_lines(&tree, |id| quoted[id]);
    let marks = align::marks(&marked, lines);
    marks
        .into_iter()
        .map(|mark| mark.unwrap_or(false))
        .collect()
}

/// Adds to the known lines those that introduce them in words no table has: up to two lines above
/// that end in a colon, or lines of `label: value`.
fn introduced(lines: &[&str], mut known: Vec<bool>) -> Vec<bool> {
    for at in 1..lines.len() {
        let starts = known[at] && !known[at - 1];
        if !starts {
            continue;
        }
        let above = lines[..at].iter().enumerate().rev();
        let readable = above.filter(|(_, line)| !lines::is_blank(line)).take(6);
        for (n, (line_at, line)) in readable.enumerate() {
            let text = lines::content(line);
            let says_who = n < 2 && text.ends_with([':', '：']) && text.len() < 300;
            let field = text.split_once([':', '：']).is_some_and(|(label, value)| {
                label.chars().count() < 24
                    && (lines::has_address(value) || value.contains(|c: char| c.is_ascii_digit()))
            });
            if known[line_at] || !(says_who || field) {
                break;
            }
            known[line_at] = true;
        }
    }
    known
}

#[cfg(test)]
mod tests;
