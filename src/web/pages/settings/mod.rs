//! The settings: what is an agent's own, and what admins decide for all.

mod agents;
mod channels;
mod chat;
mod messenger;
mod own;
mod trace;
mod watch;

pub use trace::Traces;

use super::act::FORM;
use super::guard::{Viewer, page};
use super::shell::shell;
use crate::http::{Answer, Form, Refusal, Request, Router, respond};
use crate::inbox::settings::Setting;
use crate::inbox::{Done, Refused, audit};
use crate::web::App;
use crate::web::view::Notice;
use crate::web::view::settings::{Frame, menu};
use casella_index::Tx;
use casella_index::model::Role;

pub fn routes() -> Router<App> {
    use Role::{Admin, Viewer};
    Router::new()
        .get("/settings", |_, _| async {
            Ok(respond::redirect("/settings/profile"))
        })
        .get("/settings/profile", page(Viewer, own::profile))
        .post("/settings/profile", page(Viewer, own::save_profile))
        .post(
            "/settings/notifications",
            page(Viewer, own::save_notifications),
        )
        .get("/settings/security", page(Viewer, own::security))
        .post("/settings/password", page(Viewer, own::change_password))
        .post("/settings/totp", page(Viewer, own::begin_totp))
        .post("/settings/totp/on", page(Viewer, own::totp_on))
        .post("/settings/totp/off", page(Viewer, own::totp_off))
        .post("/settings/sessions/end", page(Viewer, own::end_session))
        .get("/settings/inbox", page(Admin, channels::inbox))
        .get("/settings/agents", page(Admin, agents::list))
        .post("/settings/agents", page(Admin, agents::add))
        .post("/settings/agents/{id}", page(Admin, agents::change))
        .get("/settings/tokens", page(Admin, agents::tokens))
        .post("/settings/tokens", page(Admin, agents::add_token))
        .post(
            "/settings/tokens/{id}/revoke",
            page(Admin, agents::revoke_token),
        )
        .get("/settings/widget", page(Admin, chat::widget))
        .post("/settings/widget", page(Admin, chat::save_widget))
        .post("/settings/widget/secret", page(Admin, chat::new_secret))
        .get("/settings/hours", page(Admin, chat::hours))
        .post("/settings/hours", page(Admin, chat::save_hours))
        .get("/settings/messenger", page(Admin, messenger::show))
        .post("/settings/messenger", page(Admin, messenger::save))
        .post(
            "/settings/messenger/{id}/check",
            page(Admin, messenger::check),
        )
        .post(
            "/settings/messenger/{id}/remove",
            page(Admin, messenger::remove),
        )
        .get("/settings/mail", page(Admin, watch::mail))
        .post(
            "/settings/mail/jobs/{id}/release",
            page(Admin, watch::release_job),
        )
        .get("/settings/trace", page(Admin, trace::trace))
        .post(
            "/settings/forwarding/{id}/dismiss",
            page(Admin, watch::dismiss_forwarding),
        )
        .get("/settings/audit", page(Admin, watch::audits))
}

/// What surrounds the settings page `name`.
fn frame(app: &App, viewer: &Viewer, query: &Form, name: &str, notice: Option<Notice>) -> Frame {
    let words = viewer.words(app);
    let title = words.t(&format!("settings.{name}"));
    Frame {
        shell: shell(app, viewer, query, "settings", title),
        menu: menu(words, viewer.agent.role, name),
        notice,
    }
}

/// Writes a change with its audit row; `what` is a key below `audit.`.
async fn audited<T: Send + 'static>(
    app: &App,
    viewer: &Viewer,
    request: &Request,
    what: &'static str,
    target: String,
    verb: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
) -> Done<T> {
    let (actor, ip) = (viewer.agent.email.clone(), request.client.to_string());
    let write = app.inbox.store.write(viewer.stamp(app), move |tx| {
        let done = verb(tx)?;
        audit(tx, &actor, what, &target, &ip)?;
        Ok::<T, Refused>(done)
    });
    write.await
}

fn setting<T: Setting>(app: &App, viewer: &Viewer) -> Result<T, Refusal> {
    let rows = app.inbox.read().map_err(|e| viewer.refuse(app, e.into()))?;
    T::get(&rows).map_err(|e| viewer.refuse(app, e))
}

async fn save<T: Setting + Send + 'static>(
    app: &App,
    viewer: &Viewer,
    request: &Request,
    value: T,
) -> Result<(), Refusal> {
    let target = T::NAME.to_owned();
    let saved = audited(app, viewer, request, "setting_changed", target, move |tx| {
        value.set(tx)
    });
    saved.await.map_err(|e| viewer.refuse(app, e))
}

fn done(name: &str, done: &str) -> Answer {
    Ok(respond::redirect(&format!("/settings/{name}?done={done}")))
}

async fn form(request: &mut Request) -> Result<Form, Refusal> {
    request.form(FORM).await
}
