//! A table of phrases looked for in a text all at once, in one pass whatever its length.

use regex::Regex;

/// The table, made ready. Its phrases and the texts are in lower case.
pub struct Phrases(Option<Regex>);

impl Phrases {
    pub fn of(phrases: &[&str]) -> Self {
        let escaped: Vec<String> = phrases.iter().map(|p| regex::escape(p)).collect();
        // Literals make a pattern that cannot be wrong; a table too large for it would match nothing,
        // which its own test would show.
        Self(Regex::new(&escaped.join("|")).ok())
    }

    /// Whether any of them stands in the text.
    pub fn stand_in(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_phrase_is_found_and_nothing_else() {
        let phrases = Phrases::of(&["user unknown", "(#5.1.1)", "届け"]);
        for text in [
            "550 user unknown here",
            "no mailbox (#5.1.1)",
            "お届けできません",
        ] {
            assert!(phrases.stand_in(text), "{text}");
        }
        assert!(!phrases.stand_in("user is unknown (#5x1x1)"));
    }
}
