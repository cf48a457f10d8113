//! The MIME tree of one mail (RFC 2045, 2046), taken apart whatever is wrong with it: boundaries
//! missing, never closed, used twice, not declared; encodings where none may be; any depth.
//!
//! Leaves keep their bytes as they stand; nothing is decoded here but what hides further parts.

use super::charset::{self, Hint};
use super::fields::{self, Block};
use super::params::Params;
use super::transfer::Transfer;
use super::words;
use std::borrow::Cow;
use std::ops::Range;

/// Nesting beyond this is shown as it stands.
pub const DEPTH: usize = 50;
/// Parts beyond this are kept together as one.
pub const PARTS: usize = 500;

/// A node of the tree: a leaf with its bytes, or a multipart with its children.
#[derive(Debug, Clone, Default)]
pub struct Part<'a> {
    /// Media type and parameters; never empty.
    pub kind: Params,
    /// Whether the type was declared and is one.
    pub declared: bool,
    pub disposition: Params,
    pub transfer: Transfer,
    /// Without angle brackets.
    pub content_id: Option<String>,
    pub description: Option<String>,
    pub location: Option<String>,
    pub raw: Cow<'a, [u8]>,
    pub children: Vec<Part<'a>>,
}

impl Part<'_> {
    pub fn media_type(&self) -> &str {
        &self.kind.value
    }

    pub fn is(&self, media_type: &str) -> bool {
        self.kind.value == media_type
    }

    pub fn is_multipart(&self) -> bool {
        !self.children.is_empty()
    }

    /// The decoded bytes of a leaf.
    pub fn content(&self) -> Cow<'_, [u8]> {
        self.transfer.decode(&self.raw)
    }

    fn into_owned(self) -> Part<'static> {
        Part {
            raw: Cow::Owned(self.raw.into_owned()),
            children: self.children.into_iter().map(Part::into_owned).collect(),
            kind: self.kind,
            declared: self.declared,
            disposition: self.disposition,
            transfer: self.transfer,
            content_id: self.content_id,
            description: self.description,
            location: self.location,
        }
    }
}

/// Takes mails apart. One of these serves one mail.
pub struct Walker<'h> {
    hint: &'h Hint,
    parts: usize,
    pub warnings: Vec<String>,
}

impl<'h> Walker<'h> {
    pub fn new(hint: &'h Hint) -> Self {
        Self {
            hint,
            parts: 0,
            warnings: Vec::new(),
        }
    }

    /// The tree of a whole mail or entity.
    pub fn walk<'a>(&mut self, raw: &'a [u8]) -> Part<'a> {
        self.entity(raw, "text/plain", 0)
    }

    fn entity<'a>(&mut self, raw: &'a [u8], default: &str, depth: usize) -> Part<'a> {
        let block = fields::split(raw);
        let mut part = self.described(&block, default);
        part.raw = Cow::Borrowed(&raw[block.body..]);
        if part.media_type().starts_with("multipart/") {
            self.open(&mut part, &raw[block.body..], depth);
        }
        part
    }

    fn described<'a>(&self, block: &Block, default: &str) -> Part<'a> {
        let text = |name: &str| block.first(name).map(|v| charset::header(v, self.hint));
        let params = |name: &str| text(name).map(|v| Params::parse(&v, self.hint));
        let kinds = block
            .all("content-type")
            .map(|v| Params::parse(&charset::header(v, self.hint), self.hint));
        let declared = kinds.into_iter().find_map(well_formed);
        let id = text("content-id").map(|v| {
            v.trim_matches(|c: char| c.is_whitespace() || c == '<' || c == '>')
                .to_owned()
        });
        let plain = |name: &str| text(name).map(|v| words::decode(v.trim(), self.hint));
        Part {
            declared: declared.is_some(),
            kind: declared.unwrap_or_else(|| undeclared(params("content-type"), default)),
            disposition: params("content-disposition").unwrap_or_default(),
            transfer: text("content-transfer-encoding")
                .map(|v| Transfer::for_label(&v))
                .unwrap_or_default(),
            content_id: id.filter(|id| !id.is_empty()),
            description: plain("content-description").filter(|d| !d.is_empty()),
            location: plain("content-location").filter(|l| !l.is_empty()),
            raw: Cow::default(),
            children: Vec::new(),
        }
    }

    /// Fills in a multipart's children, or makes it the leaf it turns out to be.
    fn open<'a>(&mut self, part: &mut Part<'a>, body: &'a [u8], depth: usize) {
        if depth >= DEPTH {
            self.warn("Parts are nested too deeply; the rest is attached as it stands.");
            return as_leaf(part, "application/octet-stream");
        }
        part.children = self.children(part, body, depth);
        if part.children.is_empty() && part.transfer != Transfer::Identity {
            // RFC 2045 forbids encoding a multipart; some do it.
            let decoded = part.transfer.decode(body).into_owned();
            let children = self.children(part, &decoded, depth);
            part.children = children.into_iter().map(Part::into_owned).collect();
        }
        if part.children.is_empty() {
            self.warn("A multipart has no parts; it is shown as text.");
            let html = looks_like_html(&part.content());
            as_leaf(part, if html { "text/html" } else { "text/plain" });
        }
    }

    fn children<'a>(&mut self, part: &Part, body: &'a [u8], depth: usize) -> Vec<Part<'a>> {
        let default = if part.is("multipart/digest") {
            "message/rfc822"
        } else {
            "text/plain"
        };
        let declared = part
            .kind
            .get("boundary")
            .map(|b| b.trim().as_bytes().to_vec());
        let mut pieces = declared
            .map(|b| pieces(body, &b, PARTS))
            .unwrap_or_default();
        if pieces.parts.is_empty()
            && let Some(boundary) = guessed_boundary(body)
        {
            self.warn("The boundary between the parts is not the one declared.");
            pieces = self::pieces(body, boundary, PARTS);
        }
        if !pieces.closed && !pieces.parts.is_empty() {
            self.warn("The last part is not closed; the mail may be cut short.");
        }
        let mut children = Vec::new();
        for piece in pieces.parts {
            if self.parts >= PARTS {
                children.push(self.remainder(&body[piece.start..]));
                break;
            }
            self.parts += 1;
            children.push(self.entity(&body[piece], default, depth + 1));
        }
        children
    }

    /// Everything left when there are too many parts.
    fn remainder<'a>(&mut self, rest: &'a [u8]) -> Part<'a> {
        self.warn("There are too many parts; the rest is attached as one.");
        Part {
            kind: Params::parse(
                "application/octet-stream; name=\"remaining-parts.txt\"",
                self.hint,
            ),
            declared: true,
            raw: Cow::Borrowed(rest),
            ..Part::default()
        }
    }

    fn warn(&mut self, text: &str) {
        if !self.warnings.iter().any(|w| w == text) {
            self.warnings.push(text.to_owned());
        }
    }
}

fn as_leaf(part: &mut Part, media_type: &str) {
    part.kind.value = media_type.to_owned();
    part.children.clear();
}

/// A `type/subtype`, or what obviously stands for one.
fn well_formed(mut kind: Params) -> Option<Params> {
    kind.value = match kind.value.as_str() {
        "text" | "plain" | "plaintext" | "ascii" => "text/plain".into(),
        "html" | "htm" => "text/html".into(),
        "multipart" => "multipart/mixed".into(),
        other => other.to_owned(),
    };
    let (top, sub) = kind.value.split_once('/')?;
    let token = |s: &str| {
        !s.is_empty()
            && s.chars()
                .all(|c| c.is_ascii_graphic() && !matches!(c, '/' | '<' | '>' | '"' | '='))
    };
    (token(top) && token(sub)).then_some(kind)
}

/// Without a usable type: the default, or bytes if there is a name that says otherwise.
fn undeclared(broken: Option<Params>, default: &str) -> Params {
    let mut kind = broken.unwrap_or_default();
    let named = kind.get("name").is_some();
    kind.value = if named {
        "application/octet-stream".into()
    } else {
        default.to_owned()
    };
    kind
}

/// Whether text is HTML in truth.
pub fn looks_like_html(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let head = text[..text.len().min(200)].to_ascii_lowercase();
    [b"<!doctype html".as_slice(), b"<html", b"<head", b"<body"]
        .iter()
        .any(|tag| head.starts_with(tag))
}

#[derive(Default)]
struct Pieces {
    parts: Vec<Range<usize>>,
    closed: bool,
}

/// Cuts a body at its delimiter lines (RFC 2046 section 5.1.1). Parts after the closing delimiter
/// count: forwarders append them. One more than `most` is returned at most.
fn pieces(body: &[u8], boundary: &[u8], most: usize) -> Pieces {
    let mut found = Pieces::default();
    let mut start = None;
    let mut at = 0;
    while at < body.len() {
        let end = body[at..]
            .iter()
            .position(|b| *b == b'\n')
            .map_or(body.len(), |n| at + n + 1);
        if let Some(closes) = delimiter(&body[at..end], boundary) {
            if let Some(start) = start {
                found.parts.push(start..before_line_end(body, start, at));
            }
            found.closed = closes;
            start = (!closes).then_some(end);
            if found.parts.len() > most {
                return found;
            }
        }
        at = end;
    }
    if let Some(start) = start.filter(|s| *s < body.len()) {
        found.parts.push(start..body.len());
    }
    found
}

/// Whether the line is the delimiter, and if so, whether it closes.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    match rest.trim_ascii_end() {
        b"" => Some(false),
        rest if rest.starts_with(b"--") && !boundary.is_empty() => Some(true),
        _ => None,
    }
}

/// The line end before a delimiter belongs to it.
fn before_line_end(body: &[u8], start: usize, end: usize) -> usize {
    let piece = &body[start..end];
    let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
    start + piece.strip_suffix(b"\r").unwrap_or(piece).len()
}

/// A line of dashes and text before something that is a part's header.
fn guessed_boundary(body: &[u8]) -> Option<&[u8]> {
    let mut lines = body
        .split(|b| *b == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .peekable();
    while let Some(line) = lines.next() {
        let Some(boundary) = line
            .strip_prefix(b"--")
            .filter(|b| (1..=200).contains(&b.len()))
        else {
            continue;
        };
        let next = lines
            .peek()
            .copied()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if next.starts_with(b"content-")
            && boundary.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
        {
            return Some(boundary);
        }
    }
    None
}
