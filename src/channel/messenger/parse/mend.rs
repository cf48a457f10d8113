//! What JSON parsers refuse, made readable: first half surrogate pairs; then, where the whole still is no
//! JSON, every event that is none on its own, so that its neighbours are read.

use serde_json::Value;

/// How deep an event lies in its webhook: `{"entry": [{"messaging": [{…}]}]}`.
const EVENT: usize = 5;

/// The JSON of a body, events that are beyond reading replaced by null; `None` if there is none.
pub fn parse(text: &str) -> Option<Value> {
    let mended = surrogates(text);
    serde_json::from_str(&mended)
        .or_else(|_| serde_json::from_str(&without_broken_events(&mended)))
        .ok()
}

fn without_broken_events(json: &str) -> String {
    let mut whole = String::with_capacity(json.len());
    let mut from = 0;
    for (start, end) in events(json) {
        let Some(event) = json.get(start..end) else {
            continue;
        };
        if serde_json::from_str::<Value>(event).is_err() {
            whole.push_str(&json[from..start]);
            whole.push_str("null");
            from = end;
        }
    }
    whole.push_str(&json[from..]);
    whole
}

/// Where the objects at the depth of events begin and end, strings passed over.
fn events(json: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                if depth == EVENT {
                    start = at;
                }
            }
            b'}' | b']' if !quoted => {
                if depth == EVENT {
                    found.push((start, at + 1));
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    found
}

/// Replaces `\uD800`–`\uDFFF` escapes that have no partner, which JSON parsers refuse.
fn surrogates(json: &str) -> String {
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
