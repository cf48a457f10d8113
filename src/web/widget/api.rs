//! `/chat/v1`: what the widget and other clients of a visitor may ask (CONTRACT, "Chat widget").

use super::key;
use crate::channel::chat::{desk::MOST_CHARACTERS, stream};
use crate::http::{Answer, Refusal, Request, With, form, respond, sse};
use crate::inbox::live::Brief;
use crate::inbox::visitor::{Profile, Said};
use crate::inbox::{Refused, visitor as verbs};
use crate::net::sender;
use crate::rules::picture;
use crate::web::app::App;
use crate::web::refuse;
use casella_index::model::*;
use casella_index::{Actor, Rows};
use hyper::StatusCode;
use hyper::header::SET_COOKIE;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Bytes of a JSON body; a line of 4,000 characters fits however it is escaped.
pub(super) const JSON_BYTES: usize = 64 * 1024;
/// Bytes of a line with its files.
const FILE_BYTES: usize = 10 * 1024 * 1024;
/// Files of one line.
const MOST_FILES: usize = 5;
/// Characters of a page's address, and of a name.
const MOST_ADDRESS: usize = 500;
pub(super) const MOST_NAME: usize = 100;
/// Lines of a history; `before` asks for the earlier ones.
const HISTORY: usize = 500;
/// What a visitor may send: pictures and PDFs, told by their first bytes, never by their name.
const FILE_KINDS: &str = "send a PNG, JPEG, GIF or WebP picture or a PDF";

/// What a new visitor may say of themselves, if anything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Newcomer {
    name: String,
    page: String,
}

pub async fn come(app: App, mut request: Request) -> Answer {
    let newcomer = newcomer(&mut request).await?;
    let now = app.inbox.clock.now();
    app.chat
        .limits
        .visitors
        .check(sender(request.client), now)?;
    let key = key::fresh().map_err(Refusal::internal)?;
    let header = |name| {
        request
            .header(name)
            .unwrap_or_default()
            .chars()
            .take(200)
            .collect()
    };
    let profile = Profile {
        language: header("accept-language"),
        user_agent: header("user-agent"),
        page: page_address(&newcomer.page),
        name: newcomer.name.trim().chars().take(MOST_NAME).collect(),
    };
    let hash = key::hash(&key);
    let stamp = app.inbox.stamp(Actor::Stranger);
    app.inbox
        .store
        .write(stamp, move |tx| verbs::come(tx, hash, profile))
        .await
        .map_err(refuse)?;
    let cookie = key::cookie(&request, &key);
    Ok(respond::json(StatusCode::CREATED, &json!({"key": key})).with(SET_COOKIE, &cookie))
}

/// The body may be missing.
async fn newcomer(request: &mut Request) -> Result<Newcomer, Refusal> {
    let content = request.bytes(JSON_BYTES).await?;
    if content.is_empty() {
        return Ok(Newcomer::default());
    }
    serde_json::from_slice(&content)
        .map_err(|e| Refusal::bad_request(format!("the JSON is not as expected: {e}")))
}

pub async fn history(app: App, request: Request) -> Answer {
    let visitor = key::visitor(&app.inbox, &request)?;
    let before = match request.query().given("before") {
        None => u32::MAX,
        Some(id) => id
            .parse()
            .map_err(|_| Refusal::bad_request("`before` is no line's id"))?,
    };
    let messages = match visitor.conversation {
        Some(id) => {
            let rows = app.inbox.read().map_err(Refusal::internal)?;
            let mut newest = rows
                .thread_back(id, before, HISTORY)
                .map_err(Refusal::internal)?;
            newest.reverse();
            newest
        }
        None => Vec::new(),
    };
    let viewer = stream::viewer(&visitor);
    let lines: Vec<_> = messages
        .iter()
        .filter_map(|m| app.chat.line(m, viewer))
        .collect();
    let agent_online = app.inbox.presence.any_agent();
    let answer = json!({
        "messages": lines,
        "earlier": messages.len() == HISTORY,
        "agent_online": agent_online,
        "needs_email": visitor.email.is_none() && !agent_online,
        "read": stream::is_read(&app.inbox, &visitor),
        "email": visitor.email,
        "vouched": visitor.vouched.is_some(),
    });
    let response = respond::json(StatusCode::OK, &answer);
    // A visit renews the cookie's 400 days.
    Ok(
        match key::of(&request).filter(|_| request.bearer().is_none()) {
            Some(key) => response.with(SET_COOKIE, &key::cookie(&request, key)),
            None => response,
        },
    )
}

/// A line as JSON; with files it comes as a form of the same fields.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    text: String,
    client_id: String,
    page: Option<String>,
}

pub async fn say(app: App, mut request: Request) -> Answer {
    let visitor = admitted(&app, &request)?;
    let (line, files) = read_line(&mut request).await?;
    check_line(&line, &files)?;
    if let Some(known) = known_line(&app, visitor.id, &line.client_id)? {
        let shown = app.chat.line(&known, stream::viewer(&visitor));
        return Ok(respond::json(StatusCode::OK, &shown));
    }
    let now = app.inbox.clock.now();
    app.chat.limits.pace.check(visitor.id, now)?;
    app.chat.limits.lines.check(visitor.id, now)?;
    let (id, said) = (visitor.id, (line, files));
    let stamp = app.inbox.stamp(Actor::Visitor(id));
    let written = app.inbox.store.write(stamp, move |tx| {
        let (line, files) = said;
        let attachments = files
            .iter()
            .map(|file| keep(tx, file))
            .collect::<Result<_, Refused>>()?;
        let page = line.page.map(|page| page_address(&page));
        let page = page.filter(|page| !page.is_empty());
        verbs::say(
            tx,
            id,
            Said {
                text: line.text,
                client_id: line.client_id,
                page,
                attachments,
            },
        )
    });
    let (message, fresh) = written.await.map_err(refuse)?;
    if let Some(page) = message.chat.as_ref().and_then(|chat| chat.page.as_deref()) {
        app.inbox.presence.looks_at(id, page);
    }
    let shown = app.chat.line(&message, stream::viewer(&visitor));
    Ok(respond::json(
        if fresh {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        },
        &shown,
    ))
}

/// The visitor who asks, unless they are shut out.
fn admitted(app: &App, request: &Request) -> Result<Visitor, Refusal> {
    let visitor = key::visitor(&app.inbox, request)?;
    let rows = app.inbox.read().map_err(Refusal::internal)?;
    match verbs::is_barred(&rows, &visitor).map_err(Refusal::internal)? {
        true => Err(Refusal::forbidden("this chat is closed")),
        false => Ok(visitor),
    }
}

/// The line that was sent before under this id: a retry costs no limit and writes nothing.
fn known_line(app: &App, visitor: VisitorId, client_id: &str) -> Result<Option<Message>, Refusal> {
    let rows = app.inbox.read().map_err(Refusal::internal)?;
    let key = (visitor, client_id.to_owned());
    let id = rows.get(&casella_index::tables::CHAT_LINES, &key);
    let known = id.and_then(|id| id.map(|id| rows.message(id)).transpose());
    Ok(known.map_err(Refusal::internal)?.flatten())
}

/// A page's address as it is kept and shown as a link: of the web, and no longer than that.
fn page_address(url: &str) -> String {
    let web = url.starts_with("https://") || url.starts_with("http://");
    match web {
        true => url.chars().take(MOST_ADDRESS).collect(),
        false => String::new(),
    }
}

async fn read_line(request: &mut Request) -> Result<(Line, Vec<form::File>), Refusal> {
    let multipart = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("multipart/"));
    if !multipart {
        return Ok((request.json(JSON_BYTES).await?, Vec::new()));
    }
    let form = request.form(FILE_BYTES).await?;
    let line = Line {
        text: form.get("text").to_owned(),
        client_id: form.get("client_id").to_owned(),
        page: form.given("page").map(str::to_owned),
    };
    Ok((line, form.files))
}

fn check_line(line: &Line, files: &[form::File]) -> Result<(), Refusal> {
    if line.client_id.is_empty() || line.client_id.len() > 100 {
        return Err(Refusal::bad_request(
            "`client_id` must have 1 to 100 characters",
        ));
    }
    if line.text.trim().is_empty() && files.is_empty() {
        return Err(
            Refusal::bad_request("`text` is empty").remedy("write something, or attach a file")
        );
    }
    if line.text.chars().count() > MOST_CHARACTERS {
        let reason = format!("`text` has more than {MOST_CHARACTERS} characters");
        return Err(Refusal::bad_request(reason).remedy("send it in several messages"));
    }
    if files.len() > MOST_FILES {
        return Err(
            Refusal::bad_request(format!("more than {MOST_FILES} files"))
                .remedy("send them one by one"),
        );
    }
    match files.iter().find(|file| kind_of(&file.content).is_none()) {
        Some(odd) => Err(Refusal::bad_request(format!(
            "`{}` is of a kind we do not take",
            odd.name
        ))
        .remedy(FILE_KINDS)),
        None => Ok(()),
    }
}

/// The kind of a file by its first bytes; `None` for all that visitors may not send.
fn kind_of(content: &[u8]) -> Option<&'static str> {
    picture::kind(content).or_else(|| content.starts_with(b"%PDF-").then_some("application/pdf"))
}

fn keep(tx: &mut casella_index::Tx<'_>, file: &form::File) -> Result<Attachment, Refused> {
    let blob = tx.keep(&casella_index::store::pack(&file.content))?;
    Ok(Attachment {
        name: file.name.clone(),
        content_type: kind_of(&file.content)
            .unwrap_or("application/octet-stream")
            .to_owned(),
        size: file.content.len() as u64,
        source: AttachmentSource::Blob(blob),
        ..Attachment::default()
    })
}

#[derive(Debug, Deserialize)]
struct Seen {
    id: u32,
}

pub async fn seen(app: App, mut request: Request) -> Answer {
    let visitor = key::visitor(&app.inbox, &request)?;
    let Seen { id } = request.json(JSON_BYTES).await?;
    let stamp = app.inbox.stamp(Actor::Visitor(visitor.id));
    app.inbox
        .store
        .write(stamp, move |tx| verbs::see(tx, visitor.id, id))
        .await
        .map_err(refuse)?;
    Ok(respond::nothing())
}

/// The answer to a beat of the stream.
pub async fn here(app: App, request: Request) -> Answer {
    let visitor = key::visitor(&app.inbox, &request)?;
    app.inbox.presence.answers(visitor.id);
    Ok(respond::nothing())
}

#[derive(Debug, Deserialize)]
struct Typing {
    typing: bool,
}

pub async fn typing(app: App, mut request: Request) -> Answer {
    let visitor = admitted(&app, &request)?;
    let Typing { typing } = request.json(JSON_BYTES).await?;
    if let Some(conversation) = visitor.conversation {
        app.inbox.live.say(Brief::VisitorTypes {
            conversation,
            typing,
        });
    }
    Ok(respond::nothing())
}

#[derive(Debug, Deserialize)]
struct Page {
    url: String,
}

pub async fn page(app: App, mut request: Request) -> Answer {
    let visitor = key::visitor(&app.inbox, &request)?;
    let Page { url } = request.json(JSON_BYTES).await?;
    let url = page_address(&url);
    if app.inbox.presence.looks_at(visitor.id, &url) {
        app.chat.show_presence(visitor.id);
    }
    Ok(respond::nothing())
}

/// A file of one of the visitor's own lines.
pub async fn file(app: App, request: Request) -> Answer {
    let visitor = key::visitor(&app.inbox, &request)?;
    let (id, k): (MessageId, usize) = (request.param("message")?, request.param("k")?);
    let missing = || Refusal::not_found("file");
    let message = app
        .inbox
        .read()
        .map_err(Refusal::internal)?
        .message(id)
        .map_err(Refusal::internal)?;
    let message = message
        .filter(|m| Some(m.conversation) == visitor.conversation)
        .ok_or_else(missing)?;
    app.chat
        .line(&message, stream::viewer(&visitor))
        .filter(|l| l.kind != "email")
        .ok_or_else(missing)?;
    let file = message.attachments.get(k).ok_or_else(missing)?;
    let AttachmentSource::Blob(blob) = file.source else {
        return Err(missing());
    };
    let content = app.inbox.store.blob(blob).map_err(Refusal::internal)?;
    // Only what its first bytes show to be a picture is ever shown in place.
    Ok(match picture::kind(&content) {
        Some(kind) => respond::picture(&file.name, kind, content),
        None => respond::download(&file.name, &file.content_type, content),
    })
}

/// The visitor's live stream. Being connected is being online.
pub async fn events(app: App, request: Request) -> Answer {
    let visitor = admitted(&app, &request)?;
    let stay = app
        .chat
        .arrive(visitor.id)
        .ok_or_else(|| Refusal::too_many(Duration::from_secs(2)))?;
    if let Some(page) = request.query().given("page") {
        app.inbox.presence.looks_at(visitor.id, &page_address(page));
    }
    let after = sse::resume(&request).map(|id| u32::try_from(id).unwrap_or(u32::MAX));
    let ear = app
        .chat
        .hub
        .listen(visitor.id, app.inbox.presence.any_agent());
    let events = stream::events(
        app.chat.clone(),
        visitor.id,
        after,
        request.relayed,
        ear,
        stay,
    );
    Ok(sse::respond(&request, events))
}
