//! An answer is given: by mail, in the chat, through Messenger, or as a note.
//!
//! One write asks `rules::reach` whether the channel leads to the person, then records the message
//! with a delivery job per recipient, so that what was accepted cannot be forgotten. Sending is the
//! outbox's matter. A chat line needs no job: it waits in the thread until the visitor's browser
//! takes it. The words are kept as they are; nothing in them is ever a template.

mod again;
mod automatic;
mod mail;
mod reachable;
mod recipients;
mod repeated;
#[cfg(test)]
mod tests;

pub use again::send_again;
pub use reachable::{choices, choices_of, unseen};
pub use recipients::{Recipients, suggested};
pub use repeated::KEY;

use super::line::{self, Texts, snippet};
use super::settings::{Messenger, Setting};
use super::{Done, Inbox, Refused, assign_if_free, note};
use crate::config::Mailbox;
use crate::rules::reach::Facts;
use crate::rules::split;
use crate::rules::token::Keys;
use crate::rules::window;
use casella_index::model::*;
use casella_index::segment::Packed;
use casella_index::{Actor, Event, Tx};

/// Characters of one answer: far beyond what a person writes, and what a mail program shows.
const LONGEST: usize = 200_000;

/// UTF-16 units Meta surely takes in one message (Send API, `message.text`: "less than 2000 characters").
pub const LONGEST_MESSENGER: usize = 1_999;

/// What an agent (or a program) wants said.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub way: Way,
    pub text: String,
    pub files: Vec<NewFile>,
    /// Mail only: whom to write to; `None` for whom [`suggested`] names.
    pub to: Option<Vec<MailAddress>>,
    /// Mail only; `None` keeps the Cc of the customer's mail.
    pub cc: Option<Vec<MailAddress>>,
    /// Mail only; never named in any copy.
    pub bcc: Vec<MailAddress>,
    /// Mail only; `None` answers under the newest subject.
    pub subject: Option<String>,
    /// The same key again in the same conversation gives the same message; with other words it is refused.
    pub idempotency_key: Option<String>,
}

/// Where it is to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// For agents only.
    Note,
    By(Channel),
}

impl Default for Way {
    fn default() -> Self {
        Self::By(Channel::default())
    }
}

impl Way {
    /// The way of that name, as programs call it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "note" => Some(Self::Note),
            channel => Channel::named(channel).map(Self::By),
        }
    }
}

/// A file to go with an answer, packed on the caller's thread.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub name: String,
    pub content_type: String,
    pub bytes: Packed,
}

/// What the company is to those it answers, for use inside writes.
#[derive(Debug, Clone)]
pub struct House {
    pub keys: Keys,
    pub from: Mailbox,
    pub reply_domain: String,
    /// Our inboxes: addresses and `@domain`s, never a recipient.
    pub inboxes: Vec<String>,
    pub window: window::Limits,
}

impl House {
    pub fn of(inbox: &Inbox) -> Self {
        let config = &inbox.config;
        Self {
            keys: inbox.keys.clone(),
            from: config.inbox.from.clone(),
            reply_domain: config.inbox.reply_domain().to_owned(),
            inboxes: config.inbox.addresses.clone(),
            window: window_of(inbox),
        }
    }
}

/// How long Messenger lets us answer: longer where the file or the settings say that Meta approved it.
pub fn window_of(inbox: &Inbox) -> window::Limits {
    let saved = || Messenger::get(&inbox.read()?);
    let approved = inbox.config.messenger.human_agent || saved().is_ok_and(|s| s.human_agent);
    match approved {
        true => window::Limits::with_human_agent(),
        false => window::Limits::default(),
    }
}

/// Answers. Gives the message, or the one made before under the same idempotency key.
///
/// # Errors
/// `Conflict` with the reason of `rules::reach` where the channel does not lead to the person;
/// `Invalid` for words or addresses that cannot be sent, and for other words under a key that was used.
pub fn reply(tx: &mut Tx<'_>, house: &House, id: ConversationId, reply: Reply) -> Done<Message> {
    let conversation = line::conversation(tx, id)?;
    let key = idempotency(&conversation, &reply);
    if let Some(known) = repeated::known(tx, key.as_deref(), &reply)? {
        return Ok(known);
    }
    checked(&reply)?;
    let message = match reply.way {
        Way::Note => return note_down(tx, conversation.id, reply, key),
        Way::By(Channel::Email) => mail::queue(tx, house, &conversation, reply, key)?,
        Way::By(Channel::Chat) => chat(tx, &conversation, reply, false, key)?,
        Way::By(Channel::Messenger) => messenger(tx, house, &conversation, reply, key)?,
    };
    if let Actor::Agent(agent) = *tx.actor() {
        assign_if_free(tx, conversation.id, agent)?;
    }
    Ok(message)
}

/// Asks a visitor for their address, in these words: the widget shows its form below them.
///
/// # Errors
/// As [`reply`].
pub fn ask_email(tx: &mut Tx<'_>, id: ConversationId, text: &str) -> Done<Message> {
    let conversation = line::conversation(tx, id)?;
    let words = Reply {
        way: Way::By(Channel::Chat),
        text: text.to_owned(),
        ..Reply::default()
    };
    checked(&words)?;
    let message = chat(tx, &conversation, words, true, None)?;
    if let Actor::Agent(agent) = *tx.actor() {
        assign_if_free(tx, conversation.id, agent)?;
    }
    Ok(message)
}

/// Sends the whole chat of a conversation by mail, as its record.
///
/// # Errors
/// As [`reply`]; `Invalid` where there is no chat line.
pub fn transcript(tx: &mut Tx<'_>, house: &House, id: ConversationId) -> Done<Message> {
    let conversation = line::conversation(tx, id)?;
    mail::queue_record(tx, house, &conversation, mail::Record::Transcript)
}

/// Mails the chat answers that the visitor has not seen. `None` where nothing is left unseen, or
/// nothing may be sent.
///
/// # Errors
/// Only the store's.
pub fn mail_unseen(tx: &mut Tx<'_>, house: &House, id: ConversationId) -> Done<Option<Message>> {
    let conversation = line::conversation(tx, id)?;
    match mail::queue_record(tx, house, &conversation, mail::Record::Unseen) {
        Ok(message) => Ok(Some(message)),
        Err(Refused::Store(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// Keys of different conversations never meet.
fn idempotency(conversation: &Conversation, reply: &Reply) -> Option<String> {
    let key = reply.idempotency_key.as_deref()?;
    Some(format!("{}/{key}", conversation.id))
}

fn checked(reply: &Reply) -> Done {
    if reply.text.trim().is_empty() && reply.files.is_empty() {
        return Err(Refused::invalid(
            "text",
            "an answer needs some words or a file",
        ));
    }
    let (over, most) = match reply.way {
        Way::By(Channel::Messenger) => (
            split::length(&reply.text) > LONGEST_MESSENGER,
            LONGEST_MESSENGER,
        ),
        _ => (reply.text.chars().nth(LONGEST).is_some(), LONGEST),
    };
    match over {
        true => Err(Refused::invalid(
            "text",
            format!("it is longer than {most} characters"),
        )),
        false => Ok(()),
    }
}

fn note_down(
    tx: &mut Tx<'_>,
    id: ConversationId,
    reply: Reply,
    key: Option<String>,
) -> Done<Message> {
    let attachments = keep(tx, reply.files)?;
    let Some(key) = key else {
        let id = note(tx, id, &reply.text, attachments)?;
        return line::message(tx, id);
    };
    let conversation = line::conversation(tx, id)?;
    let mut message = said(tx, &conversation, &reply.text, attachments)?;
    message.direction = Direction::Note;
    record(tx, message, Vec::new(), Vec::new(), Some(key))
}

fn chat(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    reply: Reply,
    asks_email: bool,
    key: Option<String>,
) -> Done<Message> {
    let visitor = conversation.visitor;
    let facts = Facts {
        visitor: visitor.is_some(),
        ..Facts::default()
    };
    reachable::demand(&facts, Channel::Chat)?;
    let attachments = keep(tx, reply.files)?;
    let mut message = said(tx, conversation, &reply.text, attachments)?;
    message.channels = vec![Channel::Chat];
    message.delivery.state = DeliveryState::Queued;
    message.chat = Some(ChatFacts {
        visitor: visitor.unwrap_or_default(),
        asks_email,
        ..ChatFacts::default()
    });
    record(tx, message, Vec::new(), Vec::new(), key)
}

fn messenger(
    tx: &mut Tx<'_>,
    house: &House,
    conversation: &Conversation,
    reply: Reply,
    key: Option<String>,
) -> Done<Message> {
    let facts = reachable::facts(tx, house, conversation, false, tx.now())?;
    reachable::demand(&facts, Channel::Messenger)?;
    let by_hand = facts
        .messenger
        .is_some_and(|thread| matches!(thread.window, window::Window::HumanAgent { .. }));
    if by_hand && !matches!(tx.actor(), Actor::Agent(_)) {
        return Err(Refused::conflict(
            "human_agent_only",
            "outside Messenger's 24 hours only a person may answer, no program",
            "answer on Casella's page, or wait until the person writes again",
        ));
    }
    let person = conversation.messenger.clone().unwrap_or_default();
    let attachments = keep(tx, reply.files)?;
    let mut message = said(tx, conversation, &reply.text, attachments)?;
    message.channels = vec![Channel::Messenger];
    message.delivery = queued([person.psid.clone()]);
    let job = job(tx, &message, Channel::Messenger, person.psid.clone(), 0)?;
    message.messenger = Some(MessengerFacts {
        page: person.page,
        psid: person.psid,
        job: Some(job.id),
        timestamp: message.at,
        kind: "message".into(),
        human_agent: by_hand,
        ..MessengerFacts::default()
    });
    record(tx, message, vec![job], Vec::new(), key)
}

/// An outgoing message with words and files, its channel still to be named.
fn said(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    text: &str,
    attachments: Vec<Attachment>,
) -> Done<Message> {
    let mut message = line::next(tx, conversation)?;
    message.direction = Direction::Out;
    message.author = author(tx)?;
    message.body = Texts::plain(text).keep(tx)?;
    message.snippet = match (snippet(text), attachments.first()) {
        (words, Some(file)) if words.is_empty() => file.name.clone(),
        (words, _) => words,
    };
    message.attachments = attachments;
    Ok(message)
}

/// Who speaks: an agent, or a program, both by name; whoever works on this machine, as the company.
fn author(tx: &Tx<'_>) -> Done<Author> {
    let mut author = line::author_of(tx)?;
    if matches!(tx.actor(), Actor::Operator) {
        author.kind = AuthorKind::Agent;
    }
    Ok(author)
}

fn keep(tx: &mut Tx<'_>, files: Vec<NewFile>) -> Done<Vec<Attachment>> {
    let mut kept = Vec::with_capacity(files.len());
    for file in files {
        kept.push(Attachment {
            name: file_name(&file.name),
            content_type: file.content_type,
            size: file.bytes.len(),
            inline: false,
            content_id: None,
            source: AttachmentSource::Blob(tx.keep(&file.bytes)?),
        });
    }
    Ok(kept)
}

/// The name without folders and without what could end a header.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}'))
        .take(200)
        .collect();
    match clean.trim() {
        "" => "file".into(),
        name => name.to_owned(),
    }
}

fn queued(recipients: impl IntoIterator<Item = String>) -> Delivery {
    let copy = |address| RecipientDelivery {
        address,
        state: DeliveryState::Queued,
        detail: String::new(),
    };
    Delivery {
        state: DeliveryState::Queued,
        recipients: recipients.into_iter().map(copy).collect(),
        ..Delivery::default()
    }
}

fn job(
    tx: &mut Tx<'_>,
    message: &Message,
    channel: Channel,
    recipient: String,
    recipient_no: u32,
) -> Done<Job> {
    Ok(Job {
        id: tx.new_job()?,
        message: message.id,
        conversation: message.conversation,
        channel,
        recipient,
        recipient_no,
        created_at: tx.now(),
        next_at: tx.now(),
        ..Job::default()
    })
}

fn record(
    tx: &mut Tx<'_>,
    message: Message,
    jobs: Vec<Job>,
    carried: Vec<MessageId>,
    idempotency_key: Option<String>,
) -> Done<Message> {
    tx.record(Event::ReplyQueued {
        message: Box::new(message.clone()),
        jobs,
        carried,
        idempotency_key,
    })?;
    Ok(message)
}
