//! A mail made ready for its write: everything that needs no store.

use crate::inbox::line::{Texts, snippet};
use crate::rules::contacts::{self, Attribution, is_service};
use crate::rules::forwarding::confirmation::{self, Confirmation};
use crate::rules::kind;
use crate::rules::loops;
use crate::rules::mail::{self, ForwardKind, Mail, Parted, Reading, Team};
use crate::rules::quoting;
use crate::rules::threading::Mode;
use casella_index::model::*;
use casella_index::segment::Packed;
use casella_index::store::pack;
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde_json::Value;

/// Mail older than the first of it bears a wrong date (1982-08-13, RFC 822).
const FIRST_MAIL: Millis = 398_044_800_000;

/// What signed recipients of ours a mail came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// `r+TOKEN@`: the conversation it answers.
    pub reply: Option<ConversationId>,
    /// `b+TOKEN@`: the message it reports on, and which of its recipients.
    pub bounce: Option<(MessageId, u32)>,
}

/// What authentication proved (SPF, DKIM, DMARC of the real session).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proof {
    /// DMARC passed for the domain in From.
    pub dmarc_pass: bool,
    /// DMARC was tried and failed: From may be forged.
    pub dmarc_fail: bool,
    /// A domain whose DKIM signature was right and stands behind From.
    pub dkim_domain: Option<String>,
    /// All of it, as shown in the badge.
    pub facts: Option<Value>,
}

/// How a mail came, and what it is judged by.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    pub path: MailPath,
    /// The inbox address it came to.
    pub inbox: String,
    pub tokens: Tokens,
    pub proof: Proof,
    pub team: Team,
    pub mode: Mode,
    /// From an archive: ordered by its own date, and news to nobody.
    pub imported: bool,
}

/// A mail ready to be received.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub(super) reading: Reading,
    pub(super) author: mail::Address,
    pub(super) draft: Message,
    pub(super) texts: Texts,
    pub(super) raw: Packed,
    /// The id of a mail that has none of its own.
    pub(super) fallback_id: String,
    pub(super) note: Option<(Author, String)>,
    pub(super) tokens: Tokens,
    pub(super) proof: Proof,
    pub(super) team: Team,
    pub(super) mode: Mode,
    pub(super) imported: bool,
    pub(super) own_copy: bool,
    /// A machine's answer, a receipt or a report, or a mail in a loop.
    pub(super) silent: bool,
    /// It went round in a circle: more hops than any honest way has, or our own mark came back.
    pub(super) looping: bool,
    pub(super) forwarded_by_team: Option<ForwardKind>,
    /// A provider asks whether a mailbox may forward to us.
    pub(super) forwarding: Option<Confirmation>,
}

impl Incoming {
    /// Prepares a mail that was read.
    pub fn new(raw: &[u8], reading: Reading, arrival: Arrival) -> Self {
        let own_people = if arrival.proof.dmarc_fail {
            Team {
                addresses: Vec::new(),
                ..arrival.team.clone()
            }
        } else {
            arrival.team.clone()
        };
        let (author, attribution) =
            contacts::attribute(&reading.mail, &reading.forwarded, &own_people);
        let by_team =
            (attribution == Attribution::ForwardedByTeam).then_some(reading.forwarded.kind);
        let own_copy = attribution == Attribution::OwnCopy && arrival.proof.dmarc_pass;
        let kind = &reading.kind;
        let looping = loops::came_back(&reading.mail, &arrival.inbox).is_some();
        let silent =
            kind.auto_reply || kind.bounce || kind.complaint || kind.read_receipt || looping;
        let body = body(&reading, by_team);
        let asks = !arrival.imported && !arrival.proof.dmarc_fail;
        let forwarding = asks
            .then(|| confirmation::recognise(&reading.mail))
            .flatten();
        let fallback_id = format!("{}@local", HEXLOWER.encode(digest(&SHA256, raw).as_ref()));
        let email = facts(&reading, &author, attribution, &arrival, &fallback_id);
        let draft = Message {
            direction: if own_copy {
                Direction::Out
            } else {
                Direction::In
            },
            author: message_author(&reading, &author, own_copy),
            channels: vec![Channel::Email],
            subject: subject(&reading, by_team),
            snippet: snippet(if body.text.trim().is_empty() {
                &body.quoted_text
            } else {
                &body.text
            }),
            attachments: attachments(&reading.mail, by_team),
            email: Some(email),
            ..Message::default()
        };
        Incoming {
            texts: Texts::of(&body),
            raw: pack(raw),
            note: by_team.and_then(|_| forwarders_note(&reading)),
            tokens: arrival.tokens,
            proof: arrival.proof,
            team: arrival.team,
            mode: arrival.mode,
            imported: arrival.imported,
            own_copy,
            silent,
            looping,
            forwarded_by_team: by_team,
            forwarding,
            fallback_id,
            draft,
            author,
            reading,
        }
    }

    /// Prepares a mail that could not be read: its bytes, its envelope and what is shown instead
    /// (MAIL.md A1). Its envelope's sender stands for From.
    pub fn unreadable(raw: &[u8], mut reading: Reading, arrival: Arrival) -> Self {
        if reading.mail.from.address.is_empty() {
            reading.mail.from.address = arrival.path.mail_from.clone().unwrap_or_default();
        }
        let mut incoming = Incoming::new(raw, reading, arrival);
        if let Some(email) = &mut incoming.draft.email {
            email.unreadable = true;
        }
        incoming
    }

    /// When the mail is of: when it came, or for an archive when it was written, if that is believable.
    pub(super) fn at(&self, now: Millis) -> Millis {
        let written = self
            .reading
            .mail
            .date
            .filter(|date| (FIRST_MAIL..=now).contains(date));
        written.filter(|_| self.imported).unwrap_or(now)
    }

    pub(super) fn email(&self) -> EmailFacts {
        self.draft.email.clone().unwrap_or_default()
    }

    /// A bounce or a complaint that found no mail of ours.
    pub(super) fn is_unbound_report(&self) -> bool {
        self.reading.kind.bounce || self.reading.kind.complaint
    }

    /// What kind of mail it is: words below `trace.mark.` of the catalogues.
    pub(super) fn marks(&self) -> Vec<&'static str> {
        let kind = &self.reading.kind;
        [
            (self.looping, "loop"),
            (kind.bounce, "bounce"),
            (kind.complaint, "complaint"),
            (kind.read_receipt, "receipt"),
            (kind.auto_reply, "auto_reply"),
            (kind.list_id.is_some(), "list"),
            (self.own_copy, "own_copy"),
            (self.forwarding.is_some(), "forwarding"),
            (self.forwarded_by_team.is_some(), "forwarded"),
            (self.email().unreadable, "unreadable"),
        ]
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, mark)| mark)
        .collect()
    }

    pub(super) fn is_answer(&self) -> bool {
        kind::is_answer(&self.reading.mail)
    }
}

/// The texts as shown. A team's forward shows the customer's words; the forwarder's become a note.
fn body(reading: &Reading, by_team: Option<ForwardKind>) -> StoredBody {
    let parted = by_team.and_then(|kind| customers_words(reading, kind));
    let Parted {
        reply_text: text,
        quoted_text,
        ..
    } = parted.unwrap_or_else(|| reading.parted.clone());
    let html = match by_team {
        Some(ForwardKind::Attached) => &reading.forwarded_html,
        _ => &reading.html,
    };
    StoredBody {
        text,
        quoted_text,
        html: html.clone(),
    }
}

/// The words of the mail passed on, parted; `None` where it has none.
fn customers_words(reading: &Reading, kind: ForwardKind) -> Option<Parted> {
    let text = reading.forwarded.text.as_deref()?;
    let parted = match (kind, reading.mail.passed_on()) {
        (ForwardKind::Attached, Some(inner)) => quoting::part(inner),
        _ => quoting::part_forwarded(&reading.mail, text),
    };
    (!text.trim().is_empty()).then_some(parted)
}

fn subject(reading: &Reading, by_team: Option<ForwardKind>) -> String {
    let inner = by_team
        .and(reading.forwarded.subject.clone())
        .filter(|subject| !subject.trim().is_empty());
    inner.unwrap_or_else(|| reading.mail.subject.clone())
}

fn message_author(reading: &Reading, author: &mail::Address, own_copy: bool) -> Author {
    let (kind, person) = match (own_copy, reading.kind.bounce || reading.kind.complaint) {
        (true, _) => (AuthorKind::Agent, &reading.mail.from),
        (_, true) => (AuthorKind::System, &reading.mail.from),
        _ => (AuthorKind::Contact, author),
    };
    Author {
        kind,
        name: person.name.clone(),
        address: Some(person.address.clone()).filter(|a| !a.is_empty()),
        agent: None,
    }
}

fn forwarders_note(reading: &Reading) -> Option<(Author, String)> {
    let words = reading
        .forwarded
        .note
        .clone()
        .filter(|note| !note.trim().is_empty())?;
    let by = &reading.mail.from;
    let author = Author {
        kind: AuthorKind::Agent,
        name: by.name.clone(),
        address: Some(by.address.clone()),
        agent: None,
    };
    Some((author, words))
}

fn facts(
    reading: &Reading,
    author: &mail::Address,
    attribution: Attribution,
    arrival: &Arrival,
    fallback_id: &str,
) -> EmailFacts {
    let mail = &reading.mail;
    let all = |list: &[mail::Address]| list.iter().map(address).collect();
    let swapped =
        attribution != Attribution::From && !contacts::same(&author.address, &mail.from.address);
    EmailFacts {
        message_id: mail
            .message_id
            .clone()
            .unwrap_or_else(|| fallback_id.to_owned()),
        in_reply_to: mail.in_reply_to.clone(),
        references: mail.references.clone(),
        from: address(&mail.from),
        sender: mail.sender.as_ref().map(address),
        reply_to: all(&mail.reply_to),
        to: all(&mail.to),
        cc: all(&mail.cc),
        body_hash: body_hash(mail),
        paths: vec![arrival.path.clone()],
        authentication: arrival.proof.facts.clone(),
        auto_reply: reading.kind.auto_reply,
        bounce: reading.kind.bounce,
        no_auto_answer: reading.kind.no_auto_answer,
        complaint: reading.kind.complaint,
        list_id: reading.kind.list_id.clone(),
        forwarded: forward_name(reading.forwarded.kind).to_owned(),
        forwarded_by: reading.forwarded.by.as_ref().map(address),
        swapped_from: swapped.then(|| address(&mail.from)),
        warnings: warnings(reading, author, arrival),
        date: mail.date,
        ..EmailFacts::default()
    }
}

fn warnings(reading: &Reading, author: &mail::Address, arrival: &Arrival) -> Vec<String> {
    let mut warnings = reading.mail.warnings.clone();
    let proven = arrival.proof.dmarc_pass;
    if contacts::answer_address(&reading.mail, author, &arrival.team, proven).suspicious
        && !is_service(&author.address)
    {
        warnings.push("It asks for answers to an address that its sender could not prove to own; answers go to the known address.".to_owned());
    }
    warnings
}

fn forward_name(kind: ForwardKind) -> &'static str {
    match kind {
        ForwardKind::None => "none",
        ForwardKind::Automatic => "automatic",
        ForwardKind::Manual => "manual",
        ForwardKind::Attached => "attached",
    }
}

/// What two copies of one mail share, whichever way they came: words (without a list's footer), files.
fn body_hash(mail: &Mail) -> String {
    const FOOTER: &str = "\n____________________";
    let text = mail
        .text
        .rfind(FOOTER)
        .map_or(mail.text.as_str(), |at| &mail.text[..at]);
    let mut hashed = String::with_capacity(text.len());
    for (n, word) in text.split_whitespace().enumerate() {
        if n > 0 {
            hashed.push(' ');
        }
        hashed.push_str(word);
    }
    for file in &mail.attachments {
        hashed.push_str(&format!("\n{} {}", file.size, file.content_type));
    }
    HEXLOWER.encode(&digest(&SHA256, hashed.as_bytes()).as_ref()[..16])
}

fn address(given: &mail::Address) -> MailAddress {
    MailAddress {
        name: given.name.clone(),
        address: given.address.clone(),
    }
}

/// The mail's files; of one that a colleague passed on as an attachment the customer's files too.
/// Inline are the pictures of the form that is shown.
fn attachments(mail: &Mail, by_team: Option<ForwardKind>) -> Vec<Attachment> {
    let passed_on = by_team == Some(ForwardKind::Attached);
    let own = mail.attachments.iter().map(|given| Attachment {
        inline: given.inline && !passed_on,
        ..attachment(given)
    });
    let attached = mail.attached.iter().enumerate().filter(|_| passed_on);
    let inner = attached.flat_map(|(n, (outer, inner))| {
        inner.attachments.iter().map(move |given| Attachment {
            source: AttachmentSource::Part(mail::inner_part(*outer, given.part)),
            inline: given.inline && n == 0,
            ..attachment(given)
        })
    });
    own.chain(inner).collect()
}

fn attachment(given: &mail::Attachment) -> Attachment {
    Attachment {
        name: given.name.clone(),
        content_type: given.content_type.clone(),
        size: given.size,
        inline: given.inline,
        content_id: given.content_id.clone(),
        source: AttachmentSource::Part(given.part),
    }
}
