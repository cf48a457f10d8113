//! The languages Casella speaks.

use serde::{Deserialize, Serialize};

/// A language people can be spoken to in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    It,
}

impl Language {
    /// Every language there is a catalogue for.
    pub const ALL: [Language; 2] = [Language::En, Language::It];

    /// The tag that stands in `lang` attributes and in the configuration.
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::It => "it",
        }
    }

    /// The language of a tag such as `it` or `it-CH`, if we speak it.
    pub fn of(tag: &str) -> Option<Language> {
        let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        Language::ALL.into_iter().find(|l| l.tag() == primary)
    }

    /// The most wanted language of an `Accept-Language` field that we speak (RFC 9110 section 12.5.4).
    pub fn accepted(header: &str) -> Option<Language> {
        let mut wanted: Vec<(f32, &str)> = header
            .split(',')
            .map(|item| {
                let mut halves = item.split(";q=");
                let tag = halves.next().unwrap_or_default().trim();
                let weight = halves.next().and_then(|q| q.trim().parse().ok());
                (weight.unwrap_or(1.0), tag)
            })
            .filter(|(weight, _)| *weight > 0.0)
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted.into_iter().find_map(|(_, tag)| Language::of(tag))
    }
}
