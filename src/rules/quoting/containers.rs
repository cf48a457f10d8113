//! The elements mail programs put around what they quote in HTML.
//!
//! A container says more than any wording, but some programs wrap the whole mail in one: those that
//! do count only if what they hold looks quoted.

use super::attribution::{self, Strength};
use super::evidence::Evidence;
use super::headers;
use super::separators::{Separator, separator};
use crate::rules::html_text::head_below;
use crate::rules::html_tree::Tree;

/// Lines looked at for signs of quoting at the head of a container.
const HEAD_LINES: usize = 12;
/// Containers looked into before the rest is taken for decoration: keeps hostile nesting cheap.
const MAX_LOOKS: usize = 60;

/// What each node of the tree, by number, is part of. `marker` is the name hidden in a mail of ours
/// that this one quotes. Containers that begin before node `begin` are looked through.
pub fn judge(tree: &Tree, marker: Option<&str>, begin: usize) -> Vec<Evidence> {
    let mut judging = Judging {
        nodes: vec![Evidence::None; tree.ids().end],
        looks: MAX_LOOKS,
        marks: tree.ids().filter(|id| marks_quote(tree, *id)).collect(),
        blockquote: 0,
        container: 0,
    };
    for id in tree.ids().skip_while(|id| *id < begin) {
        if judging.nodes[id] == Evidence::None {
            judging.node(tree, id, marker);
        }
        if tree.node(id).name() == "blockquote" {
            judging.blockquote = judging.blockquote.max(tree.subtree(id).end);
        }
    }
    judging.nodes
}

struct Judging {
    nodes: Vec<Evidence>,
    looks: usize,
    /// The elements that make a container around them one of quotes, in document order.
    marks: Vec<usize>,
    /// Where the outermost blockquote around the current node ends.
    blockquote: usize,
    /// Where the container ends whose blockquotes are old and whose other words are not.
    container: usize,
}

impl Judging {
    fn node(&mut self, tree: &Tree, id: usize, marker: Option<&str>) {
        let range = tree.subtree(id);
        if marker.is_some_and(|marker| bears(tree, id, marker)) {
            let end = self.end_of_ours(tree, id);
            self.nodes[id..end].fill(Evidence::Old);
        } else if id < self.container && tree.node(id).name() == "blockquote" {
            self.nodes[range].fill(Evidence::Old);
        } else {
            match reach(tree, id, &mut self.looks, &self.marks) {
                Reach::Nothing => {}
                Reach::Inside => self.inside(tree, id),
                Reach::Own => self.nodes[range].fill(Evidence::Own),
                Reach::Rest => self.nodes[id..].fill(Evidence::Old),
            }
        }
    }

    /// Our mail is what the marked element holds. Of an anchor without content only the place is
    /// left: below it all is ours, as far as the blockquote goes that it stands in.
    fn end_of_ours(&self, tree: &Tree, id: usize) -> usize {
        if !head_below(tree, id, 1).is_empty() {
            tree.subtree(id).end
        } else if id < self.blockquote {
            self.blockquote
        } else {
            self.nodes.len()
        }
    }

    /// Gmail leaves answers between the quotes within its container, as siblings of the blockquotes.
    fn inside(&mut self, tree: &Tree, id: usize) {
        let range = tree.subtree(id);
        let children = &tree.node(id).children;
        let quotes = |child: &&usize| tree.node(**child).name() == "blockquote";
        match children.iter().find(quotes) {
            Some(&first) => {
                self.nodes[id..tree.subtree(first).end].fill(Evidence::Old);
                self.container = self.container.max(range.end);
            }
            None => self.nodes[range].fill(Evidence::Old),
        }
    }
}

/// Whether our hidden name stands on this element; programs put prefixes before it and more behind.
fn bears(tree: &Tree, id: usize, marker: &str) -> bool {
    let node = tree.node(id);
    node.attribute("id").contains(marker) || node.attribute("name").contains(marker)
}

/// How far a node's mark goes.
enum Reach {
    Nothing,
    /// The element and all it holds.
    Inside,
    /// The element and all it holds is a quotation its writer made by hand.
    Own,
    /// Everything from here to the end of the document.
    Rest,
}

/// Elements that are quotes wherever they stand.
const CLASSES: [&str; 16] = [
    "protonmail_quote",
    "tutanota_quote",
    "moz-cite-prefix",
    "gmail_attr",
    "gmail_quote_attribution",
    "zmail_extra",
    "mailspring-quote",
    "front-blockquote",
    "missive_quote",
    "hs_reply",
    "airmail_ext_on",
    "mail-quote-collapse",
    "ms-outlook-mobile-reference-message",
    "nylas-quote",
    "clean_bq",
    "quoted-mail",
];
/// Elements that are quotes if their head says so.
const DOUBTFUL_CLASSES: [&str; 5] = [
    "gmail_quote",
    "gmail_quote_container",
    "yahoo_quoted",
    "gmail_extra",
    "ntes_quote",
];
const IDS: [&str; 8] = [
    "OLK_SRC_BODY_SECTION",
    "mail-editor-reference-message-container",
    "reply-intro",
    "isReplyContent",
    "isForwardContent",
    "replySplit",
    "yahoo_quoted",
    "tutanota_quote",
];
const IDS_TO_THE_END: [&str; 5] = [
    "appendonsend",
    "divRplyFwdMsg",
    "stopSpelling",
    "divtagdefaultwrapper_reply",
    "zwchr",
];

fn reach(tree: &Tree, id: usize, looks: &mut usize, marks: &[usize]) -> Reach {
    let node = tree.node(id);
    let name = node.name();
    if name.is_empty() {
        return Reach::Nothing;
    }
    if IDS_TO_THE_END.contains(&node.attribute("id"))
        || node.attribute("data-marker") == "__DIVIDER__"
    {
        return Reach::Rest;
    }
    let certain = CLASSES.iter().any(|class| node.has_class(class))
        || IDS.contains(&node.attribute("id"))
        || node.attribute("data-marker") == "__QUOTED_TEXT__"
        || node.attribute("name") == "messageReplySection"
        || (name == "blockquote" && is_cite(node.attribute("type")));
    if certain {
        return Reach::Inside;
    }
    if name == "blockquote" && node.has_class("gmail_quote") {
        return Reach::Own;
    }
    let doubtful = DOUBTFUL_CLASSES.iter().any(|class| node.has_class(class))
        || node.attribute("id").starts_with("yahoo_quoted")
        || (name == "div" && node.attribute("name") == "quote");
    let bordered = name == "div" && node.attribute("style").contains("border");
    if !(doubtful || bordered) || *looks == 0 {
        return Reach::Nothing;
    }
    *looks -= 1;
    if doubtful {
        return if looks_quoted(tree, id, marks) {
            Reach::Inside
        } else {
            Reach::Nothing
        };
    }
    boxed(tree, id, marks)
}

fn is_cite(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("cite")
}

/// Word's boxes: a rule on top of a header block and then the old mail, or a line left of it.
fn boxed(tree: &Tree, id: usize, marks: &[usize]) -> Reach {
    let style = tree.node(id).style();
    if style.contains("border-top:solid") && begins_with_headers(tree, id) {
        Reach::Rest
    } else if style.contains("border-left:solid")
        && style.contains("border:none")
        && looks_quoted(tree, id, marks)
    {
        Reach::Inside
    } else {
        Reach::Nothing
    }
}

fn begins_with_headers(tree: &Tree, id: usize) -> bool {
    let head = head_below(tree, id, HEAD_LINES);
    let lines: Vec<&str> = head.iter().map(String::as_str).collect();
    !lines.is_empty() && headers::block_at(&lines, 0).is_some_and(|block| block.convinces(true))
}

fn marks_quote(tree: &Tree, id: usize) -> bool {
    let node = tree.node(id);
    node.name() == "blockquote" || node.has_class("gmail_attr")
}

/// Whether the container's head holds a blockquote, an attribution, a separator or a header block.
fn looks_quoted(tree: &Tree, id: usize, marks: &[usize]) -> bool {
    let range = tree.subtree(id);
    let first = marks.partition_point(|mark| *mark <= id);
    let holds_quote = marks.get(first).is_some_and(|mark| range.contains(mark));
    let itself = tree.node(id).name() == "blockquote";
    if holds_quote || itself {
        return true;
    }
    let head = head_below(tree, id, HEAD_LINES);
    let lines: Vec<&str> = head.iter().map(String::as_str).collect();
    (0..lines.len().min(4)).any(|at| {
        attribution::attribution_at(&lines, at).is_some_and(|a| a.strength == Strength::Strong)
            || separator(lines[at]).is_some_and(|(kind, _)| kind != Separator::Rule)
            || headers::block_at(&lines, at).is_some_and(|block| block.convinces(false))
    })
}
