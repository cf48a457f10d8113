//! What admins set in the pages, typed. Each is one row of the settings table; a missing or unreadable
//! row means the default. Secrets are sealed by the [`Vault`](super::keys::Vault).

use super::{Done, set_setting};
use casella_index::model::Millis;
use casella_index::{Rows, Tx};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A setting with a name of its own.
pub trait Setting: Serialize + DeserializeOwned + Default {
    const NAME: &'static str;

    /// As it is now.
    ///
    /// # Errors
    /// The store's.
    fn get(rows: &impl Rows) -> Done<Self> {
        Ok(rows.setting(Self::NAME)?.unwrap_or_default())
    }

    /// Sets it.
    ///
    /// # Errors
    /// The store's.
    fn set(&self, tx: &mut Tx<'_>) -> Done {
        // Structs of texts and numbers always serialise.
        set_setting(tx, Self::NAME, serde_json::to_value(self).ok())
    }
}

/// A Facebook page connected in the pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FacebookPage {
    pub id: String,
    pub name: String,
    /// Sealed.
    pub token: String,
}

/// How Meta found a page at the last look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PageHealth {
    /// Meta's id of the page.
    pub page: String,
    /// When it was last asked.
    pub at: Millis,
    /// Why it must be reconnected: a key below `messenger.error.`.
    pub broken: Option<String>,
    /// Fields the page should be subscribed to and is not.
    pub missing: Vec<String>,
    /// Why Meta could not be asked at the newest try; the rest is as it was found before.
    pub unreached: Option<String>,
}

/// The health of every page, of the file's and of the settings'.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessengerHealth {
    pub pages: Vec<PageHealth>,
}

impl MessengerHealth {
    pub fn of(&self, page: &str) -> Option<&PageHealth> {
        self.pages.iter().find(|health| health.page == page)
    }

    /// Nothing is known of the page any more: it has another token, or is gone.
    pub fn forget(&mut self, page: &str) {
        self.pages.retain(|health| health.page != page);
    }
}

impl Setting for MessengerHealth {
    const NAME: &'static str = "messenger_health";
}

/// A page that Meta asked to slow down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PagePause {
    pub page: String,
    pub until: Millis,
    /// How long it was meant to be: the next may be longer.
    pub length: Millis,
    /// Why: a key below `messenger.error.`.
    pub key: String,
}

/// The last pause of every page that had one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessengerPauses {
    pub pages: Vec<PagePause>,
}

impl MessengerPauses {
    pub fn of(&self, page: &str) -> Option<&PagePause> {
        self.pages.iter().find(|pause| pause.page == page)
    }
}

impl Setting for MessengerPauses {
    const NAME: &'static str = "messenger_pauses";
}

/// What was set about Messenger in the pages, beside the configuration file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Messenger {
    pub pages: Vec<FacebookPage>,
    /// Meta's number of the app; empty where none was set.
    pub app_id: String,
    /// Sealed; empty where none was set.
    pub app_secret: String,
    /// What Meta's handshake must bring; made when the settings page is first opened.
    pub verify_token: String,
    pub human_agent: bool,
}

impl Setting for Messenger {
    const NAME: &'static str = "messenger";
}
