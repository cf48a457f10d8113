//! The elements mail programs put around what they quote in HTML.
//!
//! A container says more than any wording, but some programs wrap the whole mail in one: those that
//! do count only if what they hold looks quoted.

use super::attribution::{self, Strength};
use super::headers;
use super::separators::{Separator, separator};
use crate::rules::html_text::head_below;
use crate::rules::html_tree::Tree;

/// Lines looked at for signs of quoting at the head of a container.
const HEAD_LINES: usize = 12;
/// Containers looked into before the rest is taken for decoration: keeps hostile nesting cheap.
const MAX_LOOKS: usize = 60;

/// Whether each node of the tree, by number, is inside a quote.
pub fn quoted_nodes(tree: &Tree) -> Vec<bool> {
    let mut quoted = vec![false; tree.ids().end];
    let mut looks = MAX_LOOKS;
    for id in tree.ids() {
        if quoted[id] {
            continue;
        }
        match reach(tree, id, &mut looks) {
            Reach::Nothing => {}
            Reach::Inside => quoted[tree.subtree(id)].fill(true),
            Reach::Rest => quoted[id..].fill(true),
        }
    }
    quoted
}

/// How far a node's mark goes.
enum Reach {
    Nothing,
    /// The element and all it holds.
    Inside,
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

fn reach(tree: &Tree, id: usize, looks: &mut usize) -> Reach {
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
    let doubtful = DOUBTFUL_CLASSES.iter().any(|class| node.has_class(class))
        || node.attribute("id").starts_with("yahoo_quoted")
        || (name == "div" && node.attribute("name") == "quote");
    let bordered = name == "div" && node.attribute("style").contains("border");
    if !(doubtful || bordered) || *looks == 0 {
        return Reach::Nothing;
    }
    *looks -= 1;
    if doubtful {
        return if looks_quoted(tree, id) {
            Reach::Inside
        } else {
            Reach::Nothing
        };
    }
    boxed(tree, id)
}

fn is_cite(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("cite")
}

/// Word's boxes: a rule on top of a header block and then the old mail, or a line left of it.
fn boxed(tree: &Tree, id: usize) -> Reach {
    let style = tree.node(id).style();
    if style.contains("border-top:solid") && begins_with_headers(tree, id) {
        Reach::Rest
    } else if style.contains("border-left:solid")
        && style.contains("border:none")
        && looks_quoted(tree, id)
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

/// Whether the container's head holds a blockquote, an attribution, a separator or a header block.
fn looks_quoted(tree: &Tree, id: usize) -> bool {
    let holds_quote = tree.subtree(id).skip(1).any(|inner| {
        tree.node(inner).name() == "blockquote" || tree.node(inner).has_class("gmail_attr")
    });
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
