//! Saved replies.

use super::{Notice, Shell, Words};
use casella_index::model::SavedReply;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
pub struct SavedReplies {
    pub shell: Shell,
    pub can_write: bool,
    pub categories: Vec<Category>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct Category {
    pub name: String,
    /// The name, or words for "none".
    pub label: String,
    pub replies: Vec<Reply>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Reply {
    pub id: u64,
    pub title: String,
    pub text: String,
}

/// The form of one reply.
#[derive(Debug, Default, Serialize)]
pub struct SavedReplyForm {
    pub shell: Shell,
    pub notice: Option<Notice>,
    pub id: Option<u64>,
    pub action: String,
    pub category: String,
    pub title: String,
    pub text: String,
    /// Those in use, to choose from.
    pub categories: Vec<String>,
}

/// The replies by category, each in the order of its titles.
pub fn categories(words: Words<'_>, replies: Vec<SavedReply>) -> Vec<Category> {
    let mut by_name: BTreeMap<String, Vec<Reply>> = BTreeMap::new();
    for reply in replies {
        by_name.entry(reply.category).or_default().push(Reply {
            id: reply.id.0,
            title: reply.title,
            text: reply.text,
        });
    }
    by_name
        .into_iter()
        .map(|(name, mut replies)| {
            replies.sort_by_key(|reply| reply.title.to_lowercase());
            Category {
                label: if name.is_empty() {
                    words.t("saved.none_category")
                } else {
                    name.clone()
                },
                name,
                replies,
            }
        })
        .collect()
}
