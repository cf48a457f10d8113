//! People as header blocks in bodies name them; looser than RFC 5322 and not always an address.

use crate::rules::mail::Address;
use crate::rules::quoting::lines::address_in;

/// Characters around names and addresses that belong to neither.
const WRAPPING: &[char] = &[
    ' ', '\t', '"', '\'', '“', '”', '„', '«', '»', '‘', '’', '*', '_', ',', ';', '<', '>', '[',
    ']', '(', ')', ':', '\u{a0}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}',
];

/// The first person of a From or Reply-To value, such as `"Anna" <anna@example.com>`,
/// `Anna [mailto:anna@example.com]` or `Bell, Anna`. Without an address the name alone; `None` if
/// neither is there.
pub fn first(value: &str) -> Option<Address> {
    let value = plain(value);
    let Some((start, end)) = bracketed(&value).or_else(|| address_in(&value)) else {
        let name = value.trim_matches(WRAPPING);
        return name.chars().any(char::is_alphanumeric).then(|| Address {
            name: name.to_owned(),
            address: String::new(),
        });
    };
    let address = &value[start..end];
    let before = value[..start].trim_end_matches(|c| WRAPPING.contains(&c) || c == '\'');
    let before = before.strip_suffix("mailto").unwrap_or(before);
    let name = clean_name(before);
    let same = name.eq_ignore_ascii_case(address);
    Some(Address {
        name: if same { String::new() } else { name },
        address: address.to_owned(),
    })
}

/// Without what HTML left behind.
fn plain(value: &str) -> String {
    value
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace(['\t', '\n'], " ")
}

/// The address inside the first brackets that hold one: a name may look like an address too.
fn bracketed(value: &str) -> Option<(usize, usize)> {
    value
        .char_indices()
        .filter(|&(_, c)| matches!(c, '<' | '[' | '('))
        .find_map(|(open, _)| {
            let from = open + 1;
            let inner = &value[from..];
            let close = inner.find(['>', ']', ')']).unwrap_or(inner.len());
            let (start, end) = address_in(&inner[..close])?;
            Some((from + start, from + end))
        })
}

/// The name without quotes; an address standing in as the name is dropped with its brackets.
fn clean_name(before: &str) -> String {
    let name = before.trim_matches(WRAPPING);
    let name = match name.split_once(" <") {
        Some((first, _)) => first.trim_matches(WRAPPING),
        None => name,
    };
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The person an attribution names: the address, and the words right before it that can be a name.
pub fn in_attribution(text: &str) -> Option<Address> {
    let value = plain(text);
    let (start, end) = bracketed(&value).or_else(|| address_in(&value))?;
    let address = value[start..end].to_owned();
    let before = value[..start].trim_end_matches(['<', '[', '(', ' ', '\u{202a}']);
    let before = before.strip_suffix("mailto:").unwrap_or(before).trim_end();
    let name = quoted_name(before).unwrap_or_else(|| name_at_end(before));
    let same = name.eq_ignore_ascii_case(&address);
    Some(Address {
        name: if same { String::new() } else { name },
        address,
    })
}

/// A name in quotation marks right before the address.
fn quoted_name(before: &str) -> Option<String> {
    let marks = [('"', '"'), ('«', '»'), ('„', '”'), ('“', '”'), ('\'', '\'')];
    marks.iter().find_map(|&(open, close)| {
        let inner = before.trim_end().strip_suffix(close)?;
        let (_, name) = inner.rsplit_once(open)?;
        Some(name.trim().to_owned())
    })
}

/// Up to five words before the address that are no date, no verb and no time.
fn name_at_end(before: &str) -> String {
    let can_be_name = |word: &&str| {
        let first = word.chars().next();
        first.is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
            && !word.contains(|c: char| c.is_numeric())
    };
    let mut words: Vec<&str> = Vec::new();
    for word in before.split_whitespace().rev().take(5) {
        let ends_phrase = word.ends_with([',', ':']) && !words.is_empty();
        if !can_be_name(&word)
            || ends_phrase
            || matches!(word, "AM" | "PM" | "CET" | "CEST" | "UTC" | "GMT")
        {
            break;
        }
        words.push(word.trim_end_matches(','));
    }
    words.reverse();
    words.join(" ")
}
