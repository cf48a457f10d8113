//! What every line of a thread needs, whoever writes it: its place, its first words, its texts kept.

use super::{Done, Refused};
use casella_index::model::*;
use casella_index::segment::Packed;
use casella_index::store::pack;
use casella_index::tables::TOKENS;
use casella_index::{Event, Rows, Tx};

/// Characters of a snippet: one line of the list on a wide screen.
const SNIPPET: usize = 160;
/// Texts up to this many bytes stay in the row; others go to a segment.
const INLINE: usize = 1_024;

/// The parameter of an event line that names the act to [`undo`](super::undo), by its sequence.
pub const UNDO: &str = "undo";

/// The first words of a text, on one line.
pub fn snippet(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.chars().nth(SNIPPET).is_some() {
            return words.chars().take(SNIPPET - 1).chain(['…']).collect();
        }
    }
    words
}

/// The texts of a message, ready to be kept: packed on the caller's thread, before the write.
#[derive(Debug, Clone)]
pub enum Texts {
    Short(String),
    Long(Packed),
}

impl Texts {
    pub fn of(body: &StoredBody) -> Texts {
        if body.html.is_none() && body.quoted_text.is_empty() && body.text.len() <= INLINE {
            return Texts::Short(body.text.clone());
        }
        // A struct of strings always serialises.
        Texts::Long(pack(&serde_json::to_vec(body).unwrap_or_default()))
    }

    /// A text alone, without quotes or HTML.
    pub fn plain(text: &str) -> Texts {
        Texts::of(&StoredBody {
            text: text.to_owned(),
            ..StoredBody::default()
        })
    }

    /// Keeps them within the write.
    pub fn keep(&self, tx: &mut Tx<'_>) -> Done<Body> {
        Ok(match self {
            Texts::Short(text) => Body::Inline(text.clone()),
            Texts::Long(packed) => Body::Stored(tx.keep(packed)?),
        })
    }
}

/// The conversation of that id, merges followed.
pub fn conversation(rows: &impl Rows, id: ConversationId) -> Done<Conversation> {
    rows.living(id)?
        .ok_or_else(|| Refused::unknown("conversation", id))
}

pub fn message(rows: &impl Rows, id: MessageId) -> Done<Message> {
    rows.message(id)?
        .ok_or_else(|| Refused::unknown("message", id))
}

/// The contact of that id, merges followed.
pub fn contact(rows: &impl Rows, id: ContactId) -> Done<Contact> {
    rows.living_contact(id)?
        .ok_or_else(|| Refused::unknown("contact", id))
}

/// A message at the end of a thread: id and place given, the rest for the caller to fill in.
pub fn next(tx: &mut Tx<'_>, conversation: &Conversation) -> Done<Message> {
    Ok(Message {
        id: tx.new_message()?,
        seq: conversation.next_seq.max(1),
        conversation: conversation.id,
        at: tx.now(),
        ..Message::default()
    })
}

/// A line of the thread that tells what was done there: `key` below `event.` of the catalogues.
pub fn tell(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    key: &str,
    params: &[(&str, String)],
) -> Done<MessageId> {
    let conversation = self::conversation(tx, conversation)?;
    let mut message = next(tx, &conversation)?;
    message.direction = Direction::Event;
    message.author = author_of(tx)?;
    message.event = Some(EventLine {
        key: key.to_owned(),
        params: params
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    });
    let id = message.id;
    tx.record(Event::MessageAdded {
        message: Box::new(message),
        reopens: false,
        unread: false,
    })?;
    Ok(id)
}

/// What customers may call whoever wrote: an agent's name. A program speaks as the company; how its
/// token is called is for agents alone.
pub fn outward_name(author: &Author) -> &str {
    let program = author.kind == AuthorKind::Agent && author.agent.is_none();
    match program && author.address.is_none() {
        true => "",
        false => &author.name,
    }
}

/// Who writes within this write, as a message's author.
pub fn author_of(tx: &Tx<'_>) -> Done<Author> {
    use casella_index::Actor;
    let id = match *tx.actor() {
        Actor::Agent(id) => id,
        Actor::Token(id) => {
            return Ok(Author {
                kind: AuthorKind::Agent,
                name: tx.get(&TOKENS, &id)?.unwrap_or_default().name,
                ..Author::default()
            });
        }
        _ => return Ok(Author::default()),
    };
    let agent = tx.agent(id)?.unwrap_or_default();
    Ok(Author {
        kind: AuthorKind::Agent,
        name: agent.name,
        address: Some(agent.email).filter(|email| !email.is_empty()),
        agent: Some(id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_are_one_short_line() {
        assert_eq!(snippet("  Hello,\n\n\tthere  "), "Hello, there");
        assert_eq!(snippet(""), "");
        let long = snippet(&"wörd ".repeat(100));
        assert_eq!((long.chars().count(), long.ends_with('…')), (160, true));
        assert_eq!(snippet(&"x".repeat(10_000)).chars().count(), 160);
    }

    #[test]
    fn customers_hear_the_names_of_people_alone() {
        let agent = Author {
            kind: AuthorKind::Agent,
            name: "Ada".into(),
            agent: Some(AgentId(1)),
            ..Author::default()
        };
        assert_eq!(outward_name(&agent), "Ada");
        let program = Author {
            name: "shop-robot".into(),
            agent: None,
            ..agent.clone()
        };
        assert_eq!(outward_name(&program), "");
        let customer = Author {
            kind: AuthorKind::Contact,
            ..program
        };
        assert_eq!(outward_name(&customer), "shop-robot");
    }

    #[test]
    fn only_short_plain_texts_stay_in_the_row() {
        let html = StoredBody {
            html: Some(String::new()),
            ..StoredBody::default()
        };
        assert!(matches!(Texts::plain("short"), Texts::Short(_)));
        assert!(matches!(Texts::plain(&"x".repeat(2_000)), Texts::Long(_)));
        assert!(matches!(Texts::of(&html), Texts::Long(_)));
    }
}
