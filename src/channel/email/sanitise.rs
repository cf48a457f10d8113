//! A stranger's HTML, made harmless: ammonia with a strict list, and styles that only colour and space.
//!
//! What comes out loads nothing from anywhere: pictures are `cid:` or `data:`, and those of the web
//! stand by in `data-remote-src` until somebody asks for them ([`document`]). The pages show it in a
//! sandboxed frame under its own policy all the same; each of the two would do alone.

mod document;
mod fold;
mod pictures;
mod style;

pub use document::{Look, Remote, document};
pub use fold::{folded, unfolded};
pub use pictures::has_remote_images;

use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Marks a picture of the web between ammonia's filter, which cannot rename, and [`html`], which does.
const REMOTE: &str = "casella-remote:";
/// The attribute such a picture's address waits in.
const REMOTE_ATTRIBUTE: &str = " data-remote-src=\"";

/// Deeper documents are shown as their text: browsers and parsers slow down quadratically.
const DEPTH: usize = 256;
/// The same for tags times formatting elements left open, which parsers multiply.
const WORK: usize = 1_000_000;

/// And for escaped characters times the length of the text they stand in.
const ESCAPES: usize = 500_000_000;

/// HTML without anything active and without any reference that loads by itself.
pub fn html(html: &str) -> String {
    if is_bomb(html) {
        let text = crate::rules::html_text::to_text(html);
        return format!("<pre>{}</pre>", escaped(&text));
    }
    let clean = POLICY.clean(html).to_string();
    // Attribute values escape their quotes, so this pattern is an attribute's beginning, or plain text.
    clean.replace(&format!(" src=\"{REMOTE}"), REMOTE_ATTRIBUTE)
}

/// Plain text for an attribute or between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

const TAGS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "label",
    "li",
    "main",
    "mark",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Elements that go with everything inside them.
const DROPPED: &[&str] = &[
    "script",
    "style",
    "title",
    "noscript",
    "template",
    "iframe",
    "object",
    "embed",
    "applet",
    "frameset",
    "noembed",
    "noframes",
    "svg",
    "math",
    "textarea",
    "select",
    "audio",
    "video",
    "canvas",
    "map",
    "xml",
    "xmp",
    "plaintext",
    "portal",
    "fencedframe",
    "datalist",
];

const EVERYWHERE: &[&str] = &[
    "style", "dir", "lang", "title", "align", "valign", "bgcolor", "width", "height",
];

const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href"]),
    ("img", &["src", "alt", "border", "hspace", "vspace"]),
    (
        "table",
        &[
            "border",
            "cellpadding",
            "cellspacing",
            "rules",
            "frame",
            "summary",
            "bordercolor",
        ],
    ),
    ("td", &["colspan", "rowspan", "nowrap", "headers", "scope"]),
    (
        "th",
        &["colspan", "rowspan", "nowrap", "headers", "scope", "abbr"],
    ),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("font", &["color", "face", "size"]),
    ("ol", &["start", "type", "reversed"]),
    ("ul", &["type"]),
    ("li", &["value", "type"]),
    ("hr", &["size", "noshade", "color"]),
    ("br", &["clear"]),
    ("blockquote", &["type"]),
    ("time", &["datetime"]),
    ("details", &["open"]),
];

static POLICY: LazyLock<Builder<'static>> = LazyLock::new(policy);

fn policy() -> Builder<'static> {
    let set = |names: &[&'static str]| names.iter().copied().collect::<HashSet<_>>();
    let attributes: HashMap<_, _> = ATTRIBUTES
        .iter()
        .map(|(tag, names)| (*tag, set(names)))
        .collect();
    let mut policy = Builder::empty();
    policy
        .tags(set(TAGS))
        .clean_content_tags(set(DROPPED))
        .generic_attributes(set(EVERYWHERE))
        .tag_attributes(attributes)
        .url_schemes(set(&["http", "https", "mailto", "tel", "cid", "data"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .attribute_filter(attribute);
    policy
}

/// The last word on an attribute whose name (and, for links, scheme) ammonia has allowed.
fn attribute<'v>(element: &str, name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    match (element, name) {
        (_, "style") => style::harmless(value).map(Cow::Owned),
        ("a", "href") => is_link(value).then_some(Cow::Borrowed(value)),
        ("img", "src") => picture(value),
        (_, "href" | "src") => None,
        // Legacy colours and sizes: nothing a browser would read as anything else.
        (_, "bgcolor" | "color" | "bordercolor" | "width" | "height" | "size" | "border") => {
            let plain = |c: char| {
                c.is_ascii_alphanumeric() || matches!(c, '#' | '%' | '.' | '+' | '-' | ' ')
            };
            value.chars().all(plain).then_some(Cow::Borrowed(value))
        }
        _ => Some(Cow::Borrowed(value)),
    }
}

fn scheme(url: &str) -> String {
    url::Url::parse(url)
        .map(|u| u.scheme().to_owned())
        .unwrap_or_default()
}

fn is_link(url: &str) -> bool {
    matches!(scheme(url).as_str(), "http" | "https" | "mailto" | "tel")
}

fn picture(source: &str) -> Option<Cow<'_, str>> {
    const SHOWN: [&str; 5] = ["png", "jpeg", "jpg", "gif", "webp"];
    match scheme(source).as_str() {
        "cid" => Some(Cow::Owned(format!("cid:{}", source.trim().get(4..)?))),
        "http" | "https" => Some(Cow::Owned(format!("{REMOTE}{}", source.trim()))),
        "data" => {
            let kind = source
                .trim()
                .get(5..)?
                .trim_start()
                .get(..20.min(source.trim().len() - 5))?
                .to_ascii_lowercase();
            SHOWN
                .iter()
                .any(|k| kind.starts_with(&format!("image/{k};base64,")))
                .then_some(Cow::Borrowed(source))
        }
        _ => None,
    }
}

/// Whether a parser that follows the HTML standard would drown in it: it walks all open elements at
/// every tag, and repeats formatting elements left open in every block that follows.
fn is_bomb(html: &str) -> bool {
    const FORMATTING: [&str; 14] = [
        "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
        "u",
    ];
    // Elements that are empty, or that the next of their kind closes.
    const SHALLOW: [&str; 24] = [
        "area", "base", "body", "br", "col", "dd", "dt", "head", "hr", "html", "img", "input",
        "li", "link", "meta", "option", "p", "tbody", "td", "tfoot", "th", "thead", "tr", "wbr",
    ];
    let (mut blocks, mut formats) = (Open::default(), Open::default());
    let mut tags = 0;
    // The serialiser looks for angles anew behind every character it escapes.
    let escapes = |text: &str| text.matches(['&', '\u{a0}']).count() * text.len();
    for after in html.split('<').skip(1) {
        tags += 1;
        let name = after.trim_start_matches('/');
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(name.len());
        let named = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(&name[..end]));
        match end {
            0 => {}
            _ if named(&FORMATTING) => formats.count(after),
            _ if named(&SHALLOW) => {}
            _ => blocks.count(after),
        }
    }
    let escapes: usize = html.split('<').map(escapes).sum();
    blocks.most > DEPTH || (formats.most + 1) * tags > WORK || escapes > ESCAPES
}

/// How many elements are open, and were at most.
#[derive(Default)]
struct Open {
    now: usize,
    most: usize,
}

impl Open {
    fn count(&mut self, tag: &str) {
        self.now = match tag.starts_with('/') {
            true => self.now.saturating_sub(1),
            false => self.now + 1,
        };
        self.most = self.most.max(self.now);
    }
}

#[cfg(test)]
mod tests;
