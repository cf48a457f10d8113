//! Dates of the query language: a year, a month or a day, in UTC.

const DAY: i64 = 86_400_000;

/// The first moment of `2026`, `2026-03` or `2026-03-31` (also with slashes or dots), in
/// milliseconds since 1970. `None` if it is no date of the years 1000 to 9999.
pub fn start_of(text: &str) -> Option<i64> {
    let mut numbers = text.split(['-', '/', '.']).map(number);
    let year = numbers.next()?.filter(|y| (1000..=9999).contains(y))?;
    let month = numbers.next().unwrap_or(Some(1))?;
    let day = numbers.next().unwrap_or(Some(1))?;
    let valid = (1..=12).contains(&month) && (1..=month_length(year, month)).contains(&day);
    (valid && numbers.next().is_none()).then(|| days_since_1970(year, month, day) * DAY)
}

fn number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn month_length(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts days with the year beginning in March, so that the leap day is its last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_a_first_moment() {
        for (text, day) in [
            ("1970", 0),
            ("1970-01-02", 1),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2000-03-01", 11_017),
            ("2024-03", 19_783),
            ("2024/3/1", 19_783),
            ("2026-08-01", 20_666),
        ] {
            assert_eq!(start_of(text), Some(day * DAY), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_date() {
        for text in [
            "",
            "24",
            "2024-",
            "2024-00",
            "2024-13",
            "2024-04-31",
            "2023-02-29",
            "2024-1-1-1",
            "20240301",
            "today",
            "２０２４",
        ] {
            assert_eq!(start_of(text), None, "{text}");
        }
    }
}
