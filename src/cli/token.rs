//! `casella token add | list | revoke`: keys of programs, from the command line.

use super::Setting;
use super::control::{self, House, Order, Tell, Terminal};
use crate::error::{Failure, Outcome};
use crate::inbox::access::mint_token;
use crate::inbox::{Refused, audit, token};
use casella_index::tables::TOKENS;
use casella_index::{Actor, Rows};
use jiff::Timestamp;

#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Makes a token and prints it, this once, as the last word
    Add {
        /// What it is for, e.g. the program's name
        name: String,
    },
    /// Lists all tokens by name; the tokens themselves are not kept
    List,
    /// Takes a token back: programs that use it are refused from now on
    Revoke {
        /// The token's name
        name: String,
    },
}

/// Runs the command.
pub fn run(setting: &Setting, options: Options) -> Outcome {
    let order = match options.what {
        What::Add { name } => Order::TokenAdd { name },
        What::List => Order::TokenList,
        What::Revoke { name } => Order::TokenRevoke { name },
    };
    control::give(setting, &order, &Terminal::default())
}

/// Makes a token.
pub fn add(house: &House, name: String, tell: &dyn Tell) -> Outcome {
    let (text, hash) = mint_token()?;
    let stamp = house.inbox.stamp(Actor::Operator);
    let write = house.inbox.store.write(stamp, move |tx| {
        let made = token::add(tx, &name, &hash)?;
        audit(tx, "operator", "token_added", &made.name, "")?;
        Ok::<_, Refused>(made.name)
    });
    let name = write.wait()?;
    tell.line(&format!("token {name}, shown only this once: {text}"))
}

/// Tells of every token, a line each: name, day it was made, state.
pub fn list(house: &House, tell: &dyn Tell) -> Outcome {
    let tokens = house.inbox.read().and_then(|rows| rows.all(&TOKENS));
    for (_, token) in tokens.map_err(Failure::new)? {
        let day = Timestamp::from_millisecond(token.created_at).unwrap_or_default();
        let state = if token.revoked { "\trevoked" } else { "" };
        tell.line(&format!("{}\t{}{state}", token.name, day.strftime("%F")))?;
    }
    Ok(())
}

/// Takes a token back.
pub fn revoke(house: &House, name: String, tell: &dyn Tell) -> Outcome {
    let stamp = house.inbox.stamp(Actor::Operator);
    let told = format!("token {name} is revoked");
    let write = house.inbox.store.write(stamp, move |tx| {
        token::revoke(tx, &name)?;
        audit(tx, "operator", "token_revoked", name.trim(), "")
    });
    write.wait()?;
    tell.line(&told)
}
