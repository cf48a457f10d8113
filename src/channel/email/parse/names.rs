//! What an attachment is called: what its sender says, made safe, or a name that tells what it is.

use super::fields;
use super::tree::Part;
use super::{charset, words};

/// Longer names are cut, their ending kept.
const LONGEST: usize = 200;

/// The name its sender gave, if any.
pub fn given(part: &Part) -> Option<String> {
    let from = [
        part.disposition.get("filename"),
        part.kind.get("name"),
        part.kind.get("filename"),
        part.disposition.get("name"),
    ];
    from.into_iter()
        .flatten()
        .map(clean)
        .find(|name| !name.is_empty())
}

/// A name for a part that has none.
pub fn invented(part: &Part, content: &[u8], hint: &charset::Hint) -> String {
    let extension = extension(part.media_type());
    if matches!(
        part.media_type(),
        "message/rfc822" | "message/global" | "message/news"
    ) {
        return format!(
            "{}.eml",
            subject(content, hint).unwrap_or_else(|| "message".into())
        );
    }
    let suggested = [
        content_id_name(part),
        part.location.as_deref().and_then(location_name),
        described(part),
    ];
    if let Some(name) = suggested.into_iter().flatten().find(|n| !n.is_empty()) {
        return name;
    }
    let stem = match part.media_type() {
        "text/calendar" | "application/ics" => "invite",
        "text/vcard" | "text/x-vcard" | "text/directory" => "contact",
        "message/delivery-status" | "message/global-delivery-status" => "delivery-status",
        "message/disposition-notification" => "read-receipt",
        "message/feedback-report" => "feedback-report",
        "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers" => "headers",
        "message/partial" => "partial",
        "message/external-body" => "external",
        "application/pgp-signature" => "signature",
        "application/pgp-encrypted" => "version",
        "application/pkcs7-signature"
        | "application/x-pkcs7-signature"
        | "application/pkcs7-mime"
        | "application/x-pkcs7-mime" => "smime",
        "application/pgp-keys" => "key",
        "application/ms-tnef" => "winmail",
        "text/html" | "text/plain" => "text",
        media if media.starts_with("image/") => "image",
        media if media.starts_with("audio/") => "audio",
        media if media.starts_with("video/") => "video",
        _ => "attachment",
    };
    format!("{stem}.{extension}")
}

/// `image001.png@01DA2B3C.4D5E6F70`: Outlook names its images in their ids.
fn content_id_name(part: &Part) -> Option<String> {
    let (local, _) = part.content_id.as_deref()?.split_once('@')?;
    let (stem, ending) = local.rsplit_once('.')?;
    let fits = (2..=4).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    let named = fits && !stem.is_empty() && ending.bytes().any(|b| b.is_ascii_alphabetic());
    (named && part.media_type().starts_with("image/")).then(|| clean(local))
}

fn location_name(location: &str) -> Option<String> {
    let path = location.split(['?', '#']).next()?;
    let name = clean(path);
    name.contains('.').then_some(name)
}

/// A description that is a file's name.
fn described(part: &Part) -> Option<String> {
    let name = clean(part.description.as_deref()?);
    let (stem, ending) = name.rsplit_once('.')?;
    let fits = !stem.is_empty()
        && (2..=4).contains(&ending.len())
        && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then_some(name)
}

fn subject(mail: &[u8], hint: &charset::Hint) -> Option<String> {
    let block = fields::split(mail);
    let subject = words::decode(&charset::header(block.first("subject")?, hint), hint);
    // A subject is no path: its slashes are no folders.
    let name = clean(&subject.replace(['/', '\\', ':'], "-"));
    (!name.is_empty()).then_some(name)
}

/// Without folders, control and direction characters, and not too long.
pub fn clean(name: &str) -> String {
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let name: String = name
        .chars()
        .map(|c| {
            if matches!(c, '\r' | '\n' | '\t') {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !harmful(*c))
        .collect();
    let base = name
        .rsplit(['/', '\\'])
        .find(|s| !s.trim().is_empty())
        .unwrap_or_default();
    let base = base.split_whitespace().collect::<Vec<_>>().join(" ");
    let base = base.trim_matches(|c| c == '"' || c == '\'').trim();
    match base {
        "." | ".." => String::new(),
        base => shortened(base),
    }
}

fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 10 => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    let cut = stem.floor_char_boundary(LONGEST - ending.len());
    format!("{}{ending}", &stem[..cut])
}

/// The usual ending of a media type's files.
fn extension(media_type: &str) -> &str {
    match media_type {
        "text/plain"
        | "message/delivery-status"
        | "message/global-delivery-status"
        | "message/disposition-notification"
        | "message/feedback-report"
        | "text/rfc822-headers"
        | "message/rfc822-headers"
        | "message/global-headers" => "txt",
        "text/html" => "html",
        "text/csv" => "csv",
        "text/calendar" | "application/ics" => "ics",
        "text/vcard" | "text/x-vcard" | "text/directory" => "vcf",
        "text/xml" | "application/xml" => "xml",
        "text/rtf" | "application/rtf" => "rtf",
        "text/x-patch" | "text/x-diff" => "patch",
        "message/partial" | "message/external-body" => "eml",
        "image/jpeg" | "image/jpg" | "image/pjpeg" => "jpg",
        "image/svg+xml" => "svg",
        "image/tiff" => "tif",
        "image/x-icon" | "image/vnd.microsoft.icon" => "ico",
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/x-wav" | "audio/wav" => "wav",
        "audio/ogg" => "ogg",
        "video/quicktime" => "mov",
        "application/pdf" | "application/x-pdf" => "pdf",
        "application/zip" | "application/x-zip-compressed" => "zip",
        "application/gzip" | "application/x-gzip" => "gz",
        "application/json" => "json",
        "application/msword" => "doc",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.ms-powerpoint" => "ppt",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => "pptx",
        "application/vnd.oasis.opendocument.text" => "odt",
        "application/pgp-signature" | "application/pgp-keys" | "application/pgp-encrypted" => "asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "p7m",
        "application/ms-tnef" => "dat",
        media => match media.split_once('/') {
            Some(("image" | "audio" | "video", sub))
                if sub.len() <= 5 && sub.bytes().all(|b| b.is_ascii_alphanumeric()) =>
            {
                sub
            }
            _ => "bin",
        },
    }
}

/// The media type files of that name have, where nothing else tells.
pub fn media_type(name: &str) -> &'static str {
    let ending = name
        .rsplit_once('.')
        .map(|(_, e)| e.to_ascii_lowercase())
        .unwrap_or_default();
    match ending.as_str() {
        "txt" | "log" => "text/plain",
        "htm" | "html" => "text/html",
        "csv" => "text/csv",
        "ics" => "text/calendar",
        "vcf" => "text/vcard",
        "eml" => "message/rfc822",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "bmp" => "image/bmp",
        "tif" | "tiff" => "image/tiff",
        "svg" => "image/svg+xml",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "json" => "application/json",
        "rtf" => "application/rtf",
        "doc" => "application/msword",
        "xls" => "application/vnd.ms-excel",
        "ppt" => "application/vnd.ms-powerpoint",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        _ => "application/octet-stream",
    }
}
