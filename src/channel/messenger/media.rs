//! Follows the journal for files to fetch and people to name: their addresses expire, so it is done at
//! once, and a message is kept whether or not its file can be had.

use super::connection::Connection;
use super::graph::Graph;
use crate::config::Network;
use crate::fetch::{Bounds, Call, Fetcher, Problem, Trust};
use crate::inbox::Inbox;
use crate::rules::picture;
use casella_index::model::*;
use casella_index::store::pack;
use casella_index::{Actor, Event, Rows, StoreError, journal};
use url::Url;

/// Its name among the followers.
const FOLLOWER: &str = "messenger-media";
/// Journal entries read at a time.
const STEP: usize = 256;
/// Entries after which the place is kept even if none of them was for us: a store of mail alone is
/// not walked whole at every start.
const KEEP_EVERY: u64 = 8_192;

/// Fetches files and profiles.
pub struct Media {
    inbox: Inbox,
    fetcher: Fetcher,
    graph: Graph,
}

impl Media {
    pub fn new(inbox: Inbox, fetcher: Fetcher, graph: Graph) -> Media {
        Media {
            inbox,
            fetcher,
            graph,
        }
    }

    /// Follows until the inbox is gone.
    pub async fn follow(self) {
        let mut journal = self.inbox.live.journal();
        let mut seen = self
            .inbox
            .read()
            .and_then(|rows| journal::cursor(&rows, FOLLOWER))
            .unwrap_or(0);
        loop {
            match self.catch_up(seen).await {
                Ok(last) => seen = last,
                Err(error) => tracing::warn!(%error, "files of Messenger could not be looked for"),
            }
            if journal.changed().await.is_err() {
                return;
            }
        }
    }

    async fn catch_up(&self, mut seen: u64) -> Result<u64, StoreError> {
        let mut kept = seen;
        loop {
            let entries = { journal::since(&self.inbox.read()?, seen, STEP)? };
            let Some(&(last, _)) = entries.last() else {
                return Ok(seen);
            };
            let mut worked = false;
            for (_, entry) in entries {
                worked |= self.one(entry.event).await?;
            }
            seen = last;
            if worked || last - kept >= KEEP_EVERY {
                kept = last;
                let stamp = self.inbox.stamp(Actor::System);
                self.inbox
                    .store
                    .write(stamp, move |tx| tx.put_cursor(FOLLOWER, last))
                    .await?;
            }
        }
    }

    /// True when there was something to do.
    async fn one(&self, event: Event) -> Result<bool, StoreError> {
        match event {
            Event::MessageAdded { message, .. }
                if message.messenger.is_some() && has_remote(&message) =>
            {
                self.fetch(message.id).await?;
                Ok(true)
            }
            Event::ConversationOpened(conversation) if nameless(&conversation) => {
                self.name(conversation.id).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Fetches what of a message is still elsewhere; also an agent's "try again".
    ///
    /// # Errors
    /// The store's; a file that cannot be had is noted on its attachment.
    pub async fn fetch(&self, id: MessageId) -> Result<(), StoreError> {
        let Some(message) = self.inbox.read()?.message(id)? else {
            return Ok(());
        };
        let mut got = Vec::new();
        for (k, file) in message.attachments.iter().enumerate() {
            if let AttachmentSource::Remote { url, .. } = &file.source {
                got.push((k, self.get(url).await));
            }
        }
        let stamp = self.inbox.stamp(Actor::System);
        let packed: Vec<_> = got
            .into_iter()
            .map(|(k, got)| {
                (
                    k,
                    got.map(|(kind, bytes)| (kind, bytes.len(), pack(&bytes))),
                )
            })
            .collect();
        let written = self
            .inbox
            .store
            .write(stamp, move |tx| -> Result<(), StoreError> {
                let Some(mut message) = tx.message(id)? else {
                    return Ok(());
                };
                for (k, got) in packed {
                    let Some(file) = message.attachments.get_mut(k) else {
                        continue;
                    };
                    match got {
                        Ok((kind, size, packed)) => {
                            file.content_type = kind;
                            file.size = size as u64;
                            file.source = AttachmentSource::Blob(tx.keep(&packed)?);
                        }
                        Err(why) => {
                            if let AttachmentSource::Remote { error, .. } = &mut file.source {
                                *error = Some(why);
                            }
                        }
                    }
                }
                tx.record(Event::MessageChanged(Box::new(message)))?;
                Ok(())
            });
        written.await
    }

    async fn get(&self, url: &str) -> Result<(String, Vec<u8>), String> {
        let url = Url::parse(url).map_err(|_| "its address is none".to_owned())?;
        if !self.may_ask(&url) {
            return Err("its host is not one of Facebook's".into());
        }
        let reply = self
            .fetcher
            .send(Call::get(url), Trust::Stranger, Bounds::FILE)
            .await;
        let reply = reply.map_err(|problem: Problem| problem.to_string())?;
        if !reply.status.is_success() {
            return Err(format!("Facebook answered {}", reply.status.as_u16()));
        }
        let named = reply
            .headers
            .get("content-type")
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        let kind = picture::kind(&reply.body)
            .unwrap_or(named)
            .split(';')
            .next()
            .unwrap_or_default()
            .trim();
        let kind = if kind.is_empty() {
            "application/octet-stream"
        } else {
            kind
        };
        Ok((kind.to_owned(), reply.body.to_vec()))
    }

    /// Facebook's hosts by https; networks of `[fetch] allow` besides.
    fn may_ask(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let config = &self.inbox.config;
        let listed = config
            .messenger
            .media_hosts
            .iter()
            .any(|pattern| fits(pattern, host));
        let inside = host
            .parse()
            .is_ok_and(|ip| config.fetch.allow.iter().any(|n: &Network| n.contains(ip)));
        (listed && url.scheme() == "https") || inside
    }

    async fn name(&self, id: ConversationId) -> Result<(), StoreError> {
        let connection = Connection::of(&self.inbox)?;
        let Some(conversation) = self.inbox.read()?.conversation(id)? else {
            return Ok(());
        };
        let Some(person) = conversation.messenger else {
            return Ok(());
        };
        let Some(page) = connection.page(&person.page) else {
            return Ok(());
        };
        let Ok(profile) = self.graph.profile(page, &person.psid).await else {
            return Ok(());
        };
        let picture = match &profile.profile_pic {
            Some(url) => self
                .get(url)
                .await
                .ok()
                .filter(|(_, bytes)| picture::kind(bytes).is_some()),
            None => None,
        };
        if profile.name.is_empty() && picture.is_none() {
            return Ok(());
        }
        let packed = picture.map(|(_, bytes)| pack(&bytes));
        let stamp = self.inbox.stamp(Actor::System);
        let written = self
            .inbox
            .store
            .write(stamp, move |tx| -> Result<(), StoreError> {
                let Some(mut conversation) = tx.conversation(id)? else {
                    return Ok(());
                };
                let Some(person) = &mut conversation.messenger else {
                    return Ok(());
                };
                person.name = profile.name.chars().take(200).collect();
                if let Some(packed) = packed {
                    person.picture = Some(tx.keep(&packed)?);
                }
                tx.record(Event::ConversationChanged(Box::new(conversation)))?;
                Ok(())
            });
        written.await
    }
}

fn has_remote(message: &Message) -> bool {
    message
        .attachments
        .iter()
        .any(|file| matches!(file.source, AttachmentSource::Remote { .. }))
}

fn nameless(conversation: &Conversation) -> bool {
    conversation
        .messenger
        .as_ref()
        .is_some_and(|person| person.name.is_empty())
}

/// `*.domain` fits every host below the domain, anything else itself.
fn fits(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(domain) => host.len() > domain.len() && host.ends_with(&format!(".{domain}")),
        None => pattern.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn only_hosts_below_a_listed_domain_fit() {
        assert!(fits("*.fbcdn.net", "scontent.xx.fbcdn.net"));
        assert!(fits("media.example.com", "media.example.com"));
        for host in ["fbcdn.net", "evilfbcdn.net", "fbcdn.net.evil.com", ""] {
            assert!(!fits("*.fbcdn.net", host), "{host}");
        }
    }
}
