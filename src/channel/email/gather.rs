//! What a queued mail needs from the store to be composed: words, history, files, addresses.

use casella_index::model::*;
use casella_index::{Rows, Snapshot, StoreError};

use super::compose::{File, Kind, Line, Link, Outgoing};
use crate::config::Config;
use crate::inbox::{Inbox, line, visitor};
use crate::render::{Language, Templates, Voice};
use crate::rules::file_link::{self, FileLink};
use crate::rules::token::{self, Token};

/// Messages quoted below an answer to mail.
const QUOTED: usize = 3;

/// Among how many of the newest messages those are looked for.
const LOOK_BACK: usize = 50;

/// Files up to this many bytes in sum travel along; beyond, all of them go as links that end: many
/// servers refuse larger mails (MAIL.md, Outbound).
const TRAVEL_BYTES: u64 = 10_000_000;

/// The message of a job as [`Outgoing`], and the voice it is to be told in. `None` if it is no mail
/// of ours. Links begin with `public_url`, scheme and host without a trailing slash.
///
/// # Errors
/// The store's.
pub fn outgoing(
    inbox: &Inbox,
    templates: &Templates,
    public_url: &str,
    job: &Job,
) -> Result<Option<(Outgoing, Voice)>, StoreError> {
    let rows = inbox.read()?;
    let Some((message, email)) = mail_of(&rows, job)? else {
        return Ok(None);
    };
    let conversation = rows.living(message.conversation)?.unwrap_or_default();
    let carried = messages(&rows, &email.carried)?;
    let quoted = match carried.is_empty() {
        true => newest(&rows, &message)?,
        false => Vec::new(),
    };
    let voice = voice(inbox, &rows, &conversation, &message)?;
    let visitor = conversation
        .visitor
        .map(|id| rows.visitor(id))
        .transpose()?;
    // A snapshot pins pages: bodies and files are read without it.
    drop(rows);
    let visitor = visitor.flatten().map(|known| visitor::name(&known));
    let history = lines(inbox, &quoted, &carried, visitor.as_deref())?;
    let enclosed = enclosed(&message, &carried);
    let links_until = message.at + file_link::LIFE;
    let (files, links) = match travels(&enclosed) {
        true => (files(inbox, &enclosed)?, Vec::new()),
        false => (Vec::new(), links(inbox, public_url, &enclosed, links_until)),
    };
    let text = inbox.store.body(&message)?.text;
    let kind = kind(&message, &email);
    let config = &inbox.config;
    let company = company(config);
    let subject = match message.subject.as_str() {
        "" => templates.text(voice.language, "mail.no_subject", &[("company", &company)]),
        subject => subject.to_owned(),
    };
    let automatic = (kind == Kind::Unseen).then(|| config.inbox.from.address.clone());
    let outgoing = Outgoing {
        kind,
        at: message.at,
        from: email.from,
        reply_to: Some(reply_to(inbox, job)),
        to: email.to,
        cc: email.cc,
        subject,
        message_id: email.message_id,
        in_reply_to: email.in_reply_to,
        references: email.references,
        automatic,
        text,
        history,
        marker: email.marker,
        company,
        files,
        links,
        links_until,
    };
    Ok(Some((outgoing, voice)))
}

/// The envelope sender of a job: reports come back there (VERP).
pub fn bounce_address(inbox: &Inbox, job: &Job) -> String {
    signed(
        inbox,
        Token::Bounce {
            message: job.message.0,
            recipient: job.recipient_no,
        },
    )
}

fn reply_to(inbox: &Inbox, job: &Job) -> String {
    signed(
        inbox,
        Token::Reply {
            conversation: job.conversation.0,
            recipient: job.recipient_no,
        },
    )
}

fn signed(inbox: &Inbox, token: Token) -> String {
    let local = token::local_part(&inbox.keys, token);
    format!("{local}@{}", inbox.config.inbox.reply_domain())
}

fn company(config: &Config) -> String {
    let from = &config.inbox.from;
    match from.name.as_str() {
        "" => from.address.clone(),
        name => name.to_owned(),
    }
}

fn mail_of(rows: &Snapshot, job: &Job) -> Result<Option<(Message, EmailFacts)>, StoreError> {
    let message = rows.message(job.message)?;
    Ok(message.and_then(|message| {
        let email = message.email.clone()?;
        Some((message, email))
    }))
}

fn messages(rows: &Snapshot, ids: &[MessageId]) -> Result<Vec<Message>, StoreError> {
    ids.iter()
        .filter_map(|id| rows.message(*id).transpose())
        .collect()
}

fn kind(message: &Message, email: &EmailFacts) -> Kind {
    match message.event.as_ref().map(|event| event.key.as_str()) {
        Some("transcript_sent") => Kind::Transcript,
        Some(_) => Kind::Unseen,
        None if email.carried.is_empty() => Kind::Reply,
        None => Kind::FollowUp,
    }
}

/// The newest messages before this one, newest first: what people said, never notes, machines'
/// answers or what somebody from outside wrote into the thread.
fn newest(rows: &Snapshot, message: &Message) -> Result<Vec<Message>, StoreError> {
    let earlier = rows.thread_back(message.conversation, message.seq, LOOK_BACK)?;
    let spoken = |m: &Message| {
        let hidden = |mail: &EmailFacts| mail.external || mail.auto_reply || mail.bounce;
        matches!(m.direction, Direction::In | Direction::Out)
            && m.event.is_none()
            && !m.email.as_ref().is_some_and(hidden)
    };
    Ok(earlier.into_iter().filter(spoken).take(QUOTED).collect())
}

/// In the customer's language if their browser told it, in the agent's zone if that is known.
fn voice(
    inbox: &Inbox,
    rows: &Snapshot,
    conversation: &Conversation,
    message: &Message,
) -> Result<Voice, StoreError> {
    let visitor = match conversation.visitor {
        Some(id) => rows.visitor(id)?,
        None => None,
    };
    let agent = match message.author.agent {
        Some(id) => rows.agent(id)?,
        None => None,
    };
    let own = inbox.config.inbox.language;
    let language = visitor.and_then(|visitor| Language::of(&visitor.language));
    let zone = agent.and_then(|agent| jiff::tz::TimeZone::get(&agent.time_zone).ok());
    Ok(Voice {
        language: language.unwrap_or(own),
        zone: zone.unwrap_or(jiff::tz::TimeZone::UTC),
        now: inbox.clock.now(),
    })
}

fn lines(
    inbox: &Inbox,
    quoted: &[Message],
    carried: &[Message],
    visitor: Option<&str>,
) -> Result<Vec<Line>, StoreError> {
    let line = |message: &Message| {
        let files = message.attachments.iter().filter(|file| !file.inline);
        Ok(Line {
            name: name(message, &inbox.config, visitor),
            at: message.at,
            text: inbox.store.body(message)?.text,
            ours: message.direction == Direction::Out,
            files: files.map(|file| file.name.clone()).collect(),
        })
    };
    quoted.iter().chain(carried).map(line).collect()
}

fn name(message: &Message, config: &Config, visitor: Option<&str>) -> String {
    let author = &message.author;
    let known = match line::outward_name(author).trim() {
        "" => author.address.clone().unwrap_or_default(),
        name => name.to_owned(),
    };
    match (known.as_str(), message.direction) {
        ("", Direction::Out) => company(config),
        ("", _) => visitor.unwrap_or_default().to_owned(),
        _ => known,
    }
}

/// A file, where it lies: message, place in it.
type Enclosed<'a> = (&'a Message, usize, &'a Attachment);

/// The message's own files, and those of the chat lines it carries.
fn enclosed<'a>(message: &'a Message, carried: &'a [Message]) -> Vec<Enclosed<'a>> {
    let of = |message: &'a Message| {
        let files = message.attachments.iter().enumerate();
        files.map(move |(place, file)| (message, place, file))
    };
    let all = std::iter::once(message).chain(carried);
    let kept = |(_, _, file): &Enclosed| matches!(file.source, AttachmentSource::Blob(_));
    all.flat_map(of).filter(kept).collect()
}

fn travels(enclosed: &[Enclosed]) -> bool {
    enclosed.iter().map(|(_, _, file)| file.size).sum::<u64>() <= TRAVEL_BYTES
}

fn files(inbox: &Inbox, enclosed: &[Enclosed]) -> Result<Vec<File>, StoreError> {
    let mut found = Vec::with_capacity(enclosed.len());
    for (_, _, attachment) in enclosed {
        found.extend(file(inbox, attachment)?);
    }
    Ok(found)
}

fn links(inbox: &Inbox, public_url: &str, enclosed: &[Enclosed], until: Millis) -> Vec<Link> {
    let link = |(message, place, file): &Enclosed| {
        let named = FileLink {
            message: message.id.0,
            place: *place as u32,
            until,
        };
        let secret = file_link::sign(&inbox.keys, named);
        Link {
            name: file.name.clone(),
            bytes: file.size,
            url: format!("{public_url}/files/{secret}"),
        }
    };
    enclosed.iter().map(link).collect()
}

fn file(inbox: &Inbox, attachment: &Attachment) -> Result<Option<File>, StoreError> {
    let AttachmentSource::Blob(blob) = attachment.source else {
        return Ok(None);
    };
    Ok(Some(File {
        name: attachment.name.clone(),
        content_type: attachment.content_type.clone(),
        content_id: attachment.content_id.clone().filter(|_| attachment.inline),
        bytes: inbox.store.blob(blob)?,
    }))
}
