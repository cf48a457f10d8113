//! `casella reindex`: builds the search index anew from the store.

use super::Setting;
use super::control::{self, House, Order, Tell, Terminal};
use crate::error::{Failure, Outcome};
use crate::workers::indexer::{build_now, index_folder};
use casella_index::search::{Serving, State};
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Options {}

/// Runs the command.
pub fn run(setting: &Setting, _: Options) -> Outcome {
    control::give(setting, &Order::Reindex, &Terminal::default())
}

/// Builds it. A server goes on searching in the old one meanwhile.
pub fn build(house: &House, tell: &dyn Tell) -> Outcome {
    match &house.search {
        Some(serving) => by_the_server(serving, tell)?,
        None => here(house, tell)?,
    }
    tell.line("the search index is built")
}

fn here(house: &House, tell: &dyn Tell) -> Outcome {
    let inbox = &house.inbox;
    let mut told = Ok(());
    let progress = |done, total| told = tell.progress(done, total);
    build_now(
        &inbox.store,
        &index_folder(&inbox.folder),
        inbox.clock.now(),
        progress,
    )?;
    told
}

/// Asks the indexer for it, and watches until it is done.
fn by_the_server(serving: &Serving, tell: &dyn Tell) -> Outcome {
    let built = serving.built();
    serving.want_new("an operator asks for it");
    while serving.built() == built {
        match serving.state() {
            State::Building { done, total, .. } => tell.progress(done, total)?,
            State::Failed(why) => return Err(Failure::new(why).at("search index")),
            State::Starting | State::Ready => {}
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
