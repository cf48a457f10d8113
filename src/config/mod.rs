//! `config/casella.toml`: read, checked, defaulted.
//!
//! [`Config`] holds every key with its default; `config/casella.toml` of the project is the
//! reference and a test keeps the two alike. The shapes of single values (sizes, secrets, networks,
//! the outgoing way) stand in [`values`], reading and its errors in [`load`].
//! What agents set in the settings pages lives in the store; [`Config::is_set`] tells those pages
//! which keys the file decides.

mod load;
mod values;

#[cfg(test)]
mod tests;

pub use crate::language::Language;
pub use values::{Mailbox, Network, Period, Secret, Security, Size, Smarthost, Threading, Via};

use serde::Deserialize;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The whole configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub http: Http,
    pub smtp: Smtp,
    pub inbox: Inbox,
    pub outbound: Outbound,
    pub chat: Chat,
    pub messenger: Messenger,
    pub mail: Mail,
    pub sessions: Sessions,
    pub limits: Limits,
    pub store: Store,
    pub dns: Dns,
    pub metrics: Metrics,
    pub fetch: Fetch,
    pub pages: Pages,
    /// Dotted keys the file gives, e.g. `chat.origins`.
    #[serde(skip)]
    set: BTreeSet<String>,
    /// The file read, as it was named; `None` for the built-in defaults.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

/// Certificate chain and private key, PEM files; read again when they change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// Pages, API, widget and webhooks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    pub listen: SocketAddr,
    /// Scheme and host people reach us by, without a trailing slash.
    pub public_url: Option<String>,
    pub tls: Option<Tls>,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count.
    pub trusted_proxies: Vec<Network>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            public_url: None,
            tls: None,
            trusted_proxies: Vec::new(),
        }
    }
}

impl Http {
    /// Whether `address` may speak for others in `X-Forwarded-For`.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|n| n.contains(address))
    }
}

/// The SMTP receiver.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Smtp {
    pub listen: SocketAddr,
    /// What we call ourselves in the greeting and in EHLO.
    pub hostname: String,
    /// With it STARTTLS is offered.
    pub tls: Option<Tls>,
    /// The SIZE limit (RFC 1870).
    pub max_message: Size,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2525),
            hostname: "localhost".into(),
            tls: None,
            max_message: Size::mib(25),
        }
    }
}

/// Who we are to our customers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Inbox {
    /// Lower-case: exact addresses, or `@domain` for all of a domain. Never empty.
    pub addresses: Vec<String>,
    pub from: Mailbox,
    pub language: Language,
    pub threading: Threading,
    /// As given; [`Inbox::reply_domain`] has the default.
    reply_domain: Option<String>,
}

impl Default for Inbox {
    fn default() -> Self {
        Self {
            addresses: vec!["inbox@localhost".into()],
            from: Mailbox {
                name: "Support".into(),
                address: "inbox@localhost".into(),
            },
            language: Language::En,
            threading: Threading::Contact,
            reply_domain: None,
        }
    }
}

impl Inbox {
    /// The domain reply and bounce tokens live in: as configured, or that of the first address.
    pub fn reply_domain(&self) -> &str {
        self.reply_domain
            .as_deref()
            .or_else(|| self.domains().next())
            .unwrap_or("localhost")
    }

    /// The domains of our addresses, in order, repeats included.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.addresses
            .iter()
            .filter_map(|a| a.rsplit_once('@'))
            .map(|(_, domain)| domain)
    }
}

/// How mail leaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outbound {
    pub via: Via,
    /// For the user named in `via`.
    pub password: Option<Secret>,
    /// The port of direct delivery, 25 everywhere but in trials.
    pub mx_port: u16,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            via: Via::default(),
            password: None,
            mx_port: 25,
        }
    }
}

/// The chat widget.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Chat {
    /// Web sites that may embed the widget, as CSP sources: `*`, `https://shop.example.com`.
    pub origins: Vec<String>,
}

impl Default for Chat {
    fn default() -> Self {
        Self {
            origins: vec!["*".into()],
        }
    }
}

/// A Facebook page we answer for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    pub id: String,
    pub token: Secret,
}

/// Facebook Messenger.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Messenger {
    pub pages: Vec<Page>,
    pub app_secret: Option<Secret>,
    pub verify_token: Option<Secret>,
    /// Without a trailing slash.
    pub graph_url: String,
    pub graph_version: String,
    /// Hosts that files of messages are fetched from: exact names, or `*.domain`.
    pub media_hosts: Vec<String>,
    /// Whether Meta approved the HUMAN_AGENT tag for this app.
    pub human_agent: bool,
}

impl Default for Messenger {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            app_secret: None,
            verify_token: None,
            graph_url: "https://graph.facebook.com".into(),
            graph_version: "v26.0".into(),
            media_hosts: vec!["*.fbcdn.net".into(), "*.fbsbx.com".into()],
            human_agent: false,
        }
    }
}

/// How incoming mail is judged.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// authserv-ids (RFC 8601) of our own relays, whose Authentication-Results are believed.
    pub trusted_authserv: Vec<String>,
}

/// How long agents stay logged in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// Ends a session nobody used for this long.
    pub idle: Period,
    /// Ends every session this long after its login.
    pub absolute: Period,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            idle: Period::hours(8),
            absolute: Period::days(7),
        }
    }
}

/// Limits against abuse; 0 turns one off.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Open SMTP connections per address.
    pub smtp_per_address: u32,
    /// Open SMTP connections in all.
    pub smtp_connections: u32,
    /// Open HTTP connections in all.
    pub http_connections: u32,
    /// New chat visitors per address and minute.
    pub visitors_per_minute: u32,
    /// Chat messages per visitor and minute.
    pub chat_per_minute: u32,
    /// How long a command line, or the head of a request, may take to end once begun.
    pub line_time: Period,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            smtp_per_address: 20,
            smtp_connections: 1_000,
            http_connections: 20_000,
            visitors_per_minute: 5,
            chat_per_minute: 20,
            line_time: Period::seconds(60),
        }
    }
}

/// The data folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// Below this much free disk, mail is deferred and uploads are refused.
    pub min_free: Size,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            min_free: Size::mib(512),
        }
    }
}

/// Name resolution.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dns {
    /// The resolver to ask; unset: those of the machine.
    pub server: Option<SocketAddr>,
}

/// `/metrics` and `/healthz`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Who may read them besides loopback.
    pub allow: Vec<Network>,
}

impl Metrics {
    /// Whether `address` may read health and metrics.
    pub fn allows(&self, address: IpAddr) -> bool {
        address.to_canonical().is_loopback() || self.allow.iter().any(|n| n.contains(address))
    }
}

/// The guarded fetcher: remote images, files of messages, outgoing webhooks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fetch {
    /// Networks it may connect to although they are not public.
    pub allow: Vec<Network>,
}

/// What pages are made of.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pages {
    /// A folder whose templates stand in for the built-in ones of the same name.
    pub templates: Option<PathBuf>,
}

impl Config {
    /// Whether the file gives this dotted key, e.g. `chat.origins`: then the settings pages show it
    /// read-only.
    pub fn is_set(&self, key: &str) -> bool {
        self.set.contains(key)
    }
}
