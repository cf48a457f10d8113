//! What connects us with Meta: the app's secret, the verify token, the pages with their tokens. From
//! the configuration file, which wins, or from the settings pages, where secrets are kept sealed.

use super::graph::Page;
use crate::inbox::Inbox;
use casella_index::{Rows, StoreError};
use serde::{Deserialize, Serialize};

/// Names of the settings.
pub const APP_SECRET: &str = "messenger.app_secret";
pub const VERIFY_TOKEN: &str = "messenger.verify_token";
pub const PAGES: &str = "messenger.pages";

/// A page connected in the settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedPage {
    pub id: String,
    pub name: String,
    /// Sealed by the vault.
    pub token: String,
}

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
        let rows = inbox.read()?;
        let config = &inbox.config.messenger;
        let sealed = |name: &str| -> Result<Option<String>, StoreError> {
            let sealed: Option<String> = rows.setting(name)?;
            Ok(sealed.and_then(|sealed| inbox.vault.open(&sealed)))
        };
        let configured =
            |secret: &Option<crate::config::Secret>| secret.as_ref().map(|s| s.reveal().to_owned());
        let app_secret = match configured(&config.app_secret) {
            Some(secret) => Some(secret),
            None => sealed(APP_SECRET)?,
        };
        let verify_token = match configured(&config.verify_token) {
            Some(token) => Some(token),
            None => sealed(VERIFY_TOKEN)?,
        };
        let secret = app_secret.clone().unwrap_or_default();
        let page = |id: &str, token: String| Page {
            id: id.to_owned(),
            token,
            app_secret: secret.clone(),
        };
        let mut pages: Vec<Page> = config
            .pages
            .iter()
            .map(|p| page(&p.id, p.token.reveal().to_owned()))
            .collect();
        let saved: Vec<SavedPage> = rows.setting(PAGES)?.unwrap_or_default();
        for saved in saved {
            let known = pages.iter().any(|page| page.id == saved.id);
            if let (false, Some(token)) = (known, inbox.vault.open(&saved.token)) {
                pages.push(page(&saved.id, token));
            }
        }
        Ok(Connection {
            app_secret,
            verify_token,
            pages,
        })
    }

    pub fn page(&self, id: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == id)
    }

    /// The ids of our pages.
    pub fn page_ids(&self) -> Vec<String> {
        self.pages.iter().map(|page| page.id.clone()).collect()
    }
}
