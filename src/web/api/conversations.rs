//! Conversations: listed, read, answered, changed. Never deleted.

use super::caller::{Caller, program};
use super::paging::{chosen, flag, limit, parsed};
use super::{SMALL, search, shape, store};
use crate::http::{Answer, Form, Refusal, Request, Router, respond};
use crate::inbox::line;
use crate::inbox::reply::{self, House, NewFile, Reply, Way};
use crate::inbox::{self, Done};
use crate::web::{App, refuse};
use casella_index::board::{Filter, Place};
use casella_index::model::*;
use casella_index::{Rows, Tx};
use data_encoding::BASE64;
use hyper::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// Room for an answer with its files, in base 64.
const LARGE: usize = 48 * 1024 * 1024;
/// Messages given at once, unless asked otherwise.
const THREAD: usize = 1_000;

pub fn routes() -> Router<App> {
    Router::new()
        .get("/api/v1/conversations", program(list))
        .get("/api/v1/conversations/{id}", program(one))
        .patch("/api/v1/conversations/{id}", program(change))
        .post("/api/v1/conversations/{id}/messages", program(answer))
}

/// Newest activity first; with `q`, those a search finds.
async fn list(app: App, _: Caller, request: Request) -> Answer {
    let query = request.query();
    let (filter, limit) = (filter(&app, &query)?, limit(&query)?);
    let (ids, next) = match query.given("q") {
        Some(text) => search::conversations(&app, text.to_owned(), filter, &query, limit).await?,
        None => listed(&app, &filter, &query, limit)?,
    };
    let rows = app.inbox.read().map_err(store)?;
    let mut shown = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(found) = rows.conversation(id).map_err(store)? {
            shown.push(shape::conversation(&app.inbox, &rows, &found).map_err(refuse)?);
        }
    }
    Ok(respond::json(
        StatusCode::OK,
        &json!({"conversations": shown, "next_cursor": next}),
    ))
}

type Page = (Vec<ConversationId>, Option<String>);

fn listed(app: &App, filter: &Filter, query: &Form, limit: usize) -> Result<Page, Refusal> {
    let before = chosen(query, "cursor", place)?;
    let mut places = app.inbox.store.board().list(filter, before, limit + 1);
    let more = places.len() > limit;
    places.truncate(limit);
    let last = places.last().filter(|_| more);
    let next = last.map(|(at, id)| format!("{at}.{id}"));
    Ok((places.into_iter().map(|(_, id)| id).collect(), next))
}

fn place(cursor: &str) -> Option<Place> {
    let (at, id) = cursor.split_once('.')?;
    Some((at.parse().ok()?, id.parse().ok()?))
}

fn filter(app: &App, query: &Form) -> Result<Filter, Refusal> {
    let status = chosen(query, "status", |word| match word {
        "open" => Some(Some(Status::Open)),
        "complete" => Some(Some(Status::Complete)),
        "all" => Some(None),
        _ => None,
    })?;
    let assignee = match query.given("assignee") {
        None => None,
        Some("none") => Some(None),
        Some(email) => {
            let rows = app.inbox.read().map_err(store)?;
            Some(Some(inbox::agent_of(&rows, email).map_err(refuse)?))
        }
    };
    Ok(Filter {
        status: status.flatten(),
        channel: chosen(query, "channel", Channel::named)?,
        assignee,
        contact: parsed(query, "contact")?,
        unread: flag(query, "unread")?,
        tag: query.given("tag").map(str::to_owned),
        spam: flag(query, "spam")?,
    })
}

/// The conversation and its messages, oldest first. `after` and `limit` page through long ones.
async fn one(app: App, _: Caller, request: Request) -> Answer {
    let id: ConversationId = request.param("id")?;
    let query = request.query();
    let after: u32 = parsed(&query, "after")?.unwrap_or(0);
    let limit: usize = parsed(&query, "limit")?.unwrap_or(THREAD).clamp(1, THREAD);
    let rows = app.inbox.read().map_err(store)?;
    let found = living(&rows, id).map_err(refuse)?;
    let mut whole = shape::conversation(&app.inbox, &rows, &found).map_err(refuse)?;
    let messages = rows.thread(found.id, after, limit).map_err(store)?;
    drop(rows);
    let shown: Result<Vec<Value>, _> = messages
        .iter()
        .map(|message| shape::message(&app.inbox, message))
        .collect();
    whole["conversation"] = whole.clone();
    whole["messages"] = shown.map_err(store)?.into();
    Ok(respond::json(StatusCode::OK, &whole))
}

fn living(rows: &impl Rows, id: ConversationId) -> Done<Conversation> {
    let found = rows.living(id)?;
    found.ok_or_else(|| inbox::Refused::unknown("conversation", id))
}

/// What a program wants said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    channel: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    attachments: Vec<Upload>,
    idempotency_key: Option<String>,
    subject: Option<String>,
    to: Option<Vec<String>>,
    cc: Option<Vec<String>>,
    #[serde(default)]
    bcc: Vec<String>,
}

/// A file, its bytes in base 64.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Upload {
    name: String,
    #[serde(default = "unknown_kind")]
    content_type: String,
    content: String,
}

fn unknown_kind() -> String {
    "application/octet-stream".into()
}

async fn answer(app: App, caller: Caller, mut request: Request) -> Answer {
    let id: ConversationId = request.param("id")?;
    let words: Words = request.json(LARGE).await?;
    if !words.attachments.is_empty() && app.inbox.disk_is_nearly_full() {
        return Err(Refusal::disk_full());
    }
    let reply = tokio::task::spawn_blocking(move || said(words))
        .await
        .map_err(Refusal::internal)??;
    let house = House::of(&app.inbox);
    let write = app.inbox.store.write(caller.stamp(&app), move |tx| {
        let id = living(tx, id)?.id;
        reply::reply(tx, &house, id, reply)
    });
    let message = write.await.map_err(refuse)?;
    let shown = shape::message(&app.inbox, &message).map_err(store)?;
    Ok(respond::json(StatusCode::CREATED, &shown))
}

fn said(words: Words) -> Result<Reply, Refusal> {
    let way = Way::named(&words.channel).ok_or_else(|| {
        Refusal::bad_request(format!("`channel` cannot be `{}`", words.channel))
            .remedy("use email, chat, messenger or note")
    })?;
    let files: Result<_, _> = words.attachments.into_iter().map(file).collect();
    let all = |list: Vec<String>| list.into_iter().map(bare).collect();
    Ok(Reply {
        way,
        text: words.text,
        files: files?,
        to: words.to.map(all),
        cc: words.cc.map(all),
        bcc: all(words.bcc),
        subject: words.subject,
        idempotency_key: words.idempotency_key,
    })
}

fn bare(address: String) -> MailAddress {
    MailAddress {
        name: String::new(),
        address,
    }
}

fn file(upload: Upload) -> Result<NewFile, Refusal> {
    let bytes = BASE64.decode(upload.content.as_bytes()).map_err(|e| {
        Refusal::bad_request(format!("`{}` is not base 64: {e}", upload.name))
            .remedy("give the file's bytes as base 64 in `content`")
    })?;
    Ok(NewFile {
        name: upload.name,
        content_type: upload.content_type,
        bytes: casella_index::store::pack(&bytes),
    })
}

/// What to change; what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    status: Option<Status>,
    /// An agent's address; `null` for nobody.
    #[serde(default, deserialize_with = "given")]
    assignee: Option<Option<String>>,
    read: Option<bool>,
    subject: Option<String>,
    tags: Option<Vec<String>>,
    spam: Option<bool>,
}

/// Tells `null` from nothing at all.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

async fn change(app: App, caller: Caller, mut request: Request) -> Answer {
    let id: ConversationId = request.param("id")?;
    let change: Change = request.json(SMALL).await?;
    let write = app.inbox.store.write(caller.stamp(&app), move |tx| {
        let id = living(tx, id)?.id;
        change.apply(tx, id)?;
        line::conversation(tx, id)
    });
    let changed = write.await.map_err(refuse)?;
    let rows = app.inbox.read().map_err(store)?;
    let shown = shape::conversation(&app.inbox, &rows, &changed).map_err(refuse)?;
    Ok(respond::json(StatusCode::OK, &shown))
}

impl Change {
    /// Nothing is recorded before everything is known to be possible: who an assignee is comes first.
    fn apply(self, tx: &mut Tx<'_>, id: ConversationId) -> Done {
        let assignee = match self.assignee {
            Some(Some(email)) => Some(Some(inbox::agent_of(tx, &email)?)),
            Some(None) => Some(None),
            None => None,
        };
        if let Some(tags) = self.tags {
            inbox::tag::tag(tx, id, &tags)?;
        }
        if let Some(subject) = self.subject {
            inbox::tag::subject(tx, id, &subject)?;
        }
        if let Some(to) = assignee {
            inbox::assign(tx, id, to)?;
        }
        if let Some(read) = self.read {
            inbox::read(tx, id, read)?;
        }
        if let Some(spam) = self.spam {
            inbox::tag::spam(tx, id, spam)?;
        }
        match self.status {
            Some(Status::Open) => inbox::reopen(tx, id),
            Some(Status::Complete) => inbox::complete(tx, id),
            None => Ok(()),
        }
    }
}

/// Conversations cannot be deleted, and the token was checked before saying so.
pub async fn delete(_: App, _: Caller, _: Request) -> Answer {
    Err(Refusal::method_not_allowed("GET, HEAD, PATCH")
        .remedy("conversations are never deleted; complete them instead"))
}
