//! The one-time link of the first start, by which the first admin is made.

use super::secret::{fresh, hashed};
use super::{Access, AccessError, Passwords, Visitor};
use crate::inbox::agent::{self, Edit, has_admin};
use crate::inbox::{Done, audit};
use casella_index::model::{Agent, Role};
use casella_index::{Actor, Tx};
use std::sync::{Mutex, PoisonError};

/// The hash of the link's secret, while there is one. Memory only: each start makes a new one.
#[derive(Debug, Default)]
pub struct Setup(Mutex<Option<[u8; 32]>>);

/// Who the first admin is to be.
#[derive(Debug, Clone)]
pub struct FirstAdmin {
    pub email: String,
    pub name: String,
    pub password: String,
}

impl Access {
    /// The path of the one-time link, if nobody can administer yet.
    pub fn offer_setup(&self) -> Result<Option<String>, AccessError> {
        if has_admin(&self.inbox.read()?)? {
            return Ok(None);
        }
        let secret = fresh()?;
        self.keep(Some(hashed(&secret)));
        Ok(Some(format!("/setup/{secret}")))
    }

    /// Whether this secret still opens the set-up page.
    pub fn setup_is_open(&self, secret: &str) -> Result<bool, AccessError> {
        let kept = *self.setup.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(kept == Some(hashed(secret)) && !has_admin(&self.inbox.read()?)?)
    }

    /// Makes the first admin and logs them in; `None` if the link is spent. Returns the secret for
    /// the cookie.
    pub async fn set_up(
        &self,
        secret: &str,
        admin: FirstAdmin,
        from: &Visitor,
    ) -> Result<Option<(Agent, String)>, AccessError> {
        if !self.setup_is_open(secret)? {
            return Ok(None);
        }
        Passwords::check(&admin.password)?;
        let edit = Edit {
            name: Some(admin.name),
            role: Some(Role::Admin),
            password: Some(self.passwords.hash(admin.password).await?),
            disabled: Some(false),
            ..Edit::default()
        };
        let (email, ip) = (admin.email, from.ip.to_string());
        let stamp = self.inbox.stamp(Actor::System);
        let write = self
            .inbox
            .store
            .write(stamp, move |tx| make(tx, &email, edit, &ip));
        let Some(agent) = write.await? else {
            return Ok(None);
        };
        self.keep(None);
        let cookie = self.begin_session(agent.id, from).await?;
        Ok(Some((agent, cookie)))
    }

    fn keep(&self, hash: Option<[u8; 32]>) {
        *self.setup.0.lock().unwrap_or_else(PoisonError::into_inner) = hash;
    }
}

/// Two who hold the link at once make one admin, not two.
fn make(tx: &mut Tx<'_>, email: &str, edit: Edit, ip: &str) -> Done<Option<Agent>> {
    if has_admin(tx)? {
        return Ok(None);
    }
    let agent = agent::put(tx, email, edit)?;
    audit(tx, &agent.email, "first_admin", "", ip)?;
    Ok(Some(agent))
}
