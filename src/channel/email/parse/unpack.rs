//! Parts that hold more than they show: signed envelopes, `winmail.dat`, uuencoded files inside a
//! text, calendars. Their content joins the mail's own.

use super::body::Body;
use super::gather::Walk;
use super::items::Item;
use super::smime::{self, Envelope};
use super::tree::{Part, Walker};
use super::{calendar, charset, text, tnef, transfer};
use crate::rules::mail::Protection;
use std::borrow::Cow;

/// Opaque signed parts within signed parts beyond this are not opened.
const SIGNED_DEPTH: usize = 5;

impl<'p> Walk<'_, 'p> {
    /// Takes uuencoded files out of a text.
    pub fn without_uuencoded<'c>(&mut self, content: Cow<'c, [u8]>) -> Cow<'c, [u8]> {
        let files = transfer::uuencoded(&content);
        if files.is_empty() {
            return content;
        }
        let mut kept = Vec::with_capacity(content.len());
        let mut at = 0;
        for file in files {
            kept.extend_from_slice(&content[at..file.start]);
            at = file.end;
            let name = charset::header(&file.name, self.hint);
            self.push(Item::unpacked(&name, None, None, file.content));
        }
        kept.extend_from_slice(&content[at..]);
        Cow::Owned(kept)
    }

    /// RFC 8551 section 3.5: the signed entity is inside.
    pub fn opaque(&mut self, content: &[u8]) -> Body {
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
        let inner = Walk::over(&root, self.hint, self.signed + 1);
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

    /// What Outlook packed, in place of its package; the package too where that is not all.
    pub fn winmail(&mut self, part: &'p Part<'p>, content: &[u8]) -> Body {
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
            self.push(Item::unpacked(
                &file.name,
                file.content_type,
                file.content_id,
                file.content,
            ));
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

    /// A calendar is its own text where the mail has none, unless it only answers one of ours.
    pub fn calendar(&mut self, part: &Part, content: &[u8]) {
        let charset = part.kind.get("charset").or(Some("utf-8"));
        let decoded = charset::decode(content, charset, self.hint).text;
        let method = part.kind.get("method").unwrap_or_default();
        let Some(invite) = calendar::parse(&decoded, method) else {
            return;
        };
        match &invite.answer {
            Some((who, answer)) => {
                let names = [&who.name, &who.address];
                let who = names.iter().find(|n| !n.is_empty()).copied();
                let who = who.map_or("somebody", String::as_str);
                let (answer, summary) = (answer.to_lowercase(), &invite.summary);
                self.warn(&format!("A calendar answer: {who} {answer} “{summary}”."));
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
}
