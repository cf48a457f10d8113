//! A gate that keeps what it accepted in memory, and a receiver that stands before it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};

use crate::channel::email::smtp::{
    Envelope, Gate, Limits, Peer, Refusal, SmtpConfig, Spooled, serve,
};

pub const HOSTNAME: &str = "mx.test.example";

/// One message as it was committed.
#[derive(Debug, Clone)]
pub struct Kept {
    pub mail_from: String,
    pub recipients: Vec<String>,
    pub data: Vec<u8>,
}

/// Whether this desk, here or behind another receiver, has that recipient.
pub fn knows(recipient: &str) -> bool {
    let (local, domain) = recipient.rsplit_once('@').unwrap_or((recipient, ""));
    let locals = [
        "inbox",
        "grün",
        "\"odd <box>\"",
        "later",
        "never",
        "full",
        "panic",
        "slow",
        "postmaster",
    ];
    locals.contains(&local) && (domain == "test.example" || recipient == "postmaster")
}

/// What the desk says to a whole message for these recipients.
pub fn verdict(recipients: &[String]) -> Result<(), Refusal> {
    let refuse = |code, enhanced, text: &str| {
        Err(Refusal {
            code,
            enhanced,
            text: text.into(),
        })
    };
    match recipients.first().and_then(|r| r.split('@').next()) {
        Some("later") => refuse(451, "4.3.0", "Try again later"),
        Some("never") => refuse(550, "5.7.1", "Not wanted here"),
        Some("full") => refuse(552, "5.2.2", "Mailbox full"),
        Some("panic") => panic!("this recipient panics, as the test wants"),
        _ => Ok(()),
    }
}

/// The gate.
pub struct Desk {
    pub kept: Mutex<Vec<Kept>>,
    pub envelopes: Mutex<Vec<Envelope>>,
    /// Messages for `slow@` each need one permit.
    pub slow: Semaphore,
    /// One permit for each message that came as far as this desk.
    pub handed_over: Semaphore,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            envelopes: Mutex::default(),
            slow: Semaphore::new(0),
            handed_over: Semaphore::new(0),
        }
    }
}

impl Gate for Desk {
    fn mail_from(&self, _: &Peer, path: &str, _: Option<u64>) -> Result<(), Refusal> {
        match path {
            "while@disk.full" => Err(Refusal {
                code: 452,
                enhanced: "4.3.1",
                text: "Insufficient system storage".into(),
            }),
            _ => Ok(()),
        }
    }

    fn recipient(&self, _: &Peer, _: &str, recipient: &str) -> Result<(), Refusal> {
        match knows(recipient) {
            true => Ok(()),
            false => Err(Refusal {
                code: 550,
                enhanced: "5.1.1",
                text: "No such mailbox".into(),
            }),
        }
    }

    async fn accept(&self, envelope: Envelope, data: Spooled) -> Result<String, Refusal> {
        self.handed_over.add_permits(1);
        verdict(&envelope.recipients)?;
        if envelope.recipients[0].starts_with("slow@") {
            self.slow.acquire().await.expect("open").forget();
        }
        let mut kept = self.kept.lock().expect("whole");
        kept.push(Kept {
            mail_from: envelope.mail_from.clone(),
            recipients: envelope.recipients.clone(),
            data: data.into_bytes().expect("readable"),
        });
        self.envelopes.lock().expect("whole").push(envelope);
        Ok(kept.len().to_string())
    }
}

/// A receiver on a port of its own.
pub struct Receiver {
    pub address: SocketAddr,
    pub desk: Arc<Desk>,
    pub stop: watch::Sender<bool>,
    pub serving: JoinHandle<()>,
    _spool: tempfile::TempDir,
}

/// A configuration to start from: no certificate, 100,000 bytes, the limits of every day.
pub fn config(limits: Limits) -> SmtpConfig {
    SmtpConfig {
        hostname: HOSTNAME.into(),
        max_message: 100_000,
        tls: None,
        limits,
        spool_dir: Default::default(),
    }
}

/// Starts a receiver; its spool folder is made for it.
pub async fn start(mut config: SmtpConfig) -> Receiver {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let spool = tempfile::tempdir().expect("a folder");
    config.spool_dir = spool.path().to_owned();
    let (desk, (stop, stopped)) = (Arc::new(Desk::default()), watch::channel(false));
    Receiver {
        address: listener.local_addr().expect("bound"),
        serving: tokio::spawn(serve(listener, Arc::new(config), desk.clone(), stopped)),
        desk,
        stop,
        _spool: spool,
    }
}
