//! Messenger's window: how long the business may still answer a person (Meta, send-messages page,
//! copy of 2026-09-11: 24 hours; with the approved HUMAN_AGENT feature 7 days).
//!
//! Counted from the person's last message or postback by Meta's own timestamp. The limits are given,
//! never built in, and Meta's refusal remains the last word.

use super::mail::Millis;

const HOUR: Millis = 3_600_000;

/// How long each way of answering lasts, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub standard: Millis,
    /// Only where the admin says that Meta approved the Human Agent feature for the app.
    pub human_agent: Option<Millis>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            standard: 24 * HOUR,
            human_agent: None,
        }
    }
}

impl Limits {
    /// The limits where Meta approved the Human Agent feature: 24 hours, then up to 7 days.
    pub fn with_human_agent() -> Self {
        Limits {
            human_agent: Some(7 * 24 * HOUR),
            ..Limits::default()
        }
    }
}

/// What may be sent now; `left` is in milliseconds and always above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// An ordinary answer (`RESPONSE`).
    Open { left: Millis },
    /// Only a person's own text, marked HUMAN_AGENT.
    HumanAgent { left: Millis },
    /// Closed at `since`.
    Closed { since: Millis },
    /// The person never wrote: nobody may be approached first.
    NeverOpened,
}

impl Window {
    /// When it closes or closed; `None` if it never opened. Sorts the list by what expires first.
    pub fn ends(self, now: Millis) -> Option<Millis> {
        match self {
            Window::Open { left } | Window::HumanAgent { left } => now.checked_add(left),
            Window::Closed { since } => Some(since),
            Window::NeverOpened => None,
        }
    }
}

/// The window at `now`. It locks at exactly the limit; a timestamp in the future (our clock or Meta's
/// is off) never gives more than the limit.
pub fn at(last_inbound: Option<Millis>, now: Millis, limits: Limits) -> Window {
    let Some(last) = last_inbound.filter(|&last| last > 0) else {
        return Window::NeverOpened;
    };
    let passed = now.saturating_sub(last).max(0);
    let left = |limit: Millis| limit.checked_sub(passed).filter(|&left| left > 0);
    if let Some(left) = left(limits.standard) {
        return Window::Open { left };
    }
    match limits.human_agent {
        Some(limit) => left(limit).map_or(
            Window::Closed {
                since: last.saturating_add(limit),
            },
            |left| Window::HumanAgent { left },
        ),
        None => Window::Closed {
            since: last.saturating_add(limits.standard),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // a line per case
    fn windows() {
        let plain = Limits::default();
        let human = Limits::with_human_agent();
        let short = Limits {
            standard: 10,
            human_agent: Some(20),
        };
        let t = 1_000_000_000_000;
        for (last, now, limits, expected) in [
            (None, t, plain, Window::NeverOpened),
            (Some(0), t, plain, Window::NeverOpened),
            (Some(t), t, plain, Window::Open { left: 24 * HOUR }),
            (Some(t), t + 24 * HOUR - 1, plain, Window::Open { left: 1 }),
            (Some(t), t + 24 * HOUR, plain, Window::Closed { since: t + 24 * HOUR, }),
            (Some(t), t + 24 * HOUR, human, Window::HumanAgent { left: 6 * 24 * HOUR, }),
            (Some(t), t + 7 * 24 * HOUR - 1, human, Window::HumanAgent { left: 1 }),
            (Some(t), t + 7 * 24 * HOUR, human, Window::Closed { since: t + 7 * 24 * HOUR, }),
            (Some(t), t + 9, short, Window::Open { left: 1 }),
            (Some(t), t + 10, short, Window::HumanAgent { left: 10 }),
            // Clocks that disagree.
            (Some(t + HOUR), t, plain, Window::Open { left: 24 * HOUR }),
            (Some(Millis::MAX), Millis::MIN, plain, Window::Open { left: 24 * HOUR }),
            (Some(1), Millis::MAX, plain, Window::Closed { since: 1 + 24 * HOUR, }),
        ] {
            assert_eq!(at(last, now, limits), expected, "last {last:?}, now {now}");
        }
    }
}
