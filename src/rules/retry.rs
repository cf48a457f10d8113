//! When an undelivered message is tried again, when people hear of it, and when we give up.
//!
//! TRUST.md R7: tries at 0, 1 m, 5 m, 15 m, 1 h, 2 h, 4 h and 8 h after the first, then every 8 h
//! until 5 days (RFC 5321 section 4.5.4.1 asks for 4-5 days). Waits are counted from now, never
//! from the beginning, so that a clock that jumps brings no storm of tries. Which recipient, which
//! server and what it said are not known here.

use super::mail::Millis;

const MINUTE: Millis = 60 * 1000;
const HOUR: Millis = 60 * MINUTE;

/// The waits between one try and the next; the last one repeats.
const WAITS: [Millis; 8] = [
    MINUTE,
    4 * MINUTE,
    10 * MINUTE,
    45 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
];

/// From here on the thread says that the message is late.
pub const NOTICE_AFTER: Millis = 4 * HOUR;

/// From here on nothing is tried again.
pub const GIVE_UP_AFTER: Millis = 5 * 24 * HOUR;

/// Each wait is lengthened by up to this share of itself, so that what failed together does not
/// come back together.
const JITTER: f64 = 0.1;

/// How a try ended, as far as the schedule cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A passing fault: 4xx, no connection, a time-out before the message was handed over.
    TryLater,
    /// A lasting one: 5xx.
    Refused,
    /// The whole message was sent and no answer came: it may or may not have arrived.
    Ambiguous,
}

/// What went before this try, itself included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// When the first try was made.
    pub first_at: Millis,
    /// How many were made, at least 1.
    pub made: u32,
    /// How many of them ended ambiguously.
    pub ambiguous: u32,
    /// Whether people were already told that it is late.
    pub noticed: bool,
}

/// What is to be done after a try that did not deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again then; with `notice`, say on the thread that it is late.
    Again { at: Millis, notice: bool },
    /// Tell the agent that it failed.
    Fail,
    /// Two ambiguous ends: a third copy would help nobody; tell the agent that it is not known
    /// whether it arrived.
    Unsure,
}

/// What follows a try that ended at `now`. `jitter` is a random value from 0 to 1.
pub fn next(end: End, tries: Tries, now: Millis, jitter: f64) -> Next {
    match end {
        End::Refused => Next::Fail,
        End::Ambiguous if tries.ambiguous > 1 => Next::Unsure,
        End::TryLater | End::Ambiguous => later(tries, now, jitter),
    }
}

fn later(tries: Tries, now: Millis, jitter: f64) -> Next {
    let last_try = tries.first_at.saturating_add(GIVE_UP_AFTER);
    if now >= last_try {
        return Next::Fail;
    }
    let at = now + wait(tries.made, jitter);
    Next::Again {
        // The last try is made at five days, neither earlier nor later.
        at: at.min(last_try.max(now + MINUTE)),
        notice: !tries.noticed && now - tries.first_at >= NOTICE_AFTER,
    }
}

fn wait(made: u32, jitter: f64) -> Millis {
    let place = (made.max(1) as usize - 1).min(WAITS.len() - 1);
    let wait = WAITS[place];
    wait + (wait as f64 * JITTER * jitter.clamp(0.0, 1.0)) as Millis
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = 1_700_000_000_000;

    fn tries(made: u32) -> Tries {
        Tries {
            first_at: START,
            made,
            ambiguous: 0,
            noticed: false,
        }
    }

    /// Tries until it is given up, on a clock that stands still but for the waits; minutes since the start.
    fn walk(end: End, jitter: f64) -> (Vec<Millis>, Next) {
        let mut at = START;
        let mut minutes = vec![0];
        loop {
            match next(end, tries(minutes.len() as u32), at, jitter) {
                Next::Again { at: then, .. } => {
                    at = then;
                    minutes.push((at - START) / MINUTE);
                }
                last => return (minutes, last),
            }
        }
    }

    #[test]
    fn a_passing_fault_is_tried_for_five_days() {
        let (minutes, last) = walk(End::TryLater, 0.0);
        assert_eq!(minutes[..8], [0, 1, 5, 15, 60, 120, 240, 480]);
        assert_eq!(minutes[8], 16 * 60);
        assert_eq!(minutes.last(), Some(&(5 * 24 * 60)));
        assert_eq!(minutes.len(), 22);
        assert_eq!(last, Next::Fail);
    }

    #[test]
    fn jitter_only_lengthens_and_never_past_the_end() {
        let (plain, _) = walk(End::TryLater, 0.0);
        let (jittered, _) = walk(End::TryLater, 1.0);
        assert!(
            plain
                .iter()
                .zip(&jittered)
                .all(|(plain, late)| late >= plain)
        );
        assert_eq!(jittered[1..4], [1, 5, 16]);
        assert_eq!(jittered.last(), Some(&(5 * 24 * 60)));
    }

    #[test]
    fn a_lasting_fault_fails_at_once() {
        assert_eq!(walk(End::Refused, 0.0), (vec![0], Next::Fail));
    }

    #[test]
    fn an_ambiguous_end_is_tried_once_more() {
        let once = Tries {
            ambiguous: 1,
            ..tries(1)
        };
        let twice = Tries {
            ambiguous: 2,
            ..tries(2)
        };
        let again = Next::Again {
            at: START + MINUTE,
            notice: false,
        };
        assert_eq!(next(End::Ambiguous, once, START, 0.0), again);
        assert_eq!(
            next(End::Ambiguous, twice, START + MINUTE, 0.0),
            Next::Unsure
        );
    }

    #[test]
    fn people_hear_of_it_once_after_four_hours() {
        let cases = [
            (4 * HOUR - 1, false, false),
            (4 * HOUR, false, true),
            (9 * HOUR, false, true),
            (9 * HOUR, true, false),
        ];
        for (late, noticed, expected) in cases {
            let tries = Tries {
                noticed,
                ..tries(7)
            };
            let Next::Again { notice, .. } = next(End::TryLater, tries, START + late, 0.0) else {
                panic!("given up after {late} ms");
            };
            assert_eq!(notice, expected, "{late} {noticed}");
        }
    }

    #[test]
    fn a_jumping_clock_brings_no_storm() {
        for jump in [-24 * HOUR, -HOUR, HOUR, 24 * HOUR] {
            let now = START + jump;
            let Next::Again { at, .. } = next(End::TryLater, tries(1), now, 0.0) else {
                panic!("given up after a jump of {jump} ms");
            };
            assert_eq!(at, now + MINUTE);
        }
    }
}
