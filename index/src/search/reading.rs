//! The forms under which one asked word may stand in a message.
//!
//! Shared by the question to the index ([`super::compile`]) and by what is highlighted
//! ([`super::snippet`]), so that a snippet shows why its message was found.

use super::analysis::{Kind, Piece, asked, fold};
use super::query::{Place, Words};
use super::stem::stems;

/// Articles and prepositions that lose their vowel before one (Italian, French, Catalan).
const ELIDED: [&str; 24] = [
    "l", "un", "d", "c", "j", "m", "n", "s", "t", "qu", "all", "dall", "dell", "nell", "sull",
    "coll", "quell", "quest", "bell", "sant", "jusqu", "lorsqu", "puisqu", "quoiqu",
];

/// One [`Words`] in the forms it may take.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    /// Must stand side by side, at these places.
    pub pieces: Vec<Piece>,
    /// The last piece may go on.
    pub prefix: bool,
    /// Other spellings of a lone word (`mueller`, `muller`), folded.
    pub variants: Vec<String>,
    /// Stems of a lone word, folded.
    pub stems: Vec<String>,
    /// Whether a looser reading may count when little else is found: a letter off in a lone word, or
    /// the pairs of a script without spaces in any order.
    pub near: bool,
}

/// Reads the forms of one part of a question.
pub fn read(words: &Words) -> Reading {
    let pieces = if words.exact {
        asked(&words.text)
    } else {
        without_elision(asked(&words.text), &words.text)
    };
    let mut reading = Reading {
        prefix: words.prefix && goes_on(&pieces),
        variants: Vec::new(),
        stems: Vec::new(),
        near: false,
        pieces,
    };
    match reading.pieces.as_slice() {
        // A lone character is found at the head of its pairs.
        [piece] if piece.kind == Kind::Pair => reading.prefix |= piece.text.chars().count() == 1,
        [piece] if !words.exact => {
            let written = &words.text[piece.from..piece.to];
            reading.variants = variants(written, &piece.text);
            reading.near = is_misspellable(&piece.text);
            if words.place == Place::Anywhere {
                reading.stems = stems(written);
            }
        }
        pieces => reading.near = !words.exact && pieces.iter().all(|p| p.kind == Kind::Pair),
    }
    reading
}

fn goes_on(pieces: &[Piece]) -> bool {
    pieces
        .last()
        .is_some_and(|last| pieces.len() > 1 || last.text.chars().count() >= 2)
}

/// `l'ordine` asks for `ordine`, `customer's` for `customer`.
fn without_elision(mut pieces: Vec<Piece>, text: &str) -> Vec<Piece> {
    if let [first, second] = pieces.as_slice() {
        // Pairs overlap: nothing stands between them.
        let between = text.get(first.to..second.from).unwrap_or_default();
        if !matches!(between, "'" | "’" | "ʼ" | "`") {
            return pieces;
        }
        if ELIDED.contains(&first.text.as_str()) && second.text.chars().count() >= 3 {
            pieces.remove(0);
        } else if second.text == "s" {
            pieces.truncate(1);
        }
    }
    pieces
}

/// German and Scandinavian letters written as two, and back. Both ways, since nobody knows how the
/// other side of the mail types.
fn variants(written: &str, folded: &str) -> Vec<String> {
    let mut spelled_out = String::new();
    for c in written.to_lowercase().chars() {
        match c {
            'ä' => spelled_out.push_str("ae"),
            'ö' | 'ø' => spelled_out.push_str("oe"),
            'ü' => spelled_out.push_str("ue"),
            'å' => spelled_out.push_str("aa"),
            _ => spelled_out.push(c),
        }
    }
    let mut forms = vec![fold(&spelled_out)];
    if folded.len() >= 6 {
        let joined = folded.replace("ae", "a").replace("oe", "o");
        forms.push(joined.replace("ue", "u"));
    }
    forms.retain(|form| form != folded);
    forms
}

fn is_misspellable(word: &str) -> bool {
    word.chars().count() >= 5 && !word.chars().any(char::is_numeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str, exact: bool) -> (String, Vec<String>) {
        let reading = read(&Words {
            place: Place::Anywhere,
            text: text.to_owned(),
            exact,
            prefix: false,
        });
        let pieces: Vec<_> = reading.pieces.iter().map(|p| p.text.as_str()).collect();
        (pieces.join(" "), reading.variants)
    }

    #[test]
    fn a_word_has_its_forms() {
        for (text, pieces, variants) in [
            ("ordine", "ordine", vec![]),
            ("l'ordine", "ordine", vec![]),
            ("dell’ordine", "ordine", vec![]),
            ("l'or", "l or", vec![]),
            ("customer's", "customer", vec![]),
            ("don't", "don t", vec![]),
            ("Müller", "muller", vec!["mueller"]),
            ("Mueller", "mueller", vec!["muller"]),
            ("Ångström", "angstrom", vec!["aangstroem"]),
            ("due", "due", vec![]),
            ("a.b@c.de", "a b c de", vec![]),
        ] {
            let (read, spelled) = forms(text, false);
            assert_eq!(
                (read.as_str(), spelled),
                (pieces, variants.iter().map(|v| v.to_string()).collect()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_quoted_is_meant() {
        assert_eq!(forms("l'ordine", true), ("l ordine".into(), vec![]));
        assert_eq!(forms("Müller", true), ("muller".into(), vec![]));
    }
}
