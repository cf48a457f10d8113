//! What the person did: said, tapped, edited, took back, reacted.

use super::{Person, mid_of};
use crate::channel::messenger::parse::{File, FileKind, Happening, Said};
use crate::inbox::Done;
use crate::inbox::line::{self, Texts, snippet};
use crate::rules::{foretold, lifecycle};
use casella_index::model::*;
use casella_index::{Event, Tx};

/// The line of a person whose name Meta keeps to itself.
const NAMELESS: &str = "Facebook visitor";
/// The words of a line nobody can show; pages say it in their language.
const UNSUPPORTED: &str = "Unsupported message";
/// A time this far ahead of ours is a mistake: then it came when it came.
pub(super) const AHEAD: Millis = 60_000;

pub fn said(tx: &mut Tx<'_>, person: &Person, event: &Happening, said: &Said) -> Done {
    let facts = MessengerFacts {
        mid: Some(mid_of(event, Some(&said.mid), "message")),
        reply_to_mid: said.reply_to_mid.clone(),
        payload: said.quick_reply.clone(),
        kind: "message".into(),
        ..MessengerFacts::default()
    };
    inbound(
        tx,
        person,
        event,
        facts,
        &words(said),
        attachments(&said.files),
    )
}

pub fn postback(
    tx: &mut Tx<'_>,
    person: &Person,
    event: &Happening,
    mid: Option<&str>,
    title: &str,
    payload: &str,
) -> Done {
    let facts = MessengerFacts {
        mid: Some(mid_of(event, mid, "postback")),
        payload: Some(payload.to_owned()),
        kind: "postback".into(),
        ..MessengerFacts::default()
    };
    let words = if title.is_empty() { payload } else { title };
    inbound(tx, person, event, facts, words, Vec::new())
}

/// A line that stands for what Meta does not pass on.
pub fn unsupported(
    tx: &mut Tx<'_>,
    person: &Person,
    event: &Happening,
    mid: &str,
    raw: Option<BlobId>,
) -> Done {
    let facts = MessengerFacts {
        mid: Some(mid_of(event, Some(mid), "unsupported")),
        kind: "unsupported".into(),
        raw,
        ..MessengerFacts::default()
    };
    inbound(tx, person, event, facts, UNSUPPORTED, Vec::new())
}

/// A line that stands for an event we do not know yet. Whether it lets us answer, nobody can say: it
/// does not.
pub fn unknown(tx: &mut Tx<'_>, person: &Person, event: &Happening, raw: Option<BlobId>) -> Done {
    let facts = MessengerFacts {
        mid: Some(mid_of(event, None, "unknown")),
        kind: "unsupported".into(),
        opens_no_window: true,
        raw,
        ..MessengerFacts::default()
    };
    inbound(tx, person, event, facts, UNSUPPORTED, Vec::new())
}

pub fn edited(
    tx: &mut Tx<'_>,
    person: &Person,
    event: &Happening,
    mid: &str,
    text: &str,
    count: u32,
) -> Done {
    let edit = MidEdit {
        count,
        at: event.timestamp,
        // A webhook that comes again keeps no second copy of a long text.
        body: match known_edits(tx, person, mid)? < (count, event.timestamp) {
            true => Texts::plain(text).keep(tx)?,
            false => return Ok(()),
        },
        snippet: snippet(text),
    };
    let note = MidNote {
        edit: Some(edit),
        ..MidNote::default()
    };
    note_down(tx, person, mid, note)
}

fn known_edits(tx: &Tx<'_>, person: &Person, mid: &str) -> Done<(u32, Millis)> {
    if let Some(facts) = person.message(tx, mid)?.and_then(|m| m.messenger) {
        return Ok((facts.edits, facts.edited_at));
    }
    let edit = person.foretold(tx, mid)?.edit.unwrap_or_default();
    Ok((edit.count, edit.at))
}

/// Taken back: the words stay with us, marked, for nothing is ever deleted.
pub fn unsent(tx: &mut Tx<'_>, person: &Person, mid: &str) -> Done {
    let note = MidNote {
        unsent: true,
        ..MidNote::default()
    };
    note_down(tx, person, mid, note)
}

pub fn reacted(
    tx: &mut Tx<'_>,
    person: &Person,
    event: &Happening,
    mid: &str,
    emoji: Option<&str>,
) -> Done {
    let who = if event.by_page { "page" } else { "visitor" };
    let reaction = MidReaction {
        at: event.timestamp,
        emoji: emoji.map(str::to_owned),
    };
    let note = MidNote {
        reactions: [(who.to_owned(), reaction)].into(),
        ..MidNote::default()
    };
    note_down(tx, person, mid, note)
}

/// Tells it of the message of that mid, or keeps it until that comes.
pub(super) fn note_down(tx: &mut Tx<'_>, person: &Person, mid: &str, note: MidNote) -> Done {
    if mid.is_empty() {
        return Ok(());
    }
    if let Some(mut message) = person.message(tx, mid)? {
        if foretold::tell(&mut message, &note) {
            tx.record(Event::MessageChanged(Box::new(message)))?;
        }
        return Ok(());
    }
    let mut known = person.foretold(tx, mid)?;
    if foretold::add(&mut known, note) {
        tx.record(Event::MessageForetold {
            mid: person.key(mid),
            note: known,
        })?;
    }
    Ok(())
}

fn inbound(
    tx: &mut Tx<'_>,
    person: &Person,
    event: &Happening,
    facts: MessengerFacts,
    words: &str,
    attachments: Vec<Attachment>,
) -> Done {
    let mid = facts.mid.clone().unwrap_or_default();
    if person.message(tx, &mid)?.is_some() {
        return Ok(());
    }
    let newest = person.newest(tx)?;
    let conversation = match &newest {
        Some(open) if lifecycle::messenger_joins(Some(open.status)) => open.clone(),
        before => person.open(tx, before.as_ref())?,
    };
    let mut message = line::next(tx, &conversation)?;
    message.at = believable(event.timestamp, tx.now());
    message.author = author(&conversation);
    dress(tx, &mut message, person, event, facts, words, attachments)?;
    let effect = lifecycle::joins(conversation.status, conversation.spam, false);
    tx.record(Event::MessageAdded {
        message: Box::new(message),
        reopens: effect.reopens,
        unread: effect.unread,
    })?;
    Ok(())
}

/// What every Messenger line has, whoever wrote it.
pub(super) fn dress(
    tx: &mut Tx<'_>,
    message: &mut Message,
    person: &Person,
    event: &Happening,
    facts: MessengerFacts,
    words: &str,
    attachments: Vec<Attachment>,
) -> Done {
    message.channels = vec![Channel::Messenger];
    message.body = Texts::plain(words).keep(tx)?;
    message.snippet = match attachments.first() {
        Some(file) if words.is_empty() => file.name.clone(),
        _ => snippet(words),
    };
    message.attachments = attachments;
    let told = match &facts.mid {
        Some(mid) => person.foretold(tx, mid)?,
        None => MidNote::default(),
    };
    message.messenger = Some(MessengerFacts {
        page: person.page.clone(),
        psid: person.psid.clone(),
        timestamp: believable(event.timestamp, tx.now()),
        ..facts
    });
    foretold::tell(message, &told);
    Ok(())
}

pub(super) fn believable(at: Millis, now: Millis) -> Millis {
    if at > 0 && at <= now + AHEAD { at } else { now }
}

fn author(conversation: &Conversation) -> Author {
    let name = conversation
        .messenger
        .as_ref()
        .map(|person| person.name.as_str())
        .unwrap_or_default();
    Author {
        kind: AuthorKind::Visitor,
        name: if name.is_empty() {
            NAMELESS.into()
        } else {
            name.to_owned()
        },
        ..Author::default()
    }
}

/// The text with what stands beside it: links, places, what we cannot show.
pub(super) fn words(said: &Said) -> String {
    let beside = said.files.iter().filter_map(|file| match file.kind {
        FileKind::Media | FileKind::Sticker => None,
        FileKind::Location => file.place.map(place),
        FileKind::Link => Some(link(file)),
        FileKind::Unknown => Some(format!("[unsupported attachment: {}]", file.type_name)),
    });
    let lines: Vec<String> = Some(said.text.clone())
        .into_iter()
        .chain(beside)
        .filter(|l| !l.is_empty())
        .collect();
    lines.join("\n")
}

fn place((lat, long): (f64, f64)) -> String {
    format!("{lat}, {long} https://www.openstreetmap.org/?mlat={lat}&mlon={long}")
}

fn link(file: &File) -> String {
    let url = file.url.clone().unwrap_or_default();
    let shown = if file.title.is_empty() {
        format!("[{}]", file.type_name)
    } else {
        file.title.clone()
    };
    format!("{shown} {url}").trim().to_owned()
}

/// Files to fetch at once: their addresses expire.
pub(super) fn attachments(files: &[File]) -> Vec<Attachment> {
    let media = files
        .iter()
        .filter(|file| matches!(file.kind, FileKind::Media | FileKind::Sticker));
    media
        .map(|file| Attachment {
            name: file_name(file),
            content_type: "application/octet-stream".into(),
            source: match &file.url {
                Some(url) => AttachmentSource::Remote {
                    url: url.clone(),
                    error: None,
                },
                None => AttachmentSource::None,
            },
            ..Attachment::default()
        })
        .collect()
}

/// The last piece of the address, else the type.
fn file_name(file: &File) -> String {
    let path = file
        .url
        .as_deref()
        .and_then(|url| url::Url::parse(url).ok())
        .map(|url| url.path().to_owned());
    let last = path
        .as_deref()
        .and_then(|path| path.rsplit('/').next())
        .unwrap_or_default();
    let name: String = last.chars().filter(|c| !c.is_control()).take(100).collect();
    if name.is_empty() {
        file.type_name.clone()
    } else {
        name
    }
}
