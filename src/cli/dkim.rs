//! `casella dkim new DOMAIN`: makes the keys that sign a domain's mail, and prints what to publish.

use super::{Setting, misuse, say};
use crate::channel::email::dkim;
use crate::error::{Failure, Outcome};
use crate::rules::envelope;

#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Makes the keys of a domain, unless it has some, and prints the DNS records to publish
    New {
        /// The domain of your From address, e.g. example.com
        domain: String,
    },
}

/// Runs the command. A server on the same data folder signs from its next mail on.
pub fn run(setting: &Setting, options: Options) -> Outcome {
    let What::New { domain } = options.what;
    // The key's file is named by it.
    let domain = envelope::domain(&domain).ok_or_else(|| {
        misuse(format!(
            "`{domain}` is no domain; write one like example.com"
        ))
    })?;
    let records = dkim::make(&setting.data, &domain).map_err(Failure::new)?;
    for record in records {
        say(format_args!("{}. IN TXT \"{}\"", record.name, record.value))?;
    }
    Ok(())
}
