//! An invitation to be read at a glance, from a calendar file of a mail.

use super::Words;
use crate::render::Millis;
use crate::rules::mail::{Address, Invite};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct InviteView {
    /// "Invitation", "Cancelled", "Anna accepts" ….
    pub label: String,
    pub title: String,
    /// When, where its zone is known: shown in the reader's own.
    pub starts: Option<Millis>,
    pub ends: Option<Millis>,
    /// It ends on the day it begins, the reader's.
    pub same_day: bool,
    /// When, as the file says it, otherwise.
    pub told: Option<String>,
    pub place: Option<String>,
    pub organizer: Option<String>,
}

impl InviteView {
    pub fn of(words: Words<'_>, invite: Invite) -> InviteView {
        let zone = invite.zone.as_deref();
        let starts = invite.starts.as_deref().and_then(|at| moment(at, zone));
        let ends = invite.ends.as_deref().and_then(|at| moment(at, zone));
        InviteView {
            label: label(words, &invite),
            told: told(&invite).filter(|_| starts.is_none()),
            same_day: starts
                .zip(ends)
                .is_some_and(|(a, b)| day(words, a) == day(words, b)),
            ends: ends.filter(|ends| starts.is_some_and(|starts| *ends > starts)),
            starts,
            title: invite.summary,
            place: invite.location,
            organizer: invite.organizer.as_ref().map(person),
        }
    }
}

fn label(words: Words<'_>, invite: &Invite) -> String {
    if let Some((who, answer)) = &invite.answer {
        let key = match answer.as_str() {
            "ACCEPTED" => "invite.accepted",
            "DECLINED" => "invite.declined",
            _ => "invite.answered",
        };
        return words.with(key, &[("who", &person(who))]);
    }
    words.t(match invite.method.as_str() {
        "REQUEST" => "invite.request",
        "CANCEL" => "invite.cancel",
        _ => "invite.event",
    })
}

/// A time of a day in a zone known by that name; days without a time are the same everywhere.
fn moment(at: &str, zone: Option<&str>) -> Option<Millis> {
    let at = DateTime::strptime("%Y-%m-%d %H:%M", at).ok()?;
    let zone = TimeZone::get(zone?).ok()?;
    Some(at.to_zoned(zone).ok()?.timestamp().as_millisecond())
}

fn day(words: Words<'_>, at: Millis) -> Option<Date> {
    let at = Timestamp::from_millisecond(at).ok()?;
    Some(at.to_zoned(words.voice.zone.clone()).date())
}

fn told(invite: &Invite) -> Option<String> {
    let mut told = invite.starts.clone()?;
    if let Some(ends) = invite.ends.as_ref().filter(|ends| **ends != told) {
        told = format!("{told} – {ends}");
    }
    Some(match &invite.zone {
        Some(zone) => format!("{told} ({zone})"),
        None => told,
    })
}

fn person(who: &Address) -> String {
    match who.name.is_empty() {
        true => who.address.clone(),
        false => who.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_a_known_zone_are_moments_and_others_words() {
        let nine = Some(1_796_115_600_000);
        assert_eq!(moment("2026-12-01 09:00", Some("UTC")), nine);
        assert_eq!(moment("2026-12-01 10:00", Some("Europe/Rome")), nine);
        assert_eq!(
            moment("2026-12-01 10:00", Some("W. Europe Standard Time")),
            None
        );
        assert_eq!(moment("2026-12-01 10:00", None), None);
        assert_eq!(moment("2026-12-01", Some("UTC")), None);
        let day = Invite {
            starts: Some("2026-12-01".into()),
            ends: Some("2026-12-02".into()),
            ..Invite::default()
        };
        assert_eq!(told(&day).as_deref(), Some("2026-12-01 – 2026-12-02"));
    }
}
