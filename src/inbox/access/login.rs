//! Logging in: password first, then the second factor where there is one.

use super::secret::{fresh, hashed};
use super::throttle::Name;
use super::{Access, AccessError, Visitor, totp};
use crate::clock::{MINUTE, Millis};
use crate::inbox::{Refused, audit};
use crate::net::sender;
use casella_index::model::{Agent, AgentId};
use casella_index::{Actor, Rows};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long the password counts while the code is looked up.
const HALF: Millis = 5 * MINUTE;
/// Half logins remembered at most.
const HALVES: usize = 1_000;

/// How far a login came.
#[derive(Debug, Clone)]
pub enum Came {
    /// In: the secret for the cookie.
    In { cookie: String, agent: Box<Agent> },
    /// The password was right; the code is wanted, with this ticket.
    Half { ticket: String },
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Unknown, disabled, wrong password: one answer for all.
    Wrong,
    /// The code is wrong, or was used before.
    WrongCode,
    /// Too many wrong guesses: wait.
    Wait(Duration),
}

/// Logins that lack only the code. Memory only.
#[derive(Debug, Default)]
pub struct Half(Mutex<HashMap<[u8; 32], (AgentId, Millis)>>);

impl Half {
    fn put(&self, ticket: &str, agent: AgentId, now: Millis) {
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|_, (_, at)| now - *at < HALF);
        if tickets.len() < HALVES {
            tickets.insert(hashed(ticket), (agent, now));
        }
    }

    fn agent(&self, ticket: &str, now: Millis) -> Option<AgentId> {
        let tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (agent, at) = tickets.get(&hashed(ticket))?;
        (now - at < HALF).then_some(*agent)
    }

    fn spend(&self, ticket: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&hashed(ticket));
    }
}

impl Access {
    /// Tries a password.
    pub async fn login(
        &self,
        email: &str,
        password: String,
        from: &Visitor,
    ) -> Result<Result<Came, Denied>, AccessError> {
        let account = Name::Account(email.trim().to_lowercase());
        if let Some(wait) = self.begin(&account, from) {
            return Ok(Err(Denied::Wait(wait)));
        }
        let agent = self.inbox.store.read()?.agent_by_email(email.trim())?;
        let agent = agent.filter(|a| !a.disabled);
        let stored = agent.as_ref().map(|a| a.password.clone());
        let right = self.passwords.verify(password, stored).await;
        let Some(agent) = agent.filter(|_| right) else {
            return Ok(Err(Denied::Wrong));
        };
        if agent.totp.is_some() {
            let ticket = fresh()?;
            self.half.put(&ticket, agent.id, self.inbox.clock.now());
            return Ok(Ok(Came::Half { ticket }));
        }
        self.let_in(agent, &account, from).await.map(Ok)
    }

    /// Tries the code that [`Came::Half`] asked for.
    pub async fn confirm(
        &self,
        ticket: &str,
        code: &str,
        from: &Visitor,
    ) -> Result<Result<Came, Denied>, AccessError> {
        let now = self.inbox.clock.now();
        let Some(id) = self.half.agent(ticket, now) else {
            return Ok(Err(Denied::Wrong));
        };
        let Some(agent) = self.inbox.store.read()?.agent(id)?.filter(|a| !a.disabled) else {
            return Ok(Err(Denied::Wrong));
        };
        let account = Name::Account(agent.email.to_lowercase());
        if let Some(wait) = self.begin(&account, from) {
            return Ok(Err(Denied::Wait(wait)));
        }
        if !self.code_fits(&agent, code).await? {
            return Ok(Err(Denied::WrongCode));
        }
        self.half.spend(ticket);
        self.let_in(agent, &account, from).await.map(Ok)
    }

    /// Whether this is a code of the agent's app that was not used before; from now on it was.
    async fn code_fits(&self, agent: &Agent, code: &str) -> Result<bool, AccessError> {
        let sealed = agent.totp.as_deref().unwrap_or_default();
        let secret = self.inbox.vault.open(sealed);
        match secret.and_then(|secret| totp::step_of(&secret, code, self.inbox.clock.now())) {
            Some(step) => self.spend(agent.id, step).await,
            None => Ok(false),
        }
    }

    /// Marks a code as used, for good: one seen over a shoulder is worth nothing, even after a restart.
    pub(super) async fn spend(&self, agent: AgentId, step: u64) -> Result<bool, AccessError> {
        let stamp = self.inbox.stamp(Actor::Agent(agent));
        let spent = self.inbox.store.write(stamp, move |tx| {
            Ok::<_, Refused>(tx.spend_code(agent, step)?)
        });
        Ok(spent.await?)
    }

    /// Counts the attempt, or says how long to wait before the next.
    fn begin(&self, account: &Name, from: &Visitor) -> Option<Duration> {
        let now = self.inbox.clock.now();
        let address = Name::Address(sender(from.ip));
        let waits = [account, &address].map(|name| self.throttle.wait(name, now));
        let wait = waits.into_iter().flatten().max();
        if wait.is_none() {
            self.throttle.begin(account.clone(), now);
            self.throttle.begin(address, now);
        }
        wait
    }

    async fn let_in(
        &self,
        agent: Agent,
        account: &Name,
        from: &Visitor,
    ) -> Result<Came, AccessError> {
        self.throttle.forgive(account);
        self.throttle.forgive(&Name::Address(sender(from.ip)));
        let cookie = self.begin_session(agent.id, from).await?;
        let (email, ip) = (agent.email.clone(), from.ip.to_string());
        let stamp = self.inbox.stamp(Actor::Agent(agent.id));
        let noted = self
            .inbox
            .store
            .write(stamp, move |tx| audit(tx, &email, "logged_in", "", &ip));
        noted.await?;
        let agent = Box::new(agent);
        Ok(Came::In { cookie, agent })
    }
}
