//! The mail an answer becomes: whom it names, which ids it answers, what it carries.

use super::recipients::{self, Recipients, suggested};
use super::{House, Reply, author, job, keep, queued, reachable, record, said};
use crate::inbox::{Done, Refused, line};
use crate::rules::contacts::same;
use crate::rules::follow_up::{self, Line};
use crate::rules::{envelope, subject, token};
use casella_index::model::*;
use casella_index::{Rows, Tx};

/// Messages of a thread read at a time.
const STEP: usize = 200;

/// The most chat lines one mail carries: beyond that nobody reads, and servers refuse.
const MOST_CARRIED: usize = 2_000;

/// Recipients of one answer in all; more is a mailing, which this is not for.
const MOST_RECIPIENTS: usize = 50;

/// Ids of References kept; what is sent has fewer.
const MOST_REFERENCES: usize = 100;

/// A mail without words of its own: the record of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    /// Asked for by an agent: all of it.
    Transcript,
    /// Sent by itself: what was not seen.
    Unseen,
}

impl Record {
    /// The catalogue key of the line in the thread, below `event.`; the composer knows the mail by it.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Transcript => "transcript_sent",
            Self::Unseen => "unseen_mailed",
        }
    }
}

/// Records an answer by mail and a job for each recipient.
pub(super) fn queue(
    tx: &mut Tx<'_>,
    house: &House,
    conversation: &Conversation,
    reply: Reply,
    key: Option<String>,
) -> Done<Message> {
    let people = people(tx, house, conversation, &reply)?;
    let carried = match people.strangers {
        true => Vec::new(),
        false => carried(tx, conversation)?,
    };
    let attachments = keep(tx, reply.files)?;
    let mut message = said(tx, conversation, &reply.text, attachments)?;
    let subject = reply.subject.as_deref().map(spaced);
    message.subject = subject.unwrap_or_else(|| answered(&conversation.subject));
    send(tx, house, message, people, carried, key)
}

/// Records a mail that only carries chat lines.
pub(super) fn queue_record(
    tx: &mut Tx<'_>,
    house: &House,
    conversation: &Conversation,
    what: Record,
) -> Done<Message> {
    let people = people(tx, house, conversation, &Reply::default())?;
    let carried = match what {
        Record::Transcript => chat_lines(tx, conversation)?,
        Record::Unseen => unseen(tx, conversation)?,
    };
    if carried.is_empty() {
        return Err(Refused::invalid("conversation", "it has no chat to send"));
    }
    let mut message = line::next(tx, conversation)?;
    message.direction = Direction::Out;
    message.author = author(tx)?;
    message.subject = answered(&conversation.subject);
    message.event = Some(EventLine {
        key: what.key().into(),
        ..EventLine::default()
    });
    send(tx, house, message, people, carried, None)
}

fn send(
    tx: &mut Tx<'_>,
    house: &House,
    mut message: Message,
    people: People,
    carried: Vec<MessageId>,
    key: Option<String>,
) -> Done<Message> {
    let own_id = token::message_id(&house.keys, message.id.0, &house.reply_domain);
    let (in_reply_to, references) = thread_ids(tx, &message, people.answers, &own_id)?;
    let everyone = people.everyone();
    message.channels = vec![Channel::Email];
    message.delivery = queued(everyone.iter().cloned());
    message.email = Some(EmailFacts {
        from: from(house, &message.author),
        to: people.to,
        cc: people.cc,
        bcc: people.bcc,
        marker: token::marker(&house.keys, message.id.0),
        message_id: own_id,
        in_reply_to,
        references,
        carried: carried.clone(),
        date: Some(message.at),
        ..EmailFacts::default()
    });
    let mut jobs = Vec::with_capacity(everyone.len());
    for (number, recipient) in everyone.into_iter().enumerate() {
        jobs.push(job(tx, &message, Channel::Email, recipient, number as u32)?);
    }
    record(tx, message, jobs, carried, key)
}

/// Who gets the mail.
struct People {
    to: Vec<MailAddress>,
    cc: Vec<MailAddress>,
    bcc: Vec<MailAddress>,
    answers: Option<MessageId>,
    /// The person of the conversation is not among them: no chat of theirs goes along.
    strangers: bool,
}

impl People {
    /// Each address once, in order.
    fn everyone(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for person in self.to.iter().chain(&self.cc).chain(&self.bcc) {
            if !all.iter().any(|known| same(known, &person.address)) {
                all.push(person.address.clone());
            }
        }
        all
    }
}

fn people(tx: &Tx<'_>, house: &House, conversation: &Conversation, reply: &Reply) -> Done<People> {
    let found: Recipients = suggested(tx, house, conversation)?;
    let address = found.to.first().map(|person| person.address.clone());
    let address = address.unwrap_or_default();
    let to = match &reply.to {
        Some(to) => addresses("to", house, to)?,
        None => {
            let facts = reachable::facts(tx, house, conversation, false, tx.now())?;
            reachable::demand(&facts, Channel::Email)?;
            found.to
        }
    };
    if to.is_empty() {
        return Err(Refused::invalid("to", "a mail needs a recipient"));
    }
    let person = |to: &MailAddress| same(&to.address, &address);
    let strangers = !address.is_empty() && !to.iter().any(person);
    let cc = match &reply.cc {
        Some(cc) => addresses("cc", house, cc)?,
        None if strangers => Vec::new(),
        None => found.cc,
    };
    let people = People {
        to,
        cc,
        bcc: addresses("bcc", house, &reply.bcc)?,
        answers: found.answers,
        strangers,
    };
    match people.everyone().len() > MOST_RECIPIENTS {
        true => Err(Refused::invalid(
            "to",
            format!("an answer goes to {MOST_RECIPIENTS} people at most"),
        )),
        false => Ok(people),
    }
}

/// Addresses given by hand, each proven to be one and none of our own.
fn addresses(field: &'static str, house: &House, given: &[MailAddress]) -> Done<Vec<MailAddress>> {
    let checked = |person: &MailAddress| {
        let address = person.address.trim().to_owned();
        if envelope::address(&address).is_none() {
            return Err(Refused::invalid(
                field,
                format!("`{address}` is no email address"),
            ));
        }
        if recipients::is_ours(house, &address) {
            let why = format!("`{address}` is an inbox of ours");
            return Err(Refused::invalid(field, why));
        }
        Ok(MailAddress {
            name: spaced(&person.name),
            address,
        })
    };
    given.iter().map(checked).collect()
}

/// "Agent · Company", at the address customers know.
fn from(house: &House, author: &Author) -> MailAddress {
    let company = house.from.name.as_str();
    let name = match (line::outward_name(author).trim(), company) {
        ("", company) => company.to_owned(),
        (agent, "") => agent.to_owned(),
        (agent, company) => format!("{agent} · {company}"),
    };
    MailAddress {
        name: spaced(&name),
        address: house.from.address.clone(),
    }
}

/// `Re: ` once; empty where nothing was ever titled: the composer then has words of its own.
fn answered(newest: &str) -> String {
    match spaced(newest).as_str() {
        "" => String::new(),
        newest => subject::answer(newest),
    }
}

/// One line, without what a header cannot hold.
fn spaced(text: &str) -> String {
    let breaks =
        |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}');
    let words: Vec<_> = text.split(breaks).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// In-Reply-To and References. Our own id stands among them before its parent: some relays replace
/// Message-ID, and then an answer still names the id we know (MAIL.md D).
fn thread_ids(
    tx: &Tx<'_>,
    message: &Message,
    answers: Option<MessageId>,
    own_id: &str,
) -> Done<(Vec<String>, Vec<String>)> {
    let parent = match answers {
        Some(id) => tx.message(id)?,
        None => last_sent(tx, message)?,
    };
    let Some(mail) = parent.and_then(|parent| parent.email) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let sendable = |id: &&String| {
        !id.is_empty()
            && id.len() <= 250
            && id
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"<>".contains(&b))
    };
    let parent: Vec<_> = [&mail.message_id]
        .into_iter()
        .filter(sendable)
        .cloned()
        .collect();
    let known = mail.references.iter().filter(sendable);
    let mut references: Vec<_> = known.filter(|id| !parent.contains(id)).cloned().collect();
    if references.len() > MOST_REFERENCES {
        references.drain(1..=references.len() - MOST_REFERENCES);
    }
    references.push(own_id.to_owned());
    references.extend(parent.iter().cloned());
    Ok((parent, references))
}

/// The newest mail we sent here: what we write next continues it.
fn last_sent(tx: &Tx<'_>, message: &Message) -> Done<Option<Message>> {
    let recent = tx.thread_back(message.conversation, u32::MAX, STEP)?;
    Ok(recent
        .into_iter()
        .find(|m| m.direction == Direction::Out && m.email.is_some()))
}

/// The chat lines an answer by mail takes along.
fn carried(tx: &Tx<'_>, conversation: &Conversation) -> Done<Vec<MessageId>> {
    let (ids, lines) = since_last_mail(tx, conversation)?;
    let places = follow_up::carried(&lines);
    Ok(places.into_iter().map(|place| ids[place]).collect())
}

/// Every chat line of the thread, oldest first.
fn chat_lines(tx: &Tx<'_>, conversation: &Conversation) -> Done<Vec<MessageId>> {
    let mut found = Vec::new();
    let mut before = u32::MAX;
    while found.len() < MOST_CARRIED {
        let step = tx.thread_back(conversation.id, before, STEP)?;
        let Some(oldest) = step.last() else {
            break;
        };
        before = oldest.seq;
        let chat = step.iter().filter(|m| Line::of(m) == Line::Chat);
        found.extend(chat.map(|m| m.id));
    }
    found.truncate(MOST_CARRIED);
    found.reverse();
    Ok(found)
}

/// The chat since the last mail, if an answer of ours in it was not seen.
fn unseen(tx: &Tx<'_>, conversation: &Conversation) -> Done<Vec<MessageId>> {
    let (ids, lines) = since_last_mail(tx, conversation)?;
    let carried = follow_up::chat_since_last_mail(&lines);
    let carried: Vec<_> = carried.into_iter().map(|place| ids[place]).collect();
    match unseen_answers(tx, conversation)?.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(carried),
    }
}

/// When each answer in the chat was given that was neither seen nor mailed since, oldest first.
pub(super) fn unseen_answers(rows: &impl Rows, conversation: &Conversation) -> Done<Vec<Millis>> {
    let (ids, lines) = since_last_mail(rows, conversation)?;
    let mut found = Vec::new();
    for place in follow_up::chat_since_last_mail(&lines) {
        let message = line::message(rows, ids[place])?;
        if message.direction == Direction::Out && message.delivery.state != DeliveryState::Seen {
            found.push(message.at);
        }
    }
    Ok(found)
}

/// The lines after the last mail we sent, and it, oldest first.
fn since_last_mail(
    rows: &impl Rows,
    conversation: &Conversation,
) -> Done<(Vec<MessageId>, Vec<Line>)> {
    let mut found: Vec<(MessageId, Line)> = Vec::new();
    let mut before = u32::MAX;
    while found.len() < MOST_CARRIED && !found.iter().any(|(_, line)| *line == Line::MailOut) {
        let step = rows.thread_back(conversation.id, before, STEP)?;
        let Some(oldest) = step.last() else {
            break;
        };
        before = oldest.seq;
        found.extend(step.iter().map(|m| (m.id, Line::of(m))));
    }
    found.reverse();
    Ok(found.into_iter().unzip())
}
