//! Words without their endings, so that `invoices` finds `invoice` and `spedizioni` `spedizione`.
//!
//! A message is stemmed by the rules of the one language it seems to be written in; a question, too
//! short to tell, by those of all. Stems are taken before folding, because the rules know accents.

use std::collections::HashSet;
use std::ops::Range;

use frostem::{Algorithm, Stemmer};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use whichlang::Lang;

use super::analysis::{Kind, LONGEST_WORD, Pieces, fold};

/// How much of a message is read to tell its language, in bytes.
const SAMPLE: usize = 800;

/// Every language a message may be told to be in and that has endings to drop.
const ALGORITHMS: [Algorithm; 12] = [
    Algorithm::English,
    Algorithm::Italian,
    Algorithm::German,
    Algorithm::French,
    Algorithm::Spanish,
    Algorithm::Portuguese,
    Algorithm::Dutch,
    Algorithm::Swedish,
    Algorithm::Russian,
    Algorithm::Turkish,
    Algorithm::Arabic,
    Algorithm::Hindi,
];

/// The stemmer of the language a text seems to be in; none for languages without one.
pub fn stemmer_for(text: &str) -> Option<Stemmer> {
    let algorithm = match whichlang::detect_language(start(text)) {
        Lang::Eng => Algorithm::English,
        Lang::Ita => Algorithm::Italian,
        Lang::Deu => Algorithm::German,
        Lang::Fra => Algorithm::French,
        Lang::Spa => Algorithm::Spanish,
        Lang::Por => Algorithm::Portuguese,
        Lang::Nld => Algorithm::Dutch,
        Lang::Swe => Algorithm::Swedish,
        Lang::Rus => Algorithm::Russian,
        Lang::Tur => Algorithm::Turkish,
        Lang::Ara => Algorithm::Arabic,
        Lang::Hin => Algorithm::Hindi,
        Lang::Cmn | Lang::Jpn | Lang::Kor | Lang::Vie => return None,
    };
    Some(Stemmer::new(algorithm))
}

fn start(text: &str) -> &str {
    &text[..text.floor_char_boundary(SAMPLE)]
}

/// One word of a message, as written, stemmed and folded. Empty if nothing is to be stemmed: numbers and
/// very short words are what they are.
pub fn stem(word: &str, stemmer: &Stemmer) -> String {
    if !has_endings(word) {
        return String::new();
    }
    fold(&stemmer.stem(&word.to_lowercase()))
}

/// What a word of a question may be stored as, over all languages, each form once.
pub fn stems(word: &str) -> Vec<String> {
    let mut forms: Vec<String> = ALGORITHMS
        .iter()
        .map(|algorithm| stem(word, &Stemmer::new(*algorithm)))
        .filter(|form| !form.is_empty())
        .collect();
    forms.sort_unstable();
    forms.dedup();
    forms
}

fn has_endings(word: &str) -> bool {
    let mut letters = 0;
    for c in word.chars() {
        if c.is_numeric() {
            return false;
        }
        letters += 1;
    }
    letters >= 3
}

/// tantivy's door: fills the `stem` field, telling each value's language for itself.
#[derive(Clone, Default)]
pub struct Stemming;

pub struct StemmingStream<'a> {
    text: &'a str,
    stemmer: Option<Stemmer>,
    pieces: Pieces<'a>,
    /// Words given out: the field keeps neither how often nor where, and stemming is dear.
    seen: HashSet<&'a str>,
    token: Token,
}

impl Tokenizer for Stemming {
    type TokenStream<'a> = StemmingStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> StemmingStream<'a> {
        StemmingStream {
            text,
            stemmer: stemmer_for(text),
            pieces: Pieces::new(text),
            seen: HashSet::new(),
            token: Token::default(),
        }
    }
}

impl StemmingStream<'_> {
    fn take(&mut self, word: Range<usize>, position: usize) -> bool {
        let Some(stemmer) = &self.stemmer else {
            return false;
        };
        if !self.seen.insert(&self.text[word.clone()]) {
            return false;
        }
        self.token.offset_from = word.start;
        self.token.offset_to = word.end;
        self.token.position = position;
        self.token.text = stem(&self.text[word], stemmer);
        !self.token.text.is_empty()
    }
}

impl TokenStream for StemmingStream<'_> {
    fn advance(&mut self) -> bool {
        if self.stemmer.is_none() {
            return false;
        }
        while self.pieces.advance() {
            let piece = &self.pieces.piece;
            // A word that was cut is no word.
            let whole = piece.kind == Kind::Word && piece.to - piece.from <= LONGEST_WORD;
            if whole && self.take(piece.from..piece.to, piece.position) {
                return true;
            }
        }
        false
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
