//! What else than its wording is known of a line.

use super::align;
use super::containers;
use super::history;
use super::lines::{content, has_address, is_blank};
use crate::rules::html_text::labelled_lines;
use crate::rules::html_tree::Tree;
use crate::rules::mail::Mail;

/// HTML longer than this is not looked at for containers; its text still is.
const LONGEST_HTML: usize = 8 << 20;

/// What is known of a line besides its wording.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Evidence {
    #[default]
    None,
    /// The HTML says that it is quoted.
    Old,
    /// The HTML says that this mail's writer set it as a quotation of their own.
    Own,
    /// An earlier message of the conversation says the same.
    Repeated,
    /// It introduces what an earlier message says.
    Introduces,
}

impl Evidence {
    /// Whether the line is old by it.
    pub fn is_old(self) -> bool {
        !matches!(self, Evidence::None | Evidence::Own)
    }
}

/// For each line of the text what the HTML says of it.
pub fn of_html(mail: &Mail, marker: Option<&str>, lines: &[&str]) -> Vec<Evidence> {
    let html = mail.html.as_deref();
    let Some(html) = html.filter(|html| html.len() <= LONGEST_HTML) else {
        return vec![Evidence::None; lines.len()];
    };
    of_tree(&Tree::parse(html), marker, lines, 0)
}

/// For each line of what was passed on in a mail's body what the HTML says of it.
pub fn of_forwarded(mail: &Mail, lines: &[&str]) -> Vec<Evidence> {
    let html = mail.html.as_deref();
    let html = html.filter(|html| html.len() <= LONGEST_HTML);
    let tree = html.map(Tree::parse);
    let begin = tree.as_ref().and_then(|tree| align::begin(tree, lines));
    match (tree, begin) {
        (Some(tree), Some(begin)) => of_tree(&tree, None, lines, begin),
        _ => vec![Evidence::None; lines.len()],
    }
}

/// What the HTML says of lines that stand at node `begin` of it or below.
fn of_tree(tree: &Tree, marker: Option<&str>, lines: &[&str], begin: usize) -> Vec<Evidence> {
    let nodes = containers::judge(tree, marker, begin);
    if nodes.iter().all(|node| *node == Evidence::None) {
        return vec![Evidence::None; lines.len()];
    }
    let marked = labelled_lines(tree, |id| (id >= begin, nodes[id]));
    let below = marked.into_iter().filter(|((below, _), _)| *below);
    let below: Vec<_> = below.map(|((_, mark), line)| (mark, line)).collect();
    let marks = align::marks(&below, lines);
    marks.into_iter().map(Option::unwrap_or_default).collect()
}

/// Adds what the earlier messages say to what the HTML said.
pub fn add_history(evidence: &mut [Evidence], lines: &[&str], history: &[&str]) {
    let repeated = history::known_lines(lines, history);
    for (line, repeated) in evidence.iter_mut().zip(introduced(lines, &repeated)) {
        if matches!(*line, Evidence::None | Evidence::Own) || repeated == Evidence::Repeated {
            *line = repeated;
        }
    }
}

/// The repeated lines, and those that introduce them in words no table has: up to two lines above
/// that end in a colon, or lines of `label: value`.
fn introduced(lines: &[&str], repeated: &[bool]) -> Vec<Evidence> {
    let mark = |&repeated| match repeated {
        true => Evidence::Repeated,
        false => Evidence::None,
    };
    let mut marks: Vec<Evidence> = repeated.iter().map(mark).collect();
    for at in 1..lines.len() {
        if !repeated[at] || repeated[at - 1] {
            continue;
        }
        let above = lines[..at].iter().enumerate().rev();
        let readable = above.filter(|(_, line)| !is_blank(line)).take(6);
        for (n, (line_at, line)) in readable.enumerate() {
            if marks[line_at] != Evidence::None || !introduces(line, n < 2) {
                break;
            }
            marks[line_at] = Evidence::Introduces;
        }
    }
    marks
}

/// Whether a line could introduce older words in any language.
pub fn introduces(line: &str, near: bool) -> bool {
    let text = content(line);
    let says_who = near && text.ends_with([':', '：']) && text.len() < 300;
    let field = text.split_once([':', '：']).is_some_and(|(label, value)| {
        label.chars().count() < 24
            && (has_address(value) || value.contains(|c: char| c.is_ascii_digit()))
    });
    says_who || field
}
