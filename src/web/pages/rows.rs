//! Conversations as rows of a list, from the store, the board and who is online.

use super::Words;
use crate::inbox::reply;
use crate::rules::window;
use crate::web::App;
use crate::web::view::list::{Row, RowFacts};
use crate::web::view::window::WindowTag;
use casella_index::model::*;
use casella_index::{Rows, Snapshot, StoreError};
use std::collections::HashMap;

/// Loads rows out of one snapshot.
pub struct Loader<'a> {
    pub app: &'a App,
    pub words: Words<'a>,
    pub rows: &'a Snapshot,
    agents: HashMap<AgentId, String>,
    limits: window::Limits,
}

impl<'a> Loader<'a> {
    pub fn new(app: &'a App, words: Words<'a>, rows: &'a Snapshot) -> Result<Self, StoreError> {
        let named = |agent: Agent| match agent.name.is_empty() {
            true => (agent.id, agent.email),
            false => (agent.id, agent.name),
        };
        Ok(Loader {
            app,
            words,
            rows,
            agents: rows.agents()?.into_iter().map(named).collect(),
            limits: reply::window_of(&app.inbox),
        })
    }

    /// The row of a conversation, linked to `url`; `None` if there is none.
    pub fn row(&self, id: ConversationId, url: String) -> Result<Option<Row>, StoreError> {
        let Some(conversation) = self.rows.conversation(id)? else {
            return Ok(None);
        };
        let (contact, visitor) = people(self.rows, &conversation)?;
        let newest = match conversation.newest {
            Some(id) => self.rows.message(id)?,
            None => None,
        };
        let facts = RowFacts {
            conversation: &conversation,
            contact: contact.as_ref(),
            visitor: visitor.as_ref(),
            newest: newest.as_ref(),
            online: self.is_online(&conversation),
            assignee: self.agent(conversation.assignee),
            window: self
                .window_tag(&conversation)
                .filter(|_| conversation.status == Status::Open),
        };
        Ok(Some(Row::of(self.words, &facts, url)))
    }

    /// What to call an agent.
    pub fn agent(&self, id: Option<AgentId>) -> Option<String> {
        self.agents.get(&id?).cloned()
    }

    pub fn is_online(&self, conversation: &Conversation) -> bool {
        let visitor = conversation.visitor;
        visitor.is_some_and(|visitor| self.app.inbox.presence.is_online(visitor))
    }

    /// The same as a tag.
    pub fn window_tag(&self, conversation: &Conversation) -> Option<WindowTag> {
        let (person, window) = (conversation.messenger.as_ref()?, self.window(conversation)?);
        Some(WindowTag::of(self.words, person, window))
    }

    /// How long Messenger lets us answer; `None` for other channels.
    pub fn window(&self, conversation: &Conversation) -> Option<window::Window> {
        let person = conversation.messenger.as_ref()?;
        let now = self.app.inbox.clock.now();
        Some(window::at(Some(person.last_inbound), now, self.limits))
    }
}

/// Who is on the other side.
pub fn people(
    rows: &Snapshot,
    conversation: &Conversation,
) -> Result<(Option<Contact>, Option<Visitor>), StoreError> {
    let contact = match conversation.contact {
        Some(id) => rows.living_contact(id)?,
        None => None,
    };
    let visitor = match conversation.visitor {
        Some(id) => rows.visitor(id)?,
        None => None,
    };
    Ok((contact, visitor))
}
