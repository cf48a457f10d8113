//! Names that look alike: either one person with two addresses, or somebody who wants to be taken
//! for another. Both are shown to the agent; neither merges by itself.

use super::{key, same};
use crate::rules::mail::Address;

/// How one sender resembles another known contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resemblance {
    /// The same name from another address: perhaps the same person.
    SameName,
    /// Another address that reads like the known one: `rn` for `m`, a Cyrillic `а`, `0` for `o`.
    LookAlikeAddress,
    /// The display name shows an address that is not the sender's.
    NamedAsAddress,
}

/// Whether `sender` could be mistaken for `known`. Nothing where it is the same mailbox.
pub fn resemblance(sender: &Address, known: &Address) -> Option<Resemblance> {
    if same(&sender.address, &known.address) {
        return None;
    }
    let (own, other) = (key(&sender.address)?, key(&known.address)?);
    if sender.name.contains('@')
        && same(
            sender.name.trim_matches(['\'', '"', '<', '>', ' ']),
            &known.address,
        )
    {
        return Some(Resemblance::NamedAsAddress);
    }
    if skeleton(&own) == skeleton(&other) {
        return Some(Resemblance::LookAlikeAddress);
    }
    let name = skeleton(&words(&sender.name));
    let equal_names = name.contains(' ') && name == skeleton(&words(&known.name));
    equal_names.then_some(Resemblance::SameName)
}

/// A name's words in lower case and alphabetical order: "Rossi, Mario" is "Mario Rossi".
fn words(name: &str) -> String {
    let lower = name.to_lowercase();
    let mut words: Vec<_> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.sort_unstable();
    words.join(" ")
}

/// What the eye sees of a text: confusable letters become one (after Unicode TS 39, the ones met in mail).
fn skeleton(text: &str) -> String {
    let (unicode, _) = idna::domain_to_unicode(text.rsplit('@').next().unwrap_or(text));
    let text = match text.rsplit_once('@') {
        Some((local, _)) => format!("{local}@{unicode}"),
        None => text.to_owned(),
    };
    let folded: String = text
        .to_lowercase()
        .chars()
        .filter(|c| *c != '-')
        .map(eye)
        .collect();
    folded
        .replace("rn", "m")
        .replace("vv", "w")
        .replace("cl", "d")
}

fn eye(c: char) -> char {
    match c {
        'а' | 'à' | 'á' | 'â' | 'ä' | 'å' | 'α' => 'a',
        'с' | 'ç' => 'c',
        'ԁ' => 'd',
        'е' | 'ё' | 'è' | 'é' | 'ê' | 'ë' | 'ε' => 'e',
        'һ' => 'h',
        'і' | 'ì' | 'í' | 'ï' | 'ı' | '1' | 'ӏ' | '|' | 'l' | 'ł' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'ñ' | 'ո' => 'n',
        'о' | 'ο' | 'ò' | 'ó' | 'ô' | 'ö' | 'ø' | '0' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' | '5' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ù' | 'ú' | 'ü' => 'u',
        'ѵ' | 'ν' => 'v',
        'ѡ' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        other => other,
    }
}
