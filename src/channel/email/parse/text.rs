//! Small conversions on the way to the readable text.

use super::charset::{self, Hint, Text};
use super::tags;
use crate::rules::mail::Protection;
use std::collections::HashSet;

/// HTML beyond this is not turned into text; it is shown as HTML all the same.
const LARGEST_HTML: usize = 8 * 1024 * 1024;

/// References by `cid:` that are followed, and bytes an id may have.
const MOST_CIDS: usize = 5_000;
const LONGEST_ID: usize = 1_000;

/// LF line ends, no control characters, no blank end.
pub fn normal(text: &str) -> String {
    let usual = |b: u8| matches!(b, b'\n' | b'\t' | b' '..=b'~');
    if text.bytes().all(usual) {
        return text.trim_end().trim_start_matches('\n').to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, odd) in text.match_indices(is_odd) {
        out.push_str(&text[copied..at]);
        copied = at + odd.len();
        match odd {
            // Before another line end it is part of that one.
            "\r" if matches!(text.as_bytes().get(copied), Some(b'\r' | b'\n')) => {}
            "\r" | "\u{85}" | "\u{2028}" | "\u{2029}" | "\u{b}" | "\u{c}" => out.push('\n'),
            _ => {}
        }
    }
    out.push_str(&text[copied..]);
    out.truncate(out.trim_end().len());
    let blank_lines = out.len() - out.trim_start_matches('\n').len();
    out.drain(..blank_lines);
    out
}

/// What no readable text keeps as it is.
fn is_odd(c: char) -> bool {
    match c {
        '\n' | '\t' | ' '..='~' => false,
        c => c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'),
    }
}

/// Readable text from HTML.
pub fn from_html(html: &str) -> String {
    let cut = html.floor_char_boundary(html.len().min(LARGEST_HTML));
    normal(&crate::rules::html_text::to_text(&html[..cut]))
}

/// Plain text as a piece of HTML, line breaks kept.
pub fn to_html(text: &str) -> String {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!("<div style=\"white-space: pre-wrap\">{escaped}</div>")
}

/// Decodes HTML, which may declare its charset inside.
pub fn html(content: &[u8], declared: Option<&str>, hint: &Hint) -> Text {
    let vague =
        declared.is_none_or(|d| d.eq_ignore_ascii_case("us-ascii") || !charset::is_known(d));
    let inside = if vague { meta_charset(content) } else { None };
    let mut decoded = charset::decode(content, inside.as_deref().or(declared), hint);
    decoded.text.retain(|c| c != '\0');
    decoded.text = tags::without_surplus(decoded.text);
    decoded
}

/// `<meta charset=…>` or its `http-equiv` form, within the first 4 KB.
fn meta_charset(content: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&content[..content.len().min(4096)]).to_ascii_lowercase();
    let meta = &head[head.find("<meta")?..];
    let value = meta[meta.find("charset")? + 7..]
        .trim_start()
        .strip_prefix('=')?;
    let value = value.trim_start().trim_start_matches(['"', '\'']);
    let label: String = value
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'))
        .collect();
    (!label.is_empty()).then_some(label)
}

/// RFC 1896: `<bold>` and its like removed, `<<` is `<`, single line ends are spaces.
pub fn from_enriched(text: &str) -> String {
    let unescaped = text.replace("<<", "\u{1}");
    let mut out = String::with_capacity(text.len());
    let mut rest = unescaped.as_str();
    let mut ends = parameter_ends(rest);
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>').map(|c| open + c) else {
            break;
        };
        out.push_str(&rest[..open]);
        let parameter = rest[open..=close].eq_ignore_ascii_case("<param>");
        rest = &rest[close + 1..];
        let at = unescaped.len() - rest.len();
        if parameter && let Some(end) = ends.find(|end| *end >= at + PARAMETER_END.len()) {
            rest = &unescaped[end..];
        }
    }
    out.push_str(rest);
    out.replace('\u{1}', "<")
        .replace("\n\n", "\u{1}")
        .replace('\n', " ")
        .replace('\u{1}', "\n")
}

const PARAMETER_END: &str = "</param>";

/// Where each parameter ends, in order.
fn parameter_ends(text: &str) -> impl Iterator<Item = usize> {
    let lower = text.to_ascii_lowercase();
    let ends = lower.match_indices(PARAMETER_END);
    let ends: Vec<usize> = ends.map(|(at, end)| at + end.len()).collect();
    ends.into_iter()
}

/// PGP blocks that stand in the text itself.
pub fn inline_pgp(text: &str) -> Option<Protection> {
    let begins = |armour: &str| text.lines().any(|l| l.trim_end() == armour);
    if begins("-----BEGIN PGP MESSAGE-----") {
        return Some(Protection::PgpEncrypted);
    }
    begins("-----BEGIN PGP SIGNED MESSAGE-----").then_some(Protection::PgpSigned)
}

/// The ids an HTML body refers to by `cid:`, lower-case.
pub fn cids(html: &str) -> HashSet<String> {
    let lower = html.to_ascii_lowercase();
    let ends = |c: char| matches!(c, '"' | '\'' | '>' | '<' | ')') || c.is_whitespace();
    let references = lower.match_indices("cid:").take(MOST_CIDS);
    references
        .filter_map(|(at, mark)| {
            let rest = &lower[at + mark.len()..];
            let rest = &rest[..rest.floor_char_boundary(LONGEST_ID)];
            let end = rest.find(ends).unwrap_or(rest.len());
            (end < LONGEST_ID).then(|| normal_id(&rest[..end]))
        })
        .collect()
}

/// A content id as it is compared: decoded as in a URL (RFC 2392), without angles, lower-case.
pub fn normal_id(id: &str) -> String {
    let mut bytes = Vec::with_capacity(id.len());
    let mut rest = id.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let pair = (byte == b'%')
            .then(|| super::transfer::hex_pair(tail))
            .flatten();
        bytes.push(pair.unwrap_or(byte));
        rest = if pair.is_some() { &tail[2..] } else { tail };
    }
    let id = String::from_utf8_lossy(&bytes)
        .replace("&amp;", "&")
        .replace("&#64;", "@");
    id.trim_matches(|c: char| c.is_whitespace() || c == '<' || c == '>')
        .to_lowercase()
}
