//! Takes letters to their destinations, over connections kept open for the next one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::limits::Rate;
use super::route::{self, Direct, Lookup};
use super::session::{Caller, Peer, REMEDY, Session};
use super::sts::Keeper;
use super::{End, Failure, Letter, Receipt};
use crate::config::Via;
use crate::rules::envelope;

/// How long a connection is kept for another letter. Most servers hang up after a few minutes.
const IDLE: Duration = Duration::from_secs(15);

/// Connections at once to a smarthost, and to each domain when mail goes straight there.
const SMARTHOST_CONNECTIONS: usize = 8;
const DIRECT_CONNECTIONS: usize = 2;

/// Letters a minute to each domain when mail goes straight there: what a server nobody knows yet
/// may send without being taken for a spammer.
const DIRECT_PER_MINUTE: usize = 20;

/// The most destinations remembered.
const MAX_DESTINATIONS: usize = 1_000;

/// How mail leaves.
pub struct Settings {
    pub via: Via,
    /// The user's password, where `via` itself has none.
    pub password: Option<crate::config::Secret>,
    pub direct: Direct,
    pub caller: Caller,
}

/// Delivers letters. Shared by all that do.
pub struct Courier {
    settings: Settings,
    dns: Arc<dyn Lookup>,
    sts: Keeper,
    destinations: Mutex<HashMap<String, Arc<Destination>>>,
}

/// What is kept for one destination: a smarthost, or a domain.
struct Destination {
    connections: Semaphore,
    rate: Rate,
    idle: Mutex<Vec<(Session, Instant)>>,
}

impl Courier {
    pub fn new(settings: Settings, dns: Arc<dyn Lookup>, sts: Keeper) -> Self {
        Self {
            settings,
            dns,
            sts,
            destinations: Mutex::default(),
        }
    }

    /// Whether nothing leaves (`outbound.via = "hold"`).
    pub fn is_held(&self) -> bool {
        self.settings.via == Via::Hold
    }

    /// Where a letter to this recipient goes first: letters of the same destination share limits.
    pub fn destination(&self, recipient: &str) -> String {
        match &self.settings.via {
            Via::Hold => String::new(),
            Via::Smarthost(host) => format!("{}:{}", host.host, host.port),
            Via::Mx => domain_of(recipient).unwrap_or_default(),
        }
    }

    /// Hands one letter over. Waits for its turn where the destination's limits demand it.
    pub async fn deliver(&self, letter: &Letter) -> Result<Receipt, Failure> {
        if self.is_held() {
            let reason = format!("outgoing mail is held (`outbound.via = \"hold\"`); {REMEDY}");
            return Err(Failure::later(reason));
        }
        let letter = addressed(letter)?;
        let name = self.destination(&letter.to);
        let destination = self.at(&name);
        let permit = destination.connections.acquire().await;
        destination.rate.turn().await;
        let (outcome, session) = self.hand_over(&destination, &letter).await;
        drop(permit);
        if let Some(session) = session {
            keep(destination, session);
        }
        outcome
    }

    /// Over a kept connection if there is one. The other side may have closed it meanwhile: then
    /// nothing was taken, and a new one is opened.
    async fn hand_over(
        &self,
        destination: &Destination,
        letter: &Letter,
    ) -> (Result<Receipt, Failure>, Option<Session>) {
        if let Some(mut session) = destination.take_idle() {
            let outcome = session.send(letter).await;
            let stale =
                session.broken && matches!(&outcome, Err(failure) if failure.end == End::TryLater);
            if !stale {
                return (outcome, Some(session));
            }
        }
        match self.connect(letter).await {
            Ok(mut session) => (session.send(letter).await, Some(session)),
            Err(failure) => (Err(failure), None),
        }
    }

    /// A session with the first server that will talk to us.
    async fn connect(&self, letter: &Letter) -> Result<Session, Failure> {
        let peers = self.peers(letter).await?;
        let mut failures = Vec::new();
        for peer in &peers {
            match Session::open(peer, &self.settings.caller).await {
                Ok(session) => return Ok(session),
                Err(failure) => failures.push(failure.reason),
            }
        }
        failures.dedup();
        Err(Failure::later(failures.join("; ")))
    }

    async fn peers(&self, letter: &Letter) -> Result<Vec<Peer>, Failure> {
        match &self.settings.via {
            Via::Smarthost(host) => {
                let password = host.password.clone().or(self.settings.password.clone());
                let login = host.user.clone().zip(password);
                route::smarthost(host, login).await
            }
            Via::Mx | Via::Hold => {
                let domain = domain_of(&letter.to).unwrap_or_default();
                let peers = self.settings.direct.peers(&*self.dns, &domain).await?;
                self.sts.bind(&*self.dns, &domain, peers).await
            }
        }
    }

    fn at(&self, name: &str) -> Arc<Destination> {
        let mut all = self
            .destinations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_DESTINATIONS {
            all.retain(|_, destination| !destination.is_forgettable());
        }
        let fresh = || Arc::new(Destination::new(&self.settings.via));
        all.entry(name.to_owned()).or_insert_with(fresh).clone()
    }
}

impl Destination {
    fn new(via: &Via) -> Self {
        let (connections, per_minute) = match via {
            // It looks after its own manners towards the world.
            Via::Smarthost(_) => (SMARTHOST_CONNECTIONS, 0),
            Via::Mx | Via::Hold => (DIRECT_CONNECTIONS, DIRECT_PER_MINUTE),
        };
        Self {
            connections: Semaphore::new(connections),
            rate: Rate::new(per_minute),
            idle: Mutex::default(),
        }
    }

    fn take_idle(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop().map(|(session, _)| session)
    }

    /// The sessions nobody used for as long as they are kept.
    fn take_old(&self) -> Vec<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let old = idle
            .iter()
            .take_while(|(_, since)| since.elapsed() >= IDLE)
            .count();
        idle.drain(..old).map(|(session, _)| session).collect()
    }

    fn is_forgettable(self: &Arc<Self>) -> bool {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::strong_count(self) == 1 && idle.is_empty() && self.rate.is_idle()
    }
}

/// Keeps the session for the next letter, and takes leave when none comes.
fn keep(destination: Arc<Destination>, session: Session) {
    if session.broken {
        return;
    }
    let mut idle = destination
        .idle
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    idle.push((session, Instant::now()));
    drop(idle);
    tokio::spawn(async move {
        tokio::time::sleep(IDLE).await;
        for session in destination.take_old() {
            session.quit().await;
        }
    });
}

/// The letter with addresses as they go over the wire.
fn addressed(letter: &Letter) -> Result<Letter, Failure> {
    let wire = |address: &str| {
        envelope::address(address)
            .ok_or_else(|| Failure::refused(format!("{address} cannot be an address")))
    };
    let from = match letter.from.as_str() {
        "" => String::new(),
        from => wire(from)?,
    };
    Ok(Letter {
        from,
        to: wire(&letter.to)?,
        ..letter.clone()
    })
}

fn domain_of(address: &str) -> Option<String> {
    envelope::host(address.rsplit_once('@')?.1)
}
