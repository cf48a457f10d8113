//! The Date field (RFC 5322 section 3.3 and its obsolete forms), and the other ways dates are
//! written in mail. Nonsense is `None`: the time of arrival then orders the mail.

use crate::rules::mail::Millis;
use jiff::civil::DateTime;

/// No mail is older than this year, none known is newer than the other.
const YEARS: std::ops::RangeInclusive<i16> = 1971..=2100;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// The moment a date field names.
pub fn parse(value: &str) -> Option<Millis> {
    let value = without_comments(value);
    if let Some(millis) = iso(value.trim()) {
        return Some(millis);
    }
    let mut date = Pieces::default();
    for token in value
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|t| !t.is_empty())
    {
        date.take(token);
    }
    date.millis()
}

fn without_comments(value: &str) -> String {
    let mut depth = 0usize;
    let outside = |c: &char| {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    value.chars().filter(outside).collect()
}

/// ISO 8601, with a zone or in UTC.
fn iso(value: &str) -> Option<Millis> {
    let bytes = value.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let stamp = value.parse::<jiff::Timestamp>().map(|t| t.as_millisecond());
    let civil = || utc(value.trim_end_matches('Z').parse::<DateTime>().ok()?, 0);
    stamp.ok().filter(|ms| plausible(*ms)).or_else(civil)
}

fn plausible(millis: Millis) -> bool {
    let stamp = jiff::Timestamp::from_millisecond(millis).ok();
    stamp.is_some_and(|t| YEARS.contains(&t.to_zoned(jiff::tz::TimeZone::UTC).year()))
}

/// `minutes` is the zone's distance from UTC.
fn utc(civil: DateTime, minutes: i64) -> Option<Millis> {
    if !YEARS.contains(&civil.year()) {
        return None;
    }
    let stamp = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(stamp.as_millisecond() - minutes * 60_000)
}

/// What the tokens of a date said so far, in whatever order they came.
#[derive(Default)]
struct Pieces {
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
    time: Option<(i8, i8, i8)>,
    afternoon: Option<bool>,
    zone: Option<i64>,
}

impl Pieces {
    fn take(&mut self, token: &str) {
        if self.time.is_none()
            && let Some(time) = time(token)
        {
            self.time = Some(time);
        } else if let Some(month) = month(token) {
            self.month.get_or_insert(month);
        } else if self.time.is_some()
            && let Some(zone) = zone(token)
        {
            self.zone.get_or_insert(zone);
        } else if let Some(number) = number(token) {
            self.number(token, number);
        } else if token.eq_ignore_ascii_case("pm") || token.eq_ignore_ascii_case("am") {
            self.afternoon = Some(token.eq_ignore_ascii_case("pm"));
        } else if token.contains(['-', '/']) {
            self.dashed(token);
        }
    }

    /// The first small number is the day, the next the year (RFC 5322 section 4.3 for two digits).
    fn number(&mut self, token: &str, number: i16) {
        if self.day.is_none() && token.len() <= 2 {
            self.day = i8::try_from(number).ok();
        } else if self.year.is_none() {
            self.year = Some(match (token.len(), number) {
                (1 | 2, 0..=49) => 2000 + number,
                (1..=3, _) => 1900 + number,
                _ => number,
            });
        }
    }

    /// `5-Mar-2024`, `05-Mar-24`
    fn dashed(&mut self, token: &str) {
        for piece in token.split(['-', '/']) {
            match (month(piece), number(piece)) {
                (Some(month), _) => self.month = Some(month),
                (None, Some(n)) => self.number(piece, n),
                _ => {}
            }
        }
    }

    fn millis(self) -> Option<Millis> {
        let (mut hour, minute, second) = self.time.unwrap_or_default();
        match self.afternoon {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        // A leap second is the one after, as far as anybody here is concerned.
        let second = second.min(59);
        let civil =
            DateTime::new(self.year?, self.month?, self.day?, hour, minute, second, 0).ok()?;
        utc(civil, self.zone.unwrap_or(0))
    }
}

fn number(token: &str) -> Option<i16> {
    let token = token.trim_end_matches('.');
    let digits = token.bytes().all(|b| b.is_ascii_digit());
    (digits && (1..=4).contains(&token.len())).then(|| token.parse().ok())?
}

fn month(token: &str) -> Option<i8> {
    let head = token.get(..3)?.to_ascii_lowercase();
    if token.len() > 9 || !token.bytes().all(|b| b.is_ascii_alphabetic() || b == b'.') {
        return None;
    }
    let at = MONTHS.iter().position(|m| *m == head)?;
    i8::try_from(at + 1).ok()
}

/// `10:11:12`, `10:11`, `10.11.12`
fn time(token: &str) -> Option<(i8, i8, i8)> {
    let separator = if token.contains(':') { ':' } else { '.' };
    let mut parts = token.split(separator);
    let mut next = || {
        parts
            .next()
            .map(|p| p.get(..p.len().min(2))?.parse::<i8>().ok())
    };
    let (hour, minute) = (next()??, next()??);
    let second = match next() {
        Some(second) => second?,
        None if separator == ':' => 0,
        None => return None,
    };
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    fits.then_some((hour, minute, second))
}

/// Minutes east of UTC. Distances no place on Earth has count as UTC.
fn zone(token: &str) -> Option<i64> {
    let upper = token.to_ascii_uppercase();
    let named = |minutes: i64| Some(minutes * 60);
    match upper.as_str() {
        "UT" | "UTC" | "GMT" | "Z" | "WET" => return Some(0),
        "EST" | "CDT" => return named(-5),
        "EDT" => return named(-4),
        "CST" | "MDT" => return named(-6),
        "MST" | "PDT" => return named(-7),
        "PST" => return named(-8),
        "CET" | "MET" | "BST" | "WEST" => return named(1),
        "CEST" | "MEST" | "EET" => return named(2),
        "EEST" | "MSK" => return named(3),
        "JST" | "KST" => return named(9),
        "AEST" => return named(10),
        _ => {}
    }
    let offset = upper.trim_start_matches("GMT").trim_start_matches("UTC");
    let sign = match offset.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = offset[1..].chars().filter(|c| *c != ':').collect();
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: i64 = digits.parse().ok()?;
    let minutes = if digits.len() <= 2 {
        value * 60
    } else {
        value / 100 * 60 + value % 100
    };
    Some(if minutes > 14 * 60 { 0 } else { sign * minutes })
}

#[cfg(test)]
mod tests;
