//! Saved replies: canned answers, kept and given literally.

use super::caller::{Caller, program};
use super::{SMALL, shape, store};
use crate::http::{Answer, Request, Router, respond};
use crate::inbox::Refused;
use crate::inbox::saved_reply::{self, Edit};
use crate::web::{App, refuse};
use casella_index::Rows;
use casella_index::model::SavedReplyId;
use casella_index::tables::SAVED_REPLIES;
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

const ONE: &str = "/api/v1/saved-replies/{id}";

pub fn routes() -> Router<App> {
    Router::new()
        .get("/api/v1/saved-replies", program(list))
        .post("/api/v1/saved-replies", program(create))
        .get(ONE, program(one))
        .patch(ONE, program(change))
        .on(Method::DELETE, ONE, program(delete))
}

async fn list(app: App, _: Caller, _: Request) -> Answer {
    let rows = app.inbox.read().map_err(store)?;
    let all = rows.all(&SAVED_REPLIES).map_err(store)?;
    let shown: Vec<Value> = all.iter().map(|(_, it)| shape::saved_reply(it)).collect();
    Ok(respond::json(
        StatusCode::OK,
        &json!({"saved_replies": shown}),
    ))
}

async fn one(app: App, _: Caller, request: Request) -> Answer {
    let id: SavedReplyId = request.param("id")?;
    let rows = app.inbox.read().map_err(store)?;
    let found = rows.get(&SAVED_REPLIES, &id).map_err(store)?;
    let found = found.ok_or_else(|| refuse(Refused::unknown("saved reply", id)))?;
    Ok(respond::json(StatusCode::OK, &shape::saved_reply(&found)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    category: Option<String>,
    title: Option<String>,
    text: Option<String>,
}

impl From<Given> for Edit {
    fn from(given: Given) -> Self {
        Self {
            category: given.category,
            title: given.title,
            text: given.text,
        }
    }
}

async fn create(app: App, caller: Caller, mut request: Request) -> Answer {
    let edit: Edit = request.json::<Given>(SMALL).await?.into();
    let stamp = caller.stamp(&app);
    let write = app
        .inbox
        .store
        .write(stamp, move |tx| saved_reply::create(tx, edit));
    let made = write.await.map_err(refuse)?;
    Ok(respond::json(
        StatusCode::CREATED,
        &shape::saved_reply(&made),
    ))
}

async fn change(app: App, caller: Caller, mut request: Request) -> Answer {
    let id: SavedReplyId = request.param("id")?;
    let edit: Edit = request.json::<Given>(SMALL).await?.into();
    let stamp = caller.stamp(&app);
    let write = app
        .inbox
        .store
        .write(stamp, move |tx| saved_reply::change(tx, id, edit));
    let changed = write.await.map_err(refuse)?;
    Ok(respond::json(StatusCode::OK, &shape::saved_reply(&changed)))
}

async fn delete(app: App, caller: Caller, request: Request) -> Answer {
    let id: SavedReplyId = request.param("id")?;
    let stamp = caller.stamp(&app);
    let write = app
        .inbox
        .store
        .write(stamp, move |tx| saved_reply::delete(tx, id));
    write.await.map_err(refuse)?;
    Ok(respond::nothing())
}
