//! Bytes and what they claim to be, in; text out. Never fails.
//!
//! Holds the choice of decoder: the WHATWG ones, the stateful ones WHATWG refuses
//! ([`super::stateful`]), and what to do when the claim is missing or wrong.

use super::stateful::{self, Stateful};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, UTF_8, WINDOWS_1252};

/// What is known of undeclared bytes before looking at them.
#[derive(Debug, Clone, Default)]
pub struct Hint {
    /// The charset the mail declares elsewhere, for headers that declare none.
    pub charset: Option<String>,
    /// The top-level domain of the sender, which tells alphabets apart.
    pub tld: Option<String>,
}

/// Decoded text, and a remark when the declaration was not to be believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    pub warning: Option<String>,
}

enum Codec {
    Whatwg(&'static Encoding),
    Stateful(Stateful),
    /// Characters 128 to 255 of a DOS code page WHATWG does not know.
    Page(&'static str),
}

/// Detection looks at this many bytes at most.
const DETECT: usize = 64 * 1024;

const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// Decodes a body or an encoded word that declares `declared`.
pub fn decode(bytes: &[u8], declared: Option<&str>, hint: &Hint) -> Text {
    let declared = declared.map(normal_label).filter(|l| !l.is_empty());
    if let Some((encoding, length)) = Encoding::for_bom(bytes)
        && (encoding == UTF_8 || declared.as_deref().is_none_or(|l| l.starts_with("utf-16")))
    {
        return plain(
            encoding
                .decode_without_bom_handling(&bytes[length..])
                .0
                .into_owned(),
        );
    }
    match declared.as_deref().map(|label| (label, codec(label))) {
        None => undeclared(bytes, hint),
        Some((label, None)) if is_vague(label) => undeclared(bytes, hint),
        Some((label, None)) => Text {
            warning: Some(format!("The charset {label:?} is unknown; it was guessed.")),
            ..undeclared(bytes, hint)
        },
        Some((label, Some(codec))) => as_declared(bytes, label, &codec, hint),
    }
}

/// Decodes the raw bytes of a header field: UTF-8, else the body's charset, else a guess.
pub fn header(bytes: &[u8], hint: &Hint) -> String {
    if bytes.is_ascii() && !bytes.contains(&0x1b) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    if !bytes.is_ascii()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return text.to_owned();
    }
    let body = hint.charset.as_deref().map(normal_label);
    match body.as_deref().map(|label| (label, codec(label))) {
        Some((label, Some(Codec::Whatwg(e)))) if e != UTF_8 && label != "us-ascii" => {
            as_declared(bytes, label, &Codec::Whatwg(e), hint).text
        }
        _ => undeclared(bytes, hint).text,
    }
}

/// Whether a charset of that name can be decoded.
pub fn is_known(label: &str) -> bool {
    codec(&normal_label(label)).is_some()
}

fn plain(text: String) -> Text {
    Text {
        text,
        warning: None,
    }
}

fn as_declared(bytes: &[u8], label: &str, codec: &Codec, hint: &Hint) -> Text {
    match codec {
        Codec::Stateful(kind) => plain(stateful::decode(*kind, bytes)),
        _ if bytes.is_ascii() && !label.starts_with("utf-16") => undeclared(bytes, hint),
        Codec::Page(upper) => plain(paged(bytes, upper)),
        Codec::Whatwg(encoding) => by_whatwg(bytes, label, encoding, hint),
    }
}

fn by_whatwg(bytes: &[u8], label: &str, encoding: &'static Encoding, hint: &Hint) -> Text {
    if label.starts_with("utf-16") {
        return by_utf16(bytes, encoding, hint);
    }
    let valid_utf8 = std::str::from_utf8(bytes).ok();
    if label == "us-ascii" {
        return Text {
            warning: Some("The text is declared US-ASCII but holds other bytes.".into()),
            ..undeclared(bytes, hint)
        };
    }
    if encoding == UTF_8 {
        return valid_utf8.map_or_else(|| broken_utf8(bytes, hint), |t| plain(t.to_owned()));
    }
    let (text, _, errors) = encoding.decode(bytes);
    // Two-byte charsets can look like UTF-8 by chance; a few sequences in a row cannot.
    let needed = if encoding.is_single_byte() || errors {
        1
    } else {
        4
    };
    if let Some(utf8) = valid_utf8
        && utf8.chars().filter(|c| !c.is_ascii()).take(needed).count() == needed
    {
        return Text {
            text: utf8.to_owned(),
            warning: Some(format!("The text is declared {label} but is UTF-8.")),
        };
    }
    plain(text.into_owned())
}

/// UTF-16 is sometimes declared for what was converted on the way.
fn by_utf16(bytes: &[u8], encoding: &'static Encoding, hint: &Hint) -> Text {
    if !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok() {
        return undeclared(bytes, hint);
    }
    plain(encoding.decode(bytes).0.into_owned())
}

/// Declared UTF-8, and is not: mostly UTF-8 with damage, or something else altogether.
fn broken_utf8(bytes: &[u8], hint: &Hint) -> Text {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if good >= bad {
        return Text {
            text: String::from_utf8_lossy(bytes).into_owned(),
            warning: Some("Some bytes of the text are damaged.".into()),
        };
    }
    Text {
        warning: Some("The text is declared UTF-8 but is not; it was guessed.".into()),
        ..undeclared(bytes, hint)
    }
}

fn undeclared(bytes: &[u8], hint: &Hint) -> Text {
    if let Some(kind) = Stateful::sniff(bytes) {
        return plain(stateful::decode(kind, bytes));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return plain(text.to_owned());
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(DETECT)], true);
    let guess = detector.guess(tld(hint), Utf8Detection::Deny);
    let guess = if is_far_fetched(guess, hint) {
        WINDOWS_1252
    } else {
        guess
    };
    plain(guess.decode(bytes).0.into_owned())
}

/// A few typographic characters make Western text look Baltic or Vietnamese; only senders from there
/// write without a declaration in these.
fn is_far_fetched(guess: &'static Encoding, hint: &Hint) -> bool {
    let from = |places: &[&str]| hint.tld.as_deref().is_some_and(|tld| places.contains(&tld));
    match guess.name() {
        "windows-1257" | "ISO-8859-4" | "ISO-8859-13" => !from(&["lt", "lv", "ee"]),
        "windows-1258" => !from(&["vn"]),
        _ => false,
    }
}

/// The detector panics on anything but lower-case ASCII labels (or punycode) without dots.
fn tld(hint: &Hint) -> Option<&[u8]> {
    let tld = hint.tld.as_deref()?.as_bytes();
    let fits = !tld.is_empty() && tld.iter().all(u8::is_ascii_lowercase);
    fits.then_some(tld)
}

fn paged(bytes: &[u8], upper: &str) -> String {
    let table: Vec<char> = upper.chars().collect();
    let of = |b: &u8| match b {
        0..=127 => char::from(*b),
        _ => table
            .get(usize::from(*b) - 128)
            .copied()
            .unwrap_or('\u{fffd}'),
    };
    bytes.iter().map(of).collect()
}

/// Labels that promise nothing.
fn is_vague(label: &str) -> bool {
    matches!(
        label,
        "unknown"
            | "unknown-8bit"
            | "x-unknown"
            | "8bit"
            | "7bit"
            | "binary"
            | "default"
            | "none"
            | "x-user-defined"
            | "auto"
    )
}

fn normal_label(label: &str) -> String {
    let label = label.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let end = label
        .find(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | '(' | '"' | '\''))
        .unwrap_or(label.len());
    label[..end].to_ascii_lowercase()
}

fn codec(label: &str) -> Option<Codec> {
    if let Some(kind) = Stateful::for_label(label) {
        return Some(Codec::Stateful(kind));
    }
    match label {
        "gb2312" | "gb_2312" | "gb_2312-80" | "gb2312-80" | "x-gbk" | "euc-cn" | "euccn"
        | "cp936" | "ms936" | "x-euc-cn" | "cn-gb" | "gb-2312" => {
            return Some(Codec::Whatwg(GB18030));
        }
        "cp437" | "ibm437" | "437" | "cspc8codepage437" => return Some(Codec::Page(CP437)),
        "cp850" | "ibm850" | "850" | "cp858" | "ibm00858" => return Some(Codec::Page(CP850)),
        "x-user-defined" => return None,
        _ => {}
    }
    let whatwg =
        |label: &str| Encoding::for_label_no_replacement(label.as_bytes()).map(Codec::Whatwg);
    whatwg(label).or_else(|| whatwg(&respelled(label)))
}

/// Spellings seen in mail, brought to the one WHATWG knows.
fn respelled(label: &str) -> String {
    let label = label.replace('_', "-");
    let label = label.strip_prefix("x-").unwrap_or(&label);
    match label {
        "cp932" | "ibm932" | "x-sjis-cp932" | "sjis-win" | "ms-kanji" | "mskanji" => {
            "shift_jis".into()
        }
        "cp949" | "ms949" | "uhc" | "ks-c-5601" | "ksc5601" | "ksc-5601" | "ks-c-5601-1992"
        | "euckr" => "euc-kr".into(),
        "cp950" | "ms950" | "big-5" | "big5hkscs" | "big5-eten" => "big5".into(),
        "eucjp" | "euc-jp-ms" | "eucjp-ms" | "eucjp-win" | "cp51932" => "euc-jp".into(),
        "latin-1" | "latin" | "iso-latin-1" | "8859-1" | "west" | "ansi" => "latin1".into(),
        "646" | "iso-646" | "us" | "usascii" | "ascii7" => "us-ascii".into(),
        "utf" | "utf8mb4" | "utf-8-sig" | "unicode" | "utf-8n" => "utf-8".into(),
        "mac" | "macroman" | "mac-roman" => "macintosh".into(),
        "cp1047" | "koi8" => "koi8-r".into(),
        _ => generic(label),
    }
}

fn generic(label: &str) -> String {
    let digits = |rest: &str| rest.trim_start_matches('-').to_owned();
    for (prefix, standard) in [
        ("windows", "windows-"),
        ("win", "windows-"),
        ("cp-", "windows-"),
        ("cp", "windows-"),
        ("ibm", "windows-"),
        ("ms", "windows-"),
        ("iso8859", "iso-8859-"),
        ("iso-8859", "iso-8859-"),
        ("8859", "iso-8859-"),
        ("iso", "iso-"),
        ("utf", "utf-"),
        ("koi8", "koi8-"),
        ("latin-", "latin"),
    ] {
        if let Some(rest) = label.strip_prefix(prefix) {
            let candidate = format!("{standard}{}", digits(rest));
            if Encoding::for_label(candidate.as_bytes()).is_some() {
                return candidate;
            }
        }
    }
    label.to_owned()
}

#[cfg(test)]
mod tests;
