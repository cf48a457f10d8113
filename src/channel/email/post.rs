//! The mail channel's way out: composes a queued mail once, keeps it, and hands it to the courier.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use casella_index::model::{Channel, Job};
use casella_index::store::pack;
use casella_index::{Actor, Event, StoreError};

use super::compose::{self, ComposeError};
use super::deliver::{
    Caller, Courier, Direct, End, Failure, Keeper, Letter, Receipt, Settings, Timeouts, Trust,
};
use super::dkim::{KeyError, Keyring};
use super::dns::Dns;
use super::gather;
use crate::channel::{Deliver, Lane};
use crate::error::{self, Outcome};
use crate::fetch::Fetcher;
use crate::inbox::Inbox;
use crate::inbox::delivery::Attempt;
use crate::render::Templates;

/// Mails at once to one destination. The courier opens fewer connections; the others stand ready.
const WIDTH: usize = 8;

/// Sends mail.
pub struct Post {
    inbox: Inbox,
    templates: Arc<Templates>,
    /// Scheme and host that links in mails begin with.
    public_url: String,
    courier: Courier,
    keyring: Keyring,
}

/// Why there is no mail to send.
enum Unmade {
    /// It never will be.
    Never(String),
    /// Something of ours is out of order.
    NotNow(String),
}

impl Post {
    /// As configured; `dns` tells where direct delivery goes.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn open(
        inbox: &Inbox,
        templates: Arc<Templates>,
        public_url: &str,
        dns: Dns,
    ) -> Outcome<Self> {
        let config = &inbox.config;
        let fetcher = Fetcher::new(&config.fetch.allow);
        let settings = Settings {
            via: config.outbound.via.clone(),
            password: config.outbound.password.clone(),
            direct: Direct {
                port: config.outbound.mx_port,
                allow: config.fetch.allow.clone(),
            },
            caller: Caller {
                hostname: config.smtp.hostname.clone(),
                trust: Trust::new(&[]).map_err(error::Failure::new)?,
                timeouts: Timeouts::default(),
            },
        };
        let courier = Courier::new(settings, Arc::new(dns), Keeper::new(Arc::new(fetcher)));
        Ok(Self::new(inbox.clone(), templates, public_url, courier))
    }

    pub fn new(
        inbox: Inbox,
        templates: Arc<Templates>,
        public_url: &str,
        courier: Courier,
    ) -> Self {
        let keyring = Keyring::new(&inbox.folder);
        Self {
            inbox,
            templates,
            public_url: public_url.to_owned(),
            courier,
            keyring,
        }
    }

    async fn send(&self, job: &Job) -> Attempt {
        if self.courier.is_held() {
            return Attempt::Held {
                detail: "outgoing mail is held: `outbound.via` is \"hold\" in the configuration"
                    .into(),
            };
        }
        let bytes = match self.mail(job).await {
            Ok(bytes) => bytes,
            Err(Unmade::Never(detail)) => return Attempt::Refused { detail },
            Err(Unmade::NotNow(detail)) => return later(detail),
        };
        let from = gather::bounce_address(&self.inbox, job);
        let letter = Letter {
            envelope_id: from.split('@').next().map(str::to_owned),
            from,
            to: job.recipient.clone(),
            bytes: bytes.into(),
        };
        attempt(self.courier.deliver(&letter).await)
    }

    /// The mail as it was composed for the first try, or composed now.
    async fn mail(&self, job: &Job) -> Result<Vec<u8>, Unmade> {
        if let Some(blob) = job.composed {
            return Ok(self.inbox.store.blob(blob)?);
        }
        let bytes = self.compose(job)?;
        let (id, message, packed) = (job.id, job.message, pack(&bytes));
        let stamp = self.inbox.stamp(Actor::System);
        let kept = self.inbox.store.write(stamp, move |tx| {
            let raw = tx.keep(&packed)?;
            tx.record(Event::MailComposed {
                message,
                job: id,
                raw,
            })?;
            Ok::<_, StoreError>(())
        });
        kept.await?;
        Ok(bytes)
    }

    fn compose(&self, job: &Job) -> Result<Vec<u8>, Unmade> {
        let found = gather::outgoing(&self.inbox, &self.templates, &self.public_url, job)?;
        let (outgoing, voice) =
            found.ok_or_else(|| Unmade::Never("there is no such mail any more".into()))?;
        let mail = compose::mail(&outgoing, &self.templates, &voice)?;
        let domain = outgoing.from.address.rsplit('@').next().unwrap_or_default();
        Ok(self.keyring.sign(domain, mail.bytes)?)
    }
}

impl Deliver for Post {
    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn is_open(&self) -> bool {
        !self.courier.is_held()
    }

    fn lane(&self, job: &Job) -> Lane {
        Lane {
            name: self.courier.destination(&job.recipient),
            width: WIDTH,
            in_order: false,
        }
    }

    fn deliver<'a>(&'a self, job: &'a Job) -> Pin<Box<dyn Future<Output = Attempt> + Send + 'a>> {
        Box::pin(self.send(job))
    }
}

fn attempt(outcome: Result<Receipt, Failure>) -> Attempt {
    match outcome {
        Ok(receipt) => Attempt::Sent {
            detail: format!("{}: {}", receipt.host, receipt.reply),
            ids: receipt.provider_id.into_iter().collect(),
        },
        Err(Failure { end, reason }) => match end {
            End::TryLater => later(reason),
            End::Refused => Attempt::Refused { detail: reason },
            End::Ambiguous => Attempt::Ambiguous {
                detail: reason,
                wait: None,
            },
        },
    }
}

fn later(detail: String) -> Attempt {
    Attempt::TryLater {
        detail,
        not_before: None,
    }
}

impl From<StoreError> for Unmade {
    fn from(error: StoreError) -> Self {
        Self::NotNow(error.to_string())
    }
}

impl From<KeyError> for Unmade {
    fn from(error: KeyError) -> Self {
        Self::NotNow(error.to_string())
    }
}

impl From<ComposeError> for Unmade {
    fn from(error: ComposeError) -> Self {
        match error {
            ComposeError::Header { .. } => Self::Never(error.to_string()),
            // An overriding template can be put right.
            ComposeError::Template(_) => Self::NotNow(error.to_string()),
        }
    }
}
