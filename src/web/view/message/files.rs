//! The files of a message: what each is called, shown as, and why one is missing.

use crate::web::view::Words;
use casella_index::model::*;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct FileView {
    pub name: String,
    pub bytes: u64,
    pub symbol: &'static str,
    pub url: Option<String>,
    pub preview: Option<String>,
    pub note: Option<String>,
    /// Where a POST tries again to fetch it.
    pub again: Option<String>,
}

pub fn files(words: Words<'_>, message: &Message, can_write: bool) -> Vec<FileView> {
    let shown = message
        .attachments
        .iter()
        .enumerate()
        // What stands in the formatted text anyway is not listed a second time.
        .filter(|(_, file)| !(file.inline && file.content_id.is_some() && is_picture(file)));
    shown
        .map(|(k, file)| {
            let url = format!("/messages/{}/attachments/{k}", message.id);
            let missing = matches!(
                file.source,
                AttachmentSource::Remote { .. } | AttachmentSource::None
            );
            let again = can_write && may_be_had(file);
            FileView {
                again: again.then(|| format!("/messages/{}/fetch", message.id)),
                name: file.name.clone(),
                bytes: file.size,
                symbol: symbol(&file.content_type),
                preview: (!missing && is_picture(file)).then(|| format!("{url}?inline=1")),
                url: (!missing).then(|| url.clone()),
                note: note(words, file, missing),
            }
        })
        .collect()
}

fn note(words: Words<'_>, file: &Attachment, missing: bool) -> Option<String> {
    let sealed =
        file.content_type.contains("pkcs7-mime") || file.content_type.contains("encrypted");
    match (&file.source, sealed) {
        (AttachmentSource::Remote { error: None, .. }, _) => Some(words.t("message.fetching")),
        (
            AttachmentSource::Remote {
                error: Some(why), ..
            },
            _,
        ) => Some(not_fetched(words, why)),
        _ if missing => Some(words.t("message.not_fetched")),
        (_, true) => Some(words.t("message.encrypted")),
        _ => None,
    }
}

/// Why, in plain words.
fn not_fetched(words: Words<'_>, why: &str) -> String {
    let key = format!("message.file.{why}");
    match words.t(&key) {
        same if same == key => words.t("message.not_fetched"),
        text => text,
    }
}

/// It failed, and may not fail the next time.
fn may_be_had(file: &Attachment) -> bool {
    match &file.source {
        AttachmentSource::Remote {
            error: Some(why), ..
        } => !["expired", "no_address"].contains(&why.as_str()),
        _ => false,
    }
}

fn is_picture(file: &Attachment) -> bool {
    matches!(
        file.content_type.as_str(),
        "image/png" | "image/jpeg" | "image/gif" | "image/webp"
    )
}

fn symbol(content_type: &str) -> &'static str {
    match content_type {
        "text/calendar" => "calendar",
        "message/rfc822" => "email",
        t if t.starts_with("image/") => "image",
        t if t.contains("pkcs7") || t.contains("pgp") => "lock",
        _ => "file",
    }
}
