//! Who a visitor is: by their own word, or by the site's.

use super::{api, key};
use crate::http::{Answer, Refusal, Request, respond};
use crate::inbox::chat_settings::ChatSettings;
use crate::inbox::settings::Setting;
use crate::inbox::visitor::{self as verbs, Identity};
use crate::rules::vouch::{self, Flaw};
use crate::web::app::App;
use crate::web::refuse;
use casella_index::Actor;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

/// An address typed by the visitor; or one the site has signed (`signature`), or a whole signed
/// `token`, which then says everything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Who {
    email: String,
    name: String,
    signature: Option<String>,
    token: Option<String>,
}

pub async fn identify(app: App, mut request: Request) -> Answer {
    let visitor = key::visitor(&app.inbox, &request)?;
    let who: Who = request.json(api::JSON_BYTES).await?;
    app.chat
        .limits
        .pace
        .check(visitor.id, app.inbox.clock.now())?;
    let identity = identity(&app, who)?;
    let key_hash = key::of(&request).map(key::hash).unwrap_or_default();
    let stamp = app.inbox.stamp(Actor::Visitor(visitor.id));
    let written = app.inbox.store.write(stamp, move |tx| {
        verbs::identify(tx, visitor.id, key_hash, identity)
    });
    let visitor = written.await.map_err(refuse)?;
    Ok(respond::json(
        StatusCode::OK,
        &json!({"email": visitor.email, "name": visitor.name, "vouched": visitor.vouched.is_some()}),
    ))
}

fn identity(app: &App, who: Who) -> Result<Identity, Refusal> {
    let short = |name: &str| name.trim().chars().take(api::MOST_NAME).collect::<String>();
    if let Some(token) = &who.token {
        let user = vouch::token(token, &secret(app)?, app.inbox.clock.now()).map_err(doubt)?;
        return Ok(Identity {
            name: short(&user.name),
            email: user.email,
            vouched: Some(user.id),
        });
    }
    let vouched = match &who.signature {
        Some(signature) => {
            vouch::signature(&who.email, signature, &secret(app)?).map_err(doubt)?;
            Some(who.email.trim().to_lowercase())
        }
        None => None,
    };
    Ok(Identity {
        name: short(&who.name),
        email: who.email,
        vouched,
    })
}

fn doubt(flaw: Flaw) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "not_vouched", flaw.why())
        .remedy("sign it on your server with the chat's secret (Settings, Chat widget)")
}

/// The chat's secret; empty, which signs nothing, where none was made.
fn secret(app: &App) -> Result<String, Refusal> {
    let rows = app.inbox.read().map_err(Refusal::internal)?;
    let sealed = ChatSettings::get(&rows).map_err(refuse)?.vouch_secret;
    let opened = sealed.and_then(|sealed| app.inbox.vault.open(&sealed));
    Ok(opened.unwrap_or_default())
}
