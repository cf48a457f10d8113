//! API tokens: keys of programs. Only their hashes are kept.

use super::{Done, Refused};
use casella_index::model::{ApiToken, TokenId};
use casella_index::tables::TOKENS;
use casella_index::{Event, Rows, Tx};

/// Adds a token of that name. `hash` is the lower-case hex SHA-256 of the token itself.
pub fn add(tx: &mut Tx<'_>, name: &str, hash: &str) -> Done<ApiToken> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(Refused::invalid("name", "a token needs a name"));
    }
    if tx
        .all(&TOKENS)?
        .iter()
        .any(|(_, known)| !known.revoked && known.name == name)
    {
        let why = format!("there is a token {name} already");
        return Err(Refused::conflict(
            "token_exists",
            why,
            "revoke it first, or choose another name",
        ));
    }
    let token = ApiToken {
        id: tx.new_token()?,
        name,
        hash: hash.to_owned(),
        created_at: tx.now(),
        revoked: false,
    };
    tx.record(Event::TokenChanged(token.clone()))?;
    Ok(token)
}

/// Revokes the token of that name; programs that use it are refused from now on.
pub fn revoke(tx: &mut Tx<'_>, name: &str) -> Done {
    let known = tx
        .all(&TOKENS)?
        .into_iter()
        .map(|(_, token)| token)
        .find(|token| !token.revoked && token.name == name.trim());
    let mut token = known.ok_or_else(|| Refused::unknown("token", name))?;
    token.revoked = true;
    tx.record(Event::TokenChanged(token))?;
    Ok(())
}

/// The token that hashes to this, unless revoked.
pub fn by_hash(rows: &impl Rows, hash: &str) -> Done<Option<TokenId>> {
    let tokens = rows.all(&TOKENS)?;
    Ok(tokens
        .into_iter()
        .find(|(_, token)| !token.revoked && token.hash == hash)
        .map(|(id, _)| id))
}
