//! What we sign so that it finds its way back: reply and bounce addresses, Message-IDs, and the
//! marker hidden in the HTML we send.
//!
//! Each carries ids in the clear and 80 bits of HMAC-SHA256 over them, so that a stranger can
//! neither guess a conversation nor move a mail into one. Nothing expires: whatever was signed
//! under any key of the ring is right for ever, since people answer year-old mail. The local part
//! of an address is written in lower-case base32, because mail systems fold case as they like.

use std::hint::black_box;

use data_encoding::BASE32_NOPAD_NOCASE;
use ring::hmac;

/// Bytes of HMAC kept in a token: 80 bits, as RFC 2104 section 5 allows, within an address a
/// server must accept (64 octets of local part, RFC 5321 section 4.5.3.1.1).
const MAC_LEN: usize = 10;

/// The same 80 bits in base32.
const MAC_CHARS: usize = 16;

/// What a Message-ID of ours begins with.
const MESSAGE_ID_PREFIX: &str = "m.";

/// What the marker in our HTML begins with. Letters, digits and `_` alone, at most 40 of them in
/// all, so that Word, which writes Outlook's HTML, keeps it as a bookmark name.
const MARKER_PREFIX: &str = "casella_";

/// The secrets that sign, oldest first; the newest signs, all of them verify.
#[derive(Clone)]
pub struct Keys {
    ring: Vec<hmac::Key>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.ring.len())
    }
}

impl Keys {
    /// A ring of the given secrets, oldest first: a secret's place is its key id, so the order must
    /// never change and none may be dropped. `None` without any, or with more than 256.
    pub fn new(secrets: &[[u8; 32]]) -> Option<Self> {
        let ring: Vec<_> = secrets
            .iter()
            .map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret))
            .collect();
        (!ring.is_empty() && ring.len() <= 256).then_some(Self { ring })
    }

    fn newest(&self) -> (u8, &hmac::Key) {
        let id = self.ring.len() - 1;
        (id as u8, &self.ring[id])
    }

    /// The MAC under the newest key.
    pub(super) fn sign(&self, purpose: &str, payload: &[u8]) -> [u8; MAC_LEN] {
        mac(self.newest().1, purpose, payload)
    }

    /// Whether any key of the ring made this MAC.
    pub(super) fn verify(&self, purpose: &str, payload: &[u8], given: &[u8]) -> bool {
        self.ring
            .iter()
            .any(|key| same(&mac(key, purpose, payload), given))
    }
}

/// The purpose goes into the MAC, so that what was signed for one use is wrong for every other.
fn mac(key: &hmac::Key, purpose: &str, payload: &[u8]) -> [u8; MAC_LEN] {
    let mut context = hmac::Context::with_key(key);
    context.update(purpose.as_bytes());
    context.update(b"\0");
    context.update(payload);
    let mut short = [0; MAC_LEN];
    short.copy_from_slice(&context.sign().as_ref()[..MAC_LEN]);
    short
}

/// Compares without a branch on the contents, so that time tells nothing of how much was right.
fn same(expected: &[u8; MAC_LEN], given: &[u8]) -> bool {
    given.len() == MAC_LEN
        && black_box(expected.iter().zip(given).fold(0, |d, (a, b)| d | (a ^ b))) == 0
}

/// What a signed address says. `recipient` numbers the recipients of one message of ours, so that
/// each has an address of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// `r+TOKEN@`: where a person's answer comes back to.
    Reply { conversation: u64, recipient: u32 },
    /// `b+TOKEN@`: the envelope sender, where delivery reports come back to (VERP).
    Bounce { message: u64, recipient: u32 },
}

impl Token {
    const REPLY: &str = "r+";
    const BOUNCE: &str = "b+";

    fn parts(self) -> (&'static str, u64, u32) {
        match self {
            Self::Reply {
                conversation,
                recipient,
            } => (Self::REPLY, conversation, recipient),
            Self::Bounce { message, recipient } => (Self::BOUNCE, message, recipient),
        }
    }

    fn of(prefix: &str, id: u64, recipient: u32) -> Self {
        match prefix {
            Self::REPLY => Self::Reply {
                conversation: id,
                recipient,
            },
            _ => Self::Bounce {
                message: id,
                recipient,
            },
        }
    }
}

/// What a local part turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// Not shaped like a signed address: an ordinary recipient.
    No,
    /// Shaped like one, but not made by us.
    Wrong,
    Right(Token),
}

/// The local part `r+TOKEN` or `b+TOKEN`, at most 41 characters.
///
/// TOKEN is base32 of: key id (1 byte), the lengths of both ids (a nibble each), the ids
/// (big-endian, no leading zeros), MAC (10 bytes).
pub fn local_part(keys: &Keys, token: Token) -> String {
    let (prefix, id, recipient) = token.parts();
    let (id, recipient) = (minimal(id), minimal(recipient.into()));
    let mut bytes = vec![keys.newest().0, (id.len() << 4 | recipient.len()) as u8];
    bytes.extend(id);
    bytes.extend(recipient);
    let mac = keys.sign(prefix, &bytes);
    bytes.extend(mac);
    format!("{prefix}{}", base32(&bytes))
}

/// Reads the local part of a recipient; its case does not matter.
pub fn read_local_part(keys: &Keys, local: &str) -> Signed {
    let shaped = [Token::REPLY, Token::BOUNCE]
        .into_iter()
        .find_map(|prefix| Some((prefix, strip_prefix(local, prefix)?)));
    match shaped {
        None => Signed::No,
        Some((prefix, text)) => match read_token(keys, prefix, text) {
            Some(token) => Signed::Right(token),
            None => Signed::Wrong,
        },
    }
}

fn read_token(keys: &Keys, prefix: &str, text: &str) -> Option<Token> {
    let bytes = BASE32_NOPAD_NOCASE.decode(text.as_bytes()).ok()?;
    let (payload, given) = bytes.split_at_checked(bytes.len().checked_sub(MAC_LEN)?)?;
    let (&[key_id, lengths], ids) = payload.split_first_chunk()?;
    let key = keys.ring.get(usize::from(key_id))?;
    let (id, recipient) = ids.split_at_checked(usize::from(lengths >> 4))?;
    let right =
        same(&mac(key, prefix, payload), given) && recipient.len() == usize::from(lengths & 0x0f);
    let recipient = u32::try_from(number(recipient)?).ok()?;
    right.then_some(Token::of(prefix, number(id)?, recipient))
}

/// The Message-ID of a message of ours, without angle brackets: `m.ID.MAC16@domain`.
pub fn message_id(keys: &Keys, message: u64, domain: &str) -> String {
    let mac = base32(&keys.sign(MESSAGE_ID_PREFIX, &message.to_be_bytes()));
    format!("{MESSAGE_ID_PREFIX}{message}.{mac}@{domain}")
}

/// The message a Message-ID of ours names, with or without angle brackets. The domain is not
/// looked at: it may have changed since, and relays rewrite it.
pub fn read_message_id(keys: &Keys, id: &str) -> Option<u64> {
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    let (local, _domain) = id.split_once('@')?;
    let (message, mac) = strip_prefix(local, MESSAGE_ID_PREFIX)?.split_once('.')?;
    read_signed_number(keys, MESSAGE_ID_PREFIX, message, mac)
}

/// The name hidden in the HTML of a message of ours, before which an answer's new text ends
/// (MAIL.md F2). It stands as the `id` of an element and the `name` of an anchor.
pub fn marker(keys: &Keys, message: u64) -> String {
    let mac = base32(&keys.sign(MARKER_PREFIX, &message.to_be_bytes()));
    format!("{MARKER_PREFIX}{message}_{mac}")
}

/// The first marker of ours in an HTML body: the byte offset at which it begins, and the message
/// it was made for. Clients put their own prefix before it (Gmail: `m_-123casella_…`), so it is
/// looked for anywhere.
pub fn find_marker(keys: &Keys, html: &str) -> Option<(usize, u64)> {
    html.match_indices(MARKER_PREFIX).find_map(|(at, _)| {
        let rest = &html[at + MARKER_PREFIX.len()..];
        let (message, rest) = rest.split_once('_')?;
        let message = read_signed_number(keys, MARKER_PREFIX, message, rest.get(..MAC_CHARS)?)?;
        Some((at, message))
    })
}

fn read_signed_number(keys: &Keys, purpose: &str, number: &str, mac: &str) -> Option<u64> {
    let plain = !number.starts_with(['0', '+']) || number == "0";
    let message: u64 = number.parse().ok().filter(|_| plain)?;
    let given = BASE32_NOPAD_NOCASE.decode(mac.as_bytes()).ok()?;
    keys.verify(purpose, &message.to_be_bytes(), &given)
        .then_some(message)
}

fn base32(bytes: &[u8]) -> String {
    BASE32_NOPAD_NOCASE.encode(bytes).to_ascii_lowercase()
}

/// A number's big-endian bytes without leading zeros.
fn minimal(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

fn number(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
}

/// As `str::strip_prefix`, without regard to ASCII case.
fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests;
