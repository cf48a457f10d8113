//! Encoded words (RFC 2047), as written and as they come: split inside a character, with spaces or
//! question marks inside, without their end, glued to their neighbours, in places that forbid them.

use super::charset::{self, Hint};
use super::transfer;

/// Beginnings of encoded words that turn out to be none, before a content is taken to hold no other.
const MOST_LIKENESSES: usize = 8;

/// Bytes within which a content with blanks in it must end.
const LONGEST: usize = 512;

/// One encoded word. `content` is still in its transfer encoding.
struct Word<'a> {
    charset: &'a str,
    base64: bool,
    content: String,
}

/// Decodes every encoded word of an unstructured value or a phrase and unfolds the rest.
pub fn decode(value: &str, hint: &Hint) -> String {
    let mut out = String::with_capacity(value.len());
    let mut run: Vec<Word> = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find("=?") {
        let (before, from) = rest.split_at(at);
        let Some((word, length)) = word(from) else {
            flush(&mut run, &mut out, hint);
            unfold(before, &mut out);
            out.push_str("=?");
            rest = &from[2..];
            continue;
        };
        if run.is_empty() || !before.trim().is_empty() {
            flush(&mut run, &mut out, hint);
            unfold(before, &mut out);
        }
        run.push(word);
        rest = &from[length..];
    }
    flush(&mut run, &mut out, hint);
    unfold(rest, &mut out);
    out
}

/// Adjacent words of one charset are decoded together: senders split inside characters, and even
/// inside base64 quanta.
fn flush(run: &mut Vec<Word>, out: &mut String, hint: &Hint) {
    let mut words = run.drain(..).peekable();
    while let Some(first) = words.next() {
        let (mut bytes, mut last) = (Vec::new(), first);
        while let Some(next) = words.next_if(|w| w.charset.eq_ignore_ascii_case(last.charset)) {
            if last.base64 && next.base64 && ends_inside_quantum(&last.content) {
                last.content.push_str(&next.content);
            } else {
                bytes.extend(last.bytes());
                last = next;
            }
        }
        bytes.extend(last.bytes());
        let text = charset::decode(&bytes, Some(last.charset), hint).text;
        out.extend(text.chars().filter_map(harmless));
    }
}

fn ends_inside_quantum(content: &str) -> bool {
    let digits = content.bytes().filter(|b| !b.is_ascii_whitespace()).count();
    !digits.is_multiple_of(4) && !content.contains('=')
}

/// A decoded word may not break the line it stands in.
fn harmless(c: char) -> Option<char> {
    match c {
        '\r' | '\0' => None,
        '\n' | '\t' => Some(' '),
        c => Some(c),
    }
}

fn unfold(text: &str, out: &mut String) {
    let mut folded = false;
    for c in text.chars() {
        match c {
            '\r' | '\n' => folded = true,
            ' ' | '\t' if folded => {
                folded = false;
                out.push(' ');
            }
            '\0' => {}
            c => {
                folded = false;
                out.push(c);
            }
        }
    }
}

impl Word<'_> {
    fn bytes(&self) -> Vec<u8> {
        match self.base64 {
            true => transfer::base64(self.content.as_bytes()),
            false => q(&self.content),
        }
    }
}

/// RFC 2047 section 4.2; a fold inside the word is dropped, a space kept.
fn q(content: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'_' => out.push(b' '),
            b'=' => match transfer::hex_pair(tail) {
                Some(decoded) => {
                    out.push(decoded);
                    rest = &tail[2..];
                }
                None => out.push(b'='),
            },
            b'\r' | b'\n' => rest = rest.trim_ascii_start(),
            byte => out.push(byte),
        }
    }
    out
}

/// The length of the encoded word `text` begins with, for those who cut lists around words.
pub fn length(text: &str) -> Option<usize> {
    text.starts_with("=?")
        .then(|| word(text))
        .flatten()
        .map(|(_, length)| length)
}

/// The encoded word `text` begins with, and its length in bytes.
fn word(text: &str) -> Option<(Word<'_>, usize)> {
    let (charset, after_charset) = text[2..].split_once('?')?;
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '=' | '<' | '>' | '"' | ',');
    if charset.is_empty() || charset.len() > 60 || !charset.trim().chars().all(fits) {
        return None;
    }
    let (encoding, content) = after_charset.split_once('?')?;
    let base64 = match encoding.trim() {
        "b" | "B" => true,
        "q" | "Q" => false,
        _ => return None,
    };
    let start = text.len() - content.len();
    let (length, closed) = content_length(content, base64);
    let used = start + length + if closed { 2 } else { 0 };
    let mut content = content[..length].to_owned();
    if !closed && content.ends_with('?') {
        content.pop();
    }
    Some((
        Word {
            charset: without_language(charset.trim()),
            base64,
            content,
        },
        used,
    ))
}

/// RFC 2231 section 5: a language may follow the charset.
fn without_language(charset: &str) -> &str {
    charset
        .split_once('*')
        .map_or(charset, |(charset, _)| charset)
}

/// Where the word's content ends, and whether by `?=`.
fn content_length(content: &str, base64: bool) -> (usize, bool) {
    let next = next_word(content);
    let stops = |c: char| c.is_whitespace() || matches!(c, '<' | '"' | ',' | ';');
    let stop = content[..next].find(stops).unwrap_or(next);
    // The end is not looked for all through a long value, for it may hold thousands of beginnings.
    let reach = content.floor_char_boundary(stop.max(LONGEST).min(next));
    let mut from = 0;
    while let Some(end) = content[from..reach].find("?=").map(|at| from + at) {
        if base64 || !is_question_mark(&content[end..reach]) {
            return (end, true);
        }
        from = end + 1;
    }
    // Without an end: up to what cannot belong to it.
    (stop, false)
}

/// `Really?=20yes?=`: a bare question mark before an encoded character, the end comes later.
fn is_question_mark(from: &str) -> bool {
    let after = &from.as_bytes()[2..];
    if transfer::hex_pair(after).is_none() {
        return false;
    }
    let word = from[2..]
        .split(char::is_whitespace)
        .next()
        .unwrap_or_default();
    word.contains("?=")
}

/// The start of a further word inside what should be one word's content, looked for up to a few
/// things that only resemble one.
fn next_word(content: &str) -> usize {
    let mut from = 0;
    for _ in 0..MOST_LIKENESSES {
        let Some(at) = content[from..].find("=?").map(|at| from + at) else {
            break;
        };
        let mut fields = content[at + 2..].split('?');
        let charset = fields.next().map(without_language);
        let charset = charset.is_some_and(charset::is_known);
        let encoding = fields
            .next()
            .is_some_and(|e| matches!(e, "b" | "B" | "q" | "Q"));
        if charset && encoding && fields.next().is_some() {
            return at;
        }
        from = at + 2;
    }
    content.len()
}

#[cfg(test)]
mod tests;
