//! `casella import PATH…`: archives of mail into the inbox.

use super::Setting;
use super::control::{self, House, Order, Tell, Terminal};
use crate::channel::email::import::{Archive, Importer, Progress, Report, Stop, archives};
use crate::error::{Failure, Outcome};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Mails between two words about progress.
const BETWEEN_WORDS: u64 = 50;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// .eml files, Maildir folders, mbox files, folders of them; any of it also .gz
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Reports threads, contacts, duplicates and doubtful mails, and writes nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub fn run(setting: &Setting, options: Options) -> Outcome {
    let paths: Result<Vec<_>, _> = options.paths.iter().map(std::path::absolute).collect();
    let order = Order::Import {
        paths: paths.map_err(Failure::new)?,
        dry_run: options.dry_run,
    };
    control::give(setting, &order, &Terminal::default())
}

/// Imports, or finds out what an import would do. Ends early when nobody listens any more.
pub fn take_in(house: &House, paths: &[PathBuf], dry_run: bool, tell: &dyn Tell) -> Outcome {
    let found = archives(paths)?;
    let stop = Stop::default();
    let importer = if dry_run {
        Importer::dry(&house.inbox, stop.clone()).map_err(Failure::new)?
    } else {
        Importer::new(&house.inbox, stop.clone())
    };
    let total = Total::of(&found);
    let report = importer.run(&found, &mut |progress: Progress| {
        let due = progress.mails.is_multiple_of(BETWEEN_WORDS);
        if due
            && tell
                .progress(progress.mails, total.guess(progress))
                .is_err()
        {
            stop.store(true, Ordering::Relaxed);
        }
    })?;
    conclude(&report, dry_run, tell)
}

fn conclude(report: &Report, dry_run: bool, tell: &dyn Tell) -> Outcome {
    if dry_run {
        tell.line("dry run: nothing was written")?;
    }
    for line in report.to_string().lines() {
        tell.line(line)?;
    }
    if report.failed > 0 {
        let what = format!("{} mails could not be written", report.failed);
        return Err(Failure::new(what).remedy("run the import again"));
    }
    Ok(())
}

/// How many mails there may be, judged by the bytes read so far; unknown where files are packed.
struct Total {
    bytes: Option<u64>,
}

impl Total {
    fn of(archives: &[Archive]) -> Total {
        let packed = |archive: &Archive| archive.path.extension().is_some_and(|e| e == "gz");
        let bytes = archives.iter().map(|archive| archive.size).sum();
        Total {
            bytes: Some(bytes).filter(|_| !archives.iter().any(packed)),
        }
    }

    fn guess(&self, progress: Progress) -> u64 {
        let Some(bytes) = self.bytes else { return 0 };
        let so_far = u128::from(progress.bytes.max(1));
        let all = u128::from(progress.mails) * u128::from(bytes) / so_far;
        u64::try_from(all).unwrap_or(0).max(progress.mails + 1)
    }
}
