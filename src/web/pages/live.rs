//! The stream that keeps open pages true: what changed, carried as the parts the pages are made of.
//!
//! Everything journalled since the last event comes as one: the rows of the list that changed, rendered;
//! which lines of which threads did, so that a page that shows one asks for those alone; and, for sound
//! and notification, who wrote. Ids are the journal's sequence, so a browser that was away resumes
//! without loss.

use super::guard::{Viewer, viewer};
use super::rows::Loader;
use crate::http::{Answer, Refusal, Request, respond, sse};
use crate::inbox::Done;
use crate::inbox::live::Brief;
use crate::web::{App, meta};
use casella_index::model::{AuthorKind, Channel, ConversationId, Direction, MessageId};
use casella_index::{Event, Rows, StoreError, journal};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// Journal entries read at a time.
const STEP: usize = 200;
/// A browser that was away longer than this many entries simply loads its page again.
const LONGEST_GAP: u64 = 1_000;
/// What happens within this time comes as one event.
const PACE: Duration = Duration::from_millis(100);
/// Conversations of a changed contact whose rows follow.
const MOST_OF_A_CONTACT: usize = 20;
/// More rows than a list shows: the page had better load itself again.
const MOST_ROWS: usize = 60;

/// What changed, as a page is told.
#[derive(Debug, Default, Serialize)]
struct News {
    /// Open conversations nobody has opened: the red dot.
    unread: usize,
    /// What the dot says to who cannot see it, while it shows.
    dot: String,
    /// Rows of the list as they are now.
    rows: Vec<String>,
    /// Conversations whose thread changed, each with the lines that did.
    threads: BTreeMap<u64, Lines>,
    wrote: Vec<Wrote>,
    /// Something changed that any page may show.
    all: bool,
    #[serde(skip)]
    touched: BTreeMap<ConversationId, u64>,
}

/// Which lines of a thread changed.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Lines {
    Some(Vec<MessageId>),
    All(&'static str),
}

/// Somebody outside wrote: whose conversation, on which channel, who.
#[derive(Debug, Serialize)]
struct Wrote {
    conversation: ConversationId,
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
    let resumed = sse::resume(&request).filter(|seq| *seq <= last);
    let from = resumed.filter(|seq| last - seq <= LONGEST_GAP);
    let lost = resumed.is_some() && from.is_none();
    let (outlet, stream) = sse::channel();
    tokio::spawn(follow(app, viewer, from.unwrap_or(last), lost, outlet));
    Ok(sse::respond(&request, stream))
}

/// `lost`: the browser was away too long to be told what it missed.
async fn follow(app: App, viewer: Viewer, mut from: u64, lost: bool, outlet: sse::Outlet) {
    let _here = app.inbox.presence.agent(viewer.agent.id);
    let mut journal = app.inbox.live.journal();
    let mut briefs = app.inbox.live.listen();
    let mut news = News {
        all: lost,
        ..News::default()
    };
    loop {
        journal.borrow_and_update();
        let told = tell(&app, &viewer, &mut from, std::mem::take(&mut news), &outlet).await;
        match told {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "a live page could not be told what changed");
                return;
            }
        }
        tokio::select! {
            () = outlet.closed() => return,
            changed = journal.changed() => if changed.is_err() { return },
            brief = briefs.recv() => match brief {
                Ok(brief) => if !news.hear(brief, &viewer, &outlet) { return },
                Err(RecvError::Lagged(_)) => news.all = true,
                Err(RecvError::Closed) => return,
            },
        }
        tokio::time::sleep(PACE).await;
        loop {
            match briefs.try_recv() {
                Ok(brief) => {
                    if !news.hear(brief, &viewer, &outlet) {
                        return;
                    }
                }
                Err(TryRecvError::Lagged(_)) => news.all = true,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Closed) => return,
            }
        }
    }
}

/// Tells everything journalled after `from`, and what the briefs brought; false if the browser has left.
async fn tell(
    app: &App,
    viewer: &Viewer,
    from: &mut u64,
    mut news: News,
    outlet: &sse::Outlet,
) -> Done<bool> {
    loop {
        let entries = journal::since(&app.inbox.read()?, *from, STEP)?;
        let whole = entries.len() < STEP;
        for (seq, entry) in entries {
            news.add(app, seq, &entry.event)?;
            *from = seq;
        }
        if whole {
            break;
        }
    }
    if !news.says_something() {
        return Ok(true);
    }
    news.unread = app.inbox.store.board().unread();
    news.dot = viewer.words(app).t("nav.new_messages");
    news.render(app, viewer)?;
    let event = sse::Event::json(Some(*from), Some("news"), &news);
    Ok(outlet.feed(event).await.is_ok())
}

impl News {
    fn says_something(&self) -> bool {
        self.all || !self.touched.is_empty() || !self.wrote.is_empty()
    }

    /// Takes in what happened.
    fn add(&mut self, app: &App, seq: u64, event: &Event) -> Result<(), StoreError> {
        match event {
            Event::BlobKept(_) | Event::Audited(_) | Event::MailComposed { .. } => {}
            Event::ContactChanged(contact) | Event::ContactsMerged { into: contact, .. } => {
                let rows = app.inbox.read()?;
                let theirs = rows.conversations_of(contact.id)?.into_iter().rev();
                for id in theirs.take(MOST_OF_A_CONTACT) {
                    self.thread(id, seq);
                }
            }
            Event::VisitorChanged(visitor) => {
                if let Some(id) = visitor.conversation {
                    self.thread(id, seq);
                }
            }
            Event::ChatSeen { conversation, .. } => {
                self.thread(*conversation, seq);
                self.threads.insert(conversation.0, Lines::All("all"));
            }
            Event::MessageMoved {
                from, to, message, ..
            } => {
                self.thread(*from, seq);
                self.line(*to, seq, *message);
            }
            Event::AgentChanged(_) | Event::SettingChanged { .. } => self.all = true,
            _ => self.about(app, seq, event),
        }
        Ok(())
    }

    fn about(&mut self, app: &App, seq: u64, event: &Event) {
        match (event.conversation(), event.message()) {
            (Some(id), Some(message)) => self.line(id, seq, message),
            (Some(id), None) => self.thread(id, seq),
            (None, _) => {}
        }
        if let Event::ReplyQueued {
            message, carried, ..
        } = event
        {
            // Chat lines that went along by mail now bear both labels.
            for line in carried {
                self.line(message.conversation, seq, *line);
            }
        }
        if let Event::MessageAdded {
            message,
            unread: true,
            ..
        } = event
            && message.direction == Direction::In
        {
            let facet = app.inbox.store.board().facet(message.conversation);
            self.wrote.push(Wrote {
                conversation: message.conversation,
                channel: message.channels.first().copied().unwrap_or_default(),
                name: match message.author.kind {
                    AuthorKind::Agent => String::new(),
                    _ => message.author.name.clone(),
                },
                snippet: message.snippet.clone(),
                assignee: facet.and_then(|facet| facet.assignee).map(|id| id.0),
            });
        }
    }

    /// Its row and the thread's surroundings changed.
    fn thread(&mut self, id: ConversationId, seq: u64) {
        // Who comes and goes has no place in the journal: no row made before will do.
        let newest = self.touched.entry(id).or_default();
        *newest = seq.max(*newest);
        self.threads.entry(id.0).or_insert(Lines::Some(Vec::new()));
    }

    fn line(&mut self, id: ConversationId, seq: u64, message: MessageId) {
        self.thread(id, seq);
        if let Some(Lines::Some(lines)) = self.threads.get_mut(&id.0)
            && !lines.contains(&message)
        {
            lines.push(message);
        }
    }

    /// Who comes and goes changes rows; the rest is passed on at once. False if the browser has left.
    fn hear(&mut self, brief: Brief, viewer: &Viewer, outlet: &sse::Outlet) -> bool {
        match brief {
            Brief::Presence(conversation) => {
                self.thread(conversation, u64::MAX);
                true
            }
            Brief::Connecting => {
                self.all |= viewer.is_admin();
                true
            }
            brief => outlet.push(moment(brief, viewer)).is_ok(),
        }
    }

    fn render(&mut self, app: &App, viewer: &Viewer) -> Done {
        if self.touched.len() > MOST_ROWS {
            self.all = true;
        }
        if self.all {
            return Ok(());
        }
        // Taken before the snapshot, which may be newer and is never older.
        let made = app.inbox.store.last_seq();
        let rows = app.inbox.read()?;
        let mut loader = None;
        for (id, seq) in &self.touched {
            let key = (*id, viewer.voice.language, zone(viewer));
            if let Some(known) = app.live_rows.get(&key, *seq) {
                self.rows.push(known);
                continue;
            }
            let loader = match &mut loader {
                Some(loader) => loader,
                None => loader.insert(Loader::new(app, viewer.words(app), &rows)?),
            };
            let Some(row) = loader.row(*id, format!("/conversations/{id}"))? else {
                continue;
            };
            let mut voice = viewer.voice.clone();
            voice.now = app.inbox.clock.now();
            match app.templates.render("parts/row", &voice, &row) {
                Ok(html) => {
                    app.live_rows.put(key, made, &html);
                    self.rows.push(html);
                }
                Err(error) => {
                    tracing::error!(%error, "a row cannot be rendered");
                    self.all = true;
                }
            }
        }
        Ok(())
    }
}

fn zone(viewer: &Viewer) -> String {
    let name = viewer.voice.zone.iana_name();
    name.unwrap_or_default().to_owned()
}

fn moment(brief: Brief, viewer: &Viewer) -> sse::Event {
    let moment = |kind, conversation| Moment {
        kind,
        conversation,
        agent: None,
        name: None,
        typing: None,
    };
    let moment = match brief {
        Brief::Presence(conversation) => moment("presence", conversation),
        // Told as news; there is no thread it is about.
        Brief::Connecting => moment("connecting", ConversationId::default()),
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

/// `POST /conversations/N/typing`: the others, and the person, see that somebody writes.
pub async fn typing(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let conversation: ConversationId = request.param("id")?;
    let typing = request.form(1_024).await?.get("typing") == "1";
    app.inbox.live.say(Brief::AgentTypes {
        conversation,
        agent: viewer.agent.id,
        name: viewer.agent.display().to_owned(),
        typing,
    });
    meta::typing(&app, conversation, typing);
    Ok(respond::nothing())
}
