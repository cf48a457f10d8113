//! How the chat presents itself on a site: one setting, made in the pages.

use super::settings::Setting;
use super::{Done, Refused, set_setting};
use crate::rules::office_hours::{self, Hours, Office, Span};
use casella_index::Tx;
use casella_index::model::Millis;
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Everything an admin may say about the chat. Empty texts stand for those of the catalogue, in each
/// visitor's language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatSettings {
    /// Of the button and of the visitor's own lines: `#rrggbb`.
    pub color: String,
    /// What greets who opens the chat; an empty line begins the next bubble.
    pub greeting: String,
    /// What stands there instead while nobody is.
    pub offline: String,
    /// The form at the end of the greeting.
    pub form: GreetingForm,
    pub ask_email: AskEmail,
    /// Answers nobody saw are mailed after so many minutes; 0 never.
    pub mail_after: u32,
    /// Sites that may embed the widget; `None` leaves it to the configuration.
    pub origins: Option<Vec<String>>,
    pub hours: OfficeHours,
    /// What sites sign their users with, sealed by the vault; `None` believes nobody.
    pub vouch_secret: Option<String>,
    /// The widget rings when an answer comes.
    pub sound: bool,
}

/// What a form block asks before the first line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GreetingForm {
    pub name: bool,
    pub email: bool,
    pub question: bool,
}

/// When the widget asks for an address by itself. An agent may always ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AskEmail {
    /// Only when an agent asks.
    Never,
    /// After the first line, when nobody is there.
    Offline,
    /// After the first line.
    #[default]
    After,
    /// Before the first line.
    First,
}

impl AskEmail {
    pub const ALL: [AskEmail; 4] = [
        AskEmail::Never,
        AskEmail::Offline,
        AskEmail::After,
        AskEmail::First,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            AskEmail::Never => "never",
            AskEmail::Offline => "offline",
            AskEmail::After => "after",
            AskEmail::First => "first",
        }
    }

    pub fn named(name: &str) -> Option<AskEmail> {
        AskEmail::ALL.into_iter().find(|way| way.as_str() == name)
    }
}

/// The office's week as it was typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfficeHours {
    /// Without it the office is always open.
    pub on: bool,
    /// An IANA name, e.g. `Europe/Rome`.
    pub time_zone: String,
    /// Monday first: `HH:MM` pairs of opening and closing.
    pub week: [Vec<(String, String)>; 7],
}

impl Default for OfficeHours {
    fn default() -> Self {
        let nine_to_six = || vec![("09:00".to_owned(), "18:00".to_owned())];
        OfficeHours {
            on: false,
            time_zone: "UTC".into(),
            week: std::array::from_fn(|day| if day < 5 { nine_to_six() } else { Vec::new() }),
        }
    }
}

impl Default for ChatSettings {
    fn default() -> Self {
        ChatSettings {
            color: "#3451e0".into(),
            greeting: String::new(),
            offline: String::new(),
            form: GreetingForm::default(),
            ask_email: AskEmail::default(),
            mail_after: 0,
            origins: None,
            hours: OfficeHours::default(),
            vouch_secret: None,
            sound: true,
        }
    }
}

impl Setting for ChatSettings {
    const NAME: &'static str = "chat";

    fn set(&self, tx: &mut Tx<'_>) -> Done {
        self.check()?;
        set_setting(tx, Self::NAME, serde_json::to_value(self).ok())
    }
}

impl ChatSettings {
    /// [`Refused::Invalid`] names what makes no sense.
    fn check(&self) -> Done {
        if !is_color(&self.color) {
            return Err(Refused::invalid(
                "color",
                "write it as #rrggbb, e.g. #3451e0",
            ));
        }
        if let Some(odd) = self.origins.iter().flatten().find(|o| !is_origin(o)) {
            let why = format!(
                "`{odd}` is no web site; write e.g. https://shop.example.com, or * for all"
            );
            return Err(Refused::invalid("origins", why));
        }
        self.hours.read().map(|_| ())
    }

    /// Whether somebody is expected at `now`, and when next.
    pub fn office(&self, now: Millis) -> Office {
        let hours = self.hours.read().ok().flatten();
        match (hours, Timestamp::from_millisecond(now)) {
            (Some(hours), Ok(now)) => office_hours::at(&hours, now),
            _ => Office::Open { until: None },
        }
    }

    /// How long an answer waits to be seen before it is mailed, in milliseconds; `None` for ever.
    pub fn mail_after(&self) -> Option<Millis> {
        (self.mail_after > 0).then(|| Millis::from(self.mail_after) * 60_000)
    }
}

impl OfficeHours {
    /// The hours as the rules take them; `None` while none are kept.
    ///
    /// # Errors
    /// [`Refused::Invalid`] for a zone nobody knows or a time that is none.
    pub fn read(&self) -> Done<Option<Hours>> {
        if !self.on {
            return Ok(None);
        }
        let zone = TimeZone::get(self.time_zone.trim())
            .map_err(|_| Refused::invalid("time_zone", "no time zone is called so"))?;
        let mut week: [Vec<Span>; 7] = Default::default();
        for (day, spans) in week.iter_mut().zip(&self.week) {
            for (open, close) in spans {
                day.push(span(open, close)?);
            }
        }
        Ok(Some(Hours { zone, week }))
    }
}

fn span(open: &str, close: &str) -> Done<Span> {
    let time = |text| {
        office_hours::time(text)
            .ok_or_else(|| Refused::invalid("hours", format!("`{text}` is no time; write HH:MM")))
    };
    let (open, close) = (time(open)?, time(close)?);
    // Midnight as the end means the day's end.
    if open >= close && close != Time::midnight() {
        return Err(Refused::invalid("hours", "a day closes before it opens"));
    }
    Ok(Span { open, close })
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()))
}

/// A source that `frame-ancestors` takes (CSP Level 3 section 2.3.1), and nothing that could end it.
fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .unwrap_or(text);
    text == "*"
        || !host.is_empty()
            && host.chars().all(|c| {
                c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '*' | '[' | ']')
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_named() {
        let usual = ChatSettings::default();
        let kept = OfficeHours {
            on: true,
            ..OfficeHours::default()
        };
        let with_hours = |hours| ChatSettings {
            hours,
            ..ChatSettings::default()
        };
        let nowhere = OfficeHours {
            time_zone: "Mars/Olympus".into(),
            ..kept.clone()
        };
        let mut never = kept.clone();
        never.week[0] = vec![("9".into(), "18:00".into())];
        let mut backwards = kept.clone();
        backwards.week[0] = vec![("18:00".into(), "09:00".into())];
        let sites = |site: &str| ChatSettings {
            origins: Some(vec![site.into()]),
            ..ChatSettings::default()
        };
        for (settings, field) in [
            (usual.clone(), None),
            (with_hours(kept), None),
            (with_hours(nowhere), Some("time_zone")),
            (with_hours(never), Some("hours")),
            (with_hours(backwards), Some("hours")),
            (sites("https://*.shop.example:8443"), None),
            (sites("*"), None),
            (sites("https://a.example; script-src *"), Some("origins")),
            (sites("javascript:alert(1)"), Some("origins")),
            (
                ChatSettings {
                    color: "red".into(),
                    ..usual
                },
                Some("color"),
            ),
        ] {
            let culprit = match settings.check() {
                Err(Refused::Invalid { field, .. }) => Some(field),
                _ => None,
            };
            assert_eq!(culprit, field, "{settings:?}");
        }
    }

    #[test]
    fn settings_of_an_older_version_keep_what_they_say() {
        let old: ChatSettings = serde_json::from_str(r##"{"color":"#aa0000"}"##).unwrap();
        assert_eq!(old.color, "#aa0000");
        assert_eq!((old.ask_email, old.mail_after()), (AskEmail::After, None));
    }
}
