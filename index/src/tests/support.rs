//! Conversations and messages small enough to write by the hundred.

use crate::model::*;
use crate::{Actor, Event, Stamp, Store, StoreError, Tx};

pub const STAMP: Stamp = Stamp {
    at: 1_000,
    actor: Actor::System,
};

/// Opens a conversation with nothing in it.
pub fn open(tx: &mut Tx<'_>) -> Result<ConversationId, StoreError> {
    let id = tx.new_conversation()?;
    let conversation = Conversation {
        id,
        next_seq: 1,
        created_at: tx.now(),
        ..Conversation::default()
    };
    tx.record(Event::ConversationOpened(conversation))?;
    Ok(id)
}

/// Adds an inbound mail with its raw bytes.
pub fn mail(
    tx: &mut Tx<'_>,
    to: ConversationId,
    seq: u32,
    text: &str,
) -> Result<MessageId, StoreError> {
    let raw = tx.keep(&crate::segment::Packed::new(text.as_bytes()))?;
    let message = Message {
        id: tx.new_message()?,
        seq,
        conversation: to,
        at: tx.now() + i64::from(seq),
        channels: vec![Channel::Email],
        body: Body::Inline(text.into()),
        snippet: text.into(),
        email: Some(EmailFacts {
            message_id: format!("{text}@example.com"),
            from: MailAddress {
                name: String::new(),
                address: "Anna@Example.com".into(),
            },
            raw: Some(raw),
            ..EmailFacts::default()
        }),
        ..Message::default()
    };
    let id = message.id;
    tx.record(Event::MessageAdded {
        message: Box::new(message),
        reopens: true,
        unread: true,
    })?;
    Ok(id)
}

pub fn write<T: Send + 'static>(
    store: &Store,
    verb: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    store.write(STAMP, verb).wait()
}
