//! A mail comes in.
//!
//! One write: is it a mail we hold already; is it a report about one of ours; else which conversation
//! is it for; then all of it is recorded together, raw bytes included. Nothing is dropped: what
//! matches nothing begins a conversation, and what could not be read is kept and shown as such.
//! Reading, hashing and compressing happened before, on the caller's thread ([`Incoming::new`]).

mod draft;
mod facts;
mod known;
mod people;
mod report;
#[cfg(test)]
mod tests;

pub use draft::{Arrival, Incoming, Proof, Tokens};

use super::Done;
use super::forwarding_requests;
use super::line;
use super::note::note_by;
use crate::rules::lifecycle::Effect;
use crate::rules::threading::{self, Decision, MatchedBy, Place};
use casella_index::model::*;
use casella_index::{Event, Tx};

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub message: MessageId,
    pub conversation: ConversationId,
    pub outcome: Outcome,
    /// What kind of mail it was, for the mail trace.
    pub marks: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It began a conversation.
    Began,
    /// A report about no mail of ours: kept in a complete conversation, in nobody's way.
    Unbound,
    /// It joined one, for this reason.
    Joined(MatchedBy),
    /// We held it already; this way of coming was added to it.
    Duplicate,
    /// It is our own mail, come back.
    CameBack,
}

impl Received {
    /// One plain sentence for the mail trace.
    pub fn sentence(&self) -> String {
        let number = self.conversation;
        match self.outcome {
            Outcome::Began => format!("began conversation {number}"),
            Outcome::Unbound => {
                format!("a report about no mail of ours, kept in conversation {number}")
            }
            Outcome::Joined(why) => format!("joined conversation {number} by {}", why.as_str()),
            Outcome::Duplicate => format!(
                "a copy of message {}, which we held already; this path was added to it",
                self.message
            ),
            Outcome::CameBack => format!("our own message {} came back", self.message),
        }
    }
}

impl Outcome {
    /// The word that the mail trace keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Began => "began",
            Outcome::Unbound => "unbound",
            Outcome::Joined(why) => why.as_str(),
            Outcome::Duplicate => "duplicate",
            Outcome::CameBack => "came_back",
        }
    }
}

/// Receives a mail.
///
/// # Errors
/// Only the store's: a mail is never refused here.
pub fn receive(tx: &mut Tx<'_>, incoming: Incoming) -> Done<Received> {
    if let Some(held) = known::held(tx, &incoming)? {
        return known::add_path(tx, &incoming, held);
    }
    match report::subject_of(tx, &incoming)? {
        Some(about) => report::join(tx, &incoming, about),
        None if incoming.is_unbound_report() => begin(tx, &incoming, None, &unbound()),
        None => place(tx, &incoming),
    }
}

/// A report about a mail that is not ours: kept for whoever looks for it, in nobody's way and
/// nobody's contact.
fn unbound() -> Decision {
    let effect = Effect {
        reopens: false,
        unread: false,
    };
    Decision {
        place: Place::New,
        matched_by: MatchedBy::New,
        effect,
        suggestion: None,
        external: false,
    }
}

fn place(tx: &mut Tx<'_>, incoming: &Incoming) -> Done<Received> {
    let contact = people::known(tx, &incoming.author)?;
    let facts = facts::gather(tx, incoming, contact.as_ref())?;
    let decision = quieted(incoming, contact.as_ref(), threading::decide(&facts));
    match decision.place {
        Place::Existing(id) => {
            if !decision.external {
                people::meet(tx, incoming, contact)?;
            }
            join(tx, incoming, id, &decision)
        }
        Place::New => {
            let contact = people::meet(tx, incoming, contact)?;
            begin(tx, incoming, Some(contact), &decision)
        }
    }
}

/// An import, our own copy and a blocked sender light no dot.
fn quieted(incoming: &Incoming, contact: Option<&Contact>, decision: Decision) -> Decision {
    let blocked = contact.is_some_and(|contact| contact.blocked);
    let quiet = incoming.imported || incoming.own_copy || blocked;
    Decision {
        effect: if quiet {
            Effect::default()
        } else {
            decision.effect
        },
        ..decision
    }
}

fn begin(
    tx: &mut Tx<'_>,
    incoming: &Incoming,
    contact: Option<Contact>,
    decision: &Decision,
) -> Done<Received> {
    let at = incoming.at(tx.now());
    let unbound = contact.is_none();
    let conversation = Conversation {
        id: tx.new_conversation()?,
        // A report about nothing of ours waits for nobody.
        status: if contact.is_some() {
            Status::Open
        } else {
            Status::Complete
        },
        spam: contact.as_ref().is_some_and(|contact| contact.blocked),
        channel: Channel::Email,
        subject: incoming.draft.subject.clone(),
        read: true,
        contact: contact.map(|contact| contact.id),
        verified: true,
        next_seq: 1,
        created_at: at,
        updated_at: at,
        suggestion: decision.suggestion,
        ..Conversation::default()
    };
    let id = conversation.id;
    tx.record(Event::ConversationOpened(conversation))?;
    let message = add(tx, incoming, id, decision)?;
    Ok(Received {
        message,
        conversation: id,
        outcome: match incoming.is_unbound_report() && unbound {
            true => Outcome::Unbound,
            false => Outcome::Began,
        },
        marks: incoming.marks(),
    })
}

fn join(
    tx: &mut Tx<'_>,
    incoming: &Incoming,
    id: ConversationId,
    decision: &Decision,
) -> Done<Received> {
    facts::prove_chat(tx, id, decision)?;
    let message = add(tx, incoming, id, decision)?;
    Ok(Received {
        message,
        conversation: id,
        outcome: Outcome::Joined(decision.matched_by),
        marks: incoming.marks(),
    })
}

/// Records the message at the end of the thread, after what its forwarder said of it.
fn add(
    tx: &mut Tx<'_>,
    incoming: &Incoming,
    id: ConversationId,
    decision: &Decision,
) -> Done<MessageId> {
    if let Some((author, words)) = &incoming.note {
        note_by(tx, id, author.clone(), words, Vec::new())?;
    }
    let conversation = line::conversation(tx, id)?;
    let place = line::next(tx, &conversation)?;
    let mut message = Message {
        id: place.id,
        seq: place.seq,
        conversation: place.conversation,
        at: incoming.at(tx.now()),
        body: incoming.texts.keep(tx)?,
        matched_by: Some(decision.matched_by.as_str().to_owned()),
        ..incoming.draft.clone()
    };
    let raw = tx.keep(&incoming.raw)?;
    if let Some(email) = &mut message.email {
        email.raw = Some(raw);
        email.external = decision.external;
        email.suggestion = decision.suggestion;
        known::own_id(tx, email, &incoming.fallback_id)?;
        email.resembles = people::resembles(tx, incoming, &conversation, decision)?;
    }
    let Effect { reopens, unread } = decision.effect;
    let id = message.id;
    tx.record(Event::MessageAdded {
        message: Box::new(message),
        reopens,
        unread,
    })?;
    if let Some(asked) = &incoming.forwarding {
        forwarding_requests::ask(tx, id, asked, incoming.proof.dmarc_pass)?;
    }
    Ok(id)
}
