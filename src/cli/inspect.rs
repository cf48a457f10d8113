//! `casella inspect < MAIL`: how Casella reads one mail, as JSON. Touches no data.

use super::{Setting, say};
use crate::channel::email::inspect;
use crate::error::{Failure, Outcome};
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
