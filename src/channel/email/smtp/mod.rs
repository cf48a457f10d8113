//! The SMTP receiver: what other mail servers talk to.
//!
//! The protocol's state machine is the crate `mailin`; everything around it is ours, because the
//! server built on that crate (`mailin-embedded`) lets messages be smuggled in, refuses bounces and
//! holds no limits. A line is framed ([`frame`]), canonicalised ([`canonical`]), given to the core,
//! and answered ([`reply`]). After `354` the core sees nothing: [`data`] decodes, [`spool`] keeps,
//! the [`Gate`] commits, and its outcome is the reply. [`listen`] accepts and counts, [`session`]
//! is one connection, [`wire`] its bytes and [`message`] its DATA, [`clerk`] stands between core
//! and gate, [`trace`] writes the headers kept beside the message.
//!
//! Left out: submission (AUTH), relaying, implicit TLS, and every judgement of who may receive
//! mail, which is the gate's.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use crate::tls::Certificate;

mod canonical;
mod clerk;
mod data;
mod frame;
mod listen;
mod message;
mod reply;
mod session;
mod spool;
mod trace;
mod wire;

#[cfg(test)]
mod tests;

pub use listen::serve;
pub use spool::Spooled;
pub use trace::trace_headers;

/// How one receiver is set up.
pub struct SmtpConfig {
    /// Our name in the greeting and in trace headers.
    pub hostname: String,
    /// The largest message taken, in bytes after decoding; beyond it 552.
    pub max_message: u64,
    /// Offers STARTTLS when set.
    pub tls: Option<Certificate>,
    pub limits: Limits,
    /// Where messages beyond 1 MiB wait while they arrive. Must exist. Its files have no name, so a
    /// crash leaves none.
    pub spool_dir: PathBuf,
}

/// What one stranger, and all of them together, may take up. A count of 0 switches that limit off.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time; beyond it 421.
    pub connections: usize,
    /// Connections at a time from one IPv4 address or one IPv6 /64; beyond it 421.
    pub per_address: usize,
    /// Commands refused with 5xx before 421 ends the session.
    pub errors: u32,
    /// Recipients of one message; beyond it 452 (RFC 5321 section 4.5.3.1.8 asks for at least 100).
    pub recipients: usize,
    /// How long a session may be silent between commands.
    pub idle: Duration,
    /// The same once more than 80 % of `connections` are taken.
    pub crowded_idle: Duration,
    /// How long a started command line may take to end; also how long one reply may take to be
    /// read, and the head start a message has before `data_rate` is judged.
    pub line: Duration,
    /// How long DATA may be silent.
    pub data_read: Duration,
    /// The slowest DATA borne, in bytes per second over the whole message.
    pub data_rate: u64,
    /// How long a TLS handshake may take.
    pub tls: Duration,
    /// How long a session may last in all.
    pub session: Duration,
    /// How long to rest after the system refused to accept a connection (out of descriptors, say).
    pub accept_pause: Duration,
    /// How long open transactions may go on after the stop signal.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_000,
            per_address: 20,
            errors: 10,
            recipients: 100,
            idle: Duration::from_secs(300),
            crowded_idle: Duration::from_secs(10),
            line: Duration::from_secs(60),
            data_read: Duration::from_secs(180),
            data_rate: 500,
            tls: Duration::from_secs(10),
            session: Duration::from_secs(3_600),
            accept_pause: Duration::from_millis(100),
            drain: Duration::from_secs(10),
        }
    }
}

/// Who is talking to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub ip: IpAddr,
    /// What it called itself in HELO or EHLO; empty before that. Unverified.
    pub helo: String,
    /// Whether it said EHLO.
    pub extended: bool,
    /// TLS version and cipher suite, e.g. `TLSv1.3 TLS13_AES_256_GCM_SHA384`.
    pub tls: Option<String>,
}

/// The envelope of one message, as the session gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse path without brackets; empty for the null path `<>`.
    pub mail_from: String,
    /// The forward paths the gate let in, without brackets, as written, in order.
    pub recipients: Vec<String>,
    pub peer: Peer,
    /// BODY=8BITMIME was declared (RFC 6152).
    pub eight_bit: bool,
    /// SMTPUTF8 was declared (RFC 6531).
    pub smtputf8: bool,
}

/// Why the inbox says no. The text is one line for the sender's log; it must not repeat what the
/// client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 4xx: try again later; 5xx: never; 421 also ends the session.
    pub code: u16,
    /// The enhanced status code of RFC 3463, e.g. `5.1.1`.
    pub enhanced: &'static str,
    pub text: String,
}

/// What the inbox says to a session. Implemented against the store; called from many sessions at
/// once.
pub trait Gate: Send + Sync + 'static {
    /// A message begins: `path` is empty for the null path. The moment to say 452 4.3.1 when the
    /// disk is nearly full.
    fn mail_from(&self, peer: &Peer, path: &str, declared_size: Option<u64>)
    -> Result<(), Refusal>;

    /// May this recipient have mail? 550 5.1.1 when unknown.
    fn recipient(&self, peer: &Peer, mail_from: &str, recipient: &str) -> Result<(), Refusal>;

    /// Something was refused, by the gate or before it was asked; for the log alone. `recipients` are those
    /// let in before, or the one refused.
    fn refused(&self, _peer: &Peer, _mail_from: &str, _recipients: &[String], _refusal: &Refusal) {}

    /// The whole message arrived. Resolves to `Ok` only after it is on disk: the 250 follows at
    /// once and names the id.
    fn accept(
        &self,
        envelope: Envelope,
        data: Spooled,
    ) -> impl Future<Output = Result<String, Refusal>> + Send;
}
