//! Looking at one line: its quote marks, its content, its folded form for look-ups.

/// Blanks some programs put before the quote mark.
const MAX_QUOTE_INDENT: usize = 3;

/// How many `>` the line begins with, blanks between them allowed.
pub fn depth(line: &str) -> usize {
    line.trim_start()
        .chars()
        .take_while(|&c| c == '>' || c == ' ')
        .filter(|&c| c == '>')
        .count()
}

/// Whether the line is quoted by marks. `>>> see <<<`, `>From` of an mbox and a comparison far into a
/// line of code are not quotes.
pub fn is_quoted(line: &str) -> bool {
    let inner = line.trim_start_matches([' ', '\u{a0}']);
    let indent = line.len() - inner.len();
    let banner = line.contains('<') && line.trim_end().ends_with("<<<") || is_groupwise(inner);
    inner.starts_with('>') && indent <= MAX_QUOTE_INDENT && !inner.starts_with(">From ") && !banner
}

/// `>>> Anna <a@b.c> 5/3/2023 9:14 AM >>>`: GroupWise's attribution, no quoted line.
pub fn is_groupwise(line: &str) -> bool {
    let line = line.trim();
    let inner = line
        .strip_prefix(">>> ")
        .and_then(|line| line.strip_suffix(" >>>"));
    inner.is_some_and(|inner| inner.contains(|c: char| c.is_ascii_digit()))
}

/// The line without up to `levels` quote marks and the blank after each.
pub fn unquote(line: &str, levels: usize) -> &str {
    let mut rest = line;
    for _ in 0..levels {
        let Some(inner) = rest.trim_start().strip_prefix('>') else {
            break;
        };
        rest = inner.strip_prefix(' ').unwrap_or(inner);
    }
    rest
}

/// The line without any quote marks.
pub fn content(line: &str) -> &str {
    unquote(line, usize::MAX).trim()
}

/// Whether nothing on the line can be read: blanks, invisible padding, bare quote marks.
pub fn is_blank(line: &str) -> bool {
    line.chars().all(|c| c == '>' || is_invisible(c))
}

/// Blank to the eye.
pub fn is_invisible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_whitespace();
    }
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffc}')
}

/// Whether there is a word on the line, not only rules, stars and dots.
pub fn has_words(line: &str) -> bool {
    line.chars().any(char::is_alphanumeric)
}

/// Lower case, single spaces, ASCII digits, without marks of writing direction and other invisibles.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '!'..='~' => folded.push(c.to_ascii_lowercase()),
            c if c.is_ascii() => fold_into(&mut folded, c),
            c => c.to_lowercase().for_each(|c| fold_into(&mut folded, c)),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

fn fold_into(folded: &mut String, c: char) {
    match c {
        // Lower-casing the Turkish capital dotted I leaves this dot behind.
        '\u{307}' => {}
        c if c.is_whitespace() => {
            if !folded.is_empty() && !folded.ends_with(' ') {
                folded.push(' ');
            }
        }
        c if is_invisible(c) => {}
        c => folded.push(ascii_digit(c)),
    }
}

/// A decimal digit of any script people date their mail in as ASCII; else the character itself.
fn ascii_digit(c: char) -> char {
    const ZEROS: [u32; 15] = [
        0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0x1040,
        0x17e0, 0xff10,
    ];
    if c < '\u{660}' {
        return c;
    }
    let value = ZEROS
        .iter()
        .find_map(|zero| u32::from(c).checked_sub(*zero).filter(|value| *value < 10));
    value
        .and_then(|value| char::from_digit(value, 10))
        .unwrap_or(c)
}

/// Whether the byte range `start..end` of `text` is not part of a longer word. Scripts that write
/// without spaces have no such bounds.
pub fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_unspaced(c));
    let first = text[start..end].chars().next();
    let last = text[start..end].chars().next_back();
    let free_before = first.is_some_and(is_unspaced) || !joins(text[..start].chars().next_back());
    let free_after = last.is_some_and(|c| is_unspaced(c) || !c.is_alphanumeric())
        || !joins(text[end..].chars().next());
    free_before && free_after
}

/// Letters of scripts written without spaces between words, or with endings glued on.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e7f}' | '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// Whether there is something shaped like an address.
pub fn has_address(text: &str) -> bool {
    address_in(text).is_some()
}

/// The byte range of the first thing shaped like an address, `local@domain.tld`.
pub fn address_in(text: &str) -> Option<(usize, usize)> {
    text.match_indices('@').find_map(|(at, _)| {
        let local = text[..at]
            .char_indices()
            .rev()
            .take_while(|&(_, c)| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
            .last()?;
        let domain_end = text[at + 1..]
            .char_indices()
            .take_while(|&(_, c)| c.is_alphanumeric() || c == '-' || c == '.')
            .last()
            .map(|(n, c)| at + 1 + n + c.len_utf8())?;
        let domain = text[at + 1..domain_end].trim_end_matches(['.', '-']);
        let dotted = domain.contains('.') || domain == "localhost";
        dotted.then_some((local.0, at + 1 + domain.len()))
    })
}
