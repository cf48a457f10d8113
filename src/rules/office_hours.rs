//! Office hours: whether somebody is expected to be there, and when next.
//!
//! The zone is given by the caller (reading the time zone database is I/O); the arithmetic is jiff's,
//! so that days of 23 and 25 hours come out right.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// From `open` until `close` of the same day, `close` excluded. Midnight as `close` means the day's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub open: Time,
    pub close: Time,
}

/// The week, Monday first, and where it is lived. A day without spans is closed; a week without any
/// means that no hours are kept.
#[derive(Debug, Clone)]
pub struct Hours {
    pub zone: TimeZone,
    pub week: [Vec<Span>; 7],
}

/// What holds at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Office {
    /// Somebody is there; closes at `until`, `None` where no hours are kept.
    Open { until: Option<Zoned> },
    /// Nobody is; `opens` is the next opening within a fortnight, if any.
    Closed { opens: Option<Zoned> },
}

impl Office {
    pub fn is_open(&self) -> bool {
        matches!(self, Office::Open { .. })
    }
}

/// Whether the office is open at `now`, and when that changes.
pub fn at(hours: &Hours, now: Timestamp) -> Office {
    if hours.week.iter().all(Vec::is_empty) {
        return Office::Open { until: None };
    }
    let now = now.to_zoned(hours.zone.clone());
    let spans = spans_from(hours, &now);
    match spans
        .iter()
        .find(|(open, close)| *open <= now && now < *close)
    {
        Some((_, close)) => Office::Open {
            until: Some(joined(&spans, close)),
        },
        None => Office::Closed {
            opens: spans
                .into_iter()
                .map(|(open, _)| open)
                .find(|open| *open > now),
        },
    }
}

/// Parses `HH:MM`; `24:00` is the day's end. `None` for anything else.
pub fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute) = (hour.parse().ok()?, minute.parse().ok()?);
    if (hour, minute) == (24, 0) {
        return Some(Time::midnight());
    }
    Time::new(hour, minute, 0, 0).ok()
}

/// The spans of today and the next fourteen days as moments, earliest first.
fn spans_from(hours: &Hours, now: &Zoned) -> Vec<(Zoned, Zoned)> {
    let days = (0..15).filter_map(|n| now.date().checked_add(n.days()).ok());
    let mut spans: Vec<_> = days.flat_map(|day| spans_of(hours, day)).collect();
    spans.sort_by(|a, b| a.0.cmp(&b.0));
    spans
}

fn spans_of(hours: &Hours, day: Date) -> Vec<(Zoned, Zoned)> {
    let spans = &hours.week[usize::from(day.weekday().since(Weekday::Monday).unsigned_abs()) % 7];
    spans
        .iter()
        .filter_map(|span| moments(&hours.zone, day, *span))
        .collect()
}

fn moments(zone: &TimeZone, day: Date, span: Span) -> Option<(Zoned, Zoned)> {
    let last = if span.close == Time::midnight() {
        day.tomorrow().ok()?
    } else {
        day
    };
    let open = day.to_datetime(span.open).to_zoned(zone.clone()).ok()?;
    let close = last.to_datetime(span.close).to_zoned(zone.clone()).ok()?;
    (open < close).then_some((open, close))
}

/// Where spans touch or overlap (until midnight, and on from there), the end of the last of them.
fn joined(spans: &[(Zoned, Zoned)], close: &Zoned) -> Zoned {
    spans.iter().fold(close.clone(), |end, (open, close)| {
        if *open <= end && *close > end {
            close.clone()
        } else {
            end
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz;

    fn week(spans: &[(usize, &str, &str)]) -> Hours {
        let mut week: [Vec<Span>; 7] = Default::default();
        for (day, open, close) in spans {
            week[*day].push(Span {
                open: time(open).unwrap(),
                close: time(close).unwrap(),
            });
        }
        Hours {
            zone: TimeZone::fixed(tz::offset(1)),
            week,
        }
    }

    fn told(office: Office) -> String {
        let written =
            |at: Option<Zoned>| at.map_or("-".into(), |at| at.strftime("%a %H:%M").to_string());
        match office {
            Office::Open { until } => format!("open until {}", written(until)),
            Office::Closed { opens } => format!("closed until {}", written(opens)),
        }
    }

    #[test]
    #[rustfmt::skip] // a line per case
    fn hours() {
        let nine_to_five = &[
            (0, "09:00", "13:00"),
            (0, "14:00", "17:00"),
            (4, "09:00", "17:00"),
        ][..];
        let round_the_clock: Vec<_> = (0..7).map(|day| (day, "00:00", "24:00")).collect();
        // 2026-11-23 is a Monday; the office lies one hour east of UTC.
        for (spans, now, expected) in [
            (nine_to_five, "2026-11-23T07:59:59Z", "closed until Mon 09:00"),
            (nine_to_five, "2026-11-23T08:00:00Z", "open until Mon 13:00"),
            (nine_to_five, "2026-11-23T12:00:00Z", "closed until Mon 14:00"),
            (nine_to_five, "2026-11-23T15:59:59Z", "open until Mon 17:00"),
            (nine_to_five, "2026-11-23T16:00:00Z", "closed until Fri 09:00"),
            (nine_to_five, "2026-11-22T23:30:00Z", "closed until Mon 09:00"),
            (&[(5, "22:00", "24:00"), (6, "00:00", "02:00")], "2026-11-28T22:00:00Z", "open until Sun 02:00"),
            (&[(5, "22:00", "24:00")], "2026-11-28T23:00:00Z", "closed until Sat 22:00"),
            (&[(0, "09:00", "09:00")], "2026-11-23T08:00:00Z", "closed until -"),
            (&[(0, "17:00", "09:00")], "2026-11-23T08:00:00Z", "closed until -"),
            (&[], "2026-11-23T08:00:00Z", "open until -"),
            (&round_the_clock, "2026-11-23T08:00:00Z", "open until Tue 00:00"),
        ] {
            assert_eq!(
                told(at(&week(spans), now.parse().unwrap())),
                expected,
                "{spans:?} {now}"
            );
        }
    }

    #[test]
    fn times() {
        for (text, read) in [
            ("09:30", true),
            (" 0:00 ", true),
            ("24:00", true),
            ("24:01", false),
            ("9", false),
            ("ab:cd", false),
            ("-1:00", false),
            ("", false),
        ] {
            assert_eq!(time(text).is_some(), read, "{text:?}");
        }
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        for now in [Timestamp::MIN, Timestamp::MAX] {
            at(&week(&[(0, "09:00", "24:00")]), now);
        }
    }
}
