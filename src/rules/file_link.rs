//! Links to files too large to travel with a mail: whoever holds one may fetch that file until it ends.
//!
//! A link says in the clear which file and until when, and 80 bits of HMAC-SHA256 over both.

use super::mail::Millis;
use super::token::Keys;
use data_encoding::BASE32_NOPAD_NOCASE;

/// How long a link leads somewhere: as long as people commonly come back to a mail.
pub const LIFE: Millis = 30 * 24 * 3_600_000;

const PURPOSE: &str = "file";

/// Bytes before the MAC: message, place, end.
const NAMED: usize = 8 + 4 + 8;

/// One file of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLink {
    pub message: u64,
    /// Its place among the message's files, counted from 0.
    pub place: u32,
    pub until: Millis,
}

/// Why a link leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// We did not make it.
    Wrong,
    Expired,
}

/// The link's secret part, in lower-case letters and digits.
pub fn sign(keys: &Keys, link: FileLink) -> String {
    let mut bytes = Vec::with_capacity(NAMED + 10);
    bytes.extend(link.message.to_be_bytes());
    bytes.extend(link.place.to_be_bytes());
    bytes.extend(link.until.to_be_bytes());
    let mac = keys.sign(PURPOSE, &bytes);
    bytes.extend(mac);
    BASE32_NOPAD_NOCASE.encode(&bytes).to_ascii_lowercase()
}

/// What a link names.
///
/// # Errors
/// [`Flaw`], which says only to who holds a right link that it has ended.
pub fn read(keys: &Keys, text: &str, now: Millis) -> Result<FileLink, Flaw> {
    let bytes = BASE32_NOPAD_NOCASE.decode(text.as_bytes());
    let bytes = bytes.map_err(|_| Flaw::Wrong)?;
    let (named, mac) = bytes.split_first_chunk::<NAMED>().ok_or(Flaw::Wrong)?;
    if !keys.verify(PURPOSE, named, mac) {
        return Err(Flaw::Wrong);
    }
    let eight = |at: usize| <[u8; 8]>::try_from(&named[at..at + 8]).unwrap_or_default();
    let four = <[u8; 4]>::try_from(&named[8..12]).unwrap_or_default();
    let link = FileLink {
        message: u64::from_be_bytes(eight(0)),
        place: u32::from_be_bytes(four),
        until: Millis::from_be_bytes(eight(12)),
    };
    match now <= link.until {
        true => Ok(link),
        false => Err(Flaw::Expired),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Millis = 1_767_355_445_000;
    const LINK: FileLink = FileLink {
        message: 7,
        place: 2,
        until: NOON + LIFE,
    };

    #[test]
    fn a_link_names_one_file_until_it_ends() {
        let keys = Keys::new(&[[1; 32]]).unwrap();
        let text = sign(&keys, LINK);
        assert_eq!(read(&keys, &text, NOON), Ok(LINK));
        assert_eq!(read(&keys, &text.to_uppercase(), LINK.until), Ok(LINK));
        assert_eq!(read(&keys, &text, LINK.until + 1), Err(Flaw::Expired));
    }

    #[test]
    fn only_our_own_links_lead_anywhere() {
        let keys = Keys::new(&[[1; 32]]).unwrap();
        let others = Keys::new(&[[2; 32]]).unwrap();
        let text = sign(&keys, LINK);
        assert_eq!(read(&others, &text, NOON), Err(Flaw::Wrong));
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(read(&keys, &changed, NOON), Err(Flaw::Wrong), "{changed}");
        }
        for odd in ["", "a", &text[1..], &format!("{text}aa")] {
            assert_eq!(read(&keys, odd, NOON), Err(Flaw::Wrong), "{odd}");
        }
    }
}
