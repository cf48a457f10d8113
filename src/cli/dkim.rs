//! `casella dkim new DOMAIN`: makes the keys that sign a domain's mail, and prints what to publish.

use super::{Setting, misuse, say};
use crate::channel::email::dkim;
use crate::error::{Failure, Outcome};

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
    let domain = domain_name(&domain)?;
    let records = dkim::make(&setting.data, &domain).map_err(Failure::new)?;
    for record in records {
        say(format_args!("{}. IN TXT \"{}\"", record.name, record.value))?;
    }
    Ok(())
}

/// The domain as it stands in the DNS; the key's file is named by it.
fn domain_name(text: &str) -> Outcome<String> {
    let wrong = || misuse(format!("`{text}` is no domain; write one like example.com"));
    let ascii = idna::domain_to_ascii(text.trim_end_matches('.')).map_err(|_| wrong())?;
    let label = |l: &str| {
        !l.is_empty() && l.len() <= 63 && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match ascii.len() <= 253 && ascii.split('.').all(label) {
        true => Ok(ascii),
        false => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_and_what_is_none() {
        let cases = [
            ("example.com", Some("example.com")),
            ("Example.COM.", Some("example.com")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("localhost", Some("localhost")),
            ("../../etc/passwd", None),
            ("a@example.com", None),
            ("a b.com", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(domain_name(text).ok().as_deref(), expected, "{text}");
        }
    }
}
