//! A forgiving tree of a mail's HTML, built in time linear in its length.
//!
//! It holds just enough structure to find quotes and to write readable text: elements, a few of
//! their attributes, text. It is not the WHATWG tree (whose construction is quadratic on hostile
//! nesting), keeps no comments, and is never turned back into HTML: showing HTML is the sanitiser's.

use std::cell::RefCell;
use std::ops::Range;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::{LocalName, TokenizerResult};

/// Elements deeper than this hang flat on the last one, so that walks may recurse.
const MAX_DEPTH: usize = 200;

/// The attributes anybody here asks for.
const KEPT: [&str; 17] = [
    "alt",
    "cellpadding",
    "class",
    "cite",
    "data-marker",
    "data-remote-src",
    "dir",
    "height",
    "hidden",
    "href",
    "id",
    "name",
    "start",
    "style",
    "title",
    "type",
    "width",
];

/// Elements without content or end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// What stands at one place of the tree.
#[derive(Debug)]
pub enum Kind {
    Element {
        name: String,
        attributes: Vec<(String, String)>,
    },
    Text(String),
}

/// One node. Nodes are numbered in document order, so a subtree is a range of numbers.
#[derive(Debug)]
pub struct Node {
    pub kind: Kind,
    pub children: Vec<usize>,
    /// One past the last number of this node's subtree.
    pub end: usize,
}

impl Node {
    /// The element's lower-case name, or `""` for text.
    pub fn name(&self) -> &str {
        match &self.kind {
            Kind::Element { name, .. } => name,
            Kind::Text(_) => "",
        }
    }

    /// A kept attribute's value, `""` when absent.
    pub fn attribute(&self, wanted: &str) -> &str {
        match &self.kind {
            Kind::Element { attributes, .. } => attributes
                .iter()
                .find(|(name, _)| name == wanted)
                .map_or("", |(_, value)| value),
            Kind::Text(_) => "",
        }
    }

    /// Whether the element carries that attribute at all.
    pub fn has(&self, wanted: &str) -> bool {
        matches!(&self.kind, Kind::Element { attributes, .. }
            if attributes.iter().any(|(name, _)| name == wanted))
    }

    /// Whether one of the element's classes is `wanted`, without regard to case.
    pub fn has_class(&self, wanted: &str) -> bool {
        self.attribute("class")
            .split_ascii_whitespace()
            .any(|class| class.eq_ignore_ascii_case(wanted))
    }

    /// The inline style in lower case without blanks, for looking into.
    pub fn style(&self) -> String {
        self.attribute("style")
            .chars()
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_lowercase)
            .collect()
    }
}

/// A whole document; node 0 is its root and has no name of its own.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Reads any text as HTML; there is no wrong input.
    pub fn parse(html: &str) -> Self {
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from_slice(html));
        let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
        // The sink asks for no pauses, but a pause must not lose the rest.
        while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
        tokenizer.end();
        tokenizer.sink.builder.into_inner().finish()
    }

    pub fn node(&self, id: usize) -> &Node {
        &self.nodes[id]
    }

    pub fn root(&self) -> &Node {
        &self.nodes[0]
    }

    /// Every node's number in document order, without the root.
    pub fn ids(&self) -> Range<usize> {
        1..self.nodes.len()
    }

    /// The numbers of a node and everything below it.
    pub fn subtree(&self, id: usize) -> Range<usize> {
        id..self.nodes[id].end
    }

    /// The plain words below a node, for looking into; not for reading.
    pub fn words(&self, id: usize) -> String {
        let texts = self
            .subtree(id)
            .filter_map(|n| match &self.nodes[n].kind {
                Kind::Text(text) => Some(text.as_str()),
                Kind::Element { .. } => None,
            })
            .flat_map(str::split_whitespace);
        texts.collect::<Vec<_>>().join(" ")
    }
}

#[derive(Default)]
struct Sink {
    builder: RefCell<Builder>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut builder = self.builder.borrow_mut();
        match token {
            Token::CharacterTokens(text) => builder.text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return builder.start(&tag),
            Token::TagToken(tag) => builder.end(&tag.name),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// An open element: its node, and its name in the forms that are quick to compare.
struct Open {
    id: usize,
    name: LocalName,
    role: u16,
}

struct Builder {
    nodes: Vec<Node>,
    /// The open elements, root first.
    open: Vec<Open>,
    /// How many flattened elements are open beyond [`MAX_DEPTH`].
    beyond: usize,
}

impl Default for Builder {
    fn default() -> Self {
        let root = Kind::Element {
            name: String::new(),
            attributes: Vec::new(),
        };
        Self {
            nodes: vec![Node {
                kind: root,
                children: Vec::new(),
                end: 0,
            }],
            open: vec![Open {
                id: 0,
                name: LocalName::default(),
                role: 0,
            }],
            beyond: 0,
        }
    }
}

impl Builder {
    fn text(&mut self, text: &str) {
        let parent = self.innermost();
        if let Some(&last) = self.nodes[parent].children.last()
            && last + 1 == self.nodes.len()
            && let Kind::Text(known) = &mut self.nodes[last].kind
        {
            known.push_str(text);
            return;
        }
        self.add(Kind::Text(text.to_owned()));
    }

    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name = tag.name.as_ref();
        self.close_implied(name);
        let attributes = tag
            .attrs
            .iter()
            .filter(|a| KEPT.contains(&a.name.local.as_ref()))
            .map(|a| (a.name.local.to_string(), a.value.to_string()))
            .collect();
        let id = self.add(Kind::Element {
            name: name.to_owned(),
            attributes,
        });
        // Only elements that HTML knows as void may end themselves: `<div/>` opens a div.
        let ends_itself = VOID.contains(&name) || (tag.self_closing && name.contains(':'));
        if !ends_itself {
            if self.open.len() < MAX_DEPTH {
                self.open.push(Open {
                    id,
                    name: tag.name.clone(),
                    role: role(name),
                });
            } else {
                self.beyond += 1;
            }
        }
        match name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noframes" => TokenSinkResult::RawData(RawKind::Rawtext),
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }

    fn end(&mut self, name: &LocalName) {
        if self.beyond > 0 {
            self.beyond -= 1;
        } else if let Some(depth) = self.find_open(name) {
            self.close_to(depth);
        } else if matches!(name.as_ref(), "br" | "p") {
            // A stray end tag of these breaks the line in every browser.
            self.add(Kind::Element {
                name: name.to_string(),
                attributes: Vec::new(),
            });
        }
    }

    /// Where the element an end tag means stands open; a table cell shields what is around it.
    fn find_open(&self, name: &LocalName) -> Option<usize> {
        let shielded = !matches!(
            name.as_ref(),
            "table" | "tr" | "td" | "th" | "tbody" | "thead" | "tfoot" | "body" | "html"
        );
        for (depth, open) in self.open.iter().enumerate().skip(1).rev() {
            if open.name == *name {
                return Some(depth);
            }
            if shielded && open.role & (CELL | TABLE) != 0 {
                return None;
            }
        }
        None
    }

    /// Closes what the start of `name` ends without saying so.
    fn close_implied(&mut self, name: &str) {
        let Some((ends, within)) = implied(name) else {
            return;
        };
        for (depth, open) in self.open.iter().enumerate().skip(1).rev() {
            if open.role & ends != 0 {
                return self.close_to(depth);
            }
            if open.role & within != 0 {
                return;
            }
        }
    }

    fn close_to(&mut self, depth: usize) {
        let end = self.nodes.len();
        for open in self.open.drain(depth..) {
            self.nodes[open.id].end = end;
        }
        self.beyond = 0;
    }

    fn add(&mut self, kind: Kind) -> usize {
        let id = self.nodes.len();
        let parent = self.innermost();
        self.nodes[parent].children.push(id);
        self.nodes.push(Node {
            kind,
            children: Vec::new(),
            end: id + 1,
        });
        id
    }

    fn innermost(&self) -> usize {
        self.open.last().map_or(0, |open| open.id)
    }

    fn finish(mut self) -> Tree {
        self.close_to(0);
        Tree { nodes: self.nodes }
    }
}

const ITEM: u16 = 1;
const TERM: u16 = 1 << 1;
const CELL: u16 = 1 << 2;
const ROW: u16 = 1 << 3;
const ROWS: u16 = 1 << 4;
const TABLE: u16 = 1 << 5;
const OPTION: u16 = 1 << 6;
const SELECT: u16 = 1 << 7;
const PARAGRAPH: u16 = 1 << 8;
const LIST: u16 = 1 << 9;
const TERMS: u16 = 1 << 10;
const DIVISION: u16 = 1 << 11;
const QUOTE: u16 = 1 << 12;

/// What an open element is to a tag that may end it, or be shielded by it.
fn role(name: &str) -> u16 {
    match name {
        "li" => ITEM,
        "dt" | "dd" => TERM,
        "td" | "th" => CELL,
        "tr" => ROW,
        "tbody" | "thead" | "tfoot" => ROWS,
        "table" => TABLE,
        "option" => OPTION,
        "select" => SELECT,
        "p" => PARAGRAPH,
        "ul" | "ol" => LIST,
        "dl" => TERMS,
        "div" => DIVISION,
        "blockquote" => QUOTE,
        _ => 0,
    }
}

/// What the start of an element ends, and what shields it.
fn implied(name: &str) -> Option<(u16, u16)> {
    Some(match name {
        "li" => (ITEM, LIST | CELL | QUOTE),
        "dt" | "dd" => (TERM, TERMS | CELL),
        "td" | "th" => (CELL, ROW | TABLE),
        "tr" => (ROW, TABLE),
        "tbody" | "thead" | "tfoot" => (ROWS, TABLE),
        "option" => (OPTION, SELECT),
        _ if super::html_text::is_block(name) => (PARAGRAPH, CELL | DIVISION | QUOTE | ITEM),
        _ => return None,
    })
}
