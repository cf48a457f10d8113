//! Text to tokens, the same way for what is stored and for what is asked.
//!
//! A token is a run of letters and digits, lower-cased and *folded*: combining marks dropped, Latin,
//! full-width and Arabic variants made one, so that `perche` finds `Perché` and `１２` finds `12`.
//! Scripts written without spaces (Chinese, Japanese, Thai …) and Korean, whose endings cling to
//! their nouns, become overlapping pairs of characters instead of words. No dictionary, no language
//! is needed here; [`super::stem`] adds what depends on one.

use std::borrow::Cow;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{compose, decompose_compatible, is_combining_mark};
use unicode_normalization::{IsNormalized, is_nfc_quick};

/// Longer words are cut, in the index and in the question alike: nobody types more, and encoded
/// rubbish must not fill the dictionary. In bytes of the folded form.
pub const LONGEST_WORD: usize = 64;

/// What a token is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Letters and digits up to the next thing that is neither.
    Word,
    /// Two neighbours in a script without spaces, or its lone character.
    Pair,
    /// The last character of a run of pairs, alone. Stored, so that it can be found by itself;
    /// never asked for, since its pair says more.
    Tail,
}

/// A token being read: folded text, place among its neighbours, and bytes it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub position: usize,
    /// Byte range in the text given to [`Pieces::new`].
    pub from: usize,
    pub to: usize,
    pub kind: Kind,
}

/// Composes what arrived decomposed (file names of macOS, some Korean mail), so that one character
/// is one `char` from here on. Borrowed where nothing had to change, which is nearly always.
pub fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().collect())
}

/// Folds one word (or anything else) as the tokens are folded, separators left out.
pub fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        fold_char(c, &mut out);
    }
    out
}

/// Every token of a text as it is asked for: no tails.
pub fn asked(text: &str) -> Vec<Piece> {
    let mut pieces = Pieces::new(text);
    let mut all = Vec::new();
    while pieces.advance() {
        if pieces.piece.kind != Kind::Tail {
            all.push(pieces.piece.clone());
        }
    }
    all
}

/// Walks the tokens of a text. The text should be [`composed`].
pub struct Pieces<'a> {
    text: &'a str,
    /// Where reading goes on.
    at: usize,
    /// The last character of a run in a script without spaces, not yet given out as a pair's first.
    held: Option<Held>,
    next_position: usize,
    /// The token last read; of no meaning before the first `advance`.
    pub piece: Piece,
}

#[derive(Clone, Copy)]
struct Held {
    c: char,
    from: usize,
    to: usize,
    /// Whether a pair ended with it.
    paired: bool,
}

impl<'a> Pieces<'a> {
    pub fn new(text: &'a str) -> Self {
        Pieces {
            text,
            at: 0,
            held: None,
            next_position: 0,
            piece: Piece {
                text: String::new(),
                position: 0,
                from: 0,
                to: 0,
                kind: Kind::Word,
            },
        }
    }

    /// Reads the next token into [`Self::piece`]; false at the end.
    pub fn advance(&mut self) -> bool {
        loop {
            if let Some(held) = self.held.take() {
                return self.pair(held);
            }
            let Some(c) = self.peek() else { return false };
            if is_dense(c) {
                self.held = Some(self.hold(c, false));
            } else if c.is_alphanumeric() {
                return self.word();
            } else {
                self.at += c.len_utf8();
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn hold(&mut self, c: char, paired: bool) -> Held {
        let from = self.at;
        self.at += c.len_utf8();
        let mut c = dense_form(c);
        // Half-width kana carry their voicing mark behind them: ｶﾞ is が.
        while let Some(voiced) = self.peek().and_then(|mark| compose(c, voicing(mark)?)) {
            self.at += self.peek().map_or(0, char::len_utf8);
            c = voiced;
        }
        Held {
            c,
            from,
            to: self.at,
            paired,
        }
    }

    fn pair(&mut self, first: Held) -> bool {
        self.begin(first.from);
        self.piece.text.push(first.c);
        self.piece.to = first.to;
        self.piece.kind = if first.paired { Kind::Tail } else { Kind::Pair };
        if let Some(c) = self.peek().filter(|c| is_dense(*c)) {
            let second = self.hold(c, true);
            self.piece.text.push(second.c);
            self.piece.to = second.to;
            self.piece.kind = Kind::Pair;
            self.held = Some(second);
        }
        true
    }

    fn word(&mut self) -> bool {
        self.begin(self.at);
        self.piece.kind = Kind::Word;
        loop {
            self.plain_run();
            let Some(c) = self.peek().filter(|c| !c.is_ascii() && belongs(*c)) else {
                break;
            };
            if self.piece.text.len() < LONGEST_WORD {
                fold_char(c, &mut self.piece.text);
            }
            self.at += c.len_utf8();
        }
        self.piece.to = self.at;
        true
    }

    /// Takes what of a word is ASCII, as most words are: it folds byte by byte.
    fn plain_run(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let run = rest.iter().take_while(|b| b.is_ascii_alphanumeric());
        let run = run.count();
        let room = LONGEST_WORD.saturating_sub(self.piece.text.len()).min(run);
        let plain = self.text[self.at..self.at + room].chars();
        self.piece
            .text
            .extend(plain.map(|c| c.to_ascii_lowercase()));
        self.at += run;
    }

    fn begin(&mut self, from: usize) {
        self.piece.text.clear();
        self.piece.from = from;
        self.piece.position = self.next_position;
        self.next_position += 1;
    }
}

/// Whether a character continues a word that has begun.
fn belongs(c: char) -> bool {
    (c.is_alphanumeric() && !is_dense(c)) || is_combining_mark(c) || is_invisible(c)
}

/// Soft hyphens, joiners and the Arabic tatweel stand inside words and mean nothing to a searcher.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{640}'
    )
}

/// Scripts that do not put spaces between words, and Hangul.
fn is_dense(c: char) -> bool {
    if c < '\u{e00}' {
        return false;
    }
    let letter = c.is_alphanumeric() || is_combining_mark(c);
    letter
        && matches!(c,
            '\u{e00}'..='\u{eff}'       // Thai, Lao
            | '\u{1000}'..='\u{109f}'   // Myanmar
            | '\u{1780}'..='\u{17ff}'   // Khmer
            | '\u{3005}'..='\u{3007}'
            | '\u{3040}'..='\u{30ff}'   // kana
            | '\u{3130}'..='\u{318f}'   // Hangul letters
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}'   // Hangul syllables
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}'   // half-width kana
            | '\u{20000}'..='\u{3134f}')
}

/// One character of such a script, folded: compatibility forms undone, katakana as hiragana.
fn dense_form(c: char) -> char {
    let mut plain = c;
    if matches!(c, '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{3130}'..='\u{318f}') {
        let mut first = None;
        decompose_compatible(c, |d| first = first.or(Some(d)));
        plain = first.unwrap_or(c);
    }
    match plain {
        '\u{30a1}'..='\u{30f6}' => char::from_u32(plain as u32 - 0x60).unwrap_or(plain),
        _ => plain,
    }
}

fn voicing(c: char) -> Option<char> {
    match c {
        '\u{ff9e}' | '\u{3099}' => Some('\u{3099}'),
        '\u{ff9f}' | '\u{309a}' => Some('\u{309a}'),
        _ => None,
    }
}

fn fold_char(c: char, out: &mut String) {
    if c.is_ascii() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        }
        return;
    }
    decompose_compatible(c, |part| {
        if !is_accent(part) && (part.is_alphanumeric() || is_combining_mark(part)) {
            for lower in part.to_lowercase() {
                push_letter(lower, out);
            }
        }
    });
}

/// Marks that people leave out when they type: accents, points and vowel signs of Latin, Greek,
/// Cyrillic, Hebrew and Arabic. Marks of other scripts are letters there and stay.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// Letters that decompose into nothing and yet are written in two ways.
fn push_letter(c: char, out: &mut String) {
    match c {
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'đ' | 'ð' => out.push('d'),
        'ħ' => out.push('h'),
        'ı' => out.push('i'),
        'ŋ' => out.push('n'),
        'ς' => out.push('σ'),
        'ٱ' => out.push('ا'),
        'ى' | 'ی' | 'ې' => out.push('ي'),
        'ة' | 'ۀ' | 'ہ' => out.push('ه'),
        'ک' => out.push('ك'),
        'ך' => out.push('כ'),
        'ם' => out.push('מ'),
        'ן' => out.push('נ'),
        'ף' => out.push('פ'),
        'ץ' => out.push('צ'),
        _ if is_accent(c) || is_invisible(c) => {}
        _ => out.push(c),
    }
}

/// tantivy's door to [`Pieces`]: fills the `text` field and its smaller sisters.
#[derive(Clone, Default)]
pub struct Folding;

pub struct FoldingStream<'a> {
    pieces: Pieces<'a>,
    token: Token,
}

impl Tokenizer for Folding {
    type TokenStream<'a> = FoldingStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> FoldingStream<'a> {
        FoldingStream {
            pieces: Pieces::new(text),
            token: Token::default(),
        }
    }
}

impl TokenStream for FoldingStream<'_> {
    fn advance(&mut self) -> bool {
        if !self.pieces.advance() {
            return false;
        }
        let piece = &self.pieces.piece;
        self.token.text.clone_from(&piece.text);
        self.token.position = piece.position;
        self.token.offset_from = piece.from;
        self.token.offset_to = piece.to;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> String {
        let text = composed(text);
        let mut pieces = Pieces::new(&text);
        let mut out = Vec::new();
        while pieces.advance() {
            out.push(pieces.piece.text.clone());
        }
        out.join(" ")
    }

    #[test]
    fn a_text_becomes_tokens() {
        for (text, expected) in [
            ("Hello, World!", "hello world"),
            ("INV-2024/0031", "inv 2024 0031"),
            (
                "mario.rossi@shop.example.com",
                "mario rossi shop example com",
            ),
            ("Perché l’è così", "perche l e cosi"),
            ("cafe\u{301}", "cafe"),
            ("Straße STRASSE", "strasse strasse"),
            ("ØSTERGÅRD smørrebrød", "ostergard smorrebrod"),
            ("Œuvre Łódź", "oeuvre lodz"),
            ("İstanbul ISPARTA ılık", "istanbul isparta ilik"),
            ("ｆｕｌｌ　ｗｉｄｔｈ１２", "full width12"),
            ("ﬁne²", "fine2"),
            ("Ελλάς ΕΛΛΆΣ", "ελλασ ελλασ"),
            ("ёлка Ёлка", "елка елка"),
            ("مُحَمَّد أحمد إحمد", "محمد احمد احمد"),
            ("مكتـــبة مکتبه", "مكتبه مكتبه"),
            ("שָׁלוֹם", "שלומ"),
            ("हिन्दी", "हिन्दी"),
            ("exam\u{ad}ple", "example"),
            ("東京都", "東京 京都 都"),
            ("水", "水"),
            ("東京2024年", "東京 京 2024 年"),
            ("リンゴ りんご", "りん んご ご りん んご ご"),
            ("ｶﾞｽ ガス", "がす す がす す"),
            ("배송지", "배송 송지 지"),
            ("\u{1107}\u{1162}\u{1109}\u{1169}\u{11bc}", "배송 송"),
            ("สวัสดี", "สว วั ัส สด ดี ี"),
            ("🙂 … ---", ""),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn a_question_leaves_tails_out_but_keeps_their_places() {
        let places: Vec<_> = asked("漢字kanji")
            .into_iter()
            .map(|p| (p.text, p.position))
            .collect();
        assert_eq!(places, [("漢字".into(), 0), ("kanji".into(), 2)]);
    }

    #[test]
    fn a_token_knows_its_bytes() {
        let text = "Il caffè è qui";
        let spans: Vec<_> = asked(text).iter().map(|p| &text[p.from..p.to]).collect();
        assert_eq!(spans, ["Il", "caffè", "è", "qui"]);
    }

    #[test]
    fn an_endless_word_is_cut() {
        let word = "a".repeat(10_000);
        let pieces = asked(&word);
        assert_eq!(pieces.len(), 1);
        assert_eq!((pieces[0].text.len(), pieces[0].to), (64, 10_000));
    }
}
