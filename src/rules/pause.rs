//! How long a Facebook page keeps silent after Meta asked it to slow down (errors 4 and 613): the limits
//! are the page's, so all its answers wait, not only the one that was refused.

use super::mail::Millis;

const MINUTE: Millis = 60_000;
/// The first pause, where Meta names no time.
const FIRST: Millis = 5 * MINUTE;
/// Pauses of our own double up to this.
const LONGEST: Millis = 60 * MINUTE;
/// What Meta may ask for at most: its limits count over a day.
const MOST_ASKED: Millis = 24 * 60 * MINUTE;

/// A page's silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    pub until: Millis,
    /// How long it was meant to be.
    pub length: Millis,
}

/// The pause that follows a refusal at `now`; `before` is the page's last one, `asked` the time Meta
/// itself named. Calls that were under way when the first was refused say nothing new.
pub fn after(before: Option<Pause>, now: Millis, asked: Option<Millis>) -> Pause {
    let under_way = before.filter(|pause| now < pause.until);
    let length = match (asked, before) {
        (Some(asked), _) => asked.clamp(MINUTE, MOST_ASKED),
        (None, Some(pause)) if under_way.is_some() => pause.length,
        // Refused again as soon as it spoke.
        (None, Some(pause)) if now < pause.until.saturating_add(pause.length) => {
            (pause.length * 2).clamp(FIRST, LONGEST)
        }
        (None, _) => FIRST,
    };
    match under_way {
        Some(pause) if asked.is_none() => pause,
        Some(pause) => Pause {
            until: pause.until.max(now + length),
            length,
        },
        None => Pause {
            until: now + length,
            length,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_700_000_000_000;

    #[test]
    #[rustfmt::skip] // a line per case
    fn pauses() {
        let since = |ago: Millis, minutes: Millis| {
            let length = minutes * MINUTE;
            Some(Pause { until: NOW - ago * MINUTE + length, length })
        };
        for (before, asked, minutes, why) in [
            (None, None, 5, "the first"),
            (since(1, 5), None, 4, "a call that was under way"),
            (since(6, 5), None, 10, "again, as soon as it spoke"),
            (since(11, 10), None, 20, "and again"),
            (since(61, 60), None, 60, "never longer than an hour"),
            (since(11, 5), None, 5, "long after the last"),
            (None, Some(19 * MINUTE), 19, "Meta names the time"),
            (since(1, 5), Some(19 * MINUTE), 19, "Meta knows better"),
            (None, Some(1), 1, "a minute at least"),
            (None, Some(Millis::MAX), 24 * 60, "a day at most"),
        ] {
            let pause = after(before, NOW, asked);
            assert_eq!((pause.until - NOW) / MINUTE, minutes, "{why}");
        }
    }
}
