//! Saved replies: kept, shown and sent literally; `{{name}}` in them is just text.

use super::{Done, Refused};
use casella_index::model::{SavedReply, SavedReplyId};
use casella_index::tables::SAVED_REPLIES;
use casella_index::{Event, Rows, Tx};

const LONGEST_NAME: usize = 200;
const LONGEST_TEXT: usize = 100_000;

/// What of a saved reply is given; `None` leaves it as it was.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub category: Option<String>,
    pub title: Option<String>,
    pub text: Option<String>,
}

/// Makes one. Title and text are needed, the category may be empty.
pub fn create(tx: &mut Tx<'_>, edit: Edit) -> Done<SavedReply> {
    let fresh = SavedReply {
        id: tx.new_saved_reply()?,
        ..SavedReply::default()
    };
    save(tx, fresh, edit)
}

/// Changes one.
pub fn change(tx: &mut Tx<'_>, id: SavedReplyId, edit: Edit) -> Done<SavedReply> {
    let known = tx
        .get(&SAVED_REPLIES, &id)?
        .ok_or_else(|| Refused::unknown("saved reply", id))?;
    save(tx, known, edit)
}

/// Deletes one; mails that used it keep their text.
pub fn delete(tx: &mut Tx<'_>, id: SavedReplyId) -> Done {
    tx.get(&SAVED_REPLIES, &id)?
        .ok_or_else(|| Refused::unknown("saved reply", id))?;
    tx.record(Event::SavedReplyDeleted(id))?;
    Ok(())
}

fn save(tx: &mut Tx<'_>, mut reply: SavedReply, edit: Edit) -> Done<SavedReply> {
    let line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    reply.category = edit.category.map_or(reply.category, line);
    reply.title = edit.title.map_or(reply.title, line);
    reply.text = edit.text.unwrap_or(reply.text);
    for (field, text, longest) in [
        ("category", &reply.category, LONGEST_NAME),
        ("title", &reply.title, LONGEST_NAME),
        ("text", &reply.text, LONGEST_TEXT),
    ] {
        if text.len() > longest {
            return Err(Refused::invalid(
                field,
                format!("longer than {longest} bytes"),
            ));
        }
    }
    if reply.title.is_empty() {
        return Err(Refused::invalid("title", "a saved reply needs a title"));
    }
    if reply.text.trim().is_empty() {
        return Err(Refused::invalid("text", "a saved reply needs some words"));
    }
    tx.record(Event::SavedReplyChanged(reply.clone()))?;
    Ok(reply)
}
