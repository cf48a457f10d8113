//! The stream that keeps open pages true: what changed, so that the page fetches itself again.
//!
//! An event names the conversation it is about and, for sound and notification, whether somebody wrote.
//! Ids are the journal's sequence, so a browser that was away resumes without loss.

use super::guard::{Viewer, viewer};
use crate::http::{Answer, Refusal, Request, respond, sse};
use crate::inbox::live::Brief;
use crate::web::App;
use casella_index::journal;
use casella_index::model::{AuthorKind, Channel, ConversationId, Direction};
use casella_index::{Event, StoreError};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;

/// Journal entries read at a time.
const STEP: usize = 200;
/// A browser that was away longer than this many entries simply loads its page again.
const LONGEST_GAP: u64 = 5_000;

/// What a page is told of a change.
#[derive(Debug, Serialize)]
struct Change {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<ConversationId>,
    /// Somebody outside wrote: whose conversation, on which channel, who.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrote: Option<Wrote>,
}

#[derive(Debug, Serialize)]
struct Wrote {
    channel: Channel,
    name: String,
    snippet: String,
    /// The number of its assignee; absent while nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<u64>,
}

/// What is true for a moment only.
#[derive(Debug, Serialize)]
struct Moment {
    kind: &'static str,
    conversation: ConversationId,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typing: Option<bool>,
}

/// `GET /live`: server-sent events under the session.
pub async fn live(app: App, request: Request) -> Answer {
    let Some(viewer) = viewer(&app, &request).await? else {
        return Err(Refusal::unauthorized("log in first"));
    };
    let last = app.inbox.store.last_seq();
    let from = sse::resume(&request).filter(|seq| *seq <= last);
    let from = from.filter(|seq| last - seq <= LONGEST_GAP).unwrap_or(last);
    let (outlet, stream) = sse::channel();
    tokio::spawn(follow(app, viewer, from, outlet));
    Ok(sse::respond(&request, stream))
}

async fn follow(app: App, viewer: Viewer, mut from: u64, outlet: sse::Outlet) {
    let _here = app.inbox.presence.agent(viewer.agent.id);
    let mut journal = app.inbox.live.journal();
    let mut briefs = app.inbox.live.listen();
    loop {
        journal.borrow_and_update();
        match passed_on(&app, &outlet, from).await {
            Ok(Some(seq)) => from = seq,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "a live page could not be told what changed");
                return;
            }
        }
        tokio::select! {
            () = outlet.closed() => return,
            changed = journal.changed() => if changed.is_err() { return },
            brief = briefs.recv() => match brief {
                Ok(brief) => if outlet.push(told(brief, &viewer)).is_err() { return },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// Everything journalled after `from`; the new place, or `None` if the browser has left.
async fn passed_on(
    app: &App,
    outlet: &sse::Outlet,
    mut from: u64,
) -> Result<Option<u64>, StoreError> {
    loop {
        let entries = journal::since(&app.inbox.read()?, from, STEP)?;
        let Some((last, _)) = entries.last() else {
            return Ok(Some(from));
        };
        let last = *last;
        for (seq, entry) in entries {
            let Some(change) = change(app, &entry.event) else {
                continue;
            };
            let event = sse::Event::json(Some(seq), Some("change"), &change);
            if outlet.feed(event).await.is_err() {
                return Ok(None);
            }
        }
        from = last;
    }
}

/// What a page should know; `None` for what no page shows.
fn change(app: &App, event: &Event) -> Option<Change> {
    if matches!(
        event,
        Event::BlobKept(_) | Event::Audited(_) | Event::MailComposed { .. }
    ) {
        return None;
    }
    let wrote = match event {
        Event::MessageAdded {
            message,
            unread: true,
            ..
        } if message.direction == Direction::In => {
            let assignee = app.inbox.store.board().facet(message.conversation);
            Some(Wrote {
                channel: message.channels.first().copied().unwrap_or_default(),
                name: match message.author.kind {
                    AuthorKind::Agent => String::new(),
                    _ => message.author.name.clone(),
                },
                snippet: message.snippet.clone(),
                assignee: assignee.and_then(|facet| facet.assignee).map(|id| id.0),
            })
        }
        _ => None,
    };
    Some(Change {
        kind: event.name(),
        conversation: event.conversation(),
        wrote,
    })
}

fn told(brief: Brief, viewer: &Viewer) -> sse::Event {
    let moment = |kind, conversation| Moment {
        kind,
        conversation,
        agent: None,
        name: None,
        typing: None,
    };
    let moment = match brief {
        Brief::Presence(conversation) => moment("presence", conversation),
        Brief::VisitorTypes {
            conversation,
            typing,
        } => Moment {
            typing: Some(typing),
            ..moment("visitor_types", conversation)
        },
        Brief::AgentTypes {
            conversation,
            agent,
            name,
            typing,
        } => Moment {
            agent: Some(agent.0),
            name: Some(name),
            typing: Some(typing && agent != viewer.agent.id),
            ..moment("agent_types", conversation)
        },
        Brief::AgentLooks {
            conversation,
            agent,
            name,
        } => Moment {
            agent: Some(agent.0),
            name: Some(name),
            ..moment("agent_looks", conversation)
        },
    };
    sse::Event::json(None, Some("moment"), &moment)
}

/// `POST /conversations/N/typing`: the others, and the visitor, see that somebody writes.
pub async fn typing(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let conversation: ConversationId = request.param("id")?;
    let typing = request.form(1_024).await?.get("typing") == "1";
    app.inbox.live.say(Brief::AgentTypes {
        conversation,
        agent: viewer.agent.id,
        name: viewer.agent.name.clone(),
        typing,
    });
    Ok(respond::nothing())
}
