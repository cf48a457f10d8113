//! The shapes of single values: each is parsed from its text once, and says what is wrong with it.

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

/// Deserialises a value from its text by `FromStr`, keeping that error's words.
macro_rules! from_text {
    ($($name:ty),+) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

from_text!(Network, Period, Mailbox, Via);

/// A number of bytes, written like `25 MiB`, `512 KiB`, `1 GB`, or as a plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    pub const fn mib(count: u64) -> Self {
        Self(count * 1024 * 1024)
    }

    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (count, unit) = number_and_unit(text);
        let unit: u64 = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kib" | "k" => 1 << 10,
            "mib" | "m" => 1 << 20,
            "gib" | "g" => 1 << 30,
            "tib" => 1 << 40,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            _ => return Err(format!("`{text}` is not a size; write one like \"25 MiB\"")),
        };
        count
            .and_then(|n| n.checked_mul(unit))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a size; write one like \"25 MiB\""))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a size, like \"25 MiB\"")]
        enum Raw {
            Bytes(u64),
            Text(String),
        }
        match Raw::deserialize(from)? {
            Raw::Bytes(count) => Ok(Self(count)),
            Raw::Text(text) => text.parse().map_err(de::Error::custom),
        }
    }
}

/// A span of time, written like `15 s`, `30 min`, `8 h`, `7 days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub Duration);

impl Period {
    pub const fn seconds(count: u64) -> Self {
        Self(Duration::from_secs(count))
    }

    pub const fn hours(count: u64) -> Self {
        Self(Duration::from_secs(count * 3_600))
    }

    pub const fn days(count: u64) -> Self {
        Self::hours(count * 24)
    }

    pub fn millis(self) -> i64 {
        i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX / 2)
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a span of time; write one like \"8 h\"");
        let (count, unit) = number_and_unit(text);
        let unit = match unit {
            "s" | "second" | "seconds" => 1,
            "min" | "m" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            _ => return Err(wrong()),
        };
        count
            .filter(|n| *n > 0)
            .and_then(|n| n.checked_mul(unit))
            .map(|seconds| Self(Duration::from_secs(seconds)))
            .ok_or_else(wrong)
    }
}

fn number_and_unit(text: &str) -> (Option<u64>, &str) {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    (text[..digits].parse().ok(), text[digits..].trim())
}

/// A secret, given as a string, as `{ env = "NAME" }` or as `{ file = "PATH" }`. Its `Debug` never
/// shows it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the wire only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "a string, { env = \"NAME\" } or { file = \"PATH\" }"
        )]
        enum Raw {
            Text(String),
            Place(Place),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Place {
            Env(String),
            File(std::path::PathBuf),
        }
        let text = match Raw::deserialize(from)? {
            Raw::Text(text) => text,
            Raw::Place(Place::Env(name)) => std::env::var(&name).map_err(|_| {
                de::Error::custom(format!("the environment variable `{name}` is not set"))
            })?,
            Raw::Place(Place::File(path)) => std::fs::read_to_string(&path)
                .map_err(|e| de::Error::custom(format!("cannot read `{}`: {e}", path.display())))?
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
        };
        if text.is_empty() {
            return Err(de::Error::custom("the secret is empty"));
        }
        Ok(Self(text))
    }
}

/// An address or a CIDR block: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: u128,
    mask: u128,
}

impl Network {
    /// IPv4 counts in its IPv4-mapped form, so both spellings of one address match.
    pub fn contains(&self, address: IpAddr) -> bool {
        mapped(address) & self.mask == self.base
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no address or network; write \"10.0.0.0/8\"");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.trim().parse().map_err(|_| wrong())?,
            None => width,
        };
        let free = u32::checked_sub(width, bits).ok_or_else(wrong)?;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        Ok(Self {
            base: mapped(address) & mask,
            mask,
        })
    }
}

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// A name and an address: `Support <help@example.com>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mailbox {
    pub name: String,
    pub address: String,
}

impl FromStr for Mailbox {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no mailbox; write \"Support <help@example.com>\"");
        let (name, address) = match text
            .trim()
            .strip_suffix('>')
            .and_then(|t| t.rsplit_once('<'))
        {
            Some((name, address)) => (name.trim().trim_matches('"'), address.trim()),
            None => ("", text.trim()),
        };
        if !is_address(address) || name.chars().any(char::is_control) {
            return Err(wrong());
        }
        Ok(Self {
            name: name.to_owned(),
            address: address.to_owned(),
        })
    }
}

/// Whether `text` can be written as a mail address of ours: one `@`, both sides there, no spaces.
pub(super) fn is_address(text: &str) -> bool {
    text.rsplit_once('@')
        .is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;".contains(c))
}

/// Quoted, anything may stand before the `@` (RFC 5321 section 4.1.2).
fn is_local_part(text: &str) -> bool {
    let quoted = text.len() > 2 && text.starts_with('"') && text.ends_with('"');
    !text.is_empty() && (quoted || !text.contains(['@', '"']))
}

/// Whether `text` looks like a domain: labels of letters, digits and hyphens, or an address literal.
pub(super) fn is_domain(text: &str) -> bool {
    let label = |l: &str| {
        !l.is_empty()
            && l.chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    (text.starts_with('[') && text.ends_with(']')) || text.split('.').all(label)
}

/// What a new mail of a known contact joins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Threading {
    /// One running conversation per contact.
    #[default]
    Contact,
    /// One conversation per mail thread.
    Thread,
}

/// How outgoing mail leaves us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// Everything through one relay.
    Smarthost(Smarthost),
    /// Straight to the recipients' mail exchangers.
    Mx,
    /// Nowhere: it waits in the queue.
    Hold,
}

/// A relay that takes all our mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smarthost {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: Option<String>,
    /// Only where the address itself carries one; `outbound.password` is the better place.
    pub password: Option<Secret>,
}

/// How the connection to a smarthost is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// `smtp://`: TLS if the relay offers it, and never between us and this machine itself.
    Plain,
    /// `smtp+starttls://`: STARTTLS demanded (RFC 3207).
    StartTls,
    /// `smtps://`: TLS from the first byte (RFC 8314).
    Tls,
}

impl Default for Via {
    fn default() -> Self {
        Self::Smarthost(Smarthost {
            host: "127.0.0.1".into(),
            port: 25,
            security: Security::Plain,
            user: None,
            password: None,
        })
    }
}

impl FromStr for Via {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "mx" => return Ok(Self::Mx),
            "hold" => return Ok(Self::Hold),
            _ => {}
        }
        // The value may carry a password: the reason never repeats it.
        smarthost(text.trim()).map(Self::Smarthost).ok_or_else(|| {
            "not a way for mail to leave; write \"smtp://host:port\", \"smtp+starttls://user@host\", \
             \"smtps://user@host\", \"mx\" or \"hold\""
                .into()
        })
    }
}

fn smarthost(text: &str) -> Option<Smarthost> {
    let (scheme, rest) = text.split_once("://")?;
    let (security, port) = match scheme {
        "smtp" => (Security::Plain, 25),
        "smtp+starttls" => (Security::StartTls, 587),
        "smtps" => (Security::Tls, 465),
        _ => return None,
    };
    // User names are often addresses themselves: the last `@` parts them from the host.
    let (login, place) = match rest.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, rest),
    };
    let (host, port) = host_and_port(place.trim_end_matches('/'), port)?;
    let (user, password) = match login {
        Some(login) => user_and_password(login)?,
        None => (None, None),
    };
    Some(Smarthost {
        host,
        port,
        security,
        user,
        password,
    })
}

fn user_and_password(login: &str) -> Option<(Option<String>, Option<Secret>)> {
    let decoded = percent_decoded;
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(Secret::new(decoded(password)?))),
        None => (login, None),
    };
    Some((Some(decoded(user).filter(|u| !u.is_empty())?), password))
}

fn host_and_port(place: &str, default: u16) -> Option<(String, u16)> {
    let (host, port) = match place.rsplit_once(':') {
        // A bare IPv6 address in brackets has colons of its own.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (place, default),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let known = bare.parse::<IpAddr>().is_ok() || is_domain(bare);
    (known && port != 0).then(|| (bare.to_owned(), port))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}
