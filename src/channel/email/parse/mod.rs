//! The bytes of one mail, read into a [`Mail`]. Any bytes; it never fails and nothing is lost.
//!
//! The journey: [`fields`] cuts the header, [`tree`] takes the MIME parts apart, [`gather`] decides
//! what is text and what is attached, and this file fills in the values. Beneath them stand one file
//! per syntax: encoded [`words`], [`params`], [`address`], [`date`], [`transfer`] encodings,
//! [`charset`]s, [`tnef`], [`rtf`], [`smime`], [`calendar`], [`report`].
//!
//! Judging what was read (who wrote it, what is quoted, what it answers) is for `rules`.

mod address;
mod body;
mod calendar;
mod charset;
mod date;
mod fields;
mod flowed;
mod gather;
mod items;
mod names;
mod params;
mod report;
mod rtf;
mod smime;
mod stateful;
mod tags;
mod text;
mod tnef;
mod transfer;
mod tree;
mod unpack;
mod words;

pub use calendar::parse as invite;

use crate::rules::mail::{Address, Attachment, Header, Mail, split_part};
use charset::Hint;
use fields::Block;
use gather::Gathered;
use items::Item;
use tree::Walker;

/// Mails attached to mails attached … beyond this are listed but not read.
const ATTACHED_DEPTH: usize = 8;
/// Ids beyond this are not taken from one field.
const MOST_IDS: usize = 500;

/// Reads a mail.
pub fn mail(raw: &[u8]) -> Mail {
    mail_at(raw, 0)
}

/// The attachment of that number in [`Mail::attachments`], or of the number [`inner_part`](crate::rules::mail::inner_part) makes of
/// it and of one in [`Mail::attached`], with its decoded bytes.
pub fn attachment(raw: &[u8], part: u32) -> Option<(Attachment, Vec<u8>)> {
    let (outer, inner) = split_part(part);
    let index = usize::try_from(outer).ok()?.checked_sub(1)?;
    let found = find(raw, |items| (index < items.len()).then_some(index))?;
    match inner {
        0 => Some(found),
        inner => attachment(&found.1, inner),
    }
}

/// The attachment the HTML refers to as `cid:CONTENT_ID`, with its decoded bytes.
pub fn cid(raw: &[u8], content_id: &str) -> Option<(Attachment, Vec<u8>)> {
    let wanted = text::normal_id(content_id);
    let named = |item: &Item| {
        item.content_id
            .as_deref()
            .is_some_and(|id| text::normal_id(id) == wanted)
    };
    find(raw, |items| items.iter().position(named))
}

/// Whether two content ids name the same part, as they are written in headers and in `cid:` links.
pub fn is_same_id(one: &str, other: &str) -> bool {
    text::normal_id(one) == text::normal_id(other)
}

fn find(raw: &[u8], pick: impl Fn(&[Item]) -> Option<usize>) -> Option<(Attachment, Vec<u8>)> {
    let hint = hint(raw, &fields::split(raw));
    let tree = Walker::new(&hint).walk(raw);
    let gathered = gather::gather(&tree, &hint);
    let index = pick(&gathered.items)?;
    let bytes = gathered.items[index].bytes().into_owned();
    let attachment = attachments(&gathered).into_iter().nth(index)?;
    Some((attachment, bytes))
}

fn mail_at(raw: &[u8], depth: usize) -> Mail {
    let block = fields::split(raw);
    let hint = hint(raw, &block);
    let mut walker = Walker::new(&hint);
    let tree = walker.walk(raw);
    let gathered = gather::gather(&tree, &hint);
    let head = Head {
        block: &block,
        hint: &hint,
    };
    let mut mail = head.mail();
    mail.content_type = tree.media_type().to_owned();
    mail.warnings.append(&mut walker.warnings);
    mail.attachments = attachments(&gathered);
    mail.attached = attached(&gathered, depth);
    mail.warnings.extend(gathered.warnings);
    mail.has_plain = gathered.body.plain;
    mail.text = text::normal(&gathered.body.text);
    mail.html = gathered.body.html;
    mail.report = gathered.report;
    mail.invites = gathered.invites;
    mail.protection = gathered.protection;
    mail
}

/// What the mail as a whole says of undeclared bytes: its first charset, its sender's country.
fn hint(raw: &[u8], block: &Block) -> Hint {
    let head = raw[..raw.len().min(64 * 1024)].to_ascii_lowercase();
    let at = head.windows(8).position(|w| w == b"charset=");
    let label = at.map(|at| {
        let value = &head[at + 8..];
        let end = value
            .iter()
            .position(|b| matches!(b, b';' | b'\r' | b'\n'))
            .unwrap_or(value.len());
        String::from_utf8_lossy(&value[..end.min(60)]).into_owned()
    });
    Hint {
        charset: label,
        tld: block.first("from").and_then(tld),
    }
}

/// The letters after the last dot of the address.
fn tld(from: &[u8]) -> Option<String> {
    let domain = &from[from.iter().rposition(|b| *b == b'@')?..];
    let letters = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'@');
    let domain: Vec<u8> = domain.iter().take_while(letters).copied().collect();
    let last = domain.rsplit(|b| *b == b'.').next()?;
    String::from_utf8(last.to_ascii_lowercase()).ok()
}

fn attachments(gathered: &Gathered) -> Vec<Attachment> {
    let shown = gathered
        .body
        .html
        .as_deref()
        .map(text::cids)
        .unwrap_or_default();
    let describe = |(item, part): (&Item, u32)| Attachment {
        name: item.name.clone(),
        content_type: item.content_type.clone(),
        size: item.bytes().len() as u64,
        inline: item
            .content_id
            .as_deref()
            .is_some_and(|id| shown.contains(&text::normal_id(id))),
        content_id: item.content_id.clone(),
        part,
    };
    gathered.items.iter().zip(1..).map(describe).collect()
}

fn attached(gathered: &Gathered, depth: usize) -> Vec<(u32, Mail)> {
    if depth >= ATTACHED_DEPTH {
        return Vec::new();
    }
    let mails = gathered
        .items
        .iter()
        .zip(1..)
        .filter(|(item, _)| item.is_mail());
    mails
        .map(|(item, part)| (part, mail_at(&item.bytes(), depth + 1)))
        .collect()
}

/// The header's fields on their way to values.
struct Head<'a> {
    block: &'a Block<'a>,
    hint: &'a Hint,
}

impl Head<'_> {
    fn mail(&self) -> Mail {
        let senders = self.addresses("from");
        let sender = self.addresses("sender").into_iter().next();
        let from = chosen_sender(&senders, sender.as_ref());
        let from_missing = from.is_none();
        let mut mail = Mail {
            headers: self.headers(),
            message_id: self.ids("message-id").into_iter().next(),
            from: from
                .or_else(|| self.substitute(sender.as_ref()))
                .unwrap_or_default(),
            sender,
            reply_to: self.addresses("reply-to"),
            to: self.addresses("to"),
            cc: self.addresses("cc"),
            subject: self
                .block
                .first("subject")
                .map(|v| self.decoded(v))
                .unwrap_or_default(),
            date: self
                .block
                .all("date")
                .find_map(|v| date::parse(&charset::header(v, self.hint))),
            in_reply_to: self.ids("in-reply-to"),
            references: self.ids("references"),
            ..Mail::default()
        };
        mail.warnings = self.warnings(&mail, senders.len(), from_missing);
        mail
    }

    fn headers(&self) -> Vec<Header> {
        let decode = |f: &fields::Field| Header {
            name: f.name.to_owned(),
            value: self.decoded(f.value),
        };
        self.block.fields.iter().map(decode).collect()
    }

    fn decoded(&self, value: &[u8]) -> String {
        let text = words::decode(&charset::header(value, self.hint), self.hint);
        let text: String = text
            .chars()
            .filter(|c| !c.is_control() || *c == '\t')
            .collect();
        text.trim().to_owned()
    }

    fn addresses(&self, name: &str) -> Vec<Address> {
        let values = self.block.all(name).map(|v| charset::header(v, self.hint));
        values.flat_map(|v| address::list(&v, self.hint)).collect()
    }

    /// Without a usable From: who else stands for the sender.
    fn substitute(&self, sender: Option<&Address>) -> Option<Address> {
        let others = ["reply-to", "return-path", "x-original-from", "resent-from"];
        let mut others = others.iter().flat_map(|name| self.addresses(name));
        sender
            .cloned()
            .or_else(|| others.find(|a| a.address.contains('@')))
    }

    fn ids(&self, name: &str) -> Vec<String> {
        let values = self.block.all(name).map(|v| charset::header(v, self.hint));
        let mut found = Vec::new();
        for id in values.flat_map(|v| ids(&words::decode(&v, self.hint))) {
            if !found.contains(&id) && found.len() < MOST_IDS {
                found.push(id);
            }
        }
        found
    }

    fn warnings(&self, mail: &Mail, senders: usize, from_missing: bool) -> Vec<String> {
        let several = |name: &str| self.block.all(name).count() > 1;
        let unreadable_date = mail.date.is_none() && self.block.first("date").is_some();
        [
            (
                self.block.malformed,
                "The header has lines that are no fields.",
            ),
            (from_missing, "There is no usable From."),
            (senders > 1, "There are several senders; one was chosen."),
            (
                several("subject"),
                "There are several subjects; the first counts.",
            ),
            (
                several("message-id"),
                "There are several message ids; the first counts.",
            ),
            (mail.message_id.is_none(), "There is no usable Message-ID."),
            (unreadable_date, "The date makes no sense."),
            (mail.date.is_none() && !unreadable_date, "There is no date."),
        ]
        .into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, text)| text.to_owned())
        .collect()
    }
}

/// RFC 5322 section 3.6.2: of several authors the one who sent it, else the first with an address.
fn chosen_sender(senders: &[Address], sender: Option<&Address>) -> Option<Address> {
    let usable = |a: &&Address| a.address.contains('@');
    let same = |a: &&Address| sender.is_some_and(|s| s.address.eq_ignore_ascii_case(&a.address));
    let chosen = senders.iter().filter(usable).find(same);
    let chosen = chosen.or_else(|| senders.iter().find(usable));
    chosen
        .or_else(|| senders.first().filter(|_| sender.is_none()))
        .cloned()
}

/// Message ids without their angles: what stands in angles, else words with an `@`, else a lone word.
fn ids(value: &str) -> Vec<String> {
    let clean = |id: &str| {
        id.chars()
            .filter(|c| !c.is_whitespace() && !c.is_control())
            .collect::<String>()
    };
    let mut found: Vec<String> = Vec::new();
    let mut rest = value;
    while let Some(open) = rest.find('<') {
        let inner = &rest[open + 1..];
        let end = inner.find(['>', '<']).unwrap_or(inner.len());
        found.push(clean(&inner[..end]));
        rest = &inner[end..];
    }
    if found.iter().all(String::is_empty) {
        let word = |w: &str| {
            w.trim_matches(|c| matches!(c, '<' | '>' | ',' | ';' | '"'))
                .to_owned()
        };
        found = value.split_whitespace().map(word).collect();
        if found.len() > 1 {
            found.retain(|id| id.contains('@'));
        }
    }
    found.retain(|id| !id.is_empty() && id.len() <= 998);
    found
}

#[cfg(test)]
mod tests;
