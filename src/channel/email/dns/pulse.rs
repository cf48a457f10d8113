//! Whether the resolver itself is there. A sender's silent name server costs that sender's mail some
//! seconds; a silent resolver would cost every mail as many.
//!
//! Nobody is asked while all goes well. Who has waited for long [`doubt`](Pulse::doubt)s: one question
//! goes out that any resolver answers at once, whatever the answer. While none comes, the resolver
//! counts as lost and is asked again every few seconds, until it answers. A stranger's slow zone
//! cannot bring that about: it is not what is asked for.

use super::Dns;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::RecordType;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How long the resolver may think about the question.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often a lost resolver is asked again.
const PAUSE: Duration = Duration::from_secs(5);

/// Knows whether the resolver answers; clones know alike.
#[derive(Clone)]
pub struct Pulse(Arc<Inner>);

struct Inner {
    dns: Dns,
    state: watch::Sender<State>,
    asked: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    There,
    /// A question is on its way.
    Doubted,
    Lost,
}

impl Pulse {
    pub fn new(dns: Dns) -> Self {
        Self(Arc::new(Inner {
            dns,
            state: watch::Sender::new(State::There),
            asked: AtomicU64::new(0),
        }))
    }

    pub fn is_lost(&self) -> bool {
        *self.0.state.borrow() == State::Lost
    }

    /// Resolves once the resolver is found to be lost.
    pub async fn lost(&self) {
        let mut state = self.0.state.subscribe();
        // The sender lives as long as we do.
        let _ = state.wait_for(|state| *state == State::Lost).await;
    }

    /// Has the resolver asked, unless it is being asked already.
    pub fn doubt(&self) {
        let doubted = self.0.state.send_if_modified(|state| {
            let there = *state == State::There;
            if there {
                *state = State::Doubted;
            }
            there
        });
        if doubted {
            tokio::spawn(ask_until_it_answers(self.0.clone()));
        }
    }
}

async fn ask_until_it_answers(pulse: Arc<Inner>) {
    while !pulse.answers().await {
        if pulse.state.send_replace(State::Lost) != State::Lost {
            tracing::warn!(
                "the DNS resolver does not answer: mail is taken unverified until it does"
            );
        }
        sleep(PAUSE).await;
    }
    if pulse.state.send_replace(State::There) == State::Lost {
        tracing::info!("the DNS resolver answers again");
    }
}

impl Inner {
    /// Any word of a resolver counts, also "no such name" and "I cannot find out".
    async fn answers(&self) -> bool {
        // A name nobody asked for yet, or a cache would answer; of a domain made for examples (RFC 6761).
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let name = format!("casella-{}-{number}.example", std::process::id());
        let Some(name) = super::fully_qualified(&name) else {
            return true;
        };
        let asked = self.dns.resolver().lookup(name, RecordType::A);
        match timeout(PATIENCE, asked).await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => matches!(error, NetError::Dns(_)),
            Err(_) => false,
        }
    }
}
