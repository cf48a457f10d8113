//! Signatures: what follows `-- `, and the lines that phones add by themselves.
//!
//! A closing formula ("Best regards, Anna") is the writer's own words and stays.

use super::lines::{fold, is_blank};
use super::words::devices::{PRODUCTS, SENT, SENT_BY};

/// A signature set off by a bare `--` without its blank may have so many lines.
const MAX_LOOSE_LINES: usize = 12;
/// One set off by the standard's `-- ` so many.
const MAX_LINES: usize = 40;
/// Bytes a device line may have, without and with the link in it.
const LONGEST_DEVICE_LINE: usize = 160;
const LONGEST_WITH_LINK: usize = 600;

/// Where the signature of a stretch of new text begins, counted within the stretch.
pub fn begins(lines: &[&str]) -> Option<usize> {
    let delimited = delimiter(lines);
    let device = device_lines(&lines[..delimited.unwrap_or(lines.len())]);
    device.or(delimited)
}

/// The last delimiter line that has a signature's worth of lines below it.
fn delimiter(lines: &[&str]) -> Option<usize> {
    let at = lines.iter().rposition(|line| is_delimiter(line))?;
    let below = lines[at + 1..]
        .iter()
        .filter(|line| !is_blank(line))
        .count();
    let limit = match lines[at] {
        "-- " | "--\u{a0}" => MAX_LINES,
        _ => MAX_LOOSE_LINES,
    };
    (below <= limit).then_some(at)
}

fn is_delimiter(line: &str) -> bool {
    matches!(line.trim_end(), "--" | "- --")
}

/// Where the device lines at the stretch's end begin.
fn device_lines(lines: &[&str]) -> Option<usize> {
    let mut begins = None;
    for (at, line) in lines.iter().enumerate().rev() {
        if is_blank(line) {
            continue;
        }
        if !is_device_line(line) && !is_address_of_above(lines, at) {
            break;
        }
        begins = Some(at);
    }
    begins
}

/// A bare link under a device line ("Get Outlook for iOS" and then its address).
fn is_address_of_above(lines: &[&str], at: usize) -> bool {
    let link = lines[at].trim().trim_start_matches('<');
    link.starts_with("http")
        && !link.contains(' ')
        && at > 0
        && lines[..at]
            .iter()
            .rev()
            .find(|line| !is_blank(line))
            .is_some_and(|line| is_device_line(line))
}

/// "Sent from my iPhone" and its kin.
pub fn is_device_line(line: &str) -> bool {
    if line.len() > LONGEST_WITH_LINK {
        return false;
    }
    let shown = without_link(line);
    if shown.len() > LONGEST_DEVICE_LINE {
        return false;
    }
    let folded = fold(&shown);
    let text = folded.trim_matches(|c: char| c.is_ascii_punctuation() || c == ' ' || c == '–');
    if offers_outlook(text) {
        return true;
    }
    let stops = [", ", ". ", "? ", ": "];
    let sentence = stops.iter().any(|stop| text.contains(stop)) || folded.ends_with([':', '?']);
    let words = text.split(' ').count();
    for own in ["sent from my ", "from my "] {
        if let Some(device) = text.strip_prefix(own) {
            let short = own.starts_with("sent") && !sentence && words <= 10;
            return short || names_phone(device) && words <= 16;
        }
    }
    let by_program = SENT_BY.iter().any(|phrase| text.starts_with(phrase));
    if by_program && !sentence && words <= 5 {
        return true;
    }
    let sent = SENT
        .iter()
        .any(|phrase| text.starts_with(phrase) || text.ends_with(phrase));
    let product = PRODUCTS.iter().any(|product| text.contains(product));
    sent && product && !sentence && words <= 14
}

/// The line without the `<https://…>` behind a linked word.
fn without_link(line: &str) -> String {
    match line.split_once("<http") {
        Some((before, link)) => {
            let after = link.split_once('>').map_or("", |(_, after)| after);
            format!("{before}{after}")
        }
        None => line.to_owned(),
    }
}

/// "Get Outlook for iOS", in any language.
fn offers_outlook(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let system = |word: &str| {
        ["ios", "android", "mac"]
            .iter()
            .any(|s| word.starts_with(s))
    };
    let named = words.windows(3).any(|w| w[0] == "outlook" && system(w[2]));
    named && words.len() <= 7
}

fn names_phone(device: &str) -> bool {
    const PHONES: [&str; 14] = [
        "iphon",
        "ipad",
        "ipod",
        "android",
        "galaxy",
        "samsung",
        "blackberry",
        "htc",
        "cell",
        "phone",
        "mobile",
        "windows",
        "huawei",
        "pixel",
    ];
    PHONES.iter().any(|phone| device.starts_with(phone))
}
