//! Meta's errors: what each means to an agent, and what to do about it (MESSENGER.md, "Send API").

use crate::clock::Millis;
use serde_json::Value;

/// What to do after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Over: this message will never go.
    GiveUp,
    /// The window is closed, or the person blocked us: the composer locks until they write again.
    Lock,
    /// Another app holds the thread: over for this message, and the thread says so.
    Elsewhere,
    /// Try again later, by the outbox's schedule.
    Later,
    /// Slow down, then try again.
    BackOff,
    /// The page must be reconnected: hold the queue and tell the admins.
    Reconnect,
}

/// An error of the Graph. `key` names its plain sentence below `messenger.error.` in the catalogues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub code: i64,
    pub subcode: i64,
    pub key: &'static str,
    pub remedy: Remedy,
    /// Meta's own words, for the log and the details.
    pub words: String,
    /// How long the page is slowed down, where Meta says so.
    pub regain: Option<Millis>,
}

impl Trouble {
    /// It says nothing lasting about the page.
    pub fn is_passing(&self) -> bool {
        matches!(self.remedy, Remedy::Later | Remedy::BackOff)
    }
}

/// Reads an error answer.
pub fn read(status: u16, answer: &Value) -> Trouble {
    let error = &answer["error"];
    let number = |key: &str| {
        error[key]
            .as_i64()
            .or_else(|| error[key].as_str()?.parse().ok())
            .unwrap_or(0)
    };
    let (code, subcode) = (number("code"), number("error_subcode"));
    let (key, remedy) = match judge(status, code, subcode) {
        // What Meta itself calls passing, where nothing better is known.
        ("refused", _) if error["is_transient"] == true => ("passing", Remedy::Later),
        judged => judged,
    };
    let words = error["message"]
        .as_str()
        .unwrap_or_default()
        .chars()
        .take(300)
        .collect();
    Trouble {
        code,
        subcode,
        key,
        remedy,
        words,
        regain: None,
    }
}

/// The subcode tells more than the code; the code more than the status.
fn judge(status: u16, code: i64, subcode: i64) -> (&'static str, Remedy) {
    use Remedy::{BackOff, Elsewhere, GiveUp, Later, Lock, Reconnect};
    match (code, subcode) {
        (_, 2018278 | 2018065 | 2534022) => ("window_closed", Lock),
        (_, 1893061) => ("tag_retired", GiveUp),
        (551, _) | (_, 1545041) | (10, 2018108) => ("person_unavailable", Lock),
        (100, 2018001 | 33) => ("not_of_this_page", GiveUp),
        (_, 2018008) => ("file_unfetched", GiveUp),
        (_, 2018047) => ("file_kind", GiveUp),
        (_, 2018109) => ("file_too_big", GiveUp),
        (_, 2018294) => ("file_slow", GiveUp),
        (_, 2018074) => ("file_expired", Later),
        (190, _) => ("reconnect", Reconnect),
        (_, 1893063) => ("page_restricted", Reconnect),
        (_, 2018300 | 2018321) => ("held_elsewhere", Elsewhere),
        (_, 2018338) => ("abuse_warning", BackOff),
        (4 | 613, _) => ("rate_limited", BackOff),
        (200 | 230, _) | (_, 2018028) => ("permission_missing", Reconnect),
        (1 | 2 | 1200, _) => ("passing", Later),
        _ if status >= 500 => ("passing", Later),
        _ => ("refused", GiveUp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_error_of_the_table_has_its_sentence_and_its_behaviour() {
        let cases = [
            (10, 2018278, "window_closed", Remedy::Lock),
            (100, 2018065, "window_closed", Remedy::Lock),
            (100, 2534022, "window_closed", Remedy::Lock),
            (100, 1893061, "tag_retired", Remedy::GiveUp),
            (551, 0, "person_unavailable", Remedy::Lock),
            (551, 1545041, "person_unavailable", Remedy::Lock),
            (200, 1545041, "person_unavailable", Remedy::Lock),
            (10, 2018108, "person_unavailable", Remedy::Lock),
            (100, 2018001, "not_of_this_page", Remedy::GiveUp),
            (100, 33, "not_of_this_page", Remedy::GiveUp),
            (100, 2018008, "file_unfetched", Remedy::GiveUp),
            (100, 2018047, "file_kind", Remedy::GiveUp),
            (100, 2018109, "file_too_big", Remedy::GiveUp),
            (100, 2018294, "file_slow", Remedy::GiveUp),
            (100, 2018074, "file_expired", Remedy::Later),
            (190, 460, "reconnect", Remedy::Reconnect),
            (190, 463, "reconnect", Remedy::Reconnect),
            (200, 0, "permission_missing", Remedy::Reconnect),
            (200, 2018028, "permission_missing", Remedy::Reconnect),
            (230, 0, "permission_missing", Remedy::Reconnect),
            (10, 1893063, "page_restricted", Remedy::Reconnect),
            (10, 2018300, "held_elsewhere", Remedy::Elsewhere),
            (10, 2018321, "held_elsewhere", Remedy::Elsewhere),
            (4, 0, "rate_limited", Remedy::BackOff),
            (613, 0, "rate_limited", Remedy::BackOff),
            (613, 2018338, "abuse_warning", Remedy::BackOff),
            (1, 0, "passing", Remedy::Later),
            (2, 0, "passing", Remedy::Later),
            (1200, 0, "passing", Remedy::Later),
            (99_999, 7, "refused", Remedy::GiveUp),
        ];
        for (code, subcode, key, remedy) in cases {
            let answer =
                json!({"error": {"code": code, "error_subcode": subcode, "message": "words"}});
            let trouble = read(400, &answer);
            assert_eq!(
                (trouble.key, trouble.remedy),
                (key, remedy),
                "{code}/{subcode}"
            );
        }
        let transient = json!({"error": {"code": 99_999, "is_transient": true}});
        assert_eq!(read(400, &transient).remedy, Remedy::Later);
        assert_eq!(
            read(502, &Value::Null).remedy,
            Remedy::Later,
            "a gateway's page"
        );
    }
}
