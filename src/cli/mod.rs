//! The command line: one file per command, wiring only.
//!
//! A command gets a [`Setting`] (the global flags) and its own arguments, and returns an
//! [`Outcome`]. Its errors reach the person as one line on standard error, its logs too; standard
//! output carries nothing but the answer.

pub mod agent;
pub mod backup;
pub mod check;
pub mod contacts;
pub mod control;
mod demo;
pub mod dkim;
pub mod export;
pub mod import;
pub mod inspect;
mod logs;
pub mod reindex;
pub mod search;
pub mod serve;
pub mod token;

use crate::config::Config;
use crate::error::{Failure, MISUSED, Outcome};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// A unified inbox: mail, web chat and Facebook Messenger in, one thread per conversation.
#[derive(Debug, Parser)]
#[command(name = "casella", version, about, max_term_width = 100)]
struct Line {
    #[command(flatten)]
    setting: Setting,
    /// Without a command: serve
    #[command(subcommand)]
    command: Option<Command>,
}

/// The flags every command knows.
#[derive(Debug, Clone, Args)]
pub struct Setting {
    /// The configuration file [default: config/casella.toml if present, else built-in defaults]
    #[arg(long, global = true, env = "CASELLA_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder that holds everything Casella keeps
    #[arg(
        long,
        global = true,
        env = "CASELLA_DATA",
        value_name = "DIR",
        default_value = "data"
    )]
    pub data: PathBuf,
    /// How logs are written to standard error
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// See [`Setting::log_format`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// For machines: one JSON object per line
    Json,
}

impl Setting {
    /// Reads and checks the configuration.
    pub fn config(&self) -> Outcome<Config> {
        Config::load(self.config.as_deref())
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts everything: mail, pages, chat, the outbox
    Serve(serve::Options),
    /// Makes, lists and disables agents
    Agent(agent::Options),
    /// Makes, lists and revokes API tokens
    Token(token::Options),
    /// Takes archives of mail in: .eml files, Maildir folders, mbox files
    Import(import::Options),
    /// Writes every mail and chat message to an mbox file
    Export(export::Options),
    /// Takes contacts in from CSV, or writes them out
    Contacts(contacts::Options),
    /// Searches as the web page does
    Search(search::Options),
    /// Builds the search index anew from the store
    Reindex(reindex::Options),
    /// Copies everything into one file, while the server runs
    Backup(backup::Options),
    /// Makes an empty data folder from a backup
    Restore(backup::Options),
    /// Checks configuration, ports and certificates, and says what to do about each finding
    Check(check::Options),
    /// Makes the keys that sign outgoing mail
    Dkim(dkim::Options),
    /// Prints, as JSON, how one mail on standard input is read
    Inspect(inspect::Options),
}

/// Runs the command named by the process arguments.
pub fn main() -> ExitCode {
    let line = Line::parse();
    logs::start(line.setting.log_format);
    // What we write is our user's business alone, whatever the shell's umask.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    match run(line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nowhere is left to complain if standard error is closed.
            let _ = writeln!(std::io::stderr(), "casella: {failure}");
            ExitCode::from(failure.code)
        }
    }
}

fn run(line: Line) -> Outcome {
    let setting = &line.setting;
    let usual = Command::Serve(serve::Options::default());
    match line.command.unwrap_or(usual) {
        Command::Serve(options) => serve::run(setting, options),
        Command::Agent(options) => agent::run(setting, options),
        Command::Token(options) => token::run(setting, options),
        Command::Import(options) => import::run(setting, options),
        Command::Export(options) => export::run(setting, options),
        Command::Contacts(options) => contacts::run(setting, options),
        Command::Search(options) => search::run(setting, options),
        Command::Reindex(options) => reindex::run(setting, options),
        Command::Backup(options) => backup::run(setting, options),
        Command::Restore(options) => backup::restore(setting, options),
        Command::Check(options) => check::run(setting, options),
        Command::Dkim(options) => dkim::run(setting, options),
        Command::Inspect(options) => inspect::run(setting, options),
    }
}

/// Writes one line to standard output. A reader that went away (`casella search … | head`) ends the
/// process quietly.
pub fn say(line: impl std::fmt::Display) -> Outcome {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(e) => Err(Failure::new(e).at("standard output")),
    }
}

/// Runs an asynchronous command to its end.
pub fn block_on<F: Future>(work: F) -> Outcome<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(format!("cannot start threads: {e}")))?;
    Ok(runtime.block_on(work))
}

/// Wrong use that clap cannot see: exit code 2 and a hint at `--help`.
pub fn misuse(what: impl std::fmt::Display) -> Failure {
    let failure = Failure::misuse(what).remedy("see --help");
    debug_assert_eq!(failure.code, MISUSED);
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Line::command().debug_assert();
    }
}
