//! Folds what a formatted mail quotes, where it is certain which part that is.
//!
//! What is new was told from what is quoted in the mail's text. Here the place where one ends and the other
//! begins is looked for in its HTML, by the letters on both sides. Found once, all behind it is folded;
//! otherwise, as with answers between quotes, the mail is shown whole.

use super::escaped;
use super::pictures::tag_length;
use std::borrow::Cow;

/// Letters on each side that tell the place.
const LETTERS: usize = 24;
/// Fewer letters of the quote tell nothing.
const FEWEST: usize = 12;
/// As high as the fold.
const FOLD: &str = "<p>\u{25b6}</p>";
/// Elements without content (WHATWG HTML section 13.1.2).
const VOID: [&str; 9] = [
    "area", "br", "col", "embed", "hr", "img", "input", "source", "wbr",
];

/// What is seen at first sight: the HTML up to what it quotes, and a line for the fold; all of it, where
/// nothing is folded.
pub fn unfolded<'a>(sanitised: &'a str, new: &str, quoted: &str) -> Cow<'a, str> {
    match place(sanitised, new, quoted) {
        Some(at) => format!("{}{FOLD}", &sanitised[..at]).into(),
        None => sanitised.into(),
    }
}

/// The HTML with all that it quotes behind a fold of this name; `None` where nothing is folded.
pub fn folded(sanitised: &str, new: &str, quoted: &str, name: &str) -> Option<String> {
    let at = place(sanitised, new, quoted)?;
    let mut out = String::with_capacity(sanitised.len() + 1_024);
    out.push_str(&sanitised[..at]);
    out.push_str("<details class=\"quotes\"><summary>");
    out.push_str(&escaped(name));
    out.push_str("</summary></details>");
    mark(&sanitised[at..], &mut out);
    Some(out)
}

/// Marks every outermost element, and every loose text, as quoted.
fn mark(html: &str, out: &mut String) {
    let mut open = 0_usize;
    for piece in pieces(html) {
        let Some(tag) = piece.strip_prefix('<') else {
            let loose = open == 0 && !piece.trim().is_empty();
            match loose {
                true => out.extend(["<span data-old>", piece, "</span>"]),
                false => out.push_str(piece),
            }
            continue;
        };
        if tag.starts_with('/') {
            open = open.saturating_sub(1);
            out.push_str(piece);
            continue;
        }
        let (name, rest) = tag.split_at(name(tag).len());
        match open {
            0 => out.extend(["<", name, " data-old", rest]),
            _ => out.push_str(piece),
        }
        open += usize::from(!VOID.contains(&name));
    }
}

/// Where what is quoted begins.
fn place(html: &str, new: &str, quoted: &str) -> Option<usize> {
    let before = tail(new);
    let behind: String = letters(quoted).take(LETTERS).collect();
    if before.is_empty() || behind.chars().count() < FEWEST {
        return None;
    }
    let (shown, offsets) = shown_letters(html);
    let both = format!("{before}{behind}");
    let mut found = shown.match_indices(&both);
    let (Some((start, _)), None) = (found.next(), found.next()) else {
        return None;
    };
    let first = start + before.len();
    let last = shown[..first].chars().next_back()?.len_utf8();
    let end = offsets[first - last] + last;
    Some(end + border(&html[end..offsets[first]]))
}

/// Where between the last letter that is new and the first that is quoted: before the outermost element
/// that holds the latter, else behind the last tag, else at the first blank.
fn border(between: &str) -> usize {
    let mut open = Vec::new();
    let (mut at, mut tags) = (0, None);
    for piece in pieces(between) {
        if let Some(tag) = piece.strip_prefix('<') {
            tags = Some(at + piece.len());
            if tag.starts_with('/') {
                open.pop();
            } else if !VOID.contains(&name(tag)) {
                open.push(at);
            }
        }
        at += piece.len();
    }
    let blank = between.find(char::is_whitespace);
    let outermost = open.first().copied();
    outermost.or(tags).or(blank).unwrap_or(between.len())
}

fn letters(text: &str) -> impl DoubleEndedIterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric())
}

fn tail(text: &str) -> String {
    let backwards: Vec<char> = letters(text).rev().take(LETTERS).collect();
    backwards.into_iter().rev().collect()
}

/// The letters of all text, and where in the HTML each of their bytes stands.
fn shown_letters(html: &str) -> (String, Vec<usize>) {
    let (mut shown, mut offsets) = (String::new(), Vec::new());
    let mut start = 0;
    for piece in pieces(html) {
        if !piece.starts_with('<') {
            for (at, c) in readable(piece) {
                shown.push(c);
                offsets.extend(std::iter::repeat_n(start + at, c.len_utf8()));
            }
        }
        start += piece.len();
    }
    (shown, offsets)
}

/// The letters of a text and their places; what is escaped is no letter.
fn readable(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut escape = false;
    text.char_indices().filter(move |(_, c)| {
        escape = (escape || *c == '&') && *c != ';';
        !escape && c.is_alphanumeric()
    })
}

/// Tags and the texts between them, one after the other: all of the HTML.
fn pieces(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let length = match rest.strip_prefix('<') {
            Some(_) => tag_length(rest).unwrap_or(rest.len()),
            None => rest.find('<').unwrap_or(rest.len()),
        };
        let (piece, behind) = rest.split_at(length);
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

fn name(tag: &str) -> &str {
    let end = tag.find(|c: char| !c.is_ascii_alphanumeric());
    &tag[..end.unwrap_or(tag.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTED: &str = "On Monday Support wrote:\n> It leaves on Monday.";

    #[test]
    #[rustfmt::skip] // a line per case
    fn the_quote_is_folded_where_its_place_is_certain() {
        for (html, new, folded_html, why) in [
            ("<p>Thanks!</p><div>On Monday Support wrote:<blockquote>It leaves on Monday.</blockquote></div><p>x</p>", "Thanks!",
             "<p>Thanks!</p>|<div data-old>On Monday Support wrote:<blockquote>It leaves on Monday.</blockquote></div><p data-old>x</p>", "a container, and what follows it"),
            ("<div>Thanks!<br><br>On Monday Support wrote:<blockquote>It leaves on Monday.</blockquote></div>", "Thanks!",
             "<div>Thanks!<br><br>|<span data-old>On Monday Support wrote:</span><blockquote data-old>It leaves on Monday.</blockquote></div>", "loose text behind a line break"),
            ("<table><tbody><tr><td>Thanks &amp; bye</td></tr><tr><td>On Monday Support wrote: It leaves on Monday.</td></tr></tbody></table>", "Thanks & bye",
             "<table><tbody><tr><td>Thanks &amp; bye</td></tr>|<tr data-old><td>On Monday Support wrote: It leaves on Monday.</td></tr></tbody></table>", "rows of a table"),
            ("<pre>Thanks!\n&gt; On Monday Support wrote: It leaves on Monday.</pre>", "Thanks!",
             "<pre>Thanks!|<span data-old>\n&gt; On Monday Support wrote: It leaves on Monday.</span></pre>", "one text"),
        ] {
            let expected = folded_html.replace('|', "<details class=\"quotes\"><summary>Quoted</summary></details>");
            assert_eq!(folded(html, new, QUOTED, "Quoted").as_deref(), Some(&*expected), "{why}");
            let seen = format!("{}{FOLD}", folded_html.split('|').next().unwrap());
            assert_eq!(unfolded(html, new, QUOTED), seen, "{why}");
        }
    }

    #[test]
    #[rustfmt::skip] // a line per case
    fn in_doubt_all_is_shown() {
        let quote = "<p>On Monday Support wrote:</p><blockquote>It leaves on Monday.</blockquote>";
        for (html, new, why) in [
            (format!("<p>Hi</p>{quote}<p>Answered below</p>"), "Hi\nAnswered below", "an answer below the quote"),
            (format!("{quote}<p>Answered below</p>"), "Answered below", "only below"),
            (format!("<p>Hi</p>{quote}<p>Hi</p>{quote}"), "Hi", "twice the same place"),
            ("<p>Hi</p>".into(), "Hi", "no quote in the HTML"),
            (format!("<p>Hi</p>{quote}"), "", "nothing new"),
        ] {
            assert_eq!(folded(&html, new, QUOTED, "Quoted"), None, "{why}");
        }
        assert_eq!(folded("<p>Hi</p><p>&gt; Yes</p>", "Hi", "> Yes", "Quoted"), None, "a quote of a word");
    }
}
