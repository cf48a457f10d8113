//! What admins set in the pages, typed. Each is one row of the settings table; a missing or unreadable
//! row means the default. Secrets are sealed by the [`Vault`](super::keys::Vault).

use super::{Done, set_setting};
use crate::rules::office_hours::{Hours, Span};
use casella_index::{Rows, Tx};
use jiff::civil::Time;
use jiff::tz::TimeZone;
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

/// When the widget asks for an address by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AskEmail {
    /// Only when an agent asks.
    Never,
    #[default]
    Offline,
    /// Before the chat.
    First,
}

/// How the widget looks and what it says; empty texts stand for the catalogue's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Widget {
    /// `#rrggbb`.
    pub color: String,
    pub greeting: String,
    pub offline: String,
    pub ask_email: AskEmail,
    /// Minutes after which unseen answers are mailed; 0 never.
    pub mail_after: u32,
    /// Sites that may embed it, as CSP sources; empty for what the configuration says.
    pub origins: Vec<String>,
}

impl Default for Widget {
    fn default() -> Self {
        Widget {
            color: "#3451e0".into(),
            greeting: String::new(),
            offline: String::new(),
            ask_email: AskEmail::default(),
            mail_after: 0,
            origins: Vec::new(),
        }
    }
}

impl Setting for Widget {
    const NAME: &'static str = "widget";
}

/// Opening hours as typed: `HH:MM` each, Monday first; both empty on a closed day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfficeHours {
    pub on: bool,
    /// An IANA name, e.g. `Europe/Rome`.
    pub time_zone: String,
    pub week: [(String, String); 7],
}

impl Setting for OfficeHours {
    const NAME: &'static str = "office_hours";
}

impl OfficeHours {
    /// For the rule; `None` while no hours are kept or something in them makes no sense.
    pub fn hours(&self) -> Option<Hours> {
        let zone = TimeZone::get(&self.time_zone).ok().filter(|_| self.on)?;
        let mut week: [Vec<Span>; 7] = Default::default();
        for (day, (from, to)) in week.iter_mut().zip(&self.week) {
            if !from.is_empty() || !to.is_empty() {
                day.push(span(from, to)?);
            }
        }
        Some(Hours { zone, week })
    }
}

fn span(from: &str, to: &str) -> Option<Span> {
    let time = |text: &str| Time::strptime("%H:%M", text).ok();
    let (open, close) = (time(from)?, time(to)?);
    // Midnight as the end means the day's end.
    (open < close || close == Time::midnight()).then_some(Span { open, close })
}

/// A Facebook page connected in the pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FacebookPage {
    pub id: String,
    pub name: String,
    /// Sealed.
    pub token: String,
    /// Why it must be reconnected, since Meta said so.
    pub broken: Option<String>,
}

/// What was set about Messenger in the pages, beside the configuration file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Messenger {
    pub pages: Vec<FacebookPage>,
    /// Sealed; empty where none was set.
    pub app_secret: String,
    /// What Meta's handshake must bring; made when the settings page is first opened.
    pub verify_token: String,
    pub human_agent: bool,
}

impl Setting for Messenger {
    const NAME: &'static str = "messenger";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_kept_only_if_they_make_sense() {
        let day = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let kept = |on, zone: &str, monday| {
            let hours = OfficeHours {
                on,
                time_zone: zone.to_owned(),
                week: std::array::from_fn(|n| if n == 0 { monday } else { ("", "") })
                    .map(|(from, to)| day(from, to)),
            };
            hours.hours().map(|hours| hours.week[0].len())
        };
        assert_eq!(kept(true, "Europe/Rome", ("09:00", "18:00")), Some(1));
        assert_eq!(kept(true, "Europe/Rome", ("09:00", "00:00")), Some(1));
        assert_eq!(kept(true, "Europe/Rome", ("", "")), Some(0));
        assert_eq!(kept(false, "Europe/Rome", ("09:00", "18:00")), None);
        assert_eq!(kept(true, "Europe/Roma", ("09:00", "18:00")), None);
        assert_eq!(kept(true, "Europe/Rome", ("18:00", "09:00")), None);
        assert_eq!(kept(true, "Europe/Rome", ("9", "18:00")), None);
        assert_eq!(kept(true, "Europe/Rome", ("09:00", "")), None);
    }
}
