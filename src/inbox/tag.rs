//! Tags, subject and spam mark of a conversation: what agents write on its cover.

use super::{Done, Refused, line};
use casella_index::model::{Conversation, ConversationId};
use casella_index::{Event, Tx};

/// More tags, or longer ones, are a mistake of the caller.
const MOST_TAGS: usize = 50;
const LONGEST_TAG: usize = 60;
const LONGEST_SUBJECT: usize = 1_000;

/// Replaces its tags. They are trimmed, without repeats (in any case of letters), in the order given.
pub fn tag(tx: &mut Tx<'_>, id: ConversationId, tags: &[String]) -> Done {
    let tags = tidy_tags(tags)?;
    change(tx, id, |conversation| conversation.tags = tags)
}

/// Gives it another subject; answers go out under it.
pub fn subject(tx: &mut Tx<'_>, id: ConversationId, subject: &str) -> Done {
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    if subject.len() > LONGEST_SUBJECT {
        return Err(Refused::invalid(
            "subject",
            format!("longer than {LONGEST_SUBJECT} bytes"),
        ));
    }
    change(tx, id, |conversation| conversation.subject = subject)
}

/// Marks it as spam, or not. Spam stays where it is put and lights no dot.
pub fn spam(tx: &mut Tx<'_>, id: ConversationId, spam: bool) -> Done {
    change(tx, id, |conversation| conversation.spam = spam)
}

/// Tags as they are kept.
///
/// # Errors
/// [`Refused::Invalid`] for too many or too long ones.
pub fn tidy_tags(tags: &[String]) -> Done<Vec<String>> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags
        .iter()
        .map(|tag| tag.split_whitespace().collect::<Vec<_>>().join(" "))
    {
        if tag.len() > LONGEST_TAG {
            return Err(Refused::invalid(
                "tags",
                format!("a tag is longer than {LONGEST_TAG} bytes"),
            ));
        }
        if !tag.is_empty()
            && !kept
                .iter()
                .any(|known| known.to_lowercase() == tag.to_lowercase())
        {
            kept.push(tag);
        }
    }
    if kept.len() > MOST_TAGS {
        return Err(Refused::invalid("tags", format!("more than {MOST_TAGS}")));
    }
    Ok(kept)
}

/// Records the row if the edit changed it.
pub(super) fn change(
    tx: &mut Tx<'_>,
    id: ConversationId,
    edit: impl FnOnce(&mut Conversation),
) -> Done {
    let before = line::conversation(tx, id)?;
    let mut after = before.clone();
    edit(&mut after);
    if after != before {
        tx.record(Event::ConversationChanged(Box::new(after)))?;
    }
    Ok(())
}
