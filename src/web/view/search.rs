//! What was found.

use super::{Notice, Shell};
use crate::render::{Millis, escape};
use casella_index::search::Fragment;
use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub struct SearchPage {
    pub shell: Shell,
    pub notice: Option<Notice>,
    pub q: String,
    pub summary: String,
    pub hits: Vec<HitView>,
    pub next: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct HitView {
    pub message: u64,
    pub url: String,
    pub channel: &'static str,
    pub who: String,
    pub subject: String,
    pub complete: bool,
    pub at: Millis,
    /// HTML: escaped, what was asked for in `<mark>`.
    pub snippet: String,
}

/// A snippet as HTML.
pub fn marked(fragments: &[Fragment]) -> String {
    fragments
        .iter()
        .map(|fragment| match fragment.hit {
            true => format!("<mark>{}</mark>", escape(&fragment.text)),
            false => escape(&fragment.text),
        })
        .collect()
}

/// A snippet as plain words.
pub fn plain(fragments: &[Fragment]) -> String {
    fragments.iter().map(|f| f.text.as_str()).collect()
}
