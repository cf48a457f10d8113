//! The door of every page: who asks, and whether their role allows it. Nowhere else are roles judged.

use super::Words;
use crate::http::{Answer, Refusal, Request, respond};
use crate::inbox::Refused;
use crate::inbox::access::{Access, may};
use crate::render::{Language, Voice};
use crate::web::App;
use crate::web::refuse;
use casella_index::model::{Agent, Role};
use casella_index::{Actor, Stamp};
use futures_util::future::BoxFuture;
use hyper::Method;
use hyper::header::ACCEPT_LANGUAGE;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// The agent who asks, and how to speak to them.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub agent: Agent,
    /// The id of the session, for the list of sessions.
    pub session: String,
    pub voice: Voice,
    /// The journal's end when they asked: what a page shows is at least as new.
    pub since: u64,
}

impl Viewer {
    pub fn words<'a>(&'a self, app: &'a App) -> Words<'a> {
        Words {
            templates: &app.templates,
            voice: &self.voice,
        }
    }

    /// Whether this agent may answer and change things.
    pub fn can_write(&self) -> bool {
        may(self.agent.role, Role::Agent)
    }

    pub fn is_admin(&self) -> bool {
        may(self.agent.role, Role::Admin)
    }

    pub fn actor(&self) -> Actor {
        Actor::Agent(self.agent.id)
    }

    pub fn stamp(&self, app: &App) -> Stamp {
        app.inbox.stamp(self.actor())
    }

    /// A verb's "no" in this agent's language, where the catalogue has words for it.
    pub fn refuse(&self, app: &App, refused: Refused) -> Refusal {
        let told = self.told(app, &refused);
        let mut refusal = refuse(refused);
        if let Some(told) = told {
            refusal.reason = told;
            refusal.remedy = String::new();
        }
        refusal
    }

    /// The sentence of a refusal, for a notice beside a form.
    pub fn sentence(&self, app: &App, refused: &Refused) -> String {
        self.told(app, refused)
            .unwrap_or_else(|| refused.to_string())
    }

    fn told(&self, app: &App, refused: &Refused) -> Option<String> {
        // What is wrong with a field only the refusal itself knows.
        if matches!(refused, Refused::Invalid { .. }) {
            return None;
        }
        let key = refused.key();
        let text = self.words(app).t(&key);
        Some(text).filter(|text| *text != key)
    }
}

/// A handler for agents whose role is at least `needed`. Nobody logged in: to the login page, and back
/// afterwards.
pub fn page<F, R>(
    needed: Role,
    handler: F,
) -> impl Fn(App, Request) -> BoxFuture<'static, Answer> + Send + Sync + 'static
where
    F: Fn(App, Viewer, Request) -> R + Send + Sync + 'static,
    R: Future<Output = Answer> + Send + 'static,
{
    let handler = Arc::new(handler);
    move |app, request| {
        let handler = handler.clone();
        Box::pin(async move {
            match viewer(&app, &request).await? {
                Some(viewer) if may(viewer.agent.role, needed) => {
                    handler(app, viewer, request).await
                }
                Some(viewer) => Err(Refusal::forbidden(viewer.words(&app).t("error.reason_403"))),
                None => Ok(to_login(&request)),
            }
        })
    }
}

/// Who holds the request's cookie.
pub async fn viewer(app: &App, request: &Request) -> Result<Option<Viewer>, Refusal> {
    let Some(cookie) = request.cookie(Access::cookie_name(request.https)) else {
        return Ok(None);
    };
    let since = app.inbox.store.last_seq();
    let seen = app.access.seen(cookie).await.map_err(Refusal::internal)?;
    Ok(seen.map(|seen| Viewer {
        voice: voice(app, request, Some(&seen.agent)),
        agent: seen.agent,
        session: seen.session,
        since,
    }))
}

/// The language an agent chose, else the browser's, else the inbox's; likewise the zone.
pub fn voice(app: &App, request: &Request, agent: Option<&Agent>) -> Voice {
    let chosen = agent.and_then(|a| Language::of(&a.language));
    let wanted = || Language::accepted(request.header(ACCEPT_LANGUAGE)?);
    let ours = app.inbox.config.inbox.language;
    let zone = agent.and_then(|a| TimeZone::get(&a.time_zone).ok());
    Voice {
        language: chosen.or_else(wanted).unwrap_or(ours),
        zone: zone.unwrap_or_else(TimeZone::system),
        now: request.at,
    }
}

fn to_login(request: &Request) -> crate::http::Response {
    let back = match request.method {
        Method::GET | Method::HEAD => request.uri.path_and_query().map_or("", |p| p.as_str()),
        _ => "",
    };
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("next", back)
        .finish();
    match back {
        "" | "/" | "/inbox" => respond::redirect("/login"),
        _ => respond::redirect(&format!("/login?{query}")),
    }
}
