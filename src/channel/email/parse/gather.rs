//! The walk over a mail's tree that decides what is its text and what is attached.
//!
//! Every leaf ends up in the body, in a report, or as an item; nothing falls through.

use super::charset::{self, Hint};
use super::smime::{self, Envelope};
use super::tree::{Part, Walker, looks_like_html};
use super::{calendar, flowed, names, report, text, tnef, transfer};
use crate::rules::mail::{Invite, Protection, Report};
use std::borrow::Cow;

/// Opaque signed parts within signed parts beyond this are not opened.
const SIGNED_DEPTH: usize = 5;
/// A list needs no more attachments than this; further uuencoded or packed files are left packed.
const MOST_ITEMS: usize = 2_000;

/// Something attached. Its number is its place in [`Gathered::items`], from 1.
#[derive(Debug)]
pub struct Item<'p> {
    pub name: String,
    /// The name is ours, not the sender's.
    pub invented: bool,
    pub content_type: String,
    pub content_id: Option<String>,
    content: Content<'p>,
}

#[derive(Debug)]
enum Content<'p> {
    Encoded(transfer::Transfer, Cow<'p, [u8]>),
    Bytes(Vec<u8>),
}

impl Item<'_> {
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match &self.content {
            Content::Encoded(transfer, raw) => transfer.decode(raw),
            Content::Bytes(bytes) => Cow::Borrowed(bytes),
        }
    }

    fn into_owned(self) -> Item<'static> {
        let content = match self.content {
            Content::Encoded(transfer, raw) => {
                Content::Encoded(transfer, Cow::Owned(raw.into_owned()))
            }
            Content::Bytes(bytes) => Content::Bytes(bytes),
        };
        Item {
            name: self.name,
            invented: self.invented,
            content_type: self.content_type,
            content_id: self.content_id,
            content,
        }
    }

    pub fn is_mail(&self) -> bool {
        let named = || self.name.to_ascii_lowercase().ends_with(".eml");
        match self.content_type.as_str() {
            "message/rfc822" | "message/global" | "message/news" => true,
            "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers" => true,
            "application/octet-stream" | "application/x-eml" | "application/eml" | "text/plain" => {
                named()
            }
            _ => false,
        }
    }

    fn is_calendar(&self) -> bool {
        matches!(
            self.content_type.as_str(),
            "text/calendar" | "application/ics" | "text/x-vcalendar"
        )
    }
}

/// The readable content of one node.
#[derive(Debug, Default)]
pub struct Body {
    pub text: String,
    pub html: Option<String>,
    /// `text` came from a plain part.
    pub plain: bool,
}

impl Body {
    fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.html.is_none()
    }
}

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
    let mut walk = Walk {
        hint,
        leaves: 0,
        named_body: !has_unnamed_text(root),
        signed: 0,
        spare: Body::default(),
        out: Gathered::default(),
    };
    let body = walk.node(root);
    walk.finish(body)
}

struct Walk<'h, 'p> {
    hint: &'h Hint,
    leaves: usize,
    /// No text part is without a name, so the first leaf may be the body all the same.
    named_body: bool,
    /// Opaque signed parts we are inside of.
    signed: usize,
    /// Text to fall back on where the mail itself has none.
    spare: Body,
    out: Gathered<'p>,
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

impl<'p> Walk<'_, 'p> {
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
        let mut chosen = Body::default();
        for body in bodies.into_iter().filter(|b| !b.is_empty()) {
            let better = (body.plain && !chosen.plain) || chosen.text.trim().is_empty();
            if better && !body.text.trim().is_empty() {
                chosen.text = body.text.clone();
                chosen.plain = body.plain;
            }
            chosen.html = body.html.or(chosen.html);
        }
        prefer_real_text(chosen)
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

    fn protected(&mut self, protection: Protection) {
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

    /// Takes uuencoded files out of a text.
    fn without_uuencoded<'c>(&mut self, content: Cow<'c, [u8]>) -> Cow<'c, [u8]> {
        let files = transfer::uuencoded(&content);
        if files.is_empty() {
            return content;
        }
        let mut kept = Vec::with_capacity(content.len());
        let mut at = 0;
        for file in files {
            kept.extend_from_slice(&content[at..file.start]);
            at = file.end;
            let name = names::clean(&charset::header(&file.name, self.hint));
            self.push(Item {
                invented: name.is_empty(),
                name: if name.is_empty() {
                    "attachment.bin".into()
                } else {
                    name
                },
                content_type: "application/octet-stream".into(),
                content_id: None,
                content: Content::Bytes(file.content),
            });
        }
        kept.extend_from_slice(&content[at..]);
        Cow::Owned(kept)
    }

    fn attach(&mut self, part: &'p Part<'p>) {
        let given = names::given(part);
        let invented = given.is_none();
        let name = given.unwrap_or_else(|| names::invented(part, &part.content(), self.hint));
        self.push(Item {
            name,
            invented,
            content_type: part.media_type().to_owned(),
            content_id: part.content_id.clone(),
            content: Content::Encoded(part.transfer, Cow::Borrowed(part.raw.as_ref())),
        });
    }

    fn push(&mut self, item: Item<'p>) {
        if self.out.items.len() < MOST_ITEMS {
            self.out.items.push(item);
        } else {
            self.warn("There are more attachments than are listed.");
        }
    }

    /// RFC 8551 section 3.5: the signed entity is inside.
    fn opaque(&mut self, content: &[u8]) -> Body {
        let entity = match smime::open(content) {
            Envelope::Signed(entity) if self.signed < SIGNED_DEPTH => entity,
            Envelope::Encrypted => {
                self.protected(Protection::SmimeEncrypted);
                return Body::default();
            }
            _ => return Body::default(),
        };
        self.protected(Protection::SmimeSigned);
        let mut walker = Walker::new(self.hint);
        let root = walker.walk(&entity);
        let mut inner = Walk {
            hint: self.hint,
            leaves: 0,
            named_body: !has_unnamed_text(&root),
            signed: self.signed + 1,
            spare: Body::default(),
            out: Gathered::default(),
        };
        let body = inner.node(&root);
        let inner = inner.finish(body);
        inner
            .items
            .into_iter()
            .for_each(|item| self.push(item.into_owned()));
        inner.protection.into_iter().for_each(|p| self.protected(p));
        walker
            .warnings
            .into_iter()
            .chain(inner.warnings)
            .for_each(|w| self.warn(&w));
        self.out.invites.extend(inner.invites);
        self.out.report = self.out.report.take().or(inner.report);
        inner.body
    }

    fn winmail(&mut self, part: &'p Part<'p>, content: &[u8]) -> Body {
        let Some(unpacked) = tnef::unpack(content) else {
            self.attach(part);
            return Body::default();
        };
        if unpacked.damaged {
            self.warn("The winmail.dat is damaged; what could be read was unpacked.");
        }
        if unpacked.damaged || unpacked.files.is_empty() {
            self.attach(part);
        }
        for file in unpacked.files {
            let name = names::clean(&file.name);
            self.push(Item {
                invented: name.is_empty(),
                name: if name.is_empty() {
                    "attachment.bin".into()
                } else {
                    name
                },
                content_type: file
                    .content_type
                    .filter(|t| t.contains('/'))
                    .unwrap_or_else(|| "application/octet-stream".into()),
                content_id: file
                    .content_id
                    .map(|id| id.trim_matches(['<', '>', ' ']).to_owned())
                    .filter(|id| !id.is_empty()),
                content: Content::Bytes(file.content),
            });
        }
        if self.spare.is_empty() {
            let plain = unpacked.text.is_some();
            let text = unpacked.text.map(|t| text::normal(&t));
            let text = text.or_else(|| unpacked.html.as_deref().map(text::from_html));
            self.spare = Body {
                text: text.unwrap_or_default(),
                html: unpacked.html,
                plain,
            };
        }
        Body::default()
    }

    fn calendar(&mut self, part: &Part, content: &[u8]) {
        let charset = part.kind.get("charset").or(Some("utf-8"));
        let decoded = charset::decode(content, charset, self.hint).text;
        let Some(mut invite) = calendar::parse(&decoded) else {
            return;
        };
        if invite.method.is_empty() {
            invite.method = part.kind.get("method").unwrap_or_default().to_uppercase();
        }
        match &invite.answer {
            Some((who, answer)) => {
                let who = if who.name.is_empty() {
                    &who.address
                } else {
                    &who.name
                };
                self.warn(&format!(
                    "A calendar answer: {who} {} “{}”.",
                    answer.to_lowercase(),
                    invite.summary
                ));
            }
            None if self.spare.is_empty() => {
                self.spare = Body {
                    text: calendar::card(&invite),
                    html: None,
                    plain: true,
                };
            }
            None => {}
        }
        if !self.out.invites.contains(&invite) && self.out.invites.len() < 50 {
            self.out.invites.push(invite);
        }
    }

    fn warn_about(&mut self, warning: Option<String>) {
        warning.into_iter().for_each(|w| self.warn(&w));
    }

    fn warn(&mut self, text: &str) {
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

/// "Your mail program cannot show HTML" is no text.
fn prefer_real_text(mut body: Body) -> Body {
    let Some(html) = &body.html else { return body };
    let says_html = body.text.len() < 400 && body.text.to_ascii_lowercase().contains("html");
    if body.plain && says_html {
        let text = text::from_html(html);
        if text.len() > body.text.len() * 3 {
            body.text = text;
            body.plain = false;
        }
    }
    body
}

/// Parts one after the other.
fn joined(bodies: Vec<Body>) -> Body {
    let mut bodies: Vec<Body> = bodies.into_iter().filter(|b| !b.is_empty()).collect();
    if bodies.len() < 2 {
        return bodies.pop().unwrap_or_default();
    }
    if let Some(one) = same_twice(&mut bodies) {
        return one;
    }
    let any_html = bodies.iter().any(|b| b.html.is_some());
    let mut all = Body {
        plain: bodies.iter().any(|b| b.plain),
        ..Body::default()
    };
    let mut html = String::new();
    for body in bodies {
        if !all.text.is_empty() && !body.text.is_empty() {
            all.text.truncate(all.text.trim_end_matches('\n').len());
            all.text.push_str("\n\n");
        }
        all.text.push_str(&body.text);
        if any_html {
            html.push_str(&body.html.unwrap_or_else(|| text::to_html(&body.text)));
        }
    }
    all.html = any_html.then_some(html);
    all
}

/// "mixed" where "alternative" was meant: the same words, plain and HTML.
fn same_twice(bodies: &mut Vec<Body>) -> Option<Body> {
    let [first, second] = bodies.as_slice() else {
        return None;
    };
    let forms = (
        first.plain && first.html.is_none(),
        second.html.is_some() && !second.plain,
    );
    if forms != (true, true) || letters(&first.text) != letters(&second.text) {
        return None;
    }
    let html = bodies.pop()?.html;
    let text = bodies.pop()?.text;
    Some(Body {
        text,
        html,
        plain: true,
    })
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The same invitation comes as an alternative and as a file; the file is enough.
fn drop_repeated_invites(items: &mut Vec<Item>) {
    let files: Vec<(usize, Vec<u8>)> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.is_calendar())
        .take(20)
        .map(|(i, item)| (i, item.bytes().trim_ascii().to_vec()))
        .collect();
    let repeated = |i: usize| {
        let (_, bytes) = files.iter().find(|(at, _)| *at == i)?;
        let other = files
            .iter()
            .find(|(at, b)| *at != i && b == bytes && (!items[*at].invented || *at < i))?;
        (items[i].invented || other.0 < i).then_some(i)
    };
    let drop: Vec<usize> = files.iter().filter_map(|(i, _)| repeated(*i)).collect();
    let mut at = 0;
    items.retain(|_| {
        at += 1;
        !drop.contains(&(at - 1))
    });
}
