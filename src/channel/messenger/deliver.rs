//! One try to send one message through a page.
//!
//! The window is looked at again when the time has come; Meta's refusal is the last word all the same.
//! Meta documents no idempotency key, but returns our `metadata` in the echo: after a call without an
//! answer the message is not sent again until the echo had its time, and not more than twice in all.
//! Then a person decides. A part that is sent stays sent: the next try goes on behind it.

mod outcome;

use super::connection::Known;
use super::graph::{Content, Graph, Letter};
use super::parts::{self, Part};
use super::pauses;
use crate::channel::{Deliver, Lane};
use crate::inbox::delivery::Attempt;
use crate::inbox::reply::window_of;
use crate::inbox::{Done, Inbox};
use crate::render::Templates;
use crate::rules::picture;
use crate::rules::window::{self, Window};
use casella_index::model::*;
use casella_index::{Actor, Event, Rows, StoreError, Tx};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Calls without an answer after which a person must decide.
const UNANSWERED: u32 = 2;

/// Sends through the Graph.
pub struct Sender {
    inbox: Inbox,
    graph: Graph,
    templates: Arc<Templates>,
    known: Known,
}

impl Sender {
    pub fn new(inbox: Inbox, graph: Graph, templates: Arc<Templates>) -> Sender {
        Sender {
            inbox,
            graph,
            templates,
            known: Known::default(),
        }
    }

    async fn send(&self, job: &Job) -> Done<Attempt> {
        let Some(message) = self.inbox.read()?.message(job.message)? else {
            let detail = String::new();
            return Ok(Attempt::Refused { detail });
        };
        let facts = message.messenger.clone().unwrap_or_default();
        let connection = self.known.of(&self.inbox)?;
        let Some(page) = connection.page(&facts.page) else {
            let detail = self.words("no_page", "");
            return Ok(Attempt::Held { detail });
        };
        let contents = self.contents(&message)?;
        let of = contents.len();
        let part = |no| Part {
            message: message.id,
            no,
            of,
        };
        let mut ids = facts.mids;
        if let Some(attempt) = self.not_now(job, &page.id, part(ids.len()))? {
            return Ok(attempt);
        }
        let human_agent = match self.way(job, &message)? {
            Some(human_agent) => human_agent,
            None => {
                let detail = self.told(part(ids.len()), "window_closed", "");
                return Ok(Attempt::Refused { detail });
            }
        };
        self.mark(&message, human_agent).await?;
        for (no, content) in contents.into_iter().enumerate().skip(ids.len()) {
            let letter = Letter {
                psid: job.recipient.clone(),
                content,
                human_agent,
                metadata: part(no).metadata(),
            };
            match self.graph.send(page, &letter).await {
                Ok(mid) => ids.push(self.keep(part(no), mid).await?),
                // Its echo was faster than the end of the call, and knows better.
                Err(failed) => match self.confirmed(part(no))? {
                    Some(mid) => ids.push(mid),
                    None => return self.failed(job, page, part(no), failed).await,
                },
            }
        }
        let detail = String::new();
        Ok(Attempt::Sent { detail, ids })
    }

    /// Why nothing may be sent now, whatever it is.
    fn not_now(&self, job: &Job, page: &str, part: Part) -> Done<Option<Attempt>> {
        if part.no >= part.of {
            return Ok(None);
        }
        if job.ambiguous >= UNANSWERED {
            let detail = self.told(part, "unsure", "");
            return Ok(Some(Attempt::Unsure { detail }));
        }
        let rows = self.inbox.read()?;
        let pause = pauses::of(&rows, page, self.inbox.clock.now())?;
        Ok(pause.map(|pause| Attempt::TryLater {
            detail: self.told(part, &pause.key, ""),
            not_before: Some(pause.until),
        }))
    }

    /// Whether it goes as a human agent's answer; `None` where even that time is over. Without Meta's
    /// approval a closed window is tried all the same: Meta counts more than messages.
    fn way(&self, job: &Job, message: &Message) -> Done<Option<bool>> {
        let limits = window_of(&self.inbox);
        let conversation = self.inbox.read()?.living(job.conversation)?;
        let person = conversation.and_then(|c| c.messenger).unwrap_or_default();
        let by_person = message.author.agent.is_some();
        let now = self.inbox.clock.now();
        Ok(match window::at(Some(person.last_inbound), now, limits) {
            Window::HumanAgent { .. } => Some(by_person),
            Window::Closed { .. } if limits.human_agent.is_some() => None,
            _ => Some(false),
        })
    }

    /// The thread shows how it truly went.
    async fn mark(&self, message: &Message, human_agent: bool) -> Result<(), StoreError> {
        let shown = message.messenger.as_ref().is_some_and(|f| f.human_agent);
        if shown == human_agent {
            return Ok(());
        }
        let id = message.id;
        let stamp = self.inbox.stamp(Actor::System);
        let write = move |tx: &mut Tx<'_>| -> Result<(), StoreError> {
            let Some(mut message) = tx.message(id)? else {
                return Ok(());
            };
            message.messenger.get_or_insert_default().human_agent = human_agent;
            tx.record(Event::MessageChanged(Box::new(message)))?;
            Ok(())
        };
        self.inbox.store.write(stamp, write).await
    }

    /// The mid of a part that its echo has told of.
    fn confirmed(&self, part: Part) -> Result<Option<String>, StoreError> {
        let message = self.inbox.read()?.message(part.message)?;
        let facts = message.and_then(|message| message.messenger);
        Ok(facts.and_then(|facts| facts.mids.get(part.no).cloned()))
    }

    /// Remembers a part before the next goes; the last is remembered with the end of the job.
    async fn keep(&self, part: Part, mid: String) -> Result<String, StoreError> {
        if !part.is_last() {
            let stamp = self.inbox.stamp(Actor::System);
            let kept = mid.clone();
            let write = move |tx: &mut Tx<'_>| parts::sent(tx, part, &kept);
            self.inbox.store.write(stamp, write).await?;
        }
        Ok(mid)
    }

    /// Meta takes text and files one by one: the text first.
    fn contents(&self, message: &Message) -> Result<Vec<Content>, StoreError> {
        let mut all = Vec::new();
        for file in &message.attachments {
            if let AttachmentSource::Blob(blob) = file.source {
                let content = self.inbox.store.blob(blob)?;
                all.push(Content::File {
                    kind: kind(&file.content_type, &content),
                    name: file.name.clone(),
                    content_type: file.content_type.clone(),
                    content: content.into(),
                });
            }
        }
        let text = self.inbox.store.body(message)?.text;
        if !text.is_empty() || all.is_empty() {
            all.insert(0, Content::Text(text));
        }
        Ok(all)
    }
}

/// Meta's word for a file.
fn kind(content_type: &str, content: &[u8]) -> &'static str {
    match content_type.split('/').next() {
        _ if picture::kind(content).is_some() => "image",
        Some("audio") => "audio",
        Some("video") => "video",
        _ => "file",
    }
}

impl Deliver for Sender {
    fn channel(&self) -> Channel {
        Channel::Messenger
    }

    fn lane(&self, job: &Job) -> Lane {
        Lane {
            name: format!("messenger {}", job.conversation),
            width: 1,
            in_order: true,
        }
    }

    fn deliver<'a>(&'a self, job: &'a Job) -> Pin<Box<dyn Future<Output = Attempt> + Send + 'a>> {
        Box::pin(async move {
            self.send(job)
                .await
                .unwrap_or_else(|error| Attempt::TryLater {
                    detail: error.to_string(),
                    not_before: None,
                })
        })
    }
}
