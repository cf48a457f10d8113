//! `casella export --mbox FILE`: every mail and chat message as mail, oldest first.

use super::Setting;
use super::control::{self, House, Order, Tell, Terminal};
use crate::channel::email::export::{messages, write_mbox};
use crate::error::{Failure, Outcome};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The file to write, in the mboxrd format
    #[arg(long, value_name = "FILE")]
    mbox: PathBuf,
}

/// Runs the command.
pub fn run(setting: &Setting, options: Options) -> Outcome {
    let file = std::path::absolute(&options.mbox).map_err(Failure::new)?;
    control::give(setting, &Order::Export { file }, &Terminal::default())
}

/// Writes the file; under another name until it is whole.
pub fn write(house: &House, file: &Path, tell: &dyn Tell) -> Outcome {
    let failed = |e: std::io::Error| Failure::io(&e).at(file.display());
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(".part");
    let unfinished = PathBuf::from(unfinished);
    let mut out = BufWriter::new(File::create(&unfinished).map_err(failed)?);
    let all = messages(&house.inbox).map_err(Failure::new)?;
    let total = all.len() as u64;
    for (done, id) in (1..).zip(all) {
        write_mbox(&house.inbox, id, &mut out)?;
        if u64::is_multiple_of(done, 100) {
            tell.progress(done, total)?;
        }
    }
    out.flush().map_err(failed)?;
    out.get_ref().sync_all().map_err(failed)?;
    fs::rename(&unfinished, file).map_err(failed)?;
    tell.line(&format!("{}: {total} messages", file.display()))
}
