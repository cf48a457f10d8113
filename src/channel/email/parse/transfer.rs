//! Content transfer encodings (RFC 2045 section 6) and uuencode, decoded whatever is wrong with them.

use flate2::read::GzDecoder;
use std::borrow::Cow;
use std::io::Read;

/// What is unpacked may be so many times as long as what came; more is a bomb and stays packed.
const MOST_UNPACKED: usize = 20;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Transfer {
    #[default]
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
    /// Gzip in base64, as `x-gzip64` of MIME-tools and metamail.
    Gzip64,
}

impl Transfer {
    /// Reads the header field's value, misspelt or not.
    pub fn for_label(label: &str) -> Self {
        let letters: String = label
            .split([';', '(', ' '])
            .find(|part| !part.is_empty())
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        match letters.as_str() {
            "base64" | "b64" | "b" => Self::Base64,
            "quotedprintable" | "quotedprintible" | "quoted" | "qp" | "q" => Self::QuotedPrintable,
            "xuuencode" | "uuencode" | "xuue" | "uue" => Self::Uuencode,
            "xgzip64" | "gzip64" => Self::Gzip64,
            _ => Self::Identity,
        }
    }

    /// Decodes a body. Text that plainly is not base64 stays as it is.
    pub fn decode<'a>(self, body: &'a [u8]) -> Cow<'a, [u8]> {
        match self {
            Self::Identity => Cow::Borrowed(body),
            Self::Base64 if !looks_like_base64(body) => Cow::Borrowed(body),
            Self::Base64 => Cow::Owned(base64(body)),
            Self::QuotedPrintable => Cow::Owned(quoted_printable(body)),
            Self::Uuencode => match uuencoded(body).into_iter().next() {
                Some(file) => Cow::Owned(file.content),
                None => Cow::Borrowed(body),
            },
            Self::Gzip64 => match gunzipped(&base64(body)) {
                Some(content) => Cow::Owned(content),
                None => Cow::Borrowed(body),
            },
        }
    }
}

fn gunzipped(packed: &[u8]) -> Option<Vec<u8>> {
    let most = packed.len() * MOST_UNPACKED;
    let mut content = Vec::new();
    let mut unpacking = GzDecoder::new(packed).take(most as u64 + 1);
    unpacking.read_to_end(&mut content).ok()?;
    (content.len() <= most).then_some(content)
}

/// The value of two hexadecimal digits.
pub fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    let [high, low, ..] = bytes else { return None };
    u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
}

/// Anything but a few words of prose in its first lines.
fn looks_like_base64(body: &[u8]) -> bool {
    let head = &body[..body.len().min(2000)];
    let spaced = head
        .split(|b| *b == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .take(3)
        .filter(|line| {
            line.iter()
                .any(|b| sextet(*b).is_none() && !matches!(b, b'=' | b'\t'))
        })
        .count();
    spaced == 0 || head.iter().filter(|b| **b == b' ').count() * 12 < head.len().min(400)
}

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

/// Base64 without regard for line lengths, foreign bytes or padding. What a mailing list appends
/// after the end (a blank line or padding, then prose) is left out.
pub fn base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let mut quantum = Quantum::default();
    let mut ended = false;
    for line in body.split(|b| *b == b'\n') {
        let line = line.trim_ascii();
        if ended
            && !line
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))
        {
            break;
        }
        for &byte in line {
            match byte {
                b'=' => quantum.pad(&mut out),
                _ => quantum.push(byte, &mut out),
            }
        }
        ended |= line.ends_with(b"=") || (line.is_empty() && !out.is_empty());
    }
    quantum.pad(&mut out);
    out
}

/// Up to four base64 digits on their way to three bytes.
#[derive(Default)]
struct Quantum {
    bits: u32,
    digits: u32,
}

impl Quantum {
    fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        let Some(value) = sextet(byte) else { return };
        self.bits = self.bits << 6 | value;
        self.digits += 1;
        if self.digits == 4 {
            out.extend_from_slice(&self.bits.to_be_bytes()[1..]);
            *self = Self::default();
        }
    }

    /// Writes the whole bytes of a short quantum.
    fn pad(&mut self, out: &mut Vec<u8>) {
        let bits = self.bits << (6 * (4 - self.digits));
        let whole = self.digits.saturating_sub(1) as usize;
        out.extend_from_slice(&bits.to_be_bytes()[1..1 + whole]);
        *self = Self::default();
    }
}

/// Quoted-printable; a malformed `=` stays as it is.
pub fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|b| *b == b'\n') {
        let (content, end) = line_end(line);
        let content = trim_blank_end(content);
        match content.strip_suffix(b"=") {
            Some(soft) => quoted_line(soft, &mut out),
            None => {
                quoted_line(content, &mut out);
                out.extend_from_slice(end);
            }
        }
    }
    out
}

fn quoted_line(line: &[u8], out: &mut Vec<u8>) {
    let mut rest = line;
    while let Some(at) = rest.iter().position(|b| *b == b'=') {
        out.extend_from_slice(&rest[..at]);
        let after = &rest[at + 1..];
        match hex_pair(after) {
            Some(byte) => {
                out.push(byte);
                rest = &after[2..];
            }
            None => {
                out.push(b'=');
                rest = after;
            }
        }
    }
    out.extend_from_slice(rest);
}

fn line_end(line: &[u8]) -> (&[u8], &[u8]) {
    let content = line.strip_suffix(b"\n").unwrap_or(line);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    line.split_at(content.len())
}

fn trim_blank_end(line: &[u8]) -> &[u8] {
    let blank = line
        .iter()
        .rev()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    &line[..line.len() - blank]
}

/// A file between `begin MODE NAME` and `end` inside a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Uuencoded {
    pub name: Vec<u8>,
    pub content: Vec<u8>,
    /// The bytes it took, from `begin` to the end of the `end` line.
    pub start: usize,
    pub end: usize,
}

/// Every uuencoded file of a text, in order.
pub fn uuencoded(text: &[u8]) -> Vec<Uuencoded> {
    let mut files = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match uuencoded_at(text, at) {
            Some(file) => {
                at = file.end;
                files.push(file);
            }
            None => at = next_line(text, at),
        }
    }
    files
}

fn next_line(text: &[u8], at: usize) -> usize {
    let newline = text[at..].iter().position(|b| *b == b'\n');
    newline.map_or(text.len(), |n| at + n + 1)
}

fn uuencoded_at(text: &[u8], start: usize) -> Option<Uuencoded> {
    let mode = text[start..].strip_prefix(b"begin ")?;
    let digits = mode
        .iter()
        .take_while(|b| (b'0'..=b'7').contains(b))
        .count();
    if !(3..=4).contains(&digits) || mode.get(digits) != Some(&b' ') {
        return None;
    }
    let mut at = next_line(text, start);
    let name = text[start + 6 + digits + 1..at].trim_ascii().to_vec();
    let mut content = Vec::new();
    while at < text.len() {
        let next = next_line(text, at);
        let line = line_end(&text[at..next]).0;
        at = next;
        match line.trim_ascii() {
            b"end" => break,
            b"`" | b"" => continue,
            _ if !uuencoded_line(line, &mut content) => return None,
            _ => {}
        }
    }
    (!name.is_empty() && !content.is_empty()).then_some(Uuencoded {
        name,
        content,
        start,
        end: at,
    })
}

/// One line: a length, then groups of four digits. False if it cannot be one.
fn uuencoded_line(line: &[u8], out: &mut Vec<u8>) -> bool {
    let value = |b: u8| u32::from(b.wrapping_sub(32) & 0x3f);
    let Some((&first, digits)) = line.split_first() else {
        return false;
    };
    let length = value(first) as usize;
    let needed = length.div_ceil(3) * 4;
    if line.iter().any(|b| !(32..=96).contains(b))
        || digits.len() > needed + 4
        || digits.len() + 4 < needed
    {
        return false;
    }
    let before = out.len();
    for group in digits.chunks(4) {
        let digit = |i: usize| value(group.get(i).copied().unwrap_or(b' '));
        let bits = digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
        out.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    out.resize(before + length, 0);
    true
}

#[cfg(test)]
mod tests;
