//! What connects us with Meta: the app's secret, the verify token, the pages with their tokens. From
//! the configuration file, which wins, or from the settings pages, where secrets are kept sealed.

use super::graph::Page;
use crate::config::{self, Secret};
use crate::inbox::Inbox;
use crate::inbox::settings::{Messenger, Setting};
use casella_index::{Rows, StoreError};
use std::sync::{Arc, Mutex, PoisonError};

/// All of it, secrets open.
#[derive(Clone, Default)]
pub struct Connection {
    pub app_secret: Option<String>,
    pub verify_token: Option<String>,
    pub pages: Vec<Page>,
}

impl Connection {
    /// As it stands now.
    ///
    /// # Errors
    /// The store's.
    pub fn of(inbox: &Inbox) -> Result<Connection, StoreError> {
        Ok(Connection::read(inbox, &saved(inbox)?))
    }

    fn read(inbox: &Inbox, saved: &Messenger) -> Connection {
        let config = &inbox.config.messenger;
        let app_secret =
            revealed(config.app_secret.as_ref()).or_else(|| inbox.vault.open(&saved.app_secret));
        let verify_token =
            revealed(config.verify_token.as_ref()).or(Some(saved.verify_token.clone()));
        let pages = pages(
            inbox,
            config,
            saved,
            app_secret.as_deref().unwrap_or_default(),
        );
        Connection {
            app_secret,
            verify_token: verify_token.filter(|token| !token.is_empty()),
            pages,
        }
    }

    pub fn page(&self, id: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == id)
    }

    /// The ids of our pages.
    pub fn page_ids(&self) -> Vec<String> {
        self.pages.iter().map(|page| page.id.clone()).collect()
    }
}

/// The connection as it was last read, good as long as the settings are the same: every webhook asks,
/// and secrets are unsealed once.
#[derive(Default)]
pub struct Known(Mutex<Option<(Messenger, Arc<Connection>)>>);

impl Known {
    /// As it stands now.
    ///
    /// # Errors
    /// The store's.
    pub fn of(&self, inbox: &Inbox) -> Result<Arc<Connection>, StoreError> {
        let saved = saved(inbox)?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, connection)) = &*known
            && *of == saved
        {
            return Ok(connection.clone());
        }
        let connection = Arc::new(Connection::read(inbox, &saved));
        *known = Some((saved, connection.clone()));
        Ok(connection)
    }
}

fn saved(inbox: &Inbox) -> Result<Messenger, StoreError> {
    let saved = inbox.read()?.setting(Messenger::NAME)?;
    Ok(saved.unwrap_or_default())
}

fn revealed(secret: Option<&Secret>) -> Option<String> {
    secret
        .map(|secret| secret.reveal().to_owned())
        .filter(|secret| !secret.is_empty())
}

/// Those of the file, then those of the settings the file does not name.
fn pages(inbox: &Inbox, config: &config::Messenger, saved: &Messenger, secret: &str) -> Vec<Page> {
    let page = |id: &str, token: String| Page {
        id: id.to_owned(),
        token,
        app_secret: secret.to_owned(),
    };
    let own = config.pages.iter();
    let mut pages: Vec<Page> = own
        .map(|p| page(&p.id, p.token.reveal().to_owned()))
        .collect();
    for saved in &saved.pages {
        let known = pages.iter().any(|page| page.id == saved.id);
        if let (false, Some(token)) = (known, inbox.vault.open(&saved.token)) {
            pages.push(page(&saved.id, token));
        }
    }
    pages
}
