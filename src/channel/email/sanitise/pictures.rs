//! The pictures in sanitised HTML: which are of the web, and which are there to be counted, not to be seen.

use super::REMOTE_ATTRIBUTE;
use std::ops::Range;

/// Whether sanitised HTML has pictures of the web waiting that are worth asking for.
pub fn has_remote_images(sanitised: &str) -> bool {
    images(sanitised).any(|at| {
        let tag = &sanitised[at];
        tag.contains(REMOTE_ATTRIBUTE) && !is_pixel(tag)
    })
}

/// Where each `<img …>` stands. Sanitised HTML writes a bare `<` for tags alone, and only double quotes
/// around values.
pub(super) fn images(sanitised: &str) -> impl Iterator<Item = Range<usize>> {
    let starts = sanitised.match_indices("<img ").map(|(at, _)| at);
    let mut end = 0;
    starts.filter_map(move |start| {
        if start < end {
            return None;
        }
        end = start + tag_length(&sanitised[start..])?;
        Some(start..end)
    })
}

pub(super) fn tag_length(tag: &str) -> Option<usize> {
    let mut quoted = false;
    let ends = |byte: u8| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    };
    tag.bytes().position(ends).map(|last| last + 1)
}

/// Drawn two dots wide or high, or not at all: it tells its owner that the mail was opened, and shows
/// nothing. Such a picture is never fetched, whoever asks.
pub(super) fn is_pixel(tag: &str) -> bool {
    let value = |name: &str| {
        let rest = tag.split_once(&format!(" {name}=\""))?.1;
        rest.split('"').next()
    };
    let attribute = ["width", "height"]
        .into_iter()
        .filter_map(value)
        .any(is_tiny);
    let style = value("style").unwrap_or_default();
    attribute || style.split(';').any(hides)
}

fn hides(declaration: &str) -> bool {
    let Some((name, value)) = declaration.split_once(':') else {
        return false;
    };
    match name.trim() {
        "width" | "height" | "max-width" | "max-height" => is_tiny(value),
        "display" => value.trim().eq_ignore_ascii_case("none"),
        _ => false,
    }
}

fn is_tiny(size: &str) -> bool {
    let size = size.trim();
    let number = size.strip_suffix("px").unwrap_or(size).trim();
    number.parse::<f32>().is_ok_and(|dots| dots <= 2.0)
}
