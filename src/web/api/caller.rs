//! The door of the API: which token calls.

use crate::http::{Answer, Refusal, Request};
use crate::web::App;
use casella_index::model::{ApiToken, TokenId};
use casella_index::{Actor, Stamp};
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// A program with a living token.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    token: TokenId,
}

impl Caller {
    /// A stamp for what this program does now.
    pub fn stamp(&self, app: &App) -> Stamp {
        app.inbox.stamp(Actor::Token(self.token))
    }
}

/// A handler for programs with a token; 401 for all others.
pub fn program<F, R>(
    handler: F,
) -> impl Fn(App, Request) -> BoxFuture<'static, Answer> + Send + Sync + 'static
where
    F: Fn(App, Caller, Request) -> R + Send + Sync + 'static,
    R: Future<Output = Answer> + Send + 'static,
{
    let handler = Arc::new(handler);
    move |app, request| {
        let handler = handler.clone();
        Box::pin(async move {
            let ApiToken { id, .. } = token(&app, &request)?;
            handler(app, Caller { token: id }, request).await
        })
    }
}

fn token(app: &App, request: &Request) -> Result<ApiToken, Refusal> {
    let remedy = "send `Authorization: Bearer TOKEN`; `casella token add NAME` makes one";
    let text = request
        .bearer()
        .ok_or_else(|| Refusal::unauthorized("this call needs an API token").remedy(remedy))?;
    let found = app.access.token(text).map_err(Refusal::internal)?;
    found.ok_or_else(|| {
        Refusal::unauthorized("the API token is unknown or was revoked").remedy(remedy)
    })
}
