//! The earlier words of the conversation a mail probably answers, so that what repeats them is known
//! for a quote in any language (MAIL.md F3). A guess that is wrong costs nothing: the write decides
//! anew where the mail belongs.

use crate::inbox::Inbox;
use crate::rules::mail::Mail;
use crate::rules::threading;
use casella_index::model::{ConversationId, Message};
use casella_index::{Rows, Snapshot, StoreError};

/// Messages compared with: people quote the last few.
const MOST: usize = 6;
/// Texts longer than this are not compared with.
const LONGEST: usize = 256 * 1024;

/// The texts of the newest messages there, newest first; empty where nothing is known.
pub(super) fn texts(inbox: &Inbox, token: Option<ConversationId>, mail: &Mail) -> Vec<String> {
    let found = inbox.read().and_then(|rows| newest(&rows, token, mail));
    let messages = found.unwrap_or_else(|error| {
        tracing::warn!(%error, "earlier messages could not be read; quotes are told by their marks alone");
        Vec::new()
    });
    let bodies = messages
        .iter()
        .filter_map(|message| inbox.store.body(message).ok());
    bodies
        .map(|body| body.text)
        .filter(|text| !text.trim().is_empty() && text.len() <= LONGEST)
        .collect()
}

fn newest(
    rows: &Snapshot,
    token: Option<ConversationId>,
    mail: &Mail,
) -> Result<Vec<Message>, StoreError> {
    let conversation = match token {
        Some(named) => rows.living(named)?.map(|living| living.id),
        None => referred(rows, mail)?,
    };
    conversation.map_or(Ok(Vec::new()), |id| rows.thread_back(id, u32::MAX, MOST))
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
