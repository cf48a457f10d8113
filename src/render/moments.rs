//! Moments as people say them: "5 min", "Yesterday", "22 Nov 2026, 15:41". Words come from the
//! catalogue; arithmetic from `jiff`, in the reader's zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{Catalogues, Language, Millis};

/// How a moment is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As short as a list needs: "now", "5 min", "3 h", "Mon", "22 Nov", "22 Nov 2024".
    Age,
    /// The hour only: "15:41".
    Hour,
    /// A day as a heading: "Today", "Yesterday", "Saturday, 22 November".
    Day,
    /// In full: "22 November 2026, 15:41".
    Full,
}

/// Tells `at` in words. Moments a calendar cannot hold are told as nothing.
pub fn tell(
    words: &Catalogues,
    language: Language,
    style: Style,
    at: Millis,
    now: Millis,
    zone: &TimeZone,
) -> String {
    let (Some(at_zoned), Some(now_zoned)) = (zoned(at, zone), zoned(now, zone)) else {
        return String::new();
    };
    let teller = Teller { words, language };
    match style {
        Style::Age => teller.age(&at_zoned, &now_zoned, now.saturating_sub(at)),
        Style::Hour => hour(&at_zoned),
        Style::Day => teller.day(at_zoned.date(), now_zoned.date()),
        Style::Full => teller.full(&at_zoned),
    }
}

/// The moment as RFC 3339 in UTC, for `datetime` attributes.
pub fn machine(at: Millis) -> String {
    Timestamp::from_millisecond(at).map_or_else(|_| String::new(), |t| t.to_string())
}

fn zoned(at: Millis, zone: &TimeZone) -> Option<Zoned> {
    let at = Timestamp::from_millisecond(at).ok()?;
    Some(at.to_zoned(zone.clone()))
}

fn hour(at: &Zoned) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

struct Teller<'a> {
    words: &'a Catalogues,
    language: Language,
}

impl Teller<'_> {
    fn word(&self, key: &str) -> String {
        self.words.text(self.language, key, |_| None)
    }

    fn counted(&self, key: &str, count: i64) -> String {
        self.words
            .text(self.language, key, |_| Some(count.to_string()))
    }

    /// The n-th (from 0) of a catalogue text that lists words.
    fn listed(&self, key: &str, n: usize) -> String {
        let words = self.word(key);
        words.split(' ').nth(n).unwrap_or_default().to_owned()
    }

    fn month(&self, key: &str, date: Date) -> String {
        self.listed(key, date.month() as usize - 1)
    }

    fn weekday(&self, key: &str, date: Date) -> String {
        self.listed(key, date.weekday().to_monday_zero_offset() as usize)
    }

    fn age(&self, at: &Zoned, now: &Zoned, elapsed: Millis) -> String {
        let (minute, hour, day) = (60_000, 3_600_000, 86_400_000);
        match elapsed {
            i64::MIN..60_000 => self.word("age.now"),
            _ if elapsed < hour => self.counted("age.minutes", elapsed / minute),
            _ if elapsed < day => self.counted("age.hours", elapsed / hour),
            _ if elapsed < 6 * day => self.weekday("calendar.weekdays_short", at.date()),
            _ => self.short_date(at.date(), now.date()),
        }
    }

    fn short_date(&self, date: Date, today: Date) -> String {
        let month = self.month("calendar.months_short", date);
        if date.year() == today.year() {
            format!("{} {month}", date.day())
        } else {
            format!("{} {month} {}", date.day(), date.year())
        }
    }

    fn day(&self, date: Date, today: Date) -> String {
        if date == today {
            return self.word("calendar.today");
        }
        if today.yesterday().is_ok_and(|y| y == date) {
            return self.word("calendar.yesterday");
        }
        let weekday = self.weekday("calendar.weekdays", date);
        let month = self.month("calendar.months", date);
        if date.year() == today.year() {
            format!("{weekday}, {} {month}", date.day())
        } else {
            format!("{weekday}, {} {month} {}", date.day(), date.year())
        }
    }

    fn full(&self, at: &Zoned) -> String {
        let month = self.month("calendar.months", at.date());
        format!("{} {month} {}, {}", at.day(), at.year(), hour(at))
    }
}
