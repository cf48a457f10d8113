//! Mailboxes out of address fields (RFC 5322 section 3.4), however they are written.
//!
//! Names are decoded after the list is cut, so that a comma inside an encoded word stays a comma.

use super::charset::Hint;
use super::words;
use crate::rules::mail::Address;

/// More recipients than this are not read from one field.
const MOST: usize = 2_000;

/// Every mailbox of a field, groups dissolved.
pub fn list(value: &str, hint: &Hint) -> Vec<Address> {
    let mut out = Vec::new();
    let mut pending: Option<String> = None;
    for item in items(value).into_iter().take(MOST) {
        // `Rossi, Mario <m@x>`: an unquoted comma cut the name in two.
        let text = match pending.take() {
            Some(surname) if item.contains('<') && !starts_with_angle(&item) => {
                format!("{surname}, {item}")
            }
            Some(alone) => {
                out.extend(mailbox(&alone, hint));
                item
            }
            None => item,
        };
        if text.contains('@') || text.contains('<') || text.contains("=?") {
            out.extend(mailbox(&text, hint));
        } else {
            pending = Some(text);
        }
    }
    out.extend(pending.and_then(|alone| mailbox(&alone, hint)));
    out
}

fn starts_with_angle(item: &str) -> bool {
    item.trim_start().starts_with('<')
}

/// Splits at commas and semicolons outside quotes, comments and angles; drops group names.
fn items(value: &str) -> Vec<String> {
    let mut cut = Cutter::default();
    let closing_quotes = value.matches('"').count();
    // An odd quote opens nothing.
    cut.ignore_quotes = closing_quotes % 2 == 1;
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let whole = match c {
            '\\' if cut.quoted => rest.chars().take(2).map(char::len_utf8).sum(),
            '=' => words::length(rest).unwrap_or(0),
            _ => 0,
        };
        match whole {
            0 => cut.take(c),
            length => cut.item.push_str(&rest[..length]),
        }
        rest = &rest[whole.max(c.len_utf8())..];
    }
    cut.end();
    cut.items
}

#[derive(Default)]
struct Cutter {
    items: Vec<String>,
    item: String,
    quoted: bool,
    ignore_quotes: bool,
    comments: usize,
    angle: bool,
}

impl Cutter {
    fn take(&mut self, c: char) {
        let inside = self.quoted || self.comments > 0;
        match c {
            '"' if self.comments == 0 => self.quoted = !self.quoted && !self.ignore_quotes,
            '(' if !self.quoted => self.comments += 1,
            ')' if !self.quoted => self.comments = self.comments.saturating_sub(1),
            '<' if !inside => self.angle = true,
            '>' if !inside => self.angle = false,
            ',' | ';' if !(inside || self.angle && self.is_route()) => return self.end(),
            ':' if !inside && !self.angle && self.is_group_name() => return self.item.clear(),
            _ => {}
        }
        self.item.push(c);
    }

    fn end(&mut self) {
        self.angle = false;
        self.comments = 0;
        let item = std::mem::take(&mut self.item);
        if !item.trim().is_empty() {
            self.items.push(item);
        }
    }

    /// `<@relay,@other:user@host>` (RFC 5322 section 4.4).
    fn is_route(&self) -> bool {
        self.item
            .rsplit('<')
            .next()
            .is_some_and(|r| r.trim_start().starts_with('@'))
    }

    fn is_group_name(&self) -> bool {
        let name = self.item.trim();
        !name.contains('@')
            && !name.eq_ignore_ascii_case("mailto")
            && !name.ends_with("=?")
            && !name.contains('[')
    }
}

/// One mailbox: `Name <a@b>`, `a@b (Name)`, `a@b`, and what people make of these.
fn mailbox(item: &str, hint: &Hint) -> Option<Address> {
    let (text, comment) = without_comments(item.trim());
    let (name, address) = match angle(&text) {
        Some((name, address)) => (name, address),
        None => bare(&text),
    };
    let mut name = phrase(&name, hint);
    let mut address = sanitised(&address);
    if !address.contains('@')
        && let Some(inner) = address_inside(&name)
    {
        // The whole mailbox stood in one encoded word.
        return Some(inner);
    }
    if name.is_empty() {
        name = phrase(&comment, hint);
    }
    if address == name {
        name = String::new();
    }
    if address.is_empty() && name.is_empty() {
        return None;
    }
    if !address.contains('@') && name.is_empty() && !item.contains('<') {
        (name, address) = (phrase(&text, hint), String::new());
    }
    Some(Address { name, address })
}

/// What the last `<…>` holds and what stands before it (or, if nothing does, behind).
fn angle(text: &str) -> Option<(String, String)> {
    let close = text.rfind('>').unwrap_or(text.len());
    let open = outside_quotes(text, '<').filter(|open| *open < close)?;
    let inner = &text[open + 1..close];
    let inner = inner.rsplit('<').next().unwrap_or(inner);
    // `<Name a@b>` and `<<a@b>>`
    let address = inner
        .split('>')
        .find(|p| !p.trim().is_empty())
        .unwrap_or_default();
    let address = match address.rsplit_once(':') {
        Some((route, rest)) if route.starts_with('@') || route.eq_ignore_ascii_case("mailto") => {
            rest
        }
        _ => address,
    };
    let before = text[..open].trim_matches(|c: char| c == '<' || c.is_whitespace());
    let name = if before.is_empty() {
        text.get(close + 1..).unwrap_or_default()
    } else {
        before
    };
    Some((name.to_owned(), address.to_owned()))
}

/// The last such character outside quotes, or anywhere if quotes never close.
fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    let mut found = None;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            c if c == wanted && !quoted => found = Some(at),
            _ => {}
        }
    }
    if quoted { text.rfind(wanted) } else { found }
}

/// Without angles: the token with the `@` is the address, the rest the name.
fn bare(text: &str) -> (String, String) {
    let text = text.trim();
    if text.starts_with('"') && text.rfind("\"@").is_some() {
        return (String::new(), text.to_owned());
    }
    let joined = text.replace(" @", "@").replace("@ ", "@");
    let Some(token) = joined.split_whitespace().find(|t| t.contains('@')) else {
        return (text.to_owned(), String::new());
    };
    let name = joined.replacen(token, "", 1);
    let name = name.trim().trim_end_matches(['[', ']']).trim().to_owned();
    (
        name,
        token
            .trim_start_matches("[mailto:")
            .trim_start_matches("mailto:")
            .to_owned(),
    )
}

/// A whole mailbox hidden in a decoded name.
fn address_inside(name: &str) -> Option<Address> {
    let open = name.rfind('<')?;
    let address = sanitised(name[open + 1..].trim_end().trim_end_matches('>'));
    let name = unquoted(name[..open].trim());
    address.contains('@').then_some(Address { name, address })
}

fn without_comments(text: &str) -> (String, String) {
    let (mut plain, mut comment) = (String::new(), String::new());
    let (mut depth, mut quoted) = (0usize, false);
    for c in text.chars() {
        match c {
            '"' if depth == 0 => {
                quoted = !quoted;
                plain.push(c);
            }
            '(' if !quoted => {
                depth += 1;
                if depth > 1 {
                    comment.push(c);
                }
            }
            ')' if !quoted && depth > 0 => {
                depth -= 1;
                if depth > 0 {
                    comment.push(c);
                }
            }
            c if depth > 0 => comment.push(c),
            c => plain.push(c),
        }
    }
    // `Müller (Sales) <a@b>`: there the comment is part of the name people know.
    match plain.find('<') {
        Some(at) if !plain[..at].trim().is_empty() && !comment.is_empty() => {
            (text.to_owned(), String::new())
        }
        _ => (plain, comment),
    }
}

/// A display name: encoded words decoded, quotes and escapes gone, one line.
fn phrase(raw: &str, hint: &Hint) -> String {
    let decoded = words::decode(&unquoted(raw.trim()), hint);
    let text = unquoted(decoded.trim());
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {}
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    let trimmed = out.trim();
    let single = trimmed
        .strip_prefix('\'')
        .and_then(|t| t.strip_suffix('\''));
    single.unwrap_or(trimmed).to_owned()
}

/// Whether quotes around the local part belong to the address: they hold an `@`, or a blank between
/// words.
fn needs_quotes(address: &str) -> bool {
    let quoted = address.strip_prefix('"').and_then(|a| a.rsplit_once("\"@"));
    quoted.is_some_and(|(local, domain)| {
        let plain = !local.contains(['"', '<', '>']) && !local.contains(char::is_control);
        let held = local.contains('@') || local.trim() == local && local.contains(' ');
        let usual = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
        plain && held && domain.chars().all(usual)
    })
}

/// An address without what cannot belong to it: blanks, quotes, brackets, a closing dot.
fn sanitised(address: &str) -> String {
    let keep = |c: &char| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(c, '<' | '>' | '"' | ',' | ';' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
    };
    let clean: String = address.chars().filter(keep).collect();
    if needs_quotes(address.trim()) {
        return address.trim().to_owned();
    }
    let clean = clean.trim_matches(|c| {
        matches!(
            c,
            '\'' | '[' | ']' | '(' | ')' | '.' | ':' | '“' | '”' | '‘' | '’'
        )
    });
    clean.strip_prefix("mailto:").unwrap_or(clean).to_owned()
}

#[cfg(test)]
mod tests;
