//! What becomes of a message whose call failed: Meta's errors and our own, each with its plain sentence.

use super::Sender;
use crate::channel::messenger::graph::{Failed, Page};
use crate::channel::messenger::parts::Part;
use crate::channel::messenger::trouble::{Remedy, Trouble};
use crate::channel::messenger::{health, pauses};
use crate::clock::{MINUTE, Millis};
use crate::inbox::Done;
use crate::inbox::delivery::Attempt;
use casella_index::model::*;
use casella_index::{Actor, Event, Rows, StoreError, Tx};

/// How long the echo has, after a call that may have been taken all the same.
const ECHO: Millis = 2 * MINUTE;

impl Sender {
    pub(super) async fn failed(
        &self,
        job: &Job,
        page: &Page,
        part: Part,
        failed: Failed,
    ) -> Done<Attempt> {
        let echo = Some(self.inbox.clock.now() + ECHO);
        match failed {
            Failed::Unreachable(why) => Ok(Attempt::TryLater {
                detail: self.told(part, "unreachable", &why),
                not_before: None,
            }),
            Failed::Unknown => Ok(Attempt::Ambiguous {
                detail: self.told(part, "no_answer", ""),
                wait: echo,
            }),
            Failed::Refused(trouble) => self.refused(job, page, part, trouble, echo).await,
        }
    }

    async fn refused(
        &self,
        job: &Job,
        page: &Page,
        part: Part,
        trouble: Trouble,
        echo: Option<Millis>,
    ) -> Done<Attempt> {
        tracing::warn!(
            page = page.id,
            code = trouble.code,
            subcode = trouble.subcode,
            "Meta refused a message"
        );
        let detail = self.told(part, trouble.key, &trouble.words);
        Ok(match trouble.remedy {
            Remedy::GiveUp => Attempt::Refused { detail },
            Remedy::Lock | Remedy::Elsewhere => {
                self.learn(job.conversation, &trouble).await?;
                Attempt::Refused { detail }
            }
            // Meta is known to have taken some of them nevertheless.
            Remedy::Later => Attempt::TryLater {
                detail,
                not_before: echo,
            },
            Remedy::BackOff => Attempt::TryLater {
                detail,
                not_before: Some(pauses::begin(&self.inbox, &page.id, &trouble).await?),
            },
            Remedy::Reconnect => {
                if let Err(error) = health::broken(&self.inbox, &page.id, trouble.key).await {
                    tracing::warn!(%error, page = page.id, "its health could not be kept");
                }
                Attempt::Held { detail }
            }
        })
    }

    /// What Meta's refusal tells of the thread: the composer locks until the person writes again, or
    /// another app holds it.
    async fn learn(&self, id: ConversationId, trouble: &Trouble) -> Result<(), StoreError> {
        let (remedy, reason) = (trouble.remedy, trouble.key.to_owned());
        let stamp = self.inbox.stamp(Actor::System);
        let write = move |tx: &mut Tx<'_>| -> Result<(), StoreError> {
            let Some(mut conversation) = tx.living(id)? else {
                return Ok(());
            };
            if let Some(person) = &mut conversation.messenger {
                match remedy {
                    Remedy::Elsewhere => {
                        person.owned_elsewhere = true;
                        person.owned_at = tx.now();
                    }
                    _ => person.locked = Some(reason),
                }
                tx.record(Event::ConversationChanged(Box::new(conversation)))?;
            }
            Ok(())
        };
        self.inbox.store.write(stamp, write).await
    }

    /// What broke; behind a part that is sent, that it is, so that nobody sends it again by hand.
    pub(super) fn told(&self, part: Part, key: &str, detail: &str) -> String {
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
    pub(super) fn words(&self, key: &str, detail: &str) -> String {
        let language = self.inbox.config.inbox.language;
        let key = format!("messenger.error.{key}");
        self.templates.text(language, &key, &[("detail", detail)])
    }
}
