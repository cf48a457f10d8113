//! Static files.

use crate::http::{Answer, Refusal, Request, respond};
use crate::web::App;

/// `/assets/NAME`: its address carries a version, so it is cached for ever.
pub async fn asset(app: App, request: Request) -> Answer {
    let name: String = request.param("name")?;
    named(&app, &request, &name)
}

/// What browsers ask for by themselves.
pub async fn favicon(app: App, request: Request) -> Answer {
    named(&app, &request, "favicon.svg")
}

fn named(app: &App, request: &Request, name: &str) -> Answer {
    let asset = app
        .templates
        .assets()
        .get(name)
        .ok_or_else(|| Refusal::not_found(format!("`{name}`")))?;
    Ok(respond::asset(
        &request.headers,
        asset.content_type,
        asset.content.clone(),
        &asset.version,
    ))
}
