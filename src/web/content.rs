//! What hangs on a message, for pages and programs alike: the raw mail, its files, its HTML in a
//! frame of its own.

use super::App;
use crate::channel::email::parse;
use crate::channel::email::sanitise::{Look, Remote, document, folded};
use crate::http::{Response, With, respond};
use crate::inbox::{Done, Refused};
use crate::rules::picture;
use bytes::Bytes;
use casella_index::model::{Attachment, AttachmentSource, BlobId, EmailFacts, Message};
use data_encoding::BASE64;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, REFERRER_POLICY};
use std::collections::HashMap;

/// The policy of the sandboxed frame: nothing runs, nothing loads, no form leaves.
const FRAME_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; \
    default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; \
    form-action 'none'; base-uri 'none'";

/// The trace headers and then the DATA byte for byte; `None` where no mail was kept.
pub fn raw_mail(app: &App, message: &Message) -> Done<Option<Vec<u8>>> {
    let Some((mail, blob)) = raw_blob(message) else {
        return Ok(None);
    };
    let trace = mail.paths.first().map_or("", |path| &path.trace_headers);
    let mut content = trace.as_bytes().to_vec();
    content.extend(app.inbox.store.blob(blob)?);
    Ok(Some(content))
}

fn raw_blob(message: &Message) -> Option<(&EmailFacts, BlobId)> {
    let mail = message.email.as_ref()?;
    Some((mail, mail.raw?))
}

/// The sanitised HTML as a page under its own policy. `pictures` are those of the web that somebody
/// asked to see, as data URIs by address; `fold` names what hides the quoted part.
pub fn framed(
    app: &App,
    message: &Message,
    fold: Option<&str>,
    pictures: Option<&HashMap<String, String>>,
) -> Done<Response> {
    let body = app.inbox.store.body(message)?;
    let missing = || Refused::unknown("formatted text of message", message.id);
    let html = body.html.ok_or_else(missing)?;
    let folded = fold.and_then(|name| folded(&html, &body.text, &body.quoted_text, name));
    let html = folded.unwrap_or(html);
    let raw = match raw_blob(message) {
        Some((_, blob)) if html.contains("cid:") => Some(app.inbox.store.blob(blob)?),
        _ => None,
    };
    let image = |content_id: &str| inline_picture(message, raw.as_deref()?, content_id);
    let fetched = |address: &str| {
        let found = pictures.and_then(|known| known.get(address));
        found.map_or_else(|| "data:,".to_owned(), String::clone)
    };
    let remote = match pictures {
        Some(_) => Remote::Proxied(&fetched),
        None => Remote::Blocked,
    };
    let page = document(&html, image, &remote, Look::System);
    Ok(respond::framed_html(StatusCode::OK, page, FRAME_POLICY)
        .with(REFERRER_POLICY, "no-referrer")
        .with(CACHE_CONTROL, "private, no-cache"))
}

/// A picture of the mail as a data URI: the frame's origin is opaque and may ask for nothing else. It
/// may stand in a mail passed on as an attachment, and then another of that id around it.
fn inline_picture(message: &Message, raw: &[u8], content_id: &str) -> Option<String> {
    let named = |file: &&Attachment| {
        let own = file.content_id.as_deref();
        file.inline && own.is_some_and(|own| parse::is_same_id(own, content_id))
    };
    let part = message.attachments.iter().find(named);
    let (_, content) = match part.map(|file| &file.source) {
        Some(AttachmentSource::Part(part)) => parse::attachment(raw, *part)?,
        _ => parse::cid(raw, content_id)?,
    };
    let kind = picture::kind(&content)?;
    Some(format!("data:{kind};base64,{}", BASE64.encode(&content)))
}

/// The k-th file of a message, counted from 0, and its bytes; `None` if there is none, or it was
/// not fetched.
pub fn attachment(app: &App, message: &Message, k: usize) -> Done<Option<(Attachment, Bytes)>> {
    let Some(file) = message.attachments.get(k) else {
        return Ok(None);
    };
    let content = match (&file.source, raw_blob(message)) {
        (AttachmentSource::Blob(blob), _) => Some(app.inbox.store.blob(*blob)?),
        (AttachmentSource::Part(part), Some((_, blob))) => {
            let raw = app.inbox.store.blob(blob)?;
            parse::attachment(&raw, *part).map(|(_, content)| content)
        }
        _ => None,
    };
    Ok(content.map(|content| (file.clone(), Bytes::from(content))))
}

/// A file as an answer: to be saved, whatever it says it is.
pub fn download(file: &Attachment, content: Bytes) -> Response {
    let kind = file.content_type.as_str();
    let fine = kind.contains('/') && kind.chars().all(|c| c.is_ascii_graphic());
    let kind = if fine {
        kind
    } else {
        "application/octet-stream"
    };
    respond::download(&file.name, kind, content)
}
