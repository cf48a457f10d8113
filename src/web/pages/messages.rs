//! What hangs on a single message: its raw mail, its formatted form, its files, its place.

use super::act::{FORM, done};
use super::guard::{Viewer, page};
use super::pictures;
use crate::http::{Answer, Refusal, Request, Router, respond};
use crate::inbox::reply::{self, House};
use crate::inbox::{self, Done, Refused, line};
use crate::rules::picture;
use crate::web::{App, content};
use casella_index::model::{ConversationId, Message, MessageId, Role};
use casella_index::{Rows, Tx};

pub fn routes() -> Router<App> {
    Router::new()
        .get("/messages/{id}", page(Role::Viewer, find))
        .get("/messages/{id}/raw", page(Role::Viewer, raw))
        .get("/messages/{id}/html", page(Role::Viewer, html))
        .get("/messages/{id}/attachments/{k}", page(Role::Viewer, file))
        .post("/messages/{id}/split", page(Role::Agent, split_off))
        .post("/messages/{id}/move", page(Role::Agent, move_to))
        .post("/messages/{id}/author", page(Role::Agent, give_to))
        .post("/messages/{id}/unswap", page(Role::Agent, give_back))
        .post("/messages/{id}/again", page(Role::Agent, send_again))
        .post("/messages/{id}/fetch", page(Role::Agent, fetch_again))
        .post("/messages/{id}/pictures", page(Role::Agent, remember))
}

/// Runs a verb about a message.
async fn write<T: Send + 'static>(
    app: &App,
    viewer: &Viewer,
    verb: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
) -> Done<T> {
    app.inbox.store.write(viewer.stamp(app), verb).await
}

/// To the message, wherever it stands now.
async fn find(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let conversation = message(&app, &viewer, id)?.conversation;
    let url = format!("/conversations/{conversation}?status=all#m-{id}");
    Ok(respond::redirect(&url))
}

/// The same after something was done to it, with a way back.
fn to_message(app: &App, viewer: &Viewer, id: MessageId, what: &str, undo: u64) -> Answer {
    let conversation = message(app, viewer, id)?.conversation;
    let url = format!("/conversations/{conversation}");
    let url = done(&url, what, Some(undo).filter(|seq| *seq > 0));
    Ok(respond::redirect(&format!("{url}#m-{id}")))
}

/// The same after it was refused: what was meant is still open, and says why not.
fn or_why_not(app: &App, viewer: &Viewer, id: MessageId, what: &str, written: Done<u64>) -> Answer {
    match written {
        Ok(act) => to_message(app, viewer, id, what, act),
        Err(Refused::Store(error)) => Err(viewer.refuse(app, error.into())),
        Err(refused) => {
            let conversation = message(app, viewer, id)?.conversation;
            let why = refused.key().replace("refused.", "");
            let url = format!("/conversations/{conversation}?failed={why}#m-{id}");
            Ok(respond::redirect(&url))
        }
    }
}

async fn split_off(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let act = write(&app, &viewer, move |tx| {
        inbox::split(tx, id)?;
        newest_act(tx, id)
    });
    or_why_not(&app, &viewer, id, "split", act.await)
}

async fn move_to(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let form = request.form(FORM).await?;
    let to = form.get("to").trim().trim_start_matches('#').parse();
    let Ok(to) = to.map(ConversationId) else {
        return or_why_not(&app, &viewer, id, "moved", Err(Refused::unknown("", "")));
    };
    let act = write(&app, &viewer, move |tx| inbox::move_message(tx, id, to));
    or_why_not(&app, &viewer, id, "moved", act.await)
}

async fn give_to(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let address = request.form(FORM).await?.get("address").trim().to_owned();
    let act = write(&app, &viewer, move |tx| {
        inbox::change_author(tx, id, &address, "")?;
        newest_act(tx, id)
    });
    or_why_not(&app, &viewer, id, "saved", act.await)
}

async fn give_back(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let act = write(&app, &viewer, move |tx| {
        inbox::swap_back(tx, id)?;
        newest_act(tx, id)
    });
    or_why_not(&app, &viewer, id, "saved", act.await)
}

/// Pictures of this message's sender are shown without asking from now on, or not any more.
async fn remember(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let always = request.form(FORM).await?.get("always") == "1";
    let sender = message(&app, &viewer, id)?.author.address;
    let sender = sender.unwrap_or_default();
    let done = write(&app, &viewer, move |tx| {
        inbox::show_pictures(tx, &sender, always).map(|()| 0)
    });
    or_why_not(&app, &viewer, id, "saved", done.await)
}

async fn send_again(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let house = House::of(&app.inbox);
    let done = write(&app, &viewer, move |tx| {
        reply::send_again(tx, &house, id).map(|_| 0)
    });
    or_why_not(&app, &viewer, id, "sent_again", done.await)
}

/// Meta's file, or its host, may be there again; the line tells when it is.
async fn fetch_again(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let asked = write(&app, &viewer, move |tx| inbox::fetch_again(tx, id));
    asked.await.map_err(|e| viewer.refuse(&app, e))?;
    to_message(&app, &viewer, id, "asked", 0)
}

/// The act the newest line of the message's thread tells of; 0 if there is none.
fn newest_act(tx: &Tx<'_>, id: MessageId) -> Done<u64> {
    let conversation = line::message(tx, id)?.conversation;
    let newest = tx.thread_back(conversation, u32::MAX, 1)?.pop();
    let told = newest.and_then(|line| line.event);
    let act = told.and_then(|line| line.params.get(line::UNDO)?.parse().ok());
    Ok(act.unwrap_or(0))
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
    let mail = content::raw_mail(&app, &message).map_err(|e| viewer.refuse(&app, e))?;
    let mail = mail.ok_or_else(|| Refusal::not_found(format!("a raw mail of message {id}")))?;
    let name = format!("message-{id}.eml");
    Ok(respond::download(&name, "message/rfc822", mail))
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
    let fold = viewer.words(&app).t("message.quoted");
    content::framed(&app, &message, Some(&fold), pictures.as_ref())
        .map_err(|e| viewer.refuse(&app, e))
}

/// A file: always to be saved; shown in place only if it is a picture by its bytes.
async fn file(app: App, viewer: Viewer, request: Request) -> Answer {
    let (id, k): (MessageId, usize) = (request.param("id")?, request.param("k")?);
    let message = message(&app, &viewer, id)?;
    let found = content::attachment(&app, &message, k).map_err(|e| viewer.refuse(&app, e))?;
    let (file, bytes) =
        found.ok_or_else(|| Refusal::not_found(format!("file {k} of message {id}")))?;
    let shown = request
        .query()
        .given("inline")
        .and_then(|_| picture::kind(&bytes));
    Ok(match shown {
        Some(kind) => respond::picture(&file.name, kind, bytes),
        None => content::download(&file, bytes),
    })
}
