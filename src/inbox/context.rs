//! What verbs, channels, workers and pages stand on: one open data folder.

use super::{keys, live, presence};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Failure;
use crate::rules::token::Keys;
use casella_index::tables::JOURNAL;
use casella_index::{Actor, Rows, Snapshot, Stamp, Store, StoreError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What verbs, channels, workers and pages share. Cheap to clone.
#[derive(Clone)]
pub struct Inbox(Arc<Shared>);

/// The parts of an [`Inbox`].
pub struct Shared {
    pub store: Store,
    pub clock: Clock,
    pub config: Config,
    /// Signs reply addresses, bounce addresses and Message-IDs.
    pub keys: Keys,
    /// Encrypts what is secret in the settings.
    pub vault: keys::Vault,
    /// Who is looking right now; memory only.
    pub presence: presence::Presence,
    /// Wakes whoever follows the journal, and passes on what is too brief to be journalled.
    pub live: live::Live,
    /// The data folder.
    pub folder: PathBuf,
}

impl std::ops::Deref for Inbox {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Inbox {
    /// Opens the data folder and its keys.
    ///
    /// # Errors
    /// A folder in use, a damaged file, a key file others may read: told in one line.
    pub fn open(config: Config, clock: Clock, folder: &Path) -> Result<Inbox, Failure> {
        let store = Store::open(folder).map_err(Failure::new)?;
        let newest = store.read().and_then(|rows| rows.last(&JOURNAL));
        if let Some((_, entry)) = newest.map_err(Failure::new)? {
            clock.not_before(entry.at);
        }
        let secrets = keys::load(folder)?;
        let live = live::Live::follow(&store);
        Ok(Inbox(Arc::new(Shared {
            store,
            clock,
            config,
            keys: secrets.signing,
            vault: secrets.vault,
            presence: presence::Presence::default(),
            live,
            folder: folder.to_owned(),
        })))
    }

    /// A stamp for a write done now.
    pub fn stamp(&self, actor: Actor) -> Stamp {
        Stamp::new(self.clock.now(), actor)
    }

    /// A consistent view, to be dropped soon.
    ///
    /// # Errors
    /// The store's.
    pub fn read(&self) -> Result<Snapshot, StoreError> {
        self.store.read()
    }
}
