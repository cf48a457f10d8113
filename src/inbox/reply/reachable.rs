//! The facts behind "which channel leads to this person", from the store and from who is online.

use super::{House, automatic, mail, recipients};
use crate::inbox::{Done, Inbox, Refused};
use crate::rules::contacts;
use crate::rules::follow_up::Unseen;
use crate::rules::loops;
use crate::rules::reach::{self, Facts, Messenger, Reach, Reason};
use crate::rules::window::{self, Window};
use casella_index::Rows;
use casella_index::model::*;
use casella_index::tables::SUPPRESSIONS;

/// Which channels lead to the person of a conversation now: the composer's combobox.
///
/// # Errors
/// The store's.
pub fn choices(inbox: &Inbox, rows: &impl Rows, conversation: &Conversation) -> Done<Reach> {
    let online = conversation
        .visitor
        .is_some_and(|visitor| inbox.presence.is_online(visitor));
    let now = inbox.clock.now();
    choices_of(rows, &House::of(inbox), conversation, online, now)
}

/// The same for callers that know who is online.
///
/// # Errors
/// The store's.
pub fn choices_of(
    rows: &impl Rows,
    house: &House,
    conversation: &Conversation,
    online: bool,
    now: Millis,
) -> Done<Reach> {
    Ok(reach::of(&facts(rows, house, conversation, online, now)?))
}

/// What decides whether chat answers the visitor did not see are mailed by themselves.
///
/// # Errors
/// The store's.
pub fn unseen(
    rows: &impl Rows,
    house: &House,
    conversation: &Conversation,
    online: bool,
    now: Millis,
) -> Done<Unseen> {
    let answers = mail::unseen_answers(rows, conversation)?;
    let facts = facts(rows, house, conversation, online, now)?;
    let visitor = conversation
        .visitor
        .map(|id| rows.visitor(id))
        .transpose()?;
    let contact = conversation
        .contact
        .map(|id| rows.living_contact(id))
        .transpose()?;
    let blocked = visitor.flatten().is_some_and(|v| v.blocked)
        || contact.flatten().is_some_and(|c| c.blocked);
    Ok(Unseen {
        oldest: answers.first().copied(),
        newest: answers.last().copied(),
        online,
        address: facts.address && !facts.service,
        barred: blocked || facts.suppressed || conversation.spam,
        quiet: !loops::may_answer(&automatic::sent(rows, house, conversation, now)?, now),
    })
}

pub(super) fn facts(
    rows: &impl Rows,
    house: &House,
    conversation: &Conversation,
    online: bool,
    now: Millis,
) -> Done<Facts> {
    let found = recipients::suggested(rows, house, conversation)?;
    let key = found.to.first().and_then(|to| contacts::key(&to.address));
    let suppressed = match key {
        Some(key) => rows.get(&SUPPRESSIONS, &key)?.is_some_and(|s| s.hard),
        None => false,
    };
    let thread = conversation.messenger.as_ref().map(|person| Messenger {
        window: match person.locked.as_deref() {
            // Meta's refusal is the last word, whatever our clock says.
            Some("window_closed") => Window::Closed { since: now },
            _ => window::at(Some(person.last_inbound), now, house.window),
        },
        blocked: person
            .locked
            .as_deref()
            .is_some_and(|why| why != "window_closed"),
        disconnected: false,
    });
    Ok(Facts {
        visitor: conversation.visitor.is_some(),
        online,
        address: !found.to.is_empty(),
        suppressed,
        service: found.service,
        messenger: thread,
    })
}

/// Refuses with the reason where the channel leads nowhere.
pub(super) fn demand(facts: &Facts, channel: Channel) -> Done {
    match reach::of(facts).refusal(channel) {
        None => Ok(()),
        Some(reason) => {
            let (why, remedy) = words(reason);
            Err(Refused::conflict(reason.as_str(), why, remedy))
        }
    }
}

/// The sentence and the remedy for programs; pages have theirs in the catalogue.
fn words(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::NoVisitor => (
            "this conversation has no chat visitor",
            "answer by another channel",
        ),
        Reason::NoAddress => (
            "no email address of this person is known",
            "ask for an address, or add one to the contact",
        ),
        Reason::NoAnswerAddress => (
            "this sender reads no answers",
            "give an address to write to",
        ),
        Reason::NoMessenger => (
            "this person did not write by Messenger",
            "answer by another channel",
        ),
        Reason::WindowClosed => (
            "Messenger's window for answers has closed",
            "wait until the person writes again",
        ),
        Reason::WindowNeverOpened => (
            "this person has not written by Messenger yet",
            "wait until the person writes",
        ),
        Reason::Blocked => (
            "Messenger does not let us write to this person",
            "wait until the person writes again",
        ),
        Reason::Disconnected => (
            "the Facebook page is no longer connected",
            "connect the page again in the settings",
        ),
    }
}
