//! Rows of the list as last rendered for the live stream: forty agents who are told of one change
//! mostly read the same language in the same zone.

use crate::render::Language;
use casella_index::model::ConversationId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Rows kept; past that all are forgotten, as most are old by then.
const MOST: usize = 1_000;

/// A conversation's row, for readers of a language in a time zone.
pub type Key = (ConversationId, Language, String);

/// The rows, each with the journal's sequence it was made at.
#[derive(Debug, Default)]
pub struct LiveRows(Mutex<HashMap<Key, (u64, String)>>);

impl LiveRows {
    /// The row, if it was made at `seq` or later.
    pub fn get(&self, key: &Key, seq: u64) -> Option<String> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (made, html) = rows.get(key)?;
        (*made >= seq).then(|| html.clone())
    }

    /// `seq` is a sequence that the row surely reflects.
    pub fn put(&self, key: Key, seq: u64, html: &str) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() >= MOST {
            rows.clear();
        }
        rows.insert(key, (seq, html.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_older_than_the_change_is_not_shown_again() {
        let rows = LiveRows::default();
        let key = (ConversationId(1), Language::En, "UTC".to_owned());
        rows.put(key.clone(), 7, "seven");
        assert_eq!(rows.get(&key, 6).as_deref(), Some("seven"));
        assert_eq!(rows.get(&key, 7).as_deref(), Some("seven"));
        assert_eq!(rows.get(&key, 8), None);
        let italian = (ConversationId(1), Language::It, "UTC".to_owned());
        assert_eq!(rows.get(&italian, 7), None);
    }
}
