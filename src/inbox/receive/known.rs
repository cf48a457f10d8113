//! Mail we hold already: copies by a second path, our own mail coming back (MAIL.md A4-A6).

use super::{Incoming, Outcome, Received};
use crate::inbox::Done;
use crate::rules::contacts::is_team;
use casella_index::model::*;
use casella_index::{Event, Rows, Tx};

/// A message we hold that this mail is a copy of.
pub(super) struct Held {
    message: Message,
    ours: bool,
}

/// The message this mail repeats: the same id with the same words, or our own id in our own name.
pub(super) fn held(tx: &Tx<'_>, incoming: &Incoming) -> Done<Option<Held>> {
    let email = incoming.email();
    let from_us = is_team(&incoming.team, &email.from.address);
    for message in bearing(tx, &email.message_id)? {
        let ours = message.direction == Direction::Out;
        let same_words = message
            .email
            .as_ref()
            .is_some_and(|known| known.body_hash == email.body_hash && !known.unreadable);
        if (ours && from_us) || (!ours && same_words) {
            return Ok(Some(Held { message, ours }));
        }
    }
    Ok(None)
}

/// Notes the other way on the message there is. An archive read twice adds nothing.
pub(super) fn add_path(tx: &mut Tx<'_>, incoming: &Incoming, held: Held) -> Done<Received> {
    let Held { message, ours } = held;
    let path = incoming
        .email()
        .paths
        .into_iter()
        .next()
        .unwrap_or_default();
    let known = message.email.iter().flat_map(|email| &email.paths);
    let again = incoming.imported && known.clone().any(|known| known.via == path.via);
    if !again {
        tx.record(Event::PathAdded {
            conversation: message.conversation,
            message: message.id,
            path,
        })?;
    }
    let outcome = if ours {
        Outcome::CameBack
    } else {
        Outcome::Duplicate
    };
    Ok(Received {
        message: message.id,
        conversation: message.conversation,
        outcome,
        marks: incoming.marks(),
    })
}

/// A second mail with an id that another bears keeps it beside a synthetic one, so that each can be told
/// apart and both are found.
pub(super) fn own_id(tx: &Tx<'_>, email: &mut EmailFacts, fallback_id: &str) -> Done {
    if email.message_id != fallback_id && !bearing(tx, &email.message_id)?.is_empty() {
        let shared = std::mem::replace(&mut email.message_id, fallback_id.to_owned());
        email.other_ids.push(shared);
    }
    Ok(())
}

/// The messages that bear this id.
pub(super) fn bearing(tx: &Tx<'_>, id: &str) -> Done<Vec<Message>> {
    let mut found = Vec::new();
    for (message, own) in tx.mails_with_id(id)? {
        if own && let Some(message) = tx.message(message)? {
            found.push(message);
        }
    }
    Ok(found)
}
