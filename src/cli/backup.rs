//! `casella backup FILE` and `casella restore FILE`: everything in one file, while the server runs.

use super::control::{self, House, Order, Tell, Terminal};
use super::{Setting, say};
use crate::channel::email::dkim;
use crate::error::{Failure, Outcome};
use crate::inbox::keys;
use casella_index::backup::{self, Beside};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The file; it holds the keys too, so keep it as safe as the data folder
    file: PathBuf,
}

/// `casella backup`.
pub fn run(setting: &Setting, options: Options) -> Outcome {
    let file = std::path::absolute(&options.file).map_err(Failure::new)?;
    control::give(setting, &Order::Backup { file }, &Terminal::default())
}

/// Writes the backup.
pub fn write(house: &House, file: &Path, tell: &dyn Tell) -> Outcome {
    let beside = beside(&house.inbox.folder)?;
    let moved = backup::backup(&house.inbox.store, file, &beside).map_err(Failure::new)?;
    let (file, mib) = (file.display(), moved.raw_bytes >> 20);
    tell.line(&format!("{file}: {} rows, {mib} MiB of mail", moved.rows))
}

/// The keys: without them secrets could not be read, nor mail be signed, nor old reply addresses
/// be known again.
fn beside(folder: &Path) -> Outcome<Vec<Beside>> {
    let mut files = vec![PathBuf::from(keys::FILE)];
    let signing = folder.join(dkim::FOLDER);
    for entry in fs::read_dir(&signing).into_iter().flatten().flatten() {
        files.push(Path::new(dkim::FOLDER).join(entry.file_name()));
    }
    let read = |name: PathBuf| {
        let path = folder.join(&name);
        let bytes = fs::read(&path).map_err(|e| Failure::io(&e).at(path.display()))?;
        Ok((name.to_string_lossy().into_owned(), bytes))
    };
    files.into_iter().map(read).collect()
}

/// `casella restore`.
pub fn restore(setting: &Setting, options: Options) -> Outcome {
    let folder = &setting.data;
    let moved = backup::restore(&options.file, folder).map_err(Failure::new)?;
    let (folder, mib) = (folder.display(), moved.raw_bytes >> 20);
    say(format_args!(
        "{folder}: {} rows, {mib} MiB of mail restored",
        moved.rows
    ))
}
