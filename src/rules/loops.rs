//! Machines that answer each other: what came back to us, and when our own automations fall silent
//! (MAIL.md A4, B6; TRUST.md "Loops"; RFC 3834).

use super::mail::{Mail, Millis};

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;
/// A mail that passed more relays than this goes round in circles (RFC 5321 section 6.3).
const MOST_HOPS: usize = 25;
/// Automatic answers to one address or conversation in a day.
const MOST_A_DAY: usize = 5;

/// How far back automatic answers count.
pub const LOOKED_BACK: Millis = DAY;

/// The header that marks what our automations send; its value is the inbox address.
pub const LOOP_HEADER: &str = "X-Casella-Loop";

/// Why a mail is our own, come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameBack {
    /// It passed too many relays.
    Hops,
    /// It bears our loop header with this inbox in it.
    Marked,
}

/// Whether this mail goes in circles. `inbox` is the address it came to.
pub fn came_back(mail: &Mail, inbox: &str) -> Option<CameBack> {
    if mail.headers_named("Received").nth(MOST_HOPS).is_some() {
        return Some(CameBack::Hops);
    }
    let marked = mail
        .headers_named(LOOP_HEADER)
        .any(|value| value.trim().eq_ignore_ascii_case(inbox));
    marked.then_some(CameBack::Marked)
}

/// An automatic answer we sent before, to this address or into this conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub at: Millis,
    /// Whether it went into the conversation in question (not only to the same address).
    pub same_conversation: bool,
    /// Whether its text equals the one about to be sent.
    pub same_text: bool,
}

/// Whether one more automatic answer may go out at `now`: at most one an hour in a conversation,
/// five a day, and never the same text twice within an hour.
pub fn may_answer(sent: &[Sent], now: Millis) -> bool {
    let within = |past: &Sent, span: Millis| now.saturating_sub(past.at) < span;
    let today = sent.iter().filter(|past| within(past, DAY)).count();
    let this_hour = sent
        .iter()
        .any(|past| within(past, HOUR) && (past.same_conversation || past.same_text));
    today < MOST_A_DAY && !this_hour
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::mail::Header;

    fn mail(headers: &[(&str, &str)]) -> Mail {
        let headers = headers
            .iter()
            .map(|(n, v)| Header {
                name: n.to_string(),
                value: v.to_string(),
            })
            .collect();
        Mail {
            headers,
            ..Mail::default()
        }
    }

    #[test]
    fn what_came_back() {
        assert_eq!(came_back(&mail(&[("Received", "a")]), "inbox@x"), None);
        assert_eq!(came_back(&mail(&[("Received", "a"); 25]), "inbox@x"), None);
        assert_eq!(
            came_back(&mail(&[("Received", "a"); 26]), "inbox@x"),
            Some(CameBack::Hops)
        );
        assert_eq!(
            came_back(&mail(&[("x-casella-loop", " Inbox@X ")]), "inbox@x"),
            Some(CameBack::Marked)
        );
        assert_eq!(
            came_back(&mail(&[("X-Casella-Loop", "other@x")]), "inbox@x"),
            None,
            "another Casella's mark"
        );
    }

    #[test]
    fn automations_fall_silent() {
        let sent = |at, same_conversation, same_text| Sent {
            at,
            same_conversation,
            same_text,
        };
        let now = 100 * DAY;
        for (past, may, why) in [
            (vec![], true, "the first"),
            (
                vec![sent(now - HOUR + 1, true, false)],
                false,
                "one an hour in a conversation",
            ),
            (
                vec![sent(now - HOUR, true, true)],
                true,
                "an hour has passed",
            ),
            (
                vec![sent(now - 1, false, true)],
                false,
                "the same text elsewhere",
            ),
            (
                vec![sent(now - 1, false, false)],
                true,
                "another text, another conversation",
            ),
            (
                vec![sent(now - 2 * HOUR, false, false); 5],
                false,
                "five a day",
            ),
            (
                vec![sent(now - DAY, true, true); 50],
                true,
                "yesterday's are forgotten",
            ),
            (
                vec![sent(now + DAY, true, true)],
                false,
                "a clock that jumped keeps us silent",
            ),
        ] {
            assert_eq!(may_answer(&past, now), may, "{why}");
        }
    }
}
