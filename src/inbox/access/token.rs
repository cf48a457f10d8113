//! API tokens: shown once, kept as a hash, revoked for good.

use super::secret::{fresh, hashed};
use super::{Access, AccessError};
use crate::error::Failure;
use crate::inbox::{audit, token};
use casella_index::model::ApiToken;
use casella_index::tables::TOKENS;
use casella_index::{Actor, Rows};
use data_encoding::HEXLOWER;

/// What every token begins with, so that leaked ones can be searched for.
const PREFIX: &str = "casella_";

/// A fresh token's text, and the hash to store in its place.
pub fn mint_token() -> Result<(String, String), Failure> {
    let text = format!("{PREFIX}{}", fresh()?);
    let hash = HEXLOWER.encode(&hashed(&text));
    Ok((text, hash))
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

    /// Makes a token on behalf of `actor`, named `by` in the audit. Its text is seen only now.
    pub async fn add_token(
        &self,
        actor: Actor,
        name: String,
        by: String,
    ) -> Result<String, AccessError> {
        let (text, hash) = mint_token()?;
        let stamp = self.inbox.stamp(actor);
        let write = self.inbox.store.write(stamp, move |tx| {
            let made = token::add(tx, &name, &hash)?;
            audit(tx, &by, "token_added", &made.name, "")
        });
        write.await?;
        Ok(text)
    }
}
