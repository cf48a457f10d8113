//! The earlier words of the conversation a mail probably answers, so that what repeats them is known
//! for a quote in any language (MAIL.md F3). A guess that is wrong costs nothing: the write decides
//! anew where the mail belongs.

use crate::inbox::Inbox;
use crate::rules::contacts;
use crate::rules::mail::{Mail, Reading};
use crate::rules::threading::{self, subject_key};
use crate::rules::{kind, subject};
use casella_index::model::{Conversation, ConversationId, Message};
use casella_index::{Rows, Snapshot, StoreError};

/// Messages compared with: people quote the last few.
const MOST: usize = 6;
/// Texts longer than this are not compared with.
const LONGEST: usize = 256 * 1024;

/// Conversations of a contact weighed by their newest activity.
const MOST_CONVERSATIONS: usize = 20;

/// The texts of the newest messages there, newest first; empty where nothing is known. What they
/// quoted themselves is among them: an answer quotes that again.
pub(super) fn texts(
    inbox: &Inbox,
    token: Option<ConversationId>,
    reading: &Reading,
) -> Vec<String> {
    let found = inbox.read().and_then(|rows| newest(&rows, token, reading));
    let messages = found.unwrap_or_else(|error| {
        tracing::warn!(%error, "earlier messages could not be read; quotes are told by their marks alone");
        Vec::new()
    });
    let bodies = messages
        .iter()
        .filter_map(|message| inbox.store.body(message).ok());
    bodies
        .flat_map(|body| [body.text, body.quoted_text])
        .filter(|text| !text.trim().is_empty() && text.len() <= LONGEST)
        .collect()
}

fn newest(
    rows: &Snapshot,
    token: Option<ConversationId>,
    reading: &Reading,
) -> Result<Vec<Message>, StoreError> {
    let named = match token {
        Some(named) => rows.living(named)?.map(|living| living.id),
        None => referred(rows, &reading.mail)?,
    };
    let conversation = match named {
        Some(id) => Some(id),
        None => running(rows, reading)?,
    };
    conversation.map_or(Ok(Vec::new()), |id| rows.thread_back(id, u32::MAX, MOST))
}

/// Most mail answers nothing, and then repeats nothing: reading what came before would only cost.
fn may_repeat(reading: &Reading, conversation: &Conversation) -> bool {
    let mail = &reading.mail;
    kind::is_answer(mail)
        || subject::is_answer(&mail.subject)
        || !reading.parted.quoted_text.is_empty()
        || subject_key(&mail.subject) == subject_key(&conversation.subject)
}

fn referred(rows: &Snapshot, mail: &Mail) -> Result<Option<ConversationId>, StoreError> {
    for id in threading::ids(mail, None) {
        for (message, own) in rows.mails_with_id(id)? {
            if own && let Some(message) = rows.message(message)? {
                return Ok(Some(message.conversation));
            }
        }
    }
    Ok(None)
}

/// The conversation the author's contact is in, where nothing in the mail names one.
fn running(rows: &Snapshot, reading: &Reading) -> Result<Option<ConversationId>, StoreError> {
    let Some(key) = contacts::key(&reading.author.address) else {
        return Ok(None);
    };
    let Some(contact) = rows.contact_of(&key)? else {
        return Ok(None);
    };
    let ids = rows.conversations_of(contact.id)?.into_iter().rev();
    let mut newest: Option<Conversation> = None;
    for id in ids.take(MOST_CONVERSATIONS) {
        let found = rows.conversation(id)?;
        let living = found.filter(|found| found.merged_into.is_none());
        newest = [newest, living]
            .into_iter()
            .flatten()
            .max_by_key(|one| (one.updated_at, one.id));
    }
    let newest = newest.filter(|newest| may_repeat(reading, newest));
    Ok(newest.map(|newest| newest.id))
}
