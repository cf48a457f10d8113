//! An agent's own account: password and second factor.

use super::{Access, AccessError, Denied, Passwords, totp};
use crate::error::Failure;
use crate::inbox::agent::{self, Edit};
use crate::inbox::audit;
use casella_index::model::{Agent, AgentId};
use casella_index::tables::SESSIONS;
use casella_index::{Actor, Rows, StoreError, Tx};

impl Access {
    /// Whether `password` is the one behind `stored`.
    pub async fn knows(&self, password: String, stored: String) -> bool {
        self.passwords.verify(password, Some(stored)).await
    }

    /// What to store of a new password.
    pub async fn hash(&self, password: String) -> Result<String, Failure> {
        self.passwords.hash(password).await
    }

    /// Sets a new password, if `old` is right, and ends the agent's other sessions.
    pub async fn change_password(
        &self,
        agent: &Agent,
        old: String,
        new: String,
        keep: &str,
    ) -> Result<Result<(), Denied>, AccessError> {
        Passwords::check(&new)?;
        let stored = Some(agent.password.clone());
        if !self.passwords.verify(old, stored).await {
            return Ok(Err(Denied::Wrong));
        }
        let edit = Edit {
            password: Some(self.passwords.hash(new).await?),
            ..Edit::default()
        };
        self.edit(agent.id, edit, "password_changed").await?;
        self.end_other_sessions(agent.id, keep).await?;
        Ok(Ok(()))
    }

    /// Turns the second factor on, once `code` proves that the app has the secret.
    pub async fn enrol(
        &self,
        agent: AgentId,
        secret: &str,
        code: &str,
    ) -> Result<Result<(), Denied>, AccessError> {
        let step = totp::step_of(secret, code, self.inbox.clock.now());
        let fresh = match step {
            Some(step) => self.spend(agent, step).await?,
            None => false,
        };
        if !fresh {
            return Ok(Err(Denied::WrongCode));
        }
        let sealed = self.inbox.vault.seal(secret).ok_or_else(|| {
            crate::error::Failure::new("the operating system gives no random bytes")
        })?;
        let edit = Edit {
            totp: Some(Some(sealed)),
            ..Edit::default()
        };
        self.edit(agent, edit, "second_factor_on").await?;
        Ok(Ok(()))
    }

    /// Turns the second factor off.
    pub async fn unenrol(&self, agent: AgentId) -> Result<(), AccessError> {
        let edit = Edit {
            totp: Some(None),
            ..Edit::default()
        };
        self.edit(agent, edit, "second_factor_off").await
    }

    async fn edit(&self, id: AgentId, edit: Edit, what: &'static str) -> Result<(), AccessError> {
        let stamp = self.inbox.stamp(Actor::Agent(id));
        let write = self.inbox.store.write(stamp, move |tx| {
            let agent = agent::change(tx, id, edit)?;
            audit(tx, &agent.email, what, "", "")
        });
        Ok(write.await?)
    }
}

/// Ends every session of an agent.
pub(super) fn end_sessions(
    tx: &mut Tx<'_>,
    agent: AgentId,
    but: Option<[u8; 32]>,
) -> Result<(), StoreError> {
    for (key, session) in tx.all(&SESSIONS)? {
        if session.agent == agent && Some(key) != but {
            tx.put_session(key, None)?;
        }
    }
    Ok(())
}
