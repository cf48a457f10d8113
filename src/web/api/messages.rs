//! Messages: found by Message-ID, read, and what hangs on them.

use super::caller::{Caller, program};
use super::{shape, store};
use crate::http::{Answer, Refusal, Request, Router, respond};
use crate::inbox::line;
use crate::web::{App, content, refuse};
use casella_index::Rows;
use casella_index::model::{Message, MessageId};
use hyper::StatusCode;
use serde_json::{Value, json};

pub fn routes() -> Router<App> {
    Router::new()
        .get("/api/v1/messages", program(list))
        .get("/api/v1/messages/{id}", program(one))
        .get("/api/v1/messages/{id}/raw", program(raw))
        .get("/api/v1/messages/{id}/html", program(html))
        .get("/api/v1/messages/{id}/attachments/{k}", program(attachment))
}

/// The messages that bear a Message-ID, with or without its angle brackets.
async fn list(app: App, _: Caller, request: Request) -> Answer {
    let query = request.query();
    let Some(wanted) = query.given("message_id") else {
        return Err(Refusal::bad_request("`message_id` is missing")
            .remedy("name the Message-ID to look for"));
    };
    let wanted = wanted.trim_start_matches('<').trim_end_matches('>');
    let rows = app.inbox.read().map_err(store)?;
    let bearing = rows.mails_with_id(wanted).map_err(store)?;
    let mut found: Vec<Message> = Vec::new();
    for (id, _) in bearing.into_iter().filter(|(_, own)| *own) {
        found.extend(rows.message(id).map_err(store)?);
    }
    drop(rows);
    let shown: Result<Vec<Value>, _> = found
        .iter()
        .map(|m| shape::message(&app.inbox, m))
        .collect();
    let shown = shown.map_err(store)?;
    Ok(respond::json(StatusCode::OK, &json!({"messages": shown})))
}

fn message(app: &App, request: &Request) -> Result<Message, Refusal> {
    let id: MessageId = request.param("id")?;
    let rows = app.inbox.read().map_err(store)?;
    line::message(&rows, id).map_err(refuse)
}

async fn one(app: App, _: Caller, request: Request) -> Answer {
    let found = message(&app, &request)?;
    let shown = shape::message(&app.inbox, &found).map_err(store)?;
    Ok(respond::json(StatusCode::OK, &shown))
}

async fn raw(app: App, _: Caller, request: Request) -> Answer {
    let found = message(&app, &request)?;
    let mail = content::raw_mail(&app, &found).map_err(refuse)?;
    let missing = || Refusal::not_found(format!("the mail of message {}", found.id));
    let name = format!("message-{}.eml", found.id);
    Ok(respond::download(
        &name,
        "message/rfc822",
        mail.ok_or_else(missing)?,
    ))
}

async fn html(app: App, _: Caller, request: Request) -> Answer {
    let found = message(&app, &request)?;
    content::framed(&app, &found, None, None).map_err(refuse)
}

async fn attachment(app: App, _: Caller, request: Request) -> Answer {
    let found = message(&app, &request)?;
    let k: usize = request.param("k")?;
    let file = content::attachment(&app, &found, k).map_err(refuse)?;
    let missing = || Refusal::not_found(format!("attachment {k} of message {}", found.id));
    let (file, bytes) = file.ok_or_else(missing)?;
    Ok(content::download(&file, bytes))
}
