//! The files of a message: fetched from Facebook's hosts alone, kept, or marked with why not.

use super::Media;
use crate::config::Network;
use crate::fetch::{Bounds, Call, Problem, Trust};
use crate::inbox::Done;
use crate::rules::picture;
use casella_index::model::*;
use casella_index::segment::Packed;
use casella_index::store::pack;
use casella_index::{Actor, Event, Rows, Tx};
use url::Url;

/// A file that could be had.
struct Fetched {
    content_type: String,
    size: u64,
    bytes: Packed,
}

/// Whether something of it is still to be fetched.
pub fn waits(message: &Message) -> bool {
    let mut files = message.attachments.iter();
    files.any(|file| matches!(file.source, AttachmentSource::Remote { error: None, .. }))
}

impl Media {
    /// Fetches what of a message is still to be fetched.
    ///
    /// # Errors
    /// The store's; why a file cannot be had is noted on it, as a key below `message.file.`.
    pub(super) async fn fetch(&self, id: MessageId) -> Done {
        let Some(message) = self.inbox.read()?.message(id)? else {
            return Ok(());
        };
        for (k, file) in message.attachments.iter().enumerate() {
            if let AttachmentSource::Remote { url, error: None } = &file.source {
                let got = self.get(url).await.map(packed).map_err(str::to_owned);
                let stamp = self.inbox.stamp(Actor::System);
                let write = move |tx: &mut Tx<'_>| keep(tx, id, k, got);
                self.inbox.store.write(stamp, write).await?;
            }
        }
        Ok(())
    }

    /// Type and bytes of what lies there; else why not.
    pub(super) async fn get(&self, address: &str) -> Result<(String, Vec<u8>), &'static str> {
        let url = Url::parse(address).map_err(|_| "no_address")?;
        if !self.may_ask(&url) {
            return Err("foreign");
        }
        let over = expires(&url).is_some_and(|at| at <= self.inbox.clock.now());
        let call = Call::get(url);
        let reply = self.fetcher.send(call, Trust::Stranger, Bounds::FILE).await;
        let reply = reply.map_err(|problem| match problem {
            Problem::TooLarge => "too_large",
            Problem::Forbidden(_) => "foreign",
            _ => "unreachable",
        })?;
        if !reply.status.is_success() {
            return Err(match reply.status.as_u16() {
                _ if over => "expired",
                500.. => "unreachable",
                _ => "gone",
            });
        }
        let named = reply.headers.get("content-type");
        let named = named.and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = picture::kind(&reply.body).unwrap_or(named);
        let kind = kind.split(';').next().unwrap_or_default().trim();
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
}

fn packed((content_type, bytes): (String, Vec<u8>)) -> Fetched {
    Fetched {
        content_type,
        size: bytes.len() as u64,
        bytes: pack(&bytes),
    }
}

fn keep(tx: &mut Tx<'_>, id: MessageId, k: usize, got: Result<Fetched, String>) -> Done {
    let Some(mut message) = tx.message(id)? else {
        return Ok(());
    };
    let Some(file) = message.attachments.get_mut(k) else {
        return Ok(());
    };
    match (got, &mut file.source) {
        (Ok(fetched), source) => {
            *source = AttachmentSource::Blob(tx.keep(&fetched.bytes)?);
            file.content_type = fetched.content_type;
            file.size = fetched.size;
        }
        (Err(why), AttachmentSource::Remote { error, .. }) => *error = Some(why),
        (Err(_), _) => return Ok(()),
    }
    tx.record(Event::MessageChanged(Box::new(message)))?;
    Ok(())
}

/// When Facebook's address stops working: `oe`, in seconds, as hex digits.
fn expires(url: &Url) -> Option<Millis> {
    let (_, hex) = url.query_pairs().find(|(name, _)| name == "oe")?;
    Some(i64::from(u32::from_str_radix(&hex, 16).ok()?) * 1_000)
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
    use super::*;

    #[test]
    fn only_hosts_below_a_listed_domain_fit() {
        assert!(fits("*.fbcdn.net", "scontent.xx.fbcdn.net"));
        assert!(fits("media.example.com", "media.example.com"));
        for host in ["fbcdn.net", "evilfbcdn.net", "fbcdn.net.evil.com", ""] {
            assert!(!fits("*.fbcdn.net", host), "{host}");
        }
    }

    #[test]
    fn an_address_says_when_it_ends() {
        let ends = |url: &str| expires(&Url::parse(url).unwrap());
        assert_eq!(
            ends("https://x.fbcdn.net/a?oh=1&oe=6A000000"),
            Some(0x6A00_0000 * 1_000)
        );
        assert_eq!(ends("https://x.fbcdn.net/a?oe=soon"), None);
        assert_eq!(ends("https://x.fbcdn.net/a"), None);
    }
}
