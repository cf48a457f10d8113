//! Reading: the same questions, asked of a snapshot or inside a write.

use crate::error::StoreError;
use crate::kv::{Key, Table};
use crate::model::*;
use crate::segment::hash16;
use crate::tables::*;
use serde::{Serialize, de::DeserializeOwned};
use std::cmp::Ordering;
use std::ops::{Bound, ControlFlow, RangeBounds};

/// A visitor of raw rows: key, value, whether to go on.
pub type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError>;

/// Raw access that a snapshot and a write transaction both offer.
pub trait Rows {
    #[doc(hidden)]
    fn raw_get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
    #[doc(hidden)]
    fn raw_walk(
        &self,
        table: &str,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        backwards: bool,
        visit: Visit<'_>,
    ) -> Result<(), StoreError>;

    /// The row of that key.
    fn get<K: Key, V: Serialize + DeserializeOwned>(
        &self,
        table: &Table<K, V>,
        key: &K,
    ) -> Result<Option<V>, StoreError> {
        self.raw_get(table.name, &key.encode())?
            .map(|bytes| table.value(&bytes))
            .transpose()
    }

    /// At most `limit` rows of a range of keys, in order.
    fn range<K: Key, V: Serialize + DeserializeOwned>(
        &self,
        table: &Table<K, V>,
        range: impl RangeBounds<K>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, StoreError> {
        self.collect(table, range, limit, false)
    }

    /// The same, last first.
    fn range_back<K: Key, V: Serialize + DeserializeOwned>(
        &self,
        table: &Table<K, V>,
        range: impl RangeBounds<K>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, StoreError> {
        self.collect(table, range, limit, true)
    }

    #[doc(hidden)]
    fn collect<K: Key, V: Serialize + DeserializeOwned>(
        &self,
        table: &Table<K, V>,
        range: impl RangeBounds<K>,
        limit: usize,
        backwards: bool,
    ) -> Result<Vec<(K, V)>, StoreError> {
        let mut rows = Vec::new();
        if limit == 0 {
            return Ok(rows);
        }
        let (from, to) = (encode(range.start_bound()), encode(range.end_bound()));
        self.raw_walk(
            table.name,
            as_slice(&from),
            as_slice(&to),
            backwards,
            &mut |key, value| {
                rows.push((table.key(key)?, table.value(value)?));
                Ok(if rows.len() >= limit {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            },
        )?;
        Ok(rows)
    }

    /// Every row of a table, in order. For small tables and offline work only.
    fn all<K: Key, V: Serialize + DeserializeOwned>(
        &self,
        table: &Table<K, V>,
    ) -> Result<Vec<(K, V)>, StoreError> {
        self.collect(table, .., usize::MAX, false)
    }

    fn first<K: Key, V: Serialize + DeserializeOwned>(
        &self,
        table: &Table<K, V>,
    ) -> Result<Option<(K, V)>, StoreError> {
        Ok(self.collect(table, .., 1, false)?.pop())
    }

    fn last<K: Key, V: Serialize + DeserializeOwned>(
        &self,
        table: &Table<K, V>,
    ) -> Result<Option<(K, V)>, StoreError> {
        Ok(self.collect(table, .., 1, true)?.pop())
    }

    fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        self.get(&CONVERSATIONS, &id)
    }

    /// The conversation that `id` lives on in, following merges.
    fn living(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        let mut found = self.conversation(id)?;
        for _ in 0..32 {
            match found.as_ref().and_then(|c| c.merged_into) {
                Some(next) => found = self.conversation(next)?,
                None => break,
            }
        }
        Ok(found)
    }

    fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.get(&MESSAGES, &id)
    }

    /// At most `limit` messages of a thread with `seq` above `after`, oldest first; Messenger's lines
    /// among them in the order of Meta's timestamps, for its webhooks come in any order.
    fn thread(
        &self,
        conversation: ConversationId,
        after: u32,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let range = (conversation, after.saturating_add(1))..=(conversation, u32::MAX);
        let ids = self.range(&THREAD, range, limit)?;
        let mut messages = self.messages(ids.into_iter().map(|(_, id)| id))?;
        order_messenger(&mut messages, |a, b| {
            place_in_time(a).cmp(&place_in_time(b))
        });
        Ok(messages)
    }

    /// At most `limit` messages of a thread with `seq` below `before`, newest first; Messenger's as in
    /// [`thread`](Rows::thread).
    fn thread_back(
        &self,
        conversation: ConversationId,
        before: u32,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let ids = self.range_back(&THREAD, (conversation, 0)..(conversation, before), limit)?;
        let mut messages = self.messages(ids.into_iter().map(|(_, id)| id))?;
        order_messenger(&mut messages, |a, b| {
            place_in_time(b).cmp(&place_in_time(a))
        });
        Ok(messages)
    }

    #[doc(hidden)]
    fn messages(&self, ids: impl Iterator<Item = MessageId>) -> Result<Vec<Message>, StoreError> {
        ids.filter_map(|id| self.message(id).transpose()).collect()
    }

    fn contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        self.get(&CONTACTS, &id)
    }

    /// The contact that `id` lives on in, following merges.
    fn living_contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        let mut found = self.contact(id)?;
        for _ in 0..32 {
            match found.as_ref().and_then(|c| c.merged_into) {
                Some(next) => found = self.contact(next)?,
                None => break,
            }
        }
        Ok(found)
    }

    /// The contact an address key belongs to.
    fn contact_of(&self, address_key: &str) -> Result<Option<Contact>, StoreError> {
        match self.get(&CONTACT_ADDRESSES, &address_key.to_owned())? {
            Some(id) => self.living_contact(id),
            None => Ok(None),
        }
    }

    /// Ids of a contact's conversations, oldest first.
    fn conversations_of(&self, contact: ContactId) -> Result<Vec<ConversationId>, StoreError> {
        let range = (contact, ConversationId(0))..=(contact, ConversationId(u64::MAX));
        let rows = self.range(&CONTACT_CONVERSATIONS, range, usize::MAX)?;
        Ok(rows
            .into_iter()
            .map(|((_, conversation), ())| conversation)
            .collect())
    }

    fn takes_part(
        &self,
        conversation: ConversationId,
        address_key: &str,
    ) -> Result<bool, StoreError> {
        Ok(self
            .get(&PARTICIPANTS, &(conversation, address_key.to_owned()))?
            .is_some())
    }

    /// The address keys that take part in a conversation.
    fn participants(&self, conversation: ConversationId) -> Result<Vec<String>, StoreError> {
        let range =
            (conversation, String::new())..(ConversationId(conversation.0 + 1), String::new());
        Ok(self
            .range(&PARTICIPANTS, range, usize::MAX)?
            .into_iter()
            .map(|((_, key), ())| key)
            .collect())
    }

    /// At most 64 messages that bear this id (`true`) or refer to it (`false`), oldest first. The id is
    /// without angle brackets.
    fn mails_with_id(&self, message_id: &str) -> Result<Vec<(MessageId, bool)>, StoreError> {
        let hash = hash16(message_id.as_bytes());
        let range = (hash, MessageId(0))..=(hash, MessageId(u64::MAX));
        Ok(self
            .range(&MAIL_IDS, range, 64)?
            .into_iter()
            .map(|((_, id), own)| (id, own))
            .collect())
    }

    fn agent(&self, id: AgentId) -> Result<Option<Agent>, StoreError> {
        self.get(&AGENTS, &id)
    }

    fn agents(&self) -> Result<Vec<Agent>, StoreError> {
        Ok(self
            .all(&AGENTS)?
            .into_iter()
            .map(|(_, agent)| agent)
            .collect())
    }

    fn agent_by_email(&self, email: &str) -> Result<Option<Agent>, StoreError> {
        Ok(self
            .agents()?
            .into_iter()
            .find(|agent| agent.email.eq_ignore_ascii_case(email)))
    }

    fn visitor(&self, id: VisitorId) -> Result<Option<Visitor>, StoreError> {
        self.get(&VISITORS, &id)
    }

    /// A setting made in the pages, read as `T`; `None` if unset or of another shape.
    fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let value = self.get(&SETTINGS, &name.to_owned())?;
        Ok(value.and_then(|value| serde_json::from_value(value).ok()))
    }

    /// The deliveries still to be done.
    fn jobs(&self) -> Result<Vec<Job>, StoreError> {
        Ok(self.all(&JOBS)?.into_iter().map(|(_, job)| job).collect())
    }
}

fn encode<K: Key>(bound: Bound<&K>) -> Bound<Vec<u8>> {
    bound.map(Key::encode)
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

/// Messenger's lines stand by Meta's time; of two at the same moment the order is any, but always the same.
pub(crate) fn place_in_time(message: &Message) -> (Millis, &str) {
    let mid = message
        .messenger
        .as_ref()
        .and_then(|facts| facts.mid.as_deref());
    (message.at, mid.unwrap_or_default())
}

/// Sorts Messenger's lines among the places they take; everything else stays where it is.
fn order_messenger(messages: &mut [Message], order: impl Fn(&Message, &Message) -> Ordering) {
    let is_line = |message: &Message| message.messenger.is_some();
    let places: Vec<usize> = (0..messages.len())
        .filter(|&n| is_line(&messages[n]))
        .collect();
    let mut lines: Vec<Message> = places.iter().map(|&n| messages[n].clone()).collect();
    if lines.is_sorted_by(|a, b| order(a, b).is_le()) {
        return;
    }
    lines.sort_by(order);
    for (place, line) in places.into_iter().zip(lines) {
        messages[place] = line;
    }
}
