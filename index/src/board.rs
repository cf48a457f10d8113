//! The facts of every conversation that lists, filters and the red dot need, in memory.
//!
//! Filled from the tables at start and after every commit, before the commit is answered: whoever was
//! told "done" sees it in the next list. Some 100 bytes a conversation.

use crate::error::StoreError;
use crate::model::*;
use crate::rows::Rows;
use crate::tables::CONVERSATIONS;
use parking_lot::RwLock;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What changes often about one conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Facet {
    pub status: Status,
    pub spam: bool,
    pub channel: Channel,
    pub read: bool,
    pub assignee: Option<AgentId>,
    pub contact: Option<ContactId>,
    pub visitor: Option<VisitorId>,
    pub updated_at: Millis,
    /// Meta's time of the last inbound Messenger event; 0 elsewhere.
    pub last_inbound: Millis,
    pub tags: Box<[String]>,
    pub merged: bool,
}

impl Facet {
    pub(crate) fn of(conversation: &Conversation) -> Facet {
        Facet {
            status: conversation.status,
            spam: conversation.spam,
            channel: conversation.channel,
            read: conversation.read,
            assignee: conversation.assignee,
            contact: conversation.contact,
            visitor: conversation.visitor,
            updated_at: conversation.updated_at,
            last_inbound: conversation
                .messenger
                .as_ref()
                .map_or(0, |m| m.last_inbound),
            tags: conversation.tags.clone().into(),
            merged: conversation.merged_into.is_some(),
        }
    }

    fn unread_open(&self) -> bool {
        !self.read && self.status == Status::Open && !self.spam && !self.merged
    }
}

/// Which conversations a list shows. `Default` shows all that are neither spam nor merged away.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<Status>,
    pub channel: Option<Channel>,
    /// `Some(None)`: nobody's.
    pub assignee: Option<Option<AgentId>>,
    pub contact: Option<ContactId>,
    pub unread: Option<bool>,
    pub tag: Option<String>,
    /// `Some(true)`: only spam.
    pub spam: Option<bool>,
}

impl Filter {
    /// Whether a conversation with these facts is shown.
    pub fn admits(&self, facet: &Facet) -> bool {
        !facet.merged
            && facet.spam == self.spam.unwrap_or(false)
            && self.status.is_none_or(|status| facet.status == status)
            && self.channel.is_none_or(|channel| facet.channel == channel)
            && self
                .assignee
                .is_none_or(|assignee| facet.assignee == assignee)
            && self
                .contact
                .is_none_or(|contact| facet.contact == Some(contact))
            && self.unread.is_none_or(|unread| facet.read != unread)
            && self.tag.as_ref().is_none_or(|tag| facet.tags.contains(tag))
    }
}

/// A place in the list: activity, then id, both falling.
pub type Place = (Millis, ConversationId);

#[derive(Debug, Default)]
struct Inner {
    facets: HashMap<ConversationId, Facet>,
    /// By status, so that "open" never walks the years of what is done.
    order: [BTreeSet<Place>; 2],
    unread: usize,
}

impl Inner {
    fn put(&mut self, id: ConversationId, facet: Facet) {
        if let Some(old) = self.facets.get(&id) {
            self.order[old.status as usize].remove(&(old.updated_at, id));
            self.unread -= usize::from(old.unread_open());
        }
        self.order[facet.status as usize].insert((facet.updated_at, id));
        self.unread += usize::from(facet.unread_open());
        self.facets.insert(id, facet);
    }
}

/// The shared board.
#[derive(Debug, Default)]
pub struct Board {
    inner: RwLock<Inner>,
}

impl Board {
    pub(crate) fn load(rows: &impl Rows) -> Result<Board, StoreError> {
        let mut inner = Inner::default();
        rows.raw_walk(
            CONVERSATIONS.name,
            std::ops::Bound::Unbounded,
            std::ops::Bound::Unbounded,
            false,
            &mut |_, value| {
                let conversation: Conversation = CONVERSATIONS.value(value)?;
                inner.put(conversation.id, Facet::of(&conversation));
                Ok(std::ops::ControlFlow::Continue(()))
            },
        )?;
        Ok(Board {
            inner: RwLock::new(inner),
        })
    }

    /// Takes another's facts for its own.
    pub(crate) fn replace(&self, other: Board) {
        *self.inner.write() = other.inner.into_inner();
    }

    pub(crate) fn merge(&self, touched: BTreeMap<ConversationId, Facet>) {
        let mut inner = self.inner.write();
        for (id, facet) in touched {
            inner.put(id, facet);
        }
    }

    /// At most `limit` conversations below `before` in the list, newest activity first.
    pub fn list(&self, filter: &Filter, before: Option<Place>, limit: usize) -> Vec<Place> {
        let inner = self.inner.read();
        let below = before.unwrap_or((Millis::MAX, ConversationId(u64::MAX)));
        let wanted = |status: Status| filter.status.is_none_or(|only| only == status);
        let walk = |status: Status| {
            let set = &inner.order[status as usize];
            let admits =
                |place: &&Place| inner.facets.get(&place.1).is_some_and(|f| filter.admits(f));
            let take = if wanted(status) { limit } else { 0 };
            set.range(..below)
                .rev()
                .filter(admits)
                .take(take)
                .copied()
                .collect::<Vec<_>>()
        };
        let mut places = walk(Status::Open);
        places.extend(walk(Status::Complete));
        places.sort_unstable_by(|a, b| b.cmp(a));
        places.truncate(limit);
        places
    }

    /// Open Messenger conversations whose visitor wrote after `since`, the one expiring first first.
    pub fn expiring(&self, filter: &Filter, since: Millis, limit: usize) -> Vec<ConversationId> {
        let inner = self.inner.read();
        let live = |(id, facet): (&ConversationId, &Facet)| {
            (facet.last_inbound > since && filter.admits(facet))
                .then_some((facet.last_inbound, *id))
        };
        let mut found: Vec<_> = inner.facets.iter().filter_map(live).collect();
        found.sort_unstable();
        found.into_iter().take(limit).map(|(_, id)| id).collect()
    }

    pub fn facet(&self, id: ConversationId) -> Option<Facet> {
        self.inner.read().facets.get(&id).cloned()
    }

    /// Asks one question of one conversation's facts without copying them.
    pub fn is(&self, id: ConversationId, question: impl FnOnce(&Facet) -> bool) -> bool {
        self.inner.read().facets.get(&id).is_some_and(question)
    }

    /// How many open conversations nobody has opened since their last message: the red dot.
    pub fn unread(&self) -> usize {
        self.inner.read().unread
    }

    /// How many conversations the filter admits.
    pub fn count(&self, filter: &Filter) -> usize {
        self.inner
            .read()
            .facets
            .values()
            .filter(|facet| filter.admits(facet))
            .count()
    }

    /// The tags in use, in order.
    pub fn tags(&self) -> Vec<String> {
        let inner = self.inner.read();
        let tags: BTreeSet<&String> = inner
            .facets
            .values()
            .flat_map(|facet| facet.tags.iter())
            .collect();
        tags.into_iter().cloned().collect()
    }
}
