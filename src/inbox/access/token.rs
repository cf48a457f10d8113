//! API tokens: shown once, kept as a hash, revoked for good.

use super::secret::{fresh, hashed};
use super::{Access, AccessError};
use crate::inbox::{audit, token};
use casella_index::model::{ApiToken, TokenId};
use casella_index::tables::TOKENS;
use casella_index::{Actor, Rows, Stamp, Store};
use data_encoding::HEXLOWER;

/// What every token begins with, so that leaked ones can be searched for.
const PREFIX: &str = "casella_";

/// A token just made: the only time its text is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    pub id: TokenId,
    pub text: String,
}

/// Makes a token of that name; `by` is who did it, for the audit.
pub async fn add_token(
    store: &Store,
    stamp: Stamp,
    name: String,
    by: String,
) -> Result<NewToken, AccessError> {
    let text = format!("{PREFIX}{}", fresh()?);
    let hash = HEXLOWER.encode(&hashed(&text));
    let write = store.write(stamp, move |tx| {
        let made = token::add(tx, &name, &hash)?;
        audit(tx, &by, "token_added", &made.name, "")?;
        Ok::<_, crate::inbox::Refused>(made.id)
    });
    let id = write.await?;
    Ok(NewToken { id, text })
}

impl Access {
    /// The living token with that text.
    pub fn token(&self, text: &str) -> Result<Option<ApiToken>, AccessError> {
        if !text.starts_with(PREFIX) {
            return Ok(None);
        }
        let rows = self.inbox.read()?;
        match token::by_hash(&rows, &HEXLOWER.encode(&hashed(text)))? {
            Some(id) => Ok(rows.get(&TOKENS, &id)?),
            None => Ok(None),
        }
    }

    /// Makes a token on behalf of `actor`, named `by` in the audit.
    pub async fn add_token(
        &self,
        actor: Actor,
        name: String,
        by: String,
    ) -> Result<NewToken, AccessError> {
        add_token(&self.inbox.store, self.inbox.stamp(actor), name, by).await
    }
}
