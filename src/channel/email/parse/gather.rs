//! The walk over a mail's tree that decides what is its text and what is attached.
//!
//! Every leaf ends up in the body, in a report, or as an item; nothing falls through.

use super::body::{Body, joined, one_of};
use super::charset::{self, Hint};
use super::items::{Item, drop_repeated_invites};
use super::tree::{Part, looks_like_html};
use super::{flowed, names, report, text, tnef};
use crate::rules::mail::{Invite, Protection, Report};

/// A list needs no more attachments than this; further uuencoded or packed files are left packed.
const MOST_ITEMS: usize = 2_000;

#[derive(Debug, Default)]
pub struct Gathered<'p> {
    pub body: Body,
    pub items: Vec<Item<'p>>,
    pub report: Option<Report>,
    pub invites: Vec<Invite>,
    pub protection: Option<Protection>,
    pub warnings: Vec<String>,
}

/// Gathers a whole mail.
pub fn gather<'p>(root: &'p Part<'p>, hint: &Hint) -> Gathered<'p> {
    Walk::over(root, hint, 0)
}

/// The walk's state; [`super::unpack`] extends it.
pub struct Walk<'h, 'p> {
    pub hint: &'h Hint,
    leaves: usize,
    /// No text part is without a name, so the first leaf may be the body all the same.
    named_body: bool,
    /// Opaque signed parts we are inside of.
    pub signed: usize,
    /// Text to fall back on where the mail itself has none.
    pub spare: Body,
    pub out: Gathered<'p>,
}

fn has_unnamed_text(part: &Part) -> bool {
    match part.is_multipart() {
        true => part.children.iter().any(has_unnamed_text),
        false => is_text(part) && names::given(part).is_none(),
    }
}

fn is_text(part: &Part) -> bool {
    matches!(
        part.media_type(),
        "text/plain" | "text/html" | "text/enriched" | "text/richtext" | "text/markdown"
    )
}

impl<'h, 'p> Walk<'h, 'p> {
    /// Walks a tree inside `signed` opaque signed parts.
    pub fn over(root: &'p Part<'p>, hint: &'h Hint, signed: usize) -> Gathered<'p> {
        let mut walk = Self {
            hint,
            leaves: 0,
            named_body: !has_unnamed_text(root),
            signed,
            spare: Body::default(),
            out: Gathered::default(),
        };
        let body = walk.node(root);
        walk.finish(body)
    }

    fn finish(mut self, body: Body) -> Gathered<'p> {
        self.out.body = if body.is_empty() { self.spare } else { body };
        drop_repeated_invites(&mut self.out.items);
        self.out
    }

    fn node(&mut self, part: &'p Part<'p>) -> Body {
        if !part.is_multipart() {
            return self.leaf(part);
        }
        match part.media_type() {
            "multipart/alternative" => self.alternative(part),
            "multipart/related" => self.related(part),
            "multipart/signed" => self.signed(part),
            "multipart/encrypted" => self.encrypted(part),
            _ => {
                let bodies = part.children.iter().map(|child| self.node(child)).collect();
                joined(bodies)
            }
        }
    }

    /// RFC 2046 section 5.1.4: the same in several forms; the plain one is text, the last HTML one HTML.
    fn alternative(&mut self, part: &'p Part<'p>) -> Body {
        let children = part.children.iter().filter(|c| !is_machine_alternative(c));
        let bodies: Vec<Body> = children.map(|child| self.node(child)).collect();
        one_of(bodies)
    }

    /// RFC 2387: the root shows the others; text among the others is attached.
    fn related(&mut self, part: &'p Part<'p>) -> Body {
        let start = part
            .kind
            .get("start")
            .map(|s| s.trim_matches(['<', '>', ' ']));
        let root = part
            .children
            .iter()
            .position(|c| start.is_some() && c.content_id.as_deref() == start)
            .unwrap_or(0);
        let mut bodies = Vec::new();
        for (i, child) in part.children.iter().enumerate() {
            if i == root || child.is_multipart() || is_special(child) {
                bodies.push(self.node(child));
            } else {
                self.leaves += 1;
                self.attach(child);
            }
        }
        joined(bodies)
    }

    /// RFC 1847: the content, then its signature.
    fn signed(&mut self, part: &'p Part<'p>) -> Body {
        let protocol = part.kind.get("protocol").unwrap_or_default().to_lowercase();
        let pgp = protocol.contains("pgp")
            || part
                .children
                .iter()
                .any(|c| c.is("application/pgp-signature"));
        self.protected(if pgp {
            Protection::PgpSigned
        } else {
            Protection::SmimeSigned
        });
        joined(part.children.iter().map(|child| self.node(child)).collect())
    }

    fn encrypted(&mut self, part: &'p Part<'p>) -> Body {
        let protocol = part.kind.get("protocol").unwrap_or_default().to_lowercase();
        self.protected(if protocol.contains("pkcs7") {
            Protection::SmimeEncrypted
        } else {
            Protection::PgpEncrypted
        });
        joined(part.children.iter().map(|child| self.node(child)).collect())
    }

    pub fn protected(&mut self, protection: Protection) {
        let encrypted =
            |p: Protection| matches!(p, Protection::SmimeEncrypted | Protection::PgpEncrypted);
        if encrypted(protection) {
            self.warn("The content is encrypted; only its recipient's key opens it.");
        }
        if self.out.protection.is_none_or(|held| !encrypted(held)) {
            self.out.protection = Some(protection);
        }
    }

    fn leaf(&mut self, part: &'p Part<'p>) -> Body {
        self.leaves += 1;
        if self.is_body(part) {
            return self.text(part);
        }
        let content = part.content();
        match part.media_type() {
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                self.attach(part);
                return self.opaque(&content);
            }
            _ if tnef::is_tnef(&content) => return self.winmail(part, &content),
            _ => {}
        }
        if let Some(report) = report::parse(part.media_type(), &content, self.hint) {
            self.out.report.get_or_insert(report);
        }
        self.attach(part);
        if self.out.items.last().is_some_and(Item::is_calendar) {
            self.calendar(part, &content);
        }
        Body::default()
    }

    fn is_body(&self, part: &Part) -> bool {
        if !is_text(part) {
            return false;
        }
        let named = names::given(part).is_some();
        match part.disposition.value.as_str() {
            "attachment" => !named && self.named_body_allowed(part),
            _ => !named || (self.named_body && self.leaves == 1),
        }
    }

    /// "attachment" without a name, on the only text there is, is a mailer's slip.
    fn named_body_allowed(&self, part: &Part) -> bool {
        self.leaves == 1 && part.content_id.is_none()
    }

    fn text(&mut self, part: &'p Part<'p>) -> Body {
        let content = part.content();
        let html = part.is("text/html") || looks_like_html(&content);
        if html {
            let decoded = text::html(&content, part.kind.get("charset"), self.hint);
            self.warn_about(decoded.warning);
            let text = text::from_html(&decoded.text);
            return Body {
                text,
                html: Some(decoded.text),
                plain: false,
            };
        }
        let content = self.without_uuencoded(content);
        let decoded = charset::decode(&content, part.kind.get("charset"), self.hint);
        self.warn_about(decoded.warning);
        let text = text::normal(&decoded.text);
        let flowed = part
            .kind
            .get("format")
            .is_some_and(|f| f.eq_ignore_ascii_case("flowed"));
        let delete_space = part
            .kind
            .get("delsp")
            .is_some_and(|d| d.eq_ignore_ascii_case("yes"));
        let text = match part.media_type() {
            "text/enriched" | "text/richtext" => text::from_enriched(&text),
            _ if flowed => flowed::unwrap(&text, delete_space),
            _ => text,
        };
        if let Some(protection) = text::inline_pgp(&text) {
            self.protected(protection);
        }
        Body {
            text,
            html: None,
            plain: true,
        }
    }

    pub fn attach(&mut self, part: &'p Part<'p>) {
        self.push(Item::of_part(part, self.hint));
    }

    pub fn push(&mut self, item: Item<'p>) {
        if self.out.items.len() < MOST_ITEMS {
            self.out.items.push(item);
        } else {
            self.warn("There are more attachments than are listed.");
        }
    }

    fn warn_about(&mut self, warning: Option<String>) {
        warning.into_iter().for_each(|w| self.warn(&w));
    }

    pub fn warn(&mut self, text: &str) {
        if !self.out.warnings.iter().any(|w| w == text) && self.out.warnings.len() < 50 {
            self.out.warnings.push(text.to_owned());
        }
    }
}

/// Parts of a related group that are more than a file.
fn is_special(part: &Part) -> bool {
    matches!(
        part.media_type(),
        "application/ms-tnef" | "text/calendar" | "application/pkcs7-mime"
    )
}

/// Alternatives written for machines: never shown, never wanted.
fn is_machine_alternative(part: &Part) -> bool {
    matches!(part.media_type(), "text/x-amp-html" | "text/watch-html")
        && names::given(part).is_none()
}
