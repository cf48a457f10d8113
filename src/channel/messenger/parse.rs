//! Reads a webhook's body, leniently: every entry, every event, one bad event never costing its neighbours.
//!
//! Facts beyond Meta's pages, seen on the wire: ids come as numbers too; times in seconds too (below
//! 10^12); the sender of an echo may be the user, so the PSID is whoever is not the page. What JSON
//! parsers choke on (half a surrogate pair, nesting without end) is mended first.

mod attachment;
mod mend;
#[cfg(test)]
mod tests;

pub use attachment::{File, Kind as FileKind};

use casella_index::segment::hash16;
use data_encoding::HEXLOWER;
use serde_json::Value;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// Times below this are seconds.
const SECONDS_BELOW: i64 = 1_000_000_000_000;
/// Bytes of an id; longer ones, which Meta does not make, are known by their hash.
const LONGEST_ID: usize = 500;

/// A body, as far as it could be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    pub events: Vec<Happening>,
    /// Something in it was not understood: to be kept raw.
    pub odd: bool,
}

/// One event of a webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    pub page: String,
    /// The person, page-scoped; events of the dashboard or with a `user_ref` alone have none.
    pub psid: Option<String>,
    pub timestamp: Millis,
    /// Another app owned the thread when this came.
    pub standby: bool,
    /// The page did it, not the person.
    pub by_page: bool,
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Message(Said),
    /// Sent by the page: by us, by Facebook's own inbox, by another app.
    Echo {
        said: Said,
        app_id: Option<String>,
        metadata: Option<String>,
    },
    /// A kind of message Meta does not pass on.
    Unsupported {
        mid: String,
    },
    Edited {
        mid: String,
        text: String,
        count: u32,
    },
    Unsent {
        mid: String,
    },
    /// `None`: taken back.
    Reacted {
        mid: String,
        emoji: Option<String>,
    },
    Delivered {
        watermark: Millis,
        mids: Vec<String>,
    },
    Read {
        watermark: Millis,
    },
    /// A tapped button.
    Postback {
        mid: Option<String>,
        title: String,
        payload: String,
    },
    Referral {
        source: String,
    },
    OptIn,
    /// Who holds the thread: `pass_thread_control` …
    Ownership {
        kind: String,
        new_owner: Option<String>,
    },
    Policy {
        action: String,
        reason: String,
    },
    /// Retired or administrative: nothing for agents.
    Ignored,
    /// Nothing we know: kept raw.
    Unknown(Value),
}

/// A message's content.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    pub mid: String,
    pub text: String,
    pub files: Vec<File>,
    pub reply_to_mid: Option<String>,
    pub quick_reply: Option<String>,
}

/// Every event of a body. One that is no JSON at all has none, and is odd.
pub fn read(body: &[u8]) -> Reading {
    let text = String::from_utf8_lossy(body);
    let Some(root) = mend::parse(text.trim_start_matches('\u{feff}')) else {
        return Reading {
            odd: true,
            ..Reading::default()
        };
    };
    let mut reading = Reading {
        odd: list_or_one(&root).is_empty(),
        ..Reading::default()
    };
    for webhook in list_or_one(&root) {
        // Without any entry it is nobody's webhook.
        reading.odd |= list_or_one(&webhook["entry"]).is_empty();
        for entry in list_or_one(&webhook["entry"]) {
            reading.take(entry);
        }
    }
    let unknown = |event: &Happening| matches!(event.what, What::Unknown(_));
    reading.odd |= reading.events.iter().any(unknown);
    reading
}

impl Reading {
    fn take(&mut self, entry: &Value) {
        let page = id(&entry["id"]).unwrap_or_default();
        let fallback = millis(&entry["time"]).unwrap_or(0);
        for (key, standby) in [("messaging", false), ("standby", true)] {
            for event in list_or_one(&entry[key]) {
                self.events.push(happening(&page, fallback, standby, event));
            }
        }
        // The dashboard's "Test" button sends changes.
        let known = ["messaging", "standby", "changes"];
        self.odd |= !known.iter().any(|key| entry[key].is_array());
    }
}

fn happening(page: &str, fallback: Millis, standby: bool, event: &Value) -> Happening {
    let [sender, recipient] = ["sender", "recipient"].map(|side| key(&event[side]["id"]));
    let by_page = sender.as_deref() == Some(page);
    let psid = [sender, recipient]
        .into_iter()
        .flatten()
        .find(|party| party != page);
    Happening {
        page: page.to_owned(),
        psid,
        timestamp: millis(&event["timestamp"]).unwrap_or(fallback),
        standby,
        by_page,
        what: what(event),
    }
}

fn what(event: &Value) -> What {
    let has = |key: &str| event.get(key).filter(|value| !value.is_null());
    if let Some(message) = has("message") {
        return message_of(message, event);
    }
    // One without words would wipe out those we have.
    if let Some(edit) = has("message_edit").filter(|edit| id(&edit["text"]).is_some()) {
        return edited(edit);
    }
    if let Some(reaction) = has("reaction") {
        return reacted(reaction);
    }
    if let Some(delivery) = has("delivery") {
        let mids = list(&delivery["mids"]).iter().filter_map(key).collect();
        return What::Delivered {
            watermark: millis(&delivery["watermark"]).unwrap_or(0),
            mids,
        };
    }
    if let Some(read) = has("read") {
        return What::Read {
            watermark: millis(&read["watermark"]).unwrap_or(0),
        };
    }
    if let Some(postback) = has("postback") {
        return What::Postback {
            mid: key(&postback["mid"]),
            title: text(&postback["title"]),
            payload: text(&postback["payload"]),
        };
    }
    others(event)
}

fn others(event: &Value) -> What {
    let has = |key: &str| event.get(key).filter(|value| !value.is_null());
    if let Some(referral) = has("referral") {
        return What::Referral {
            source: text(&referral["source"]),
        };
    }
    if let Some(policy) = has("policy_enforcement").or_else(|| has("policy-enforcement")) {
        return What::Policy {
            action: text(&policy["action"]),
            reason: text(&policy["reason"]),
        };
    }
    for kind in [
        "pass_thread_control",
        "take_thread_control",
        "request_thread_control",
        "app_roles",
    ] {
        if let Some(control) = has(kind) {
            let new_owner = id(&control["new_owner_app_id"]);
            return What::Ownership {
                kind: kind.to_owned(),
                new_owner,
            };
        }
    }
    if has("optin").is_some() {
        return What::OptIn;
    }
    if [
        "account_linking",
        "payment",
        "pre_checkout",
        "checkout_update",
        "game_play",
    ]
    .iter()
    .any(|key| has(key).is_some())
    {
        return What::Ignored;
    }
    What::Unknown(event.clone())
}

fn message_of(message: &Value, event: &Value) -> What {
    let mid = key(&message["mid"]).unwrap_or_default();
    if truth(&message["is_deleted"]) {
        return What::Unsent { mid };
    }
    let said = Said {
        mid: mid.clone(),
        text: text(&message["text"]),
        files: list(&message["attachments"])
            .iter()
            .map(|file| attachment::read(file, message))
            .collect(),
        reply_to_mid: key(&message["reply_to"]["mid"]),
        quick_reply: id(&message["quick_reply"]["payload"]),
    };
    if truth(&message["is_echo"]) {
        return What::Echo {
            said,
            app_id: id(&message["app_id"]),
            metadata: id(&message["metadata"]),
        };
    }
    if truth(&message["is_unsupported"]) {
        return What::Unsupported { mid };
    }
    if said.text.is_empty() && said.files.is_empty() {
        return if mid.is_empty() {
            What::Unknown(event.clone())
        } else {
            What::Unsupported { mid }
        };
    }
    What::Message(said)
}

fn edited(edit: &Value) -> What {
    What::Edited {
        mid: key(&edit["mid"]).unwrap_or_default(),
        text: text(&edit["text"]),
        count: number(&edit["num_edit"])
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(1),
    }
}

fn reacted(reaction: &Value) -> What {
    let emoji = id(&reaction["emoji"]).or_else(|| id(&reaction["reaction"]));
    let taken_back = text(&reaction["action"]) == "unreact";
    What::Reacted {
        mid: key(&reaction["mid"]).unwrap_or_default(),
        emoji: emoji.filter(|_| !taken_back),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A list; a single object counts as a list of one.
fn list_or_one(value: &Value) -> &[Value] {
    match value {
        Value::Array(all) => all,
        Value::Object(_) => std::slice::from_ref(value),
        _ => &[],
    }
}

/// A string or a number, as a string that is not empty.
fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        // `1.0` is the number 1.
        Value::Number(number) => Some(match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => format!("{float:.0}"),
            _ => number.to_string(),
        }),
        _ => None,
    }
}

/// The id of a message, a person: what rows are found by.
fn key(value: &Value) -> Option<String> {
    let id = id(value)?;
    match id.len() > LONGEST_ID {
        true => Some(format!("long:{}", HEXLOWER.encode(&hash16(id.as_bytes())))),
        false => Some(id),
    }
}

fn text(value: &Value) -> String {
    id(value).unwrap_or_default()
}

fn truth(value: &Value) -> bool {
    value
        .as_bool()
        .unwrap_or_else(|| value.as_str() == Some("true"))
}

fn number(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|n| n as i64))
        .or_else(|| value.as_str()?.trim().parse().ok())
}

/// A time in seconds or milliseconds, as milliseconds.
fn millis(value: &Value) -> Option<Millis> {
    let time = number(value).filter(|time| *time > 0)?;
    Some(if time < SECONDS_BELOW {
        time * 1000
    } else {
        time
    })
}
