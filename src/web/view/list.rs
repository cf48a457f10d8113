//! The list of conversations.

use super::{Field, Shell, Words, person, thread::Thread, window::WindowTag};
use crate::render::Millis;
use casella_index::model::{
    Contact, Conversation, DeliveryState, Direction, Message, Status, Visitor,
};
use serde::Serialize;

/// The inbox: the list, and beside it the thread if one is open.
#[derive(Debug, Serialize)]
pub struct InboxPage {
    pub shell: Shell,
    pub list: List,
    pub thread: Option<Thread>,
}

#[derive(Debug, Default, Serialize)]
pub struct List {
    /// Whether the list carries the page's heading, as no thread does.
    pub page_title: bool,
    pub tabs: Vec<Way>,
    pub filters: Vec<FilterGroup>,
    /// Some filter besides the status is set.
    pub filtered: bool,
    /// The filters set, each with the address that takes it away.
    pub chips: Vec<Way>,
    /// What a search keeps of the filters.
    pub hidden: Vec<Field>,
    pub q: String,
    pub rows: Vec<Row>,
    pub next: Option<String>,
    pub empty_symbol: &'static str,
    pub empty_text: String,
    pub empty_hint: Option<String>,
}

/// A link that sets one thing.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Way {
    pub url: String,
    pub label: String,
    pub symbol: Option<&'static str>,
    pub selected: bool,
}

#[derive(Debug, Default, Serialize)]
pub struct FilterGroup {
    pub title: String,
    pub options: Vec<Way>,
}

/// One conversation in a list.
#[derive(Debug, Default, Serialize)]
pub struct Row {
    pub id: u64,
    pub url: String,
    pub current: bool,
    pub who: String,
    pub subject: String,
    pub snippet: String,
    /// Whether the last words are ours.
    pub ours: bool,
    /// The number of its assignee, and its marks: by these an open page knows whether its list shows it.
    pub assigned: Option<u64>,
    pub spam: bool,
    pub merged: bool,
    pub channel: &'static str,
    pub at: Millis,
    pub unread: bool,
    pub online: bool,
    pub complete: bool,
    pub assignee: Option<String>,
    pub tags: Vec<String>,
    /// Our newest message did not get through.
    pub failed: bool,
    /// How long Messenger still lets us answer.
    pub window: Option<WindowTag>,
    /// The address of the person's picture, where Meta gave one.
    pub picture: Option<String>,
}

/// What a row is made of.
pub struct RowFacts<'a> {
    pub conversation: &'a Conversation,
    pub contact: Option<&'a Contact>,
    pub visitor: Option<&'a Visitor>,
    pub newest: Option<&'a Message>,
    pub online: bool,
    pub assignee: Option<String>,
    pub window: Option<WindowTag>,
}

impl Row {
    pub fn of(words: Words<'_>, facts: &RowFacts<'_>, url: String) -> Row {
        let conversation = facts.conversation;
        let delivery = facts.newest.map(|m| m.delivery.state);
        let ours = facts.newest.is_some_and(|m| m.direction == Direction::Out);
        Row {
            id: conversation.id.0,
            url,
            current: false,
            who: person::name(words, conversation, facts.contact, facts.visitor),
            subject: person::subject(words, conversation),
            snippet: snippet(words, facts),
            ours,
            assigned: conversation.assignee.map(|id| id.0),
            spam: conversation.spam,
            merged: conversation.merged_into.is_some(),
            channel: conversation.channel.as_str(),
            at: conversation.updated_at,
            unread: !conversation.read,
            online: facts.online,
            complete: conversation.status == Status::Complete,
            assignee: facts.assignee.clone(),
            tags: conversation.tags.clone(),
            failed: matches!(
                delivery,
                Some(DeliveryState::Failed | DeliveryState::Bounced)
            ),
            window: facts.window.clone().map(|tag| tag.calm(ours)),
            picture: person::picture(conversation),
        }
    }
}

/// The last words; what Meta does not pass on is said in the reader's language.
fn snippet(words: Words<'_>, facts: &RowFacts<'_>) -> String {
    let unsupported = |m: &Message| {
        m.messenger
            .as_ref()
            .is_some_and(|p| p.kind == "unsupported")
    };
    match facts.newest.is_some_and(unsupported) {
        true => words.t("message.unsupported"),
        false => facts.conversation.snippet.clone(),
    }
}
