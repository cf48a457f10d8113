//! Every text for people, one catalogue per language (`templates/text/LANG.toml`).
//!
//! A key is the dotted path of a table; a text may hold `{name}` parameters. Where a key has the
//! children `one` and `other`, the parameter `count` chooses between them (both English and Italian
//! have exactly these two plurals for whole numbers).

use std::collections::HashMap;
use std::path::Path;

use super::{Error, Language, built_in, overridden};

/// The texts of one language, by dotted key.
type Catalogue = HashMap<String, String>;

/// The texts of all languages.
#[derive(Debug)]
pub struct Catalogues(HashMap<Language, Catalogue>);

impl Catalogues {
    pub(super) fn load(overrides: Option<&Path>) -> Result<Catalogues, Error> {
        let mut all = HashMap::new();
        for (tag, source) in built_in::CATALOGUES {
            let file = format!("text/{tag}.toml");
            let mut texts = Catalogue::new();
            read(&file, source, &mut texts)?;
            if let Some(own) = overridden(overrides, &file)? {
                read(&file, &own, &mut texts)?;
            }
            if let Some(language) = Language::of(tag) {
                all.insert(language, texts);
            }
        }
        Ok(Catalogues(all))
    }

    /// The text of `key`, with `{name}` replaced by what `parameter` answers for it. Falls back to
    /// English, then to the key itself: a page with an odd word is better than none.
    pub fn text(
        &self,
        language: Language,
        key: &str,
        parameter: impl Fn(&str) -> Option<String>,
    ) -> String {
        let plural = match parameter("count").as_deref() {
            Some("1") => "one",
            _ => "other",
        };
        let found = [language, Language::En].into_iter().find_map(|language| {
            let texts = self.0.get(&language)?;
            texts
                .get(key)
                .or_else(|| texts.get(&format!("{key}.{plural}")))
        });
        match found {
            Some(text) => fill(text, parameter),
            None => key.to_owned(),
        }
    }

    /// Whether there is a text, plain or plural, for `key` in that language.
    pub fn has(&self, language: Language, key: &str) -> bool {
        self.0
            .get(&language)
            .is_some_and(|t| t.contains_key(key) || t.contains_key(&format!("{key}.other")))
    }

    /// Every key of a language, sorted.
    pub fn keys(&self, language: Language) -> Vec<&str> {
        let mut keys: Vec<&str> = self
            .0
            .get(&language)
            .into_iter()
            .flat_map(|texts| texts.keys().map(String::as_str))
            .collect();
        keys.sort_unstable();
        keys
    }
}

fn read(file: &str, source: &str, into: &mut Catalogue) -> Result<(), Error> {
    let refused = |why: String| Error::Catalogue(file.into(), why);
    let table: toml::Table = source
        .parse()
        .map_err(|e: toml::de::Error| refused(e.to_string().trim_end().replace('\n', " ")))?;
    flatten("", &table, into).map_err(refused)
}

fn flatten(prefix: &str, table: &toml::Table, into: &mut Catalogue) -> Result<(), String> {
    for (name, value) in table {
        let key = match prefix {
            "" => name.clone(),
            _ => format!("{prefix}.{name}"),
        };
        match value {
            toml::Value::String(text) => {
                into.insert(key, text.clone());
            }
            toml::Value::Table(inner) => flatten(&key, inner, into)?,
            _ => return Err(format!("`{key}` must be a text")),
        }
    }
    Ok(())
}

/// Replaces each `{name}` that has a value; leaves any other brace as it stands.
fn fill(text: &str, parameter: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = after
            .split_once('}')
            .and_then(|(name, tail)| Some((parameter(name)?, tail)));
        match value {
            Some((value, tail)) => {
                out.push_str(&value);
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}
