//! One try to send one message through a page.
//!
//! The window is looked at again when the time has come; Meta's refusal is the last word all the same.
//! After a call without an answer the message is not sent again until the echo had time to come:
//! Meta documents no idempotency key, but returns our `metadata`. A part that is sent stays sent: the next
//! try goes on behind it.

use super::connection::Connection;
use super::graph::{Content, Failed, Graph, Letter, Page};
use super::health;
use super::parts::{self, Part};
use super::trouble::{Remedy, Trouble};
use crate::channel::{Deliver, Lane};
use crate::clock::{MINUTE, SECOND};
use crate::inbox::Inbox;
use crate::inbox::delivery::Attempt;
use crate::render::Templates;
use crate::rules::picture;
use casella_index::model::*;
use casella_index::{Actor, Event, Rows, StoreError, Tx};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// How long the echo has after a call without an answer.
const ECHO: Millis = 2 * MINUTE;
/// How long to slow down when Meta says so.
const BACK_OFF: Millis = 5 * MINUTE;

/// Sends through the Graph.
pub struct Sender {
    inbox: Inbox,
    graph: Graph,
    templates: Arc<Templates>,
}

impl Sender {
    pub fn new(inbox: Inbox, graph: Graph, templates: Arc<Templates>) -> Sender {
        Sender {
            inbox,
            graph,
            templates,
        }
    }

    async fn send(&self, job: &Job) -> Result<Attempt, StoreError> {
        let Some(message) = self.inbox.read()?.message(job.message)? else {
            return Ok(Attempt::Refused {
                detail: String::new(),
            });
        };
        let facts = message.messenger.clone().unwrap_or_default();
        let connection = Connection::of(&self.inbox)?;
        let Some(page) = connection.page(&facts.page) else {
            return Ok(Attempt::Held {
                detail: self.words("no_page", ""),
            });
        };
        let contents = self.contents(&message)?;
        let of = contents.len();
        let mut ids = facts.mids;
        for (no, content) in contents.into_iter().enumerate().skip(ids.len()) {
            let message = message.id;
            let part = Part { message, no, of };
            let letter = Letter {
                psid: job.recipient.clone(),
                content,
                human_agent: facts.human_agent,
                metadata: part.metadata(),
            };
            match self.graph.send(page, &letter).await {
                Ok(mid) => ids.push(self.keep(part, mid).await?),
                Err(failed) => return self.failed(job, page, part, failed).await,
            }
        }
        Ok(Attempt::Sent {
            detail: String::new(),
            ids,
        })
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

    async fn failed(
        &self,
        job: &Job,
        page: &Page,
        part: Part,
        failed: Failed,
    ) -> Result<Attempt, StoreError> {
        let now = self.inbox.clock.now();
        let trouble = match failed {
            Failed::Unreachable(why) => {
                let detail = self.told(part, "unreachable", &why);
                return Ok(Attempt::TryLater {
                    detail,
                    not_before: None,
                });
            }
            Failed::Unknown => {
                let detail = self.told(part, "no_answer", "");
                return Ok(Attempt::TryLater {
                    detail,
                    not_before: Some(now + ECHO),
                });
            }
            Failed::Refused(trouble) => trouble,
        };
        tracing::warn!(
            page = page.id,
            code = trouble.code,
            subcode = trouble.subcode,
            "Meta refused a message"
        );
        let detail = self.told(part, trouble.key, &trouble.words);
        Ok(match trouble.remedy {
            Remedy::GiveUp => Attempt::Refused { detail },
            Remedy::Lock => {
                self.lock(job.conversation, &trouble).await?;
                Attempt::Refused { detail }
            }
            Remedy::Later => Attempt::TryLater {
                detail,
                not_before: Some(now + 10 * SECOND),
            },
            Remedy::BackOff => Attempt::TryLater {
                detail,
                not_before: Some(now + BACK_OFF),
            },
            Remedy::Reconnect => {
                if let Err(error) = health::broken(&self.inbox, &page.id, trouble.key).await {
                    tracing::warn!(%error, page = page.id, "its health could not be kept");
                }
                Attempt::Held { detail }
            }
        })
    }

    /// Meta said that we may not write: the composer locks until the person writes again.
    async fn lock(&self, id: ConversationId, trouble: &Trouble) -> Result<(), StoreError> {
        let reason = trouble.key.to_owned();
        let stamp = self.inbox.stamp(Actor::System);
        let written = self
            .inbox
            .store
            .write(stamp, move |tx| -> Result<(), StoreError> {
                let Some(mut conversation) = tx.conversation(id)? else {
                    return Ok(());
                };
                if let Some(person) = &mut conversation.messenger {
                    person.locked = Some(reason);
                    tx.record(Event::ConversationChanged(Box::new(conversation)))?;
                }
                Ok(())
            });
        written.await
    }

    /// What broke; behind a part that is sent, that it is, so that nobody sends it again by hand.
    fn told(&self, part: Part, key: &str, detail: &str) -> String {
        let why = self.words(key, detail);
        if part.no == 0 {
            return why;
        }
        let (sent, of) = (part.no.to_string(), part.of.to_string());
        let params = [("sent", &*sent), ("of", &*of), ("detail", &*why)];
        let language = self.inbox.config.inbox.language;
        self.templates
            .text(language, "messenger.error.partly", &params)
    }

    /// The plain sentence of an error, in the inbox's language.
    fn words(&self, key: &str, detail: &str) -> String {
        let language = self.inbox.config.inbox.language;
        self.templates.text(
            language,
            &format!("messenger.error.{key}"),
            &[("detail", detail)],
        )
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
        // One person's messages go in order.
        Lane {
            name: format!("messenger {}", job.conversation),
            width: 1,
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
