//! `casella inspect < MAIL`: how Casella reads one mail, as JSON. Touches no data.

use super::{Setting, misuse, say};
use crate::channel::email::inspect;
use crate::error::{Failure, Outcome};
use crate::rules::contacts::key;
use crate::rules::mail::Team;
use std::io::Read;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// An agent's address, whose manual forwards count (may be repeated)
    #[arg(long = "agent", value_name = "ADDRESS")]
    agents: Vec<String>,
}

/// Runs the command.
pub fn run(setting: &Setting, options: Options) -> Outcome {
    if let Some(odd) = options.agents.iter().find(|a| key(a).is_none()) {
        return Err(misuse(format_args!("{odd} is not an address"))
            .at("`--agent`")
            .remedy("write one like anna@example.com"));
    }
    let team = Team {
        addresses: options
            .agents
            .iter()
            .map(|a| a.trim().to_lowercase())
            .collect(),
        inboxes: setting.config()?.inbox.addresses,
    };
    let mut raw = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut raw);
    read.map_err(|e| Failure::new(e).at("standard input"))?;
    let object = inspect::run(raw, &team);
    say(format_args!("{object:#}"))
}
