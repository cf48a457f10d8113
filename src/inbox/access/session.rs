//! Sessions of agents' browsers: made at login, proven by a cookie, ended by time or by a click.

use super::account::end_sessions;
use super::secret::{fresh, hashed};
use super::{Access, AccessError, Visitor};
use crate::clock::{MINUTE, Millis};
use casella_index::model::{Agent, AgentId, Session};
use casella_index::tables::SESSIONS;
use casella_index::{Actor, Rows, StoreError};
use data_encoding::HEXLOWER;

/// How exactly "last seen" is kept: a write per click would be a waste.
const GRAIN: Millis = MINUTE;

/// An agent who proved to be one, and by which session.
#[derive(Debug, Clone)]
pub struct Seen {
    pub agent: Agent,
    /// What [`Access::end_session`] takes; of no use to a thief.
    pub session: String,
}

/// A session as its owner sees it in a list.
#[derive(Debug, Clone)]
pub struct SessionEntry {
    pub id: String,
    pub session: Session,
}

impl Access {
    /// The cookie's name: with the `__Host-` prefix wherever browsers take it.
    pub fn cookie_name(https: bool) -> &'static str {
        if https { "__Host-casella" } else { "casella" }
    }

    /// How long a cookie may live, in seconds.
    pub fn cookie_age(&self) -> i64 {
        self.inbox.config.sessions.absolute.millis() / 1_000
    }

    /// Begins a session; returns the secret for the cookie.
    pub(super) async fn begin_session(
        &self,
        agent: AgentId,
        from: &Visitor,
    ) -> Result<String, AccessError> {
        let secret = fresh()?;
        let now = self.inbox.clock.now();
        let session = Session {
            agent,
            created_at: now,
            last_seen: now,
            ip: from.ip.to_string(),
            user_agent: from.user_agent.chars().take(200).collect(),
        };
        self.put(hashed(&secret), Some(session)).await?;
        Ok(secret)
    }

    /// Who holds this cookie, if it is still good. Being asked keeps an idle session alive.
    pub async fn seen(&self, cookie: &str) -> Result<Option<Seen>, AccessError> {
        let key = hashed(cookie);
        let now = self.inbox.clock.now();
        let rows = self.inbox.store.read()?;
        let Some(mut session) = rows.get(&SESSIONS, &key)? else {
            return Ok(None);
        };
        let agent = rows.agent(session.agent)?.filter(|a| !a.disabled);
        drop(rows);
        let Some(agent) = agent.filter(|_| self.alive(&session, now)) else {
            self.put(key, None).await?;
            return Ok(None);
        };
        if now - session.last_seen >= GRAIN {
            session.last_seen = now;
            self.put(key, Some(session)).await?;
        }
        let session = HEXLOWER.encode(&key);
        Ok(Some(Seen { agent, session }))
    }

    fn alive(&self, session: &Session, now: Millis) -> bool {
        now - session.last_seen < self.inbox.config.sessions.idle.millis()
            && now - session.created_at < self.inbox.config.sessions.absolute.millis()
    }

    /// An agent's living sessions, newest first.
    pub fn sessions(&self, agent: AgentId) -> Result<Vec<SessionEntry>, AccessError> {
        let now = self.inbox.clock.now();
        let mut found: Vec<_> = self
            .inbox
            .read()?
            .all(&SESSIONS)?
            .into_iter()
            .filter(|(_, s)| s.agent == agent && self.alive(s, now))
            .map(|(key, session)| SessionEntry {
                id: HEXLOWER.encode(&key),
                session,
            })
            .collect();
        found.sort_by_key(|e| std::cmp::Reverse(e.session.last_seen));
        Ok(found)
    }

    /// Ends one of the agent's sessions, by the id of [`Seen`] or [`SessionEntry`]; false if it is
    /// not theirs.
    pub async fn end_session(&self, agent: AgentId, id: &str) -> Result<bool, AccessError> {
        let Some(key) = key_of(id) else {
            return Ok(false);
        };
        let session = self.inbox.store.read()?.get(&SESSIONS, &key)?;
        if session.is_none_or(|s| s.agent != agent) {
            return Ok(false);
        }
        self.put(key, None).await?;
        Ok(true)
    }

    /// Ends every session of the agent but the one named `keep`.
    pub async fn end_other_sessions(&self, agent: AgentId, keep: &str) -> Result<(), AccessError> {
        let keep = key_of(keep);
        let stamp = self.inbox.stamp(Actor::Agent(agent));
        let write = self
            .inbox
            .store
            .write(stamp, move |tx| end_sessions(tx, agent, keep));
        Ok(write.await?)
    }

    /// Forgets the sessions that have ended by time. Returns how many.
    pub async fn sweep_sessions(&self) -> Result<usize, AccessError> {
        let now = self.inbox.clock.now();
        let all = self.inbox.store.read()?.all(&SESSIONS)?;
        let dead: Vec<_> = all
            .into_iter()
            .filter(|(_, s)| !self.alive(s, now))
            .collect();
        for (key, _) in &dead {
            self.put(*key, None).await?;
        }
        Ok(dead.len())
    }

    async fn put(&self, key: [u8; 32], session: Option<Session>) -> Result<(), AccessError> {
        let stamp = self.inbox.stamp(Actor::System);
        let write = self.inbox.store.write(stamp, move |tx| {
            tx.put_session(key, session.as_ref())?;
            Ok::<_, StoreError>(())
        });
        Ok(write.await?)
    }
}

fn key_of(id: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(id.as_bytes()).ok()?.try_into().ok()
}
