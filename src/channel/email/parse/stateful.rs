//! The charsets WHATWG leaves out because they keep state: ISO-2022-*, HZ, UTF-7, and UTF-32.
//!
//! The ISO-2022 family and HZ are turned into the eight-bit form of the same character sets, which
//! encoding_rs decodes.

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK, WINDOWS_1252};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stateful {
    /// ISO-2022-JP, -JP-1, -JP-2, -JP-3, -JP-MS, CP5022x, -KR and -CN: escape sequences tell them apart.
    Iso2022,
    /// RFC 1843.
    Hz,
    /// RFC 2152.
    Utf7,
    Utf32 {
        big_endian: bool,
    },
}

impl Stateful {
    pub fn for_label(label: &str) -> Option<Self> {
        match label {
            "utf-7" | "utf7" | "unicode-1-1-utf-7" | "x-utf-7" | "csunicode11utf7" => {
                Some(Self::Utf7)
            }
            "hz-gb-2312" | "hz-gb2312" | "hz" => Some(Self::Hz),
            "utf-32" | "utf-32be" | "utf32" | "ucs-4" => Some(Self::Utf32 { big_endian: true }),
            "utf-32le" => Some(Self::Utf32 { big_endian: false }),
            "jis" | "jis7" => Some(Self::Iso2022),
            _ => [
                "iso-2022-",
                "_iso-2022-",
                "iso2022",
                "csiso2022",
                "cp5022",
                "x-iso-2022",
            ]
            .iter()
            .any(|prefix| label.starts_with(prefix))
            .then_some(Self::Iso2022),
        }
    }

    /// Recognises undeclared ISO-2022 text by a designation of a two-byte set.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        let designates = |w: &[u8]| {
            w[0] == 0x1b && w[1] == b'$' && matches!(w[2], b'B' | b'@' | b'A' | b'(' | b')')
        };
        (bytes.contains(&0x1b) && bytes.windows(3).any(designates)).then_some(Self::Iso2022)
    }
}

pub fn decode(kind: Stateful, bytes: &[u8]) -> String {
    match kind {
        Stateful::Iso2022 => iso2022(bytes),
        Stateful::Hz => hz(bytes),
        Stateful::Utf7 => utf7(bytes),
        Stateful::Utf32 { big_endian } => utf32(bytes, big_endian),
    }
}

/// A character set an escape sequence can designate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    Ascii,
    Kana,
    Jis0208,
    Jis0212,
    Gb2312,
    Ksc5601,
    /// Known to exist, not decoded.
    Other,
}

/// Bytes of one set waiting to be decoded together.
struct Run {
    set: Set,
    bytes: Vec<u8>,
    text: String,
}

impl Run {
    fn switch(&mut self, set: Set) {
        if set == self.set {
            return;
        }
        self.flush();
        self.set = set;
    }

    fn flush(&mut self) {
        let encoding: &Encoding = match self.set {
            Set::Ascii | Set::Other => WINDOWS_1252,
            Set::Kana | Set::Jis0208 | Set::Jis0212 => EUC_JP,
            Set::Gb2312 => GBK,
            Set::Ksc5601 => EUC_KR,
        };
        if self.set == Set::Ascii {
            // Eight-bit bytes have no place here; UTF-8 is what careless software adds.
            self.text.push_str(&String::from_utf8_lossy(&self.bytes));
        } else {
            self.text
                .push_str(&encoding.decode_without_bom_handling(&self.bytes).0);
        }
        self.bytes.clear();
    }

    /// Adds one character of the current set; returns how many bytes it took.
    fn take(&mut self, rest: &[u8]) -> usize {
        let two = |rest: &[u8]| {
            rest.get(1)
                .filter(|b| b.is_ascii_graphic())
                .map(|b| [rest[0] | 0x80, b | 0x80])
        };
        match self.set {
            Set::Kana => self.bytes.extend([0x8e, rest[0] | 0x80]),
            Set::Jis0208 | Set::Gb2312 | Set::Ksc5601 | Set::Jis0212 => match two(rest) {
                Some(pair) => {
                    self.bytes
                        .extend((self.set == Set::Jis0212).then_some(0x8f));
                    self.bytes.extend(pair);
                    return 2;
                }
                None => self.bytes.push(b'?'),
            },
            Set::Ascii | Set::Other => self.bytes.push(rest[0]),
        }
        1
    }
}

fn iso2022(bytes: &[u8]) -> String {
    let mut run = Run {
        set: Set::Ascii,
        bytes: Vec::new(),
        text: String::with_capacity(bytes.len()),
    };
    let (mut g0, mut g1, mut shifted) = (Set::Ascii, Set::Ksc5601, false);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        if let Some((set, is_g1, length)) = designation(rest) {
            if is_g1 {
                g1 = set
            } else {
                g0 = set
            }
            at += length;
            continue;
        }
        match byte {
            0x0e => shifted = true,
            0x0f => shifted = false,
            b'\n' | b'\r' => {
                // Lines begin in ASCII (ISO-2022-JP) and unshifted (-KR), whatever came before.
                (g0, shifted) = (Set::Ascii, false);
                run.switch(Set::Ascii);
                run.bytes.push(byte);
            }
            _ => {
                let set = if shifted { g1 } else { g0 };
                run.switch(if byte.is_ascii_graphic() {
                    set
                } else {
                    Set::Ascii
                });
                at += run.take(rest) - 1;
            }
        }
        at += 1;
    }
    run.flush();
    run.text
}

/// The set an escape sequence designates, whether to G1, and the sequence's length.
fn designation(rest: &[u8]) -> Option<(Set, bool, usize)> {
    let rest = rest.strip_prefix(b"\x1b")?;
    Some(match rest {
        [b'$', b')', b'C', ..] => (Set::Ksc5601, true, 4),
        [b'$', b')', b'A', ..] => (Set::Gb2312, true, 4),
        [b'$', b')' | b'*' | b'+', _, ..] => (Set::Other, true, 4),
        [b'$', b'(', b'C', ..] => (Set::Ksc5601, false, 4),
        [b'$', b'(', b'D', ..] => (Set::Jis0212, false, 4),
        [b'$', b'(', b'B' | b'@' | b'O' | b'Q', ..] => (Set::Jis0208, false, 4),
        [b'$', b'B' | b'@', ..] => (Set::Jis0208, false, 3),
        [b'$', b'A', ..] => (Set::Gb2312, false, 3),
        [b'(', b'I', ..] => (Set::Kana, false, 3),
        [b'(', _, ..] => (Set::Ascii, false, 3),
        [b'&', b'@', ..] => (Set::Ascii, false, 3),
        _ => return None,
    })
}

fn hz(bytes: &[u8]) -> String {
    let mut run = Run {
        set: Set::Ascii,
        bytes: Vec::new(),
        text: String::new(),
    };
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        at += match rest {
            [b'~', b'{', ..] => {
                run.switch(Set::Gb2312);
                2
            }
            [b'~', b'}', ..] => {
                run.switch(Set::Ascii);
                2
            }
            [b'~', b'~', ..] if run.set == Set::Ascii => {
                run.bytes.push(b'~');
                2
            }
            [b'~', b'\n', ..] => 2,
            [b'\n', ..] => {
                run.switch(Set::Ascii);
                run.bytes.push(b'\n');
                1
            }
            _ => run.take(rest),
        };
    }
    run.flush();
    run.text
}

fn utf7(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(plus) = rest.iter().position(|b| *b == b'+') {
        text.push_str(&String::from_utf8_lossy(&rest[..plus]));
        rest = &rest[plus + 1..];
        let end = rest
            .iter()
            .position(|b| sextet(*b).is_none())
            .unwrap_or(rest.len());
        match &rest[..end] {
            [] => text.push('+'),
            run => text.push_str(&utf7_run(run)),
        }
        rest = &rest[end..];
        rest = rest.strip_prefix(b"-").unwrap_or(rest);
    }
    text.push_str(&String::from_utf8_lossy(rest));
    text
}

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// Base64 of UTF-16BE units, leftover bits dropped.
fn utf7_run(run: &[u8]) -> String {
    let (mut bits, mut held) = (0u32, 0u32);
    let mut units = Vec::with_capacity(run.len() * 3 / 8);
    for value in run.iter().filter_map(|b| sextet(*b)) {
        bits = (bits << 6 | value) & 0x3f_ffff;
        held += 6;
        if held >= 16 {
            held -= 16;
            units.push((bits >> held & 0xffff) as u16);
        }
    }
    String::from_utf16_lossy(&units)
}

fn utf32(bytes: &[u8], big_endian: bool) -> String {
    let little = bytes.starts_with(&[0xff, 0xfe, 0, 0]);
    let of = |unit: &[u8]| {
        let unit = [unit[0], unit[1], unit[2], unit[3]];
        let code = if big_endian && !little {
            u32::from_be_bytes(unit)
        } else {
            u32::from_le_bytes(unit)
        };
        char::from_u32(code).unwrap_or('\u{fffd}')
    };
    bytes
        .chunks_exact(4)
        .map(of)
        .filter(|c| *c != '\u{feff}')
        .collect()
}
