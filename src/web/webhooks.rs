//! `/webhooks/messenger`: Meta's handshake and Meta's events.
//!
//! Size, then signature over the raw bytes, then the commit, then 200: in this order, whatever the
//! bytes mean. Files and profiles are fetched afterwards.

use super::app::App;
use crate::channel::messenger::receive::{self, Webhook};
use crate::channel::messenger::signature;
use crate::http::{Answer, Refusal, Request, Router, respond};
use crate::inbox::Refused;
use crate::inbox::live::Brief;
use casella_index::{Actor, StoreError, Tx};
use hyper::StatusCode;
use ring::digest;
use std::sync::Arc;

/// Bytes of a body; Meta's largest seen is 300 KB.
const MOST: usize = 4 * 1024 * 1024;

pub fn routes() -> Router<App> {
    Router::new()
        .get("/webhooks/messenger", handshake)
        .post("/webhooks/messenger", events)
}

/// Meta asks whether this address is ours: the bare challenge, or 403.
async fn handshake(app: App, request: Request) -> Answer {
    let query = request.query();
    let expected = app
        .facebook
        .of(&app.inbox)
        .map_err(Refusal::internal)?
        .verify_token
        .clone();
    let given = query.get("hub.verify_token");
    let right = expected.is_some_and(|expected| !expected.is_empty() && same(&expected, given));
    let shaken = query.get("hub.mode") == "subscribe" && right;
    if app.door.shook(app.inbox.clock.now(), shaken) {
        app.inbox.live.say(Brief::Connecting);
    }
    if shaken {
        return Ok(respond::text(StatusCode::OK, query.get("hub.challenge")));
    }
    Err(Refusal::forbidden("the verify token is not ours")
        .remedy("copy the verify token from Casella's Messenger settings"))
}

/// Compares hashes, so that time tells nothing of the token.
fn same(a: &str, b: &str) -> bool {
    let hash = |text: &str| digest::digest(&digest::SHA256, text.as_bytes());
    hash(a).as_ref() == hash(b).as_ref()
}

async fn events(app: App, mut request: Request) -> Answer {
    let body = request.bytes(MOST).await?;
    let connection = app.facebook.of(&app.inbox).map_err(unavailable)?;
    let header = request.header("x-hub-signature-256").unwrap_or_default();
    let signed = connection
        .app_secret
        .as_deref()
        .is_some_and(|secret| signature::is_right(secret, header, &body));
    if app.door.heard(app.inbox.clock.now(), signed) {
        app.inbox.live.say(Brief::Connecting);
    }
    if !signed {
        return Err(Refusal::forbidden("the signature is not right")
            .remedy("copy the app secret from Meta's app to Casella's Messenger settings"));
    }
    let pages = connection.page_ids();
    // Reading is bounded work, but up to 4 MB of it: not on the thread that serves others.
    let webhook = tokio::task::spawn_blocking(move || Webhook::read(&body))
        .await
        .map_err(unavailable)?;
    keep(&app, webhook, pages).await?;
    Ok(respond::text(StatusCode::OK, "EVENT_RECEIVED"))
}

/// One write for all of it. Events that meet a fault of ours are kept as they came: Meta would send them
/// again and again, and then nothing more.
async fn keep(app: &App, webhook: Webhook, pages: Vec<String>) -> Result<(), Refusal> {
    let stamp = app.inbox.stamp(Actor::Stranger);
    let webhook = Arc::new(webhook);
    let read = webhook.clone();
    let write = move |tx: &mut Tx<'_>| receive::take(tx, &read, &pages);
    let written = app.inbox.store.write(stamp.clone(), write).await;
    let Err(Refused::Store(StoreError::Aborted { why })) = written else {
        return written.map_err(unavailable);
    };
    tracing::error!(%why, "events of Messenger could not be taken; they are kept raw");
    let write = move |tx: &mut Tx<'_>| receive::keep_unread(tx, &webhook);
    let written = app.inbox.store.write(stamp, write).await;
    written.map_err(unavailable)
}

/// Meta tries again after a 503; a 200 would lose the events.
fn unavailable(why: impl std::fmt::Display) -> Refusal {
    tracing::error!(%why, "a webhook could not be stored");
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "the events could not be stored",
    )
    .remedy("send them again")
}
