//! What hangs on a single message: its raw mail, its formatted form, its files, its place.

use super::act::FORM;
use super::guard::{Viewer, page};
use super::pictures;
use crate::channel::email::parse;
use crate::channel::email::sanitise::{Look, Remote, document};
use crate::http::{Answer, Refusal, Request, Response, Router, With, respond};
use crate::inbox::{self, Done, Refused, line};
use crate::rules::picture;
use crate::web::App;
use bytes::Bytes;
use casella_index::Tx;
use casella_index::model::{
    Attachment, AttachmentSource, BlobId, ConversationId, Message, MessageId, Role,
};
use data_encoding::BASE64;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, REFERRER_POLICY};
use std::collections::HashMap;

/// The policy of the sandboxed frame (TRUST.md): nothing runs, nothing loads, no form leaves.
const FRAME_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; \
    default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; \
    form-action 'none'; base-uri 'none'";

pub fn routes() -> Router<App> {
    Router::new()
        .get("/messages/{id}/raw", page(Role::Viewer, raw))
        .get("/messages/{id}/html", page(Role::Viewer, html))
        .get("/messages/{id}/attachments/{k}", page(Role::Viewer, file))
        .post("/messages/{id}/split", page(Role::Agent, split_off))
        .post("/messages/{id}/move", page(Role::Agent, move_to))
        .post("/messages/{id}/author", page(Role::Agent, give_to))
        .post("/messages/{id}/unswap", page(Role::Agent, give_back))
}

/// Runs a verb about a message.
async fn verb<T: Send + 'static>(
    app: &App,
    viewer: &Viewer,
    verb: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
) -> Result<T, Refusal> {
    let written = app.inbox.store.write(viewer.stamp(app), verb).await;
    written.map_err(|e| viewer.refuse(app, e))
}

/// To the message, wherever it stands now.
fn to_message(app: &App, viewer: &Viewer, id: MessageId) -> Answer {
    let conversation = message(app, viewer, id)?.conversation;
    let url = format!("/conversations/{conversation}?done=moved#m-{id}");
    Ok(respond::redirect(&url))
}

async fn split_off(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    verb(&app, &viewer, move |tx| inbox::split(tx, id)).await?;
    to_message(&app, &viewer, id)
}

async fn move_to(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let form = request.form(FORM).await?;
    let to = form.get("to").trim().trim_start_matches('#').parse();
    let to: ConversationId = to.map_err(|_| Refusal::bad_request("`to` is no number"))?;
    verb(&app, &viewer, move |tx| inbox::move_message(tx, id, to)).await?;
    to_message(&app, &viewer, id)
}

async fn give_to(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let address = request.form(FORM).await?.get("address").trim().to_owned();
    verb(&app, &viewer, move |tx| {
        inbox::change_author(tx, id, &address, "")
    })
    .await?;
    to_message(&app, &viewer, id)
}

async fn give_back(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    verb(&app, &viewer, move |tx| inbox::swap_back(tx, id)).await?;
    to_message(&app, &viewer, id)
}

/// A message, or the refusal to show.
fn message(app: &App, viewer: &Viewer, id: MessageId) -> Result<Message, Refusal> {
    let rows = app.inbox.read().map_err(|e| viewer.refuse(app, e.into()))?;
    line::message(&rows, id).map_err(|e| viewer.refuse(app, e))
}

/// The trace headers and then the DATA byte for byte, to be saved.
async fn raw(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let message = message(&app, &viewer, id)?;
    let content = raw_mail(&app, &message).map_err(|e| viewer.refuse(&app, e))?;
    let content =
        content.ok_or_else(|| Refusal::not_found(format!("a raw mail of message {id}")))?;
    Ok(respond::download(
        &format!("message-{id}.eml"),
        "message/rfc822",
        content,
    ))
}

/// What arrived, with its trace headers above; `None` where no mail was kept.
fn raw_mail(app: &App, message: &Message) -> Done<Option<Vec<u8>>> {
    let Some((mail, blob)) = raw_blob(message) else {
        return Ok(None);
    };
    let trace = mail.paths.first().map_or("", |path| &path.trace_headers);
    let mut content = trace.as_bytes().to_vec();
    content.extend(app.inbox.store.blob(blob)?);
    Ok(Some(content))
}

fn raw_blob(message: &Message) -> Option<(&casella_index::model::EmailFacts, BlobId)> {
    let mail = message.email.as_ref()?;
    Some((mail, mail.raw?))
}

/// The sanitised form, under its own policy.
async fn html(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let message = message(&app, &viewer, id)?;
    let body = app.inbox.store.body(&message);
    let body = body.map_err(|e| viewer.refuse(&app, e.into()))?;
    let asked = request.query().given("images").is_some();
    let pictures = match body.html.filter(|_| asked) {
        Some(html) => Some(pictures::fetched(&app, &html).await),
        None => None,
    };
    framed(&app, &message, pictures.as_ref()).map_err(|e| viewer.refuse(&app, e))
}

/// The frame's answer. `pictures` are those of the web an agent asked to see, by address.
fn framed(
    app: &App,
    message: &Message,
    pictures: Option<&HashMap<String, String>>,
) -> Done<Response> {
    let body = app.inbox.store.body(message)?;
    let html = body
        .html
        .ok_or_else(|| Refused::unknown("formatted text of message", message.id))?;
    let raw = match raw_blob(message) {
        Some((_, blob)) if html.contains("cid:") => Some(app.inbox.store.blob(blob)?),
        _ => None,
    };
    let image = |content_id: &str| inline_picture(raw.as_deref()?, content_id);
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

/// A picture of the mail as a data URI: the frame's origin is opaque and may ask for nothing else.
fn inline_picture(raw: &[u8], content_id: &str) -> Option<String> {
    let (_, content) = parse::cid(raw, content_id)?;
    let kind = picture::kind(&content)?;
    Some(format!("data:{kind};base64,{}", BASE64.encode(&content)))
}

/// A file: always to be saved; shown in place only if it is a picture by its bytes.
async fn file(app: App, viewer: Viewer, request: Request) -> Answer {
    let (id, k): (MessageId, usize) = (request.param("id")?, request.param("k")?);
    let message = message(&app, &viewer, id)?;
    let found = attachment(&app, &message, k).map_err(|e| viewer.refuse(&app, e))?;
    let (file, content) =
        found.ok_or_else(|| Refusal::not_found(format!("file {k} of message {id}")))?;
    let shown = request
        .query()
        .given("inline")
        .and_then(|_| picture::kind(&content));
    Ok(match shown {
        Some(kind) => respond::picture(&file.name, kind, content),
        None => respond::download(&file.name, safe_kind(&file.content_type), content),
    })
}

/// A stranger's media type, where a header may carry it.
fn safe_kind(kind: &str) -> &str {
    let fine = kind.contains('/') && kind.chars().all(|c| c.is_ascii_graphic());
    if fine {
        kind
    } else {
        "application/octet-stream"
    }
}

/// The k-th file of a message and its bytes; `None` if there is none, or it was not fetched.
fn attachment(app: &App, message: &Message, k: usize) -> Done<Option<(Attachment, Bytes)>> {
    let Some(file) = message.attachments.get(k) else {
        return Ok(None);
    };
    let content = match &file.source {
        AttachmentSource::Blob(blob) => Some(app.inbox.store.blob(*blob)?),
        AttachmentSource::Part(part) => match raw_blob(message) {
            Some((_, blob)) => {
                let raw = app.inbox.store.blob(blob)?;
                parse::attachment(&raw, *part).map(|(_, content)| content)
            }
            None => None,
        },
        AttachmentSource::Remote { .. } | AttachmentSource::None => None,
    };
    Ok(content.map(|content| (file.clone(), Bytes::from(content))))
}
