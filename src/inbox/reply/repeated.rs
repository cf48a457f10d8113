//! The same key again: the answer made before, unless these are other words. Then somebody's words
//! would be lost under a key that was used, and that is said.

use super::{Reply, Way};
use crate::inbox::{Done, Refused, line};
use casella_index::model::{Body, Direction, Message, StoredBody};
use casella_index::segment::hash16;
use casella_index::tables::{BLOBS, IDEMPOTENCY};
use casella_index::{Rows, Tx};

/// The field a used key is refused by.
pub const KEY: &str = "idempotency_key";

/// The message made under this key.
pub(super) fn known(tx: &Tx<'_>, key: Option<&str>, reply: &Reply) -> Done<Option<Message>> {
    let Some(key) = key else {
        return Ok(None);
    };
    let Some(id) = tx.get(&IDEMPOTENCY, &key.to_owned())? else {
        return Ok(None);
    };
    let message = line::message(tx, id)?;
    match is_same(tx, &message, reply)? {
        true => Ok(Some(message)),
        false => Err(Refused::invalid(
            KEY,
            format!(
                "another message ({id}) was made under this key; a new message needs a new one"
            ),
        )),
    }
}

fn is_same(tx: &Tx<'_>, message: &Message, reply: &Reply) -> Done<bool> {
    let way = match reply.way {
        Way::Note => message.direction == Direction::Note,
        Way::By(channel) => message.channels.contains(&channel),
    };
    let sizes = message.attachments.iter().map(|file| file.size);
    let files = sizes.eq(reply.files.iter().map(|file| file.bytes.len()));
    Ok(way && files && says(tx, &message.body, &reply.text)?)
}

fn says(tx: &Tx<'_>, body: &Body, text: &str) -> Done<bool> {
    let blob = match body {
        Body::Inline(kept) => return Ok(kept == text),
        Body::Stored(blob) => *blob,
    };
    let whole = StoredBody {
        text: text.to_owned(),
        ..StoredBody::default()
    };
    // A struct of strings always serialises.
    let hash = hash16(&serde_json::to_vec(&whole).unwrap_or_default());
    Ok(tx.get(&BLOBS, &blob)?.is_some_and(|row| row.hash == hash))
}
