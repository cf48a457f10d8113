//! The files, places and links of a message, in every shape Meta sends them.

use super::{id, list, text};
use serde_json::Value;

/// What an attachment is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// To be fetched and kept: image, audio, video, file.
    Media,
    Sticker,
    Location,
    /// A link: fallback, post, reel, share, template.
    Link,
    /// Something new: shown as "unsupported attachment".
    Unknown,
}

/// One attachment.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    pub kind: Kind,
    /// Meta's own word: `image`, `fallback` …
    pub type_name: String,
    pub url: Option<String>,
    pub title: String,
    /// Latitude and longitude.
    pub place: Option<(f64, f64)>,
    pub sticker_id: Option<String>,
}

/// Reads one; `message` is what it came with, for stickers of before 2026-08-30.
pub(super) fn read(file: &Value, message: &Value) -> File {
    let payload = &file["payload"];
    let sticker_id = id(&payload["sticker_id"]).or_else(|| id(&message["sticker_id"]));
    let type_name = match text(&file["type"]) {
        name if name == "image" && sticker_id.is_some() => "sticker".to_owned(),
        name => name,
    };
    File {
        kind: kind(&type_name),
        url: id(&payload["url"])
            .or_else(|| id(&file["url"]))
            .or_else(|| first(payload, "url")),
        title: id(&payload["title"])
            .or_else(|| id(&file["title"]))
            .or_else(|| first(payload, "title"))
            .or_else(|| id(&payload["text"]))
            .unwrap_or_default(),
        place: place(payload).or_else(|| place(file)),
        sticker_id,
        type_name,
    }
}

fn kind(type_name: &str) -> Kind {
    match type_name {
        "image" | "audio" | "video" | "file" => Kind::Media,
        "sticker" => Kind::Sticker,
        "location" => Kind::Location,
        "fallback" | "post" | "reel" | "share" | "template" | "ig_reel" | "appointment_booking" => {
            Kind::Link
        }
        _ => Kind::Unknown,
    }
}

fn place(payload: &Value) -> Option<(f64, f64)> {
    let coordinates = &payload["coordinates"];
    let lat = coordinates["lat"].as_f64()?;
    let long = coordinates["long"]
        .as_f64()
        .or_else(|| coordinates["lng"].as_f64())?;
    Some((lat, long))
}

/// The first of a template's elements, then of its buttons, that has this.
fn first(payload: &Value, key: &str) -> Option<String> {
    let elements = list(&payload["elements"])
        .iter()
        .chain(list(&payload["product"]["elements"]));
    let buttons = list(&payload["buttons"]).iter().filter(|_| key == "url");
    elements.chain(buttons).find_map(|one| id(&one[key]))
}
