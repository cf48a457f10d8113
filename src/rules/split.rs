//! A text too long for one message, in several: Messenger takes fewer than 2,000 UTF-16 units at once
//! (Send API, `message.text`; how Meta counts is not documented, so we count what costs most).

/// How long a text is to Messenger.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The text in parts of at most `most` units, cut where a reader pauses: between paragraphs, lines,
/// sentences, words; inside a word only if nothing else is there. Joined they say the same; the white space
/// at the cuts is left out.
pub fn split(text: &str, most: usize) -> Vec<String> {
    let most = most.max(2);
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while length(rest) > most {
        let room = room(rest, most);
        let cut = cut(&rest[..room], &rest[room..]);
        let (part, left) = rest.split_at(cut);
        parts.push(part.trim_end().to_owned());
        rest = left.trim_start();
    }
    if !rest.is_empty() {
        parts.push(rest.to_owned());
    }
    parts
}

/// Bytes of the longest beginning that fits.
fn room(text: &str, most: usize) -> usize {
    let mut units = 0;
    let over = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > most
    });
    over.map_or(text.len(), |(at, _)| at)
}

/// Where to cut: at the best pause of the second half, that no part is a mere stump.
fn cut(fits: &str, after: &str) -> usize {
    let half = fits.len() / 2;
    let late = |at: Option<usize>| at.filter(|&at| at >= half.max(1));
    let word = || {
        if after.starts_with(char::is_whitespace) {
            return Some(fits.len());
        }
        fits.rfind(char::is_whitespace)
    };
    let sentence = || {
        let ends = fits.match_indices(['.', '!', '?', '…']);
        let mut ends = ends.map(|(at, mark)| at + mark.len());
        ends.rfind(|&at| fits[at..].starts_with(char::is_whitespace))
    };
    late(fits.rfind("\n\n"))
        .or_else(|| late(fits.rfind('\n')))
        .or_else(|| late(sentence()))
        .or_else(|| late(word()))
        .unwrap_or(fits.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // a line per case
    fn texts_are_cut_where_a_reader_pauses() {
        for (text, most, parts) in [
            ("", 10, vec![]),
            ("short", 10, vec!["short"]),
            ("ten letter", 10, vec!["ten letter"]),
            ("One two.\n\nThree four.", 12, vec!["One two.", "Three four."]),
            ("One, two\nthree four", 12, vec!["One, two", "three four"]),
            ("Here it is. And more of it", 16, vec!["Here it is.", "And more of it"]),
            ("several words of a line", 12, vec!["several", "words of a", "line"]),
            ("exactly here too", 7, vec!["exactly", "here", "too"]),
            ("unbreakable", 4, vec!["unbr", "eaka", "ble"]),
            // A pair of surrogates is never torn.
            ("😀😀😀", 3, vec!["😀", "😀", "😀"]),
            ("a 😀b", 4, vec!["a 😀", "b"]),
        ] {
            assert_eq!(split(text, most), parts, "{text:?} by {most}");
        }
    }

    #[test]
    fn nothing_but_white_space_is_lost() {
        let text =
            "Ein Wort, noch eins. ".repeat(400) + &"ü".repeat(5_000) + "\n\n" + &"😀 ".repeat(900);
        let parts = split(&text, 1_999);
        assert!(
            parts
                .iter()
                .all(|part| length(part) <= 1_999 && !part.is_empty())
        );
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(bare(&parts.concat()), bare(&text));
    }
}
