//! What the pages ask of Meta at once, beside the outbox: how a page fares, and the small courtesies of
//! a talk, that somebody types and that a message was seen. None of it holds a page up.

use super::App;
use crate::channel::messenger::connection::Connection;
use crate::channel::messenger::graph::Graph;
use crate::channel::messenger::health::Health;
use crate::channel::messenger::pauses;
use crate::fetch::Fetcher;
use crate::inbox::reply;
use crate::inbox::settings::{MessengerHealth, Setting};
use crate::rules::window::{self, Window};
use casella_index::Rows;
use casella_index::model::{Conversation, ConversationId, MessengerPerson, Millis};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Meta shows the typing sign for 20 s; it is asked for again only when it is about to go.
const TYPING: Millis = 15_000;
/// Conversations somebody types in; past that all are forgotten, and the sign is merely asked for again.
const MOST: usize = 1_000;

/// Where the typing sign stands, and since when.
#[derive(Debug, Default)]
pub struct Typing(Mutex<HashMap<ConversationId, Millis>>);

impl Typing {
    /// Whether Meta must be told.
    fn changes(&self, id: ConversationId, now: Millis, on: bool) -> bool {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !on {
            return shown.remove(&id).is_some_and(|since| now - since < TYPING);
        }
        if shown.get(&id).is_some_and(|since| now - since < TYPING) {
            return false;
        }
        if shown.len() >= MOST {
            shown.clear();
        }
        shown.insert(id, now);
        true
    }
}

pub fn graph(app: &App) -> Graph {
    let config = &app.inbox.config;
    let at = &config.messenger;
    let fetcher = Fetcher::new(&config.fetch.allow);
    Graph::new(fetcher, &at.graph_url, &at.graph_version)
}

/// Looks at these Facebook pages, behind the answer: their health is kept as it comes.
pub fn look_at(app: &App, pages: Vec<String>) {
    let health = Health::new(app.inbox.clone(), graph(app));
    tokio::spawn(async move {
        for page in pages {
            if let Err(error) = health.check(&page).await {
                tracing::warn!(%error, page, "the health of a Facebook page could not be kept");
            }
        }
    });
}

/// The person sees that an answer is being written.
pub fn typing(app: &App, id: ConversationId, on: bool) {
    let found = app.inbox.read().and_then(|rows| rows.conversation(id));
    let Ok(Some(Conversation {
        messenger: Some(person),
        ..
    })) = found
    else {
        return;
    };
    if can_be_told(app, &person) && app.typing.changes(id, app.inbox.clock.now(), on) {
        tell(app, person, if on { "typing_on" } else { "typing_off" });
    }
}

/// The person sees that their message was read: an agent opened it first.
pub fn seen(app: &App, conversation: &Conversation) {
    if let Some(person) = conversation.messenger.clone()
        && can_be_told(app, &person)
    {
        tell(app, person, "mark_seen");
    }
}

/// Meta takes a courtesy only where it takes an ordinary answer.
fn can_be_told(app: &App, person: &MessengerPerson) -> bool {
    let limits = reply::window_of(&app.inbox);
    let window = window::at(Some(person.last_inbound), app.inbox.clock.now(), limits);
    let health = app.inbox.read().map_err(Into::into);
    let health = health.and_then(|rows| MessengerHealth::get(&rows));
    let broken =
        |health: MessengerHealth| health.of(&person.page).is_some_and(|h| h.broken.is_some());
    let paused = app.inbox.read().map_err(Into::into);
    let paused = paused.and_then(|rows| pauses::of(&rows, &person.page, app.inbox.clock.now()));
    !paused.is_ok_and(|pause| pause.is_some())
        && person.locked.is_none()
        && matches!(window, Window::Open { .. })
        && !health.is_ok_and(broken)
}

fn tell(app: &App, person: MessengerPerson, action: &'static str) {
    let Ok(connection) = Connection::of(&app.inbox) else {
        return;
    };
    let Some(page) = connection.page(&person.page).cloned() else {
        return;
    };
    let graph = graph(app);
    tokio::spawn(async move {
        if let Err(failed) = graph.act(&page, &person.psid, action).await {
            tracing::debug!(?failed, action, page = page.id, "Meta took no courtesy");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_typing_sign_is_asked_for_when_it_would_go() {
        let typing = Typing::default();
        let one = ConversationId(1);
        assert!(typing.changes(one, 0, true));
        assert!(!typing.changes(one, TYPING - 1, true), "it still stands");
        assert!(typing.changes(ConversationId(2), 1, true), "another talk");
        assert!(typing.changes(one, TYPING, true));
        assert!(typing.changes(one, TYPING + 1, false));
        assert!(!typing.changes(one, TYPING + 2, false), "gone already");
        assert!(typing.changes(one, TYPING + 3, true));
        assert!(!typing.changes(one, 3 * TYPING, false), "gone by itself");
    }
}
