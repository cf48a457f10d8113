//! Reads a webhook's body, leniently: every entry, every event, one bad event never costing its neighbours.
//!
//! Facts beyond Meta's pages, seen on the wire: ids come as numbers too; times in seconds too (below
//! 10^12); the sender of an echo may be the user, so the PSID is whoever is not the page; a lone
//! surrogate `\ud83d` breaks JSON parsers and is replaced first.

mod attachment;
#[cfg(test)]
mod tests;

pub use attachment::{File, Kind as FileKind};

use serde_json::Value;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// Times below this are seconds.
const SECONDS_BELOW: i64 = 1_000_000_000_000;

/// One event of a webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    pub page: String,
    /// The person, page-scoped; events of the dashboard or with a `user_ref` alone have none.
    pub psid: Option<String>,
    pub timestamp: Millis,
    /// Another app owned the thread when this came.
    pub standby: bool,
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

/// Every event of a body. A body that is not JSON, or nests too deep, is an error: keep it raw.
///
/// # Errors
/// serde's sentence.
pub fn read(body: &[u8]) -> Result<Vec<Happening>, serde_json::Error> {
    let mended = mend_surrogates(&String::from_utf8_lossy(body));
    let root: Value = serde_json::from_str(&mended)?;
    Ok(list(&root["entry"]).iter().flat_map(entry).collect())
}

fn entry(entry: &Value) -> Vec<Happening> {
    let page = id(&entry["id"]).unwrap_or_default();
    let fallback = millis(&entry["time"]).unwrap_or(0);
    let of = |key: &str, standby| -> Vec<Happening> {
        let read = |event| happening(&page, fallback, standby, event);
        list(&entry[key]).iter().map(read).collect()
    };
    let mut all = of("messaging", false);
    all.extend(of("standby", true));
    all
}

fn happening(page: &str, fallback: Millis, standby: bool, event: &Value) -> Happening {
    let parties = [id(&event["sender"]["id"]), id(&event["recipient"]["id"])];
    let psid = parties.into_iter().flatten().find(|party| party != page);
    let timestamp = millis(&event["timestamp"]).unwrap_or(fallback);
    Happening {
        page: page.to_owned(),
        psid,
        timestamp,
        standby,
        what: what(event),
    }
}

fn what(event: &Value) -> What {
    let has = |key: &str| event.get(key).filter(|value| !value.is_null());
    if let Some(message) = has("message") {
        return message_of(message, event);
    }
    if let Some(edit) = has("message_edit") {
        return edited(edit);
    }
    if let Some(reaction) = has("reaction") {
        return reacted(reaction);
    }
    if let Some(delivery) = has("delivery") {
        let mids = list(&delivery["mids"]).iter().filter_map(id).collect();
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
            mid: id(&postback["mid"]),
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
    let mid = id(&message["mid"]).unwrap_or_default();
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
        reply_to_mid: id(&message["reply_to"]["mid"]),
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
        mid: id(&edit["mid"]).unwrap_or_default(),
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
        mid: id(&reaction["mid"]).unwrap_or_default(),
        emoji: emoji.filter(|_| !taken_back),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A string or a number, as a string that is not empty.
fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
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

/// Replaces `\uD800`–`\uDFFF` escapes that have no partner, which JSON parsers refuse.
fn mend_surrogates(json: &str) -> String {
    let bytes = json.as_bytes();
    let mut mended = String::with_capacity(json.len());
    let mut from = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match (escape(bytes, at), escape(bytes, at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => at += 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str(&json[from..at]);
                mended.push_str("\\ufffd");
                at += 6;
                from = at;
            }
            _ => at += 2,
        }
    }
    mended.push_str(json.get(from..).unwrap_or_default());
    mended
}

/// The code of a `\u` escape at this place.
fn escape(bytes: &[u8], at: usize) -> Option<u32> {
    let escape = bytes.get(at..at + 6)?;
    let hex = escape.strip_prefix(b"\\u")?;
    u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
}
