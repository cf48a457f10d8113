//! What a person newly wrote, and what their mail program quoted below, above or between.
//!
//! Holds the rules of MAIL: HTML containers, header blocks, attributions, separators, `>` marks,
//! signatures, and comparison with what the conversation already holds. Nothing is lost: every
//! readable line of the text stands in `reply_text` or in `quoted_text`; where nothing new would be
//! left, nothing is folded; answers between quotes stay among them. Finding out *who* wrote a
//! forwarded mail is [`forwarding`](super::forwarding)'s.

mod align;
mod answers;
pub mod attribution;
mod containers;
mod evidence;
mod glued;
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
use evidence::Evidence;

/// What is known of the conversation a mail belongs to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Thread<'a> {
    /// The texts of earlier messages: what repeats them is old, in whatever language it is introduced.
    pub earlier: &'a [&'a str],
    /// The name hidden in the mail of ours that this one quotes, as `token::marker` made it.
    pub marker: Option<&'a str>,
}

/// Parts a mail's text, with the HTML's containers as evidence where there is HTML.
pub fn part(mail: &Mail) -> Parted {
    part_within(mail, Thread::default())
}

/// Parts the words of a mail that was passed on in the body of `mail`, with what the HTML says of
/// them. The containers around all of them say nothing.
pub fn part_forwarded(mail: &Mail, words: &str) -> Parted {
    let text = glued::apart(words);
    let lines: Vec<&str> = text.lines().collect();
    text::part(&text, &evidence::of_forwarded(mail, &lines))
}

/// Parts a text that has nothing but its wording.
pub fn part_text(text: &str) -> Parted {
    let text = glued::apart(text);
    text::part(&text, &[])
}

/// Parts the readable text of an HTML body.
pub fn part_html(html: &str) -> Parted {
    let tree = Tree::parse(html);
    let nodes = containers::judge(&tree, None, 0);
    let (known, lines): (Vec<Evidence>, Vec<String>) =
        labelled_lines(&tree, |id| nodes[id]).into_iter().unzip();
    text::part(&lines.join("\n"), &known)
}

/// Parts a mail's text with all that is known of its conversation.
pub fn part_within(mail: &Mail, thread: Thread<'_>) -> Parted {
    let text = glued::apart(&mail.text);
    let lines: Vec<&str> = text.lines().collect();
    let mut known = evidence::of_html(mail, thread.marker, &lines);
    if !thread.earlier.is_empty() {
        evidence::add_history(&mut known, &lines, thread.earlier);
    }
    text::part(&text, &known)
}

#[cfg(test)]
mod tests;
