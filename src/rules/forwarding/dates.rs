//! Dates as mail programs write them into bodies, in whatever language and order.
//!
//! Lenient, and silent where it would have to guess: `3/5/2023` without a hint is no date. With the
//! outer mail's own date at hand it mostly is one: of the two days one lies after it, or far before.

use std::sync::LazyLock;

use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use regex::{Captures, Regex};

use super::months::month;
use crate::rules::mail::Millis;
use crate::rules::quoting::lines::{fold, stands_alone};

/// What the rest of the block tells of the program's language.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint {
    /// Its labels are not English ones: days stand before months.
    pub day_first: bool,
    /// Its labels are Croatian, where three month names mean others than next door.
    pub croatian: bool,
    /// Its labels are Korean: `23.05.03` begins with the year.
    pub year_first: bool,
    /// When the mail that quotes the date was sent: the date is not later.
    pub sent: Option<Millis>,
}

/// A day that two numbers may both name is the one that close before the mail was sent.
const CLOSE: Millis = 14 * 24 * 3_600_000;

fn pattern(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

static EAST: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]"));
static YEAR_FIRST: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?:^|\D)(\d{4}) ?[-/.] ?(\d{1,2}) ?[-/.] ?(\d{1,2})(?:\D|$)"));
static YEAR_LAST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?:^|\D)(\d{1,2}) ?([-/.]) ?(\d{1,2}) ?[-/.] ?(\d{4}|\d{2})(?:\D|$)")
});
static VIETNAMESE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(\d{1,2}) (?:tháng|thg) (\d{1,2}),? (?:năm )?(\d{4})"));
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?:^|[^\d.])(\d{1,2}) ?[:.h時时点시] ?(\d{2})(?: ?[:.分분] ?(\d{1,2}))?(?:\D|$)")
});
static OFFSET: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?:utc|gmt|\s|:\d{2})\s?([+\-−])(\d{1,2}):?(\d{2})?(?:\D|$)"));

fn captures<'t>(pattern: &LazyLock<Option<Regex>>, text: &'t str) -> Option<Captures<'t>> {
    pattern.as_ref()?.captures(text)
}

/// The instant a date names; without a zone it is UTC. `None` if it is none, incomplete or ambiguous.
pub fn parse(value: &str, hint: Hint) -> Option<Millis> {
    let text: String = fold(value).chars().take(200).collect();
    let (date, rest) = day(&text, hint)?;
    let (hour, minute, second) = time_of_day(&rest);
    let time = civil::Time::new(hour, minute, second, 0).ok()?;
    let zone = TimeZone::fixed(Offset::from_seconds(offset(&rest)).ok()?);
    let instant = date.to_datetime(time).to_zoned(zone).ok()?;
    Some(instant.timestamp().as_millisecond())
}

/// The day, and the text without it.
fn day(text: &str, hint: Hint) -> Option<(civil::Date, String)> {
    for eastern in [&EAST, &YEAR_FIRST] {
        if let Some(found) = captures(eastern, text) {
            return Some((
                date(&found[1], &found[2], &found[3])?,
                without(text, &found),
            ));
        }
    }
    if let Some(found) = captures(&VIETNAMESE, text) {
        return Some((
            date(&found[3], &found[2], &found[1])?,
            without(text, &found),
        ));
    }
    // Two digits may as well be the seconds of "14.25.08".
    let numeric = captures(&YEAR_LAST, text);
    let four_digits = numeric.as_ref().is_some_and(|found| found[4].len() == 4);
    if !four_digits && let Some(named) = named_month(text, hint.croatian) {
        return Some(named);
    }
    let found = numeric?;
    if hint.year_first && found[4].len() == 2 {
        return Some((
            date(&found[1], &found[3], &found[4])?,
            without(text, &found),
        ));
    }
    let (day, month) = ordered(&found[1], &found[3], &found[2], text, hint)
        .or_else(|| nearest(&found[1], &found[3], &found[4], hint.sent?))?;
    Some((date(&found[4], month, day)?, without(text, &found)))
}

fn without(text: &str, found: &Captures) -> String {
    let range = found.get(0).map_or(0..0, |whole| whole.range());
    let last = &text[range.clone()];
    // The character after the date belongs to what follows it.
    let tail = last.chars().next_back().filter(|c| !c.is_ascii_digit());
    let end = range.end - tail.map_or(0, char::len_utf8);
    format!("{} {}", &text[..range.start], &text[end..])
}

/// Which of two numbers is the day.
fn ordered<'n>(
    first: &'n str,
    second: &'n str,
    mark: &str,
    text: &str,
    hint: Hint,
) -> Option<(&'n str, &'n str)> {
    let (a, b): (u8, u8) = (first.parse().ok()?, second.parse().ok()?);
    let american = [
        " est", " edt", " pst", " pdt", " cst", " cdt", " mst", " mdt",
    ]
    .iter()
    .any(|zone| text.contains(zone));
    if a > 12 || mark == "." || a == b || hint.day_first {
        Some((first, second))
    } else if b > 12 || american {
        Some((second, first))
    } else {
        None
    }
}

/// Which of two numbers is the day, by when the mail around was sent.
fn nearest<'n>(
    first: &'n str,
    second: &'n str,
    year: &str,
    sent: Millis,
) -> Option<(&'n str, &'n str)> {
    let age = |day: &str, month: &str| {
        let noon = date(year, month, day)?.at(0, 0, 0, 0);
        let noon = noon.to_zoned(TimeZone::UTC).ok()?;
        // Somewhere it is tomorrow already.
        let age = sent - noon.timestamp().as_millisecond() + CLOSE / 14;
        (age >= 0).then_some(age)
    };
    match (age(first, second), age(second, first)) {
        (Some(_), None) => Some((first, second)),
        (None, Some(_)) => Some((second, first)),
        (Some(a), Some(b)) if a <= CLOSE && b > CLOSE => Some((first, second)),
        (Some(a), Some(b)) if b <= CLOSE && a > CLOSE => Some((second, first)),
        _ => None,
    }
}

fn date(year: &str, month: &str, day: &str) -> Option<civil::Date> {
    let mut year: i16 = year.parse().ok()?;
    if year < 100 {
        year += 2000;
    }
    // The Thai calendar counts from 543 years earlier.
    if (2500..2700).contains(&year) {
        year -= 543;
    }
    let plausible = (1970..2200).contains(&year);
    civil::Date::new(year, month.parse().ok()?, day.parse().ok()?)
        .ok()
        .filter(|_| plausible)
}

/// "3 May 2023", "May 3, 2023", "2023. május 3.", with words like "de" between.
fn named_month(text: &str, croatian: bool) -> Option<(civil::Date, String)> {
    let spans = words(text);
    let words: Vec<&str> = spans.iter().map(|&(from, to)| &text[from..to]).collect();
    let year = words.iter().position(|word| is_year(word))?;
    let months: Vec<(usize, u8)> = words
        .iter()
        .enumerate()
        .filter_map(|(at, word)| Some((at, month(unprefixed(word), croatian)?)))
        .collect();
    // "mar. 3 mai 2023": of two months the one with its day before it is the month.
    let before = || {
        months.iter().find_map(|&(at, month)| {
            let day_at = day_before(&words, at)?;
            Some((month, day_at, day_number(words[day_at])?))
        })
    };
    let after = || {
        months
            .iter()
            .find_map(|&(at, month)| Some((month, at + 1, day_number(words.get(at + 1)?)?)))
    };
    let (month, day_at, day) = before().or_else(after)?;
    let date = date(digits(words[year]), &month.to_string(), &day.to_string())?;
    let mut rest = text.to_owned();
    for (from, to) in [spans[year], spans[day_at]] {
        let to = to + usize::from(rest[to..].starts_with('.'));
        rest.replace_range(from..to, &" ".repeat(to - from));
    }
    Some((date, rest))
}

/// Where the words stand, without the marks around them.
fn words(text: &str) -> Vec<(usize, usize)> {
    let splits = |c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '،' | '/' | '-');
    let mark = |c: char| matches!(c, '.' | '\'' | '׳' | '’' | ';');
    let mut from = 0;
    let mut spans = Vec::new();
    for piece in text.split_inclusive(splits) {
        let word = piece.trim_end_matches(splits);
        let inner = word.trim_start_matches(mark);
        let start = from + word.len() - inner.len();
        let inner = inner.trim_end_matches(mark);
        if !inner.is_empty() {
            spans.push((start, start + inner.len()));
        }
        from += piece.len();
    }
    spans
}

/// The month without the preposition written onto it (Hebrew, Catalan).
fn unprefixed(word: &str) -> &str {
    ["ב", "d’", "d'"]
        .iter()
        .find_map(|prefix| word.strip_prefix(prefix))
        .unwrap_or(word)
}

fn is_year(word: &str) -> bool {
    let number = digits(word);
    number.len() == 4
        && (number.starts_with("19") || number.starts_with("20") || number.starts_with("25"))
}

/// The digits a word begins with.
fn digits(word: &str) -> &str {
    let end = word
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(word.len());
    &word[..end]
}

/// Where the day stands before the month.
fn day_before(words: &[&str], month: usize) -> Option<usize> {
    let last = month.checked_sub(1)?;
    let joined = matches!(words[last], "de" | "d" | "of" | "da" | "den" | "ta");
    let day = if joined { last.checked_sub(1)? } else { last };
    day_number(words[day]).map(|_| day)
}

/// `3`, `3.`, `3rd`, `1er`, `3º`; not an hour, not a year.
fn day_number(word: &str) -> Option<u8> {
    let number = digits(word);
    let rest = &word[number.len()..];
    let ordinal = matches!(
        rest,
        "" | "." | "st" | "nd" | "rd" | "th" | "er" | "º" | "°" | "e"
    );
    number
        .parse()
        .ok()
        .filter(|day| ordinal && (1..=31).contains(day))
}

fn time_of_day(text: &str) -> (i8, i8, i8) {
    let Some(found) = captures(&TIME, text) else {
        return (0, 0, 0);
    };
    let number = |n: usize| {
        found
            .get(n)
            .and_then(|part| part.as_str().parse().ok())
            .unwrap_or(0)
    };
    let (hour, minute, second): (i8, i8, i8) = (number(1), number(2), number(3));
    let end = found.get(3).or(found.get(2)).map_or(0, |part| part.end());
    let hour = match half_of_day(text, &text[end..]) {
        Some(Half::Before) if hour == 12 => 0,
        Some(Half::After) if hour < 12 => hour + 12,
        _ => hour,
    };
    if hour > 23 || minute > 59 || second > 60 {
        return (0, 0, 0);
    }
    (hour, minute, second.min(59))
}

enum Half {
    Before,
    After,
}

/// Before noon or after, as said right after the time, or in the East anywhere.
fn half_of_day(text: &str, after_time: &str) -> Option<Half> {
    const AFTER: &[&str] = &["pm", "p.m", "p. m", "μ.μ", "μμ", "ös", "ch", "م", "nachm"];
    const BEFORE: &[&str] = &["am", "a.m", "a. m", "π.μ", "πμ", "öö", "sa", "ص", "vorm"];
    let tail = after_time.trim_start();
    let next = |marks: &[&str]| {
        marks
            .iter()
            .any(|mark| tail.starts_with(mark) && stands_alone(tail, 0, mark.len()))
    };
    let anywhere = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    if next(AFTER) || anywhere(&["午後", "下午", "晚上", "오후"]) {
        Some(Half::After)
    } else if next(BEFORE) || anywhere(&["午前", "上午", "早上", "凌晨", "오전"]) {
        Some(Half::Before)
    } else {
        None
    }
}

/// Seconds east of Greenwich.
fn offset(text: &str) -> i32 {
    if let Some(found) = captures(&OFFSET, text) {
        let digits = &found[2];
        let minutes = found.get(3).map_or("0", |m| m.as_str());
        let hours: i32 = digits.parse().unwrap_or(0);
        let minutes: i32 = minutes.parse().unwrap_or(0);
        let seconds = hours * 3600 + minutes * 60;
        let east = &found[1] == "+";
        return if hours > 14 {
            0
        } else if east {
            seconds
        } else {
            -seconds
        };
    }
    const ZONES: &[(&str, i32)] = &[
        ("est", -5),
        ("edt", -4),
        ("cst", -6),
        ("cdt", -5),
        ("mst", -7),
        ("mdt", -6),
        ("pst", -8),
        ("pdt", -7),
        ("akst", -9),
        ("hst", -10),
        ("bst", 1),
        ("cet", 1),
        ("cest", 2),
        ("mez", 1),
        ("mesz", 2),
        ("eet", 2),
        ("eest", 3),
        ("west", 1),
        ("msk", 3),
        ("jst", 9),
        ("kst", 9),
        ("aest", 10),
        ("aedt", 11),
        ("nzst", 12),
        ("nzdt", 13),
        ("brt", -3),
        ("trt", 3),
        ("sast", 2),
        ("hkt", 8),
        ("sgt", 8),
    ];
    let named = text
        .split(|c: char| !c.is_alphabetic())
        .find_map(|word| ZONES.iter().find(|(zone, _)| *zone == word));
    named.map_or(0, |(_, hours)| hours * 3600)
}
