//! A value with parameters, as in Content-Type and Content-Disposition (RFC 2045 section 5.1),
//! continued and encoded as in RFC 2231, and every way mailers get that wrong.

use super::charset::{self, Hint};
use super::words;

/// Bytes a usual parameter's name and the blanks behind it may have.
const LONGEST_NAME: usize = 32;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    /// What stands before the first `;`, lower-case: `text/plain`, `attachment`.
    pub value: String,
    /// Names lower-case and without RFC 2231 marks, values decoded.
    list: Vec<(String, String)>,
}

/// One `name=value` as it stands.
struct Raw {
    /// Without `*`, lower-case.
    name: String,
    /// The continuation number, if any.
    section: Option<u32>,
    /// Marked with a trailing `*`.
    extended: bool,
    value: String,
}

impl Params {
    pub fn parse(field: &str, hint: &Hint) -> Self {
        let (value, rest) = main_value(field);
        let mut raw = Vec::new();
        let mut rest = rest;
        while let Some((param, after)) = next_param(rest) {
            raw.extend(param);
            rest = after;
        }
        Self {
            value,
            list: merged(raw, hint),
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.list.iter().find(|(n, v)| n == name && !v.is_empty());
        found.map(|(_, value)| value.as_str())
    }
}

/// `type/subtype`, even where a blank stands in place of the semicolon.
fn main_value(field: &str) -> (String, &str) {
    let field = field.trim_start();
    let end = field.find(';').unwrap_or(field.len());
    let end = glued_param(&field[..end]).unwrap_or(end);
    let value: String = field[..end]
        .split('(')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && *c != '"')
        .collect();
    (value.to_lowercase(), &field[end..])
}

/// Where ` name=` begins inside a value without semicolon.
fn glued_param(text: &str) -> Option<usize> {
    let mut from = 0;
    for (equals, _) in text.match_indices('=') {
        let before = text[from..equals].trim_end();
        let name = before.rfind(char::is_whitespace);
        if let Some(space) = name.filter(|space| is_usual(before[*space..].trim_start())) {
            return Some(from + before[..space].trim_end().len());
        }
        from = equals + 1;
    }
    None
}

/// Parameters that mail programs write.
fn is_usual(name: &str) -> bool {
    const NAMES: [&str; 7] = [
        "charset", "boundary", "name", "filename", "format", "type", "size",
    ];
    let name = name.trim_end_matches(['*', '0', '1']);
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The next parameter, if what stands there is one, and the rest behind it.
fn next_param(text: &str) -> Option<(Option<Raw>, &str)> {
    let text = text.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
    if text.is_empty() {
        return None;
    }
    let end = text.find(['=', ';']).unwrap_or(text.len());
    if !text[end..].starts_with('=') {
        return Some((None, &text[end..]));
    }
    let after = text[end + 1..].trim_start();
    let (value, rest) = match after.strip_prefix('"') {
        Some(quoted) => quoted_value(quoted),
        None => bare_value(after),
    };
    Some((named(&text[..end], value), rest))
}

/// A quote closes only where a parameter can end; others belong to the name they stand in.
fn quoted_value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            // Only quotes and backslashes are escaped; others are Windows paths.
            '\\' if matches!(chars.peek(), Some((_, '"' | '\\'))) => {
                value.extend(chars.next().map(|(_, c)| c));
            }
            '"' if closes(&text[at + 1..]) => return (value, &text[at + 1..]),
            c => value.push(c),
        }
    }
    // Never closed: then the next parameter ends it.
    match text.find([';', '\r', '\n']) {
        Some(end) => (text[..end].trim_end().to_owned(), &text[end..]),
        None => (value.trim_end_matches('"').to_owned(), ""),
    }
}

fn closes(rest: &str) -> bool {
    let next = rest.trim_start();
    let name = next.get(..next.len().min(LONGEST_NAME)).unwrap_or_default();
    let named = || name.split_once('=').map(|(name, _)| name.trim_end());
    next.is_empty() || next.starts_with([';', '(']) || named().is_some_and(is_usual)
}

/// Up to the semicolon, blanks and encoded words included.
fn bare_value(text: &str) -> (String, &str) {
    let end = text.find(';').unwrap_or(text.len());
    let end = glued_param(&text[..end]).unwrap_or(end);
    (text[..end].trim().to_owned(), &text[end..])
}

fn named(name: &str, value: String) -> Option<Raw> {
    let name = name.trim().to_lowercase();
    let (name, extended) = match name.strip_suffix('*') {
        Some(name) => (name.to_owned(), true),
        None => (name, false),
    };
    let (name, section) = match name.rsplit_once('*') {
        Some((base, number)) => (base.to_owned(), Some(number.parse().ok()?)),
        None => (name, None),
    };
    (!name.is_empty()).then_some(Raw {
        name,
        section,
        extended,
        value,
    })
}

/// One value per name: the RFC 2231 form if it says anything, else the plain one.
fn merged(raw: Vec<Raw>, hint: &Hint) -> Vec<(String, String)> {
    let mut names: Vec<&str> = Vec::new();
    for param in &raw {
        if !names.contains(&param.name.as_str()) && names.len() < 50 {
            names.push(&param.name);
        }
    }
    let of = |name: &&str| {
        let mut sections: Vec<&Raw> = raw.iter().filter(|p| p.name == *name).collect();
        let plain = sections.iter().find(|p| p.section.is_none() && !p.extended);
        let plain = plain.map(|p| plain_value(&p.value, hint));
        sections.retain(|p| p.section.is_some() || p.extended);
        let best = extended_value(sections, hint).filter(|v| !v.trim().is_empty());
        ((*name).to_owned(), best.or(plain).unwrap_or_default())
    };
    names.iter().map(of).collect()
}

/// RFC 2231 section 4.1: sections in order, percent-decoded where marked.
fn extended_value(mut sections: Vec<&Raw>, hint: &Hint) -> Option<String> {
    sections.sort_by_key(|p| p.section);
    sections.dedup_by_key(|p| p.section);
    let first = sections.first()?;
    let (charset, start) = match charset_prefix(&first.value) {
        Some((charset, rest)) => (Some(charset), rest),
        None => (None, first.value.as_str()),
    };
    // Some mark the first section alone, some none at all.
    let percent = |p: &Raw| p.extended || (charset.is_some() && !first.extended);
    let mut bytes = Vec::new();
    for (i, section) in sections.iter().enumerate() {
        let value = if i == 0 { start } else { &section.value };
        match percent(section) {
            true => bytes.extend(percent_decoded(value)),
            false => bytes.extend(value.bytes()),
        }
    }
    let text = charset::decode(&bytes, charset, hint).text;
    Some(words::decode(&text, hint))
}

/// `charset'language'`, where the charset is one.
fn charset_prefix(value: &str) -> Option<(&str, &str)> {
    let value = value.trim_matches('"');
    let (charset, rest) = value.split_once('\'')?;
    let (_, rest) = rest.split_once('\'')?;
    (charset.is_empty() || charset::is_known(charset)).then_some((charset, rest))
}

fn percent_decoded(value: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let pair = (byte == b'%')
            .then(|| super::transfer::hex_pair(tail))
            .flatten();
        out.push(pair.unwrap_or(byte));
        rest = if pair.is_some() { &tail[2..] } else { tail };
    }
    out
}

/// Without RFC 2231 marks: encoded words are common all the same, and so is its prefix.
fn plain_value(value: &str, hint: &Hint) -> String {
    if let Some((charset, rest)) = charset_prefix(value).filter(|(c, _)| !c.is_empty()) {
        return charset::decode(&percent_decoded(rest), Some(charset), hint).text;
    }
    let decoded = words::decode(value, hint);
    let bytes = percent_decoded(&decoded);
    // A browser's upload: percent-encoded UTF-8 with something to tell from plain text.
    match String::from_utf8(bytes) {
        Ok(text) if decoded.is_ascii() && !text.is_ascii() => text,
        _ => decoded,
    }
}

#[cfg(test)]
mod tests;
