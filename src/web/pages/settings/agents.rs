//! Who works here, and which programs may ask: agents and API tokens, for admins.

use super::{audited, done, form, frame};
use crate::http::{Answer, Form, Refusal, Request};
use crate::inbox::access::{AccessError, Passwords};
use crate::inbox::agent::{self, Edit};
use crate::inbox::{Refused, token};
use crate::web::App;
use crate::web::pages::guard::Viewer;
use crate::web::pages::shell;
use crate::web::refuse;
use crate::web::view::Notice;
use crate::web::view::settings::{AgentView, Agents, TokenView, Tokens, roles};
use casella_index::Rows;
use casella_index::model::{AgentId, Role, TokenId};
use casella_index::tables::TOKENS;
use hyper::StatusCode;

pub async fn list(app: App, viewer: Viewer, request: Request) -> Answer {
    list_page(&app, &viewer, &request.query(), None, StatusCode::OK)
}

fn list_page(
    app: &App,
    viewer: &Viewer,
    query: &Form,
    notice: Option<Notice>,
    status: StatusCode,
) -> Answer {
    let words = viewer.words(app);
    let agents = app.inbox.read().and_then(|rows| rows.agents());
    let agents = agents.map_err(|e| viewer.refuse(app, e.into()))?;
    let view = Agents {
        frame: frame(app, viewer, query, "agents", notice),
        agents: agents
            .into_iter()
            .map(|agent| AgentView {
                id: agent.id.0,
                name: match agent.name.is_empty() {
                    true => agent.email.clone(),
                    false => agent.name,
                },
                email: agent.email,
                disabled: agent.disabled,
                is_self: agent.id == viewer.agent.id,
                roles: roles(words, agent.role),
            })
            .collect(),
        roles: roles(words, Role::Agent),
    };
    shell::show(app, &viewer.voice, status, "pages/settings_agents", &view)
}

fn again(app: &App, viewer: &Viewer, refused: Refused) -> Answer {
    let notice = Notice::danger(viewer.sentence(app, &refused));
    let status = refuse(refused).status;
    list_page(app, viewer, &Form::default(), Some(notice), status)
}

fn role(form: &Form) -> Result<Role, Refusal> {
    Role::named(form.get("role")).ok_or_else(|| Refusal::bad_request("`role` is no role"))
}

pub async fn add(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let role = role(&form)?;
    let email = form.get("email").trim().to_owned();
    let password = form.get("password").to_owned();
    if let Err(refused) = Passwords::check(&password) {
        return again(&app, &viewer, refused);
    }
    let password = app.access.hash(password).await.map_err(Refusal::internal)?;
    let edit = Edit {
        name: form.given("name").map(str::to_owned),
        role: Some(role),
        password: Some(password),
        disabled: Some(false),
        ..Edit::default()
    };
    let target = email.clone();
    let added = audited(
        &app,
        &viewer,
        &request,
        "agent_added",
        target,
        move |tx| match tx.agent_by_email(&email)? {
            Some(_) => Err(Refused::conflict(
                "agent_exists",
                format!("there is an agent {email} already"),
                "change that one",
            )),
            None => agent::put(tx, &email, edit),
        },
    );
    match added.await {
        Ok(_) => done("agents", "added"),
        Err(refused) => again(&app, &viewer, refused),
    }
}

pub async fn change(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: AgentId = request.param("id")?;
    let form = form(&mut request).await?;
    let disabled = form.given("disabled").map(|value| value == "1");
    let edit = Edit {
        role: Some(role(&form)?),
        disabled: disabled.filter(|_| id != viewer.agent.id),
        ..Edit::default()
    };
    let what = match edit.disabled {
        Some(true) => "agent_disabled",
        _ => "agent_changed",
    };
    let target = format!("{id}");
    let changed = audited(&app, &viewer, &request, what, target, move |tx| {
        agent::change(tx, id, edit)
    });
    match changed.await {
        Ok(_) => done("agents", "saved"),
        Err(refused) => again(&app, &viewer, refused),
    }
}

pub async fn tokens(app: App, viewer: Viewer, request: Request) -> Answer {
    token_page(&app, &viewer, &request.query(), None, None, StatusCode::OK)
}

fn token_page(
    app: &App,
    viewer: &Viewer,
    query: &Form,
    notice: Option<Notice>,
    made: Option<String>,
    status: StatusCode,
) -> Answer {
    let tokens = app.inbox.read().and_then(|rows| rows.all(&TOKENS));
    let tokens = tokens.map_err(|e| viewer.refuse(app, e.into()))?;
    let view = Tokens {
        frame: frame(app, viewer, query, "tokens", notice),
        token: made,
        tokens: tokens
            .into_iter()
            .map(|(id, token)| TokenView {
                id: id.0,
                name: token.name,
                at: token.created_at,
                revoked: token.revoked,
            })
            .collect(),
    };
    shell::show(app, &viewer.voice, status, "pages/settings_tokens", &view)
}

/// The answer to the form itself shows the token: the only time it is seen.
pub async fn add_token(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let (name, by) = (form.get("name").to_owned(), viewer.agent.email.clone());
    let none = Form::default();
    match app.access.add_token(viewer.actor(), name, by).await {
        Ok(token) => token_page(&app, &viewer, &none, None, Some(token), StatusCode::CREATED),
        Err(AccessError::Refused(refused)) => {
            let notice = Notice::danger(viewer.sentence(&app, &refused));
            let status = refuse(refused).status;
            token_page(&app, &viewer, &none, Some(notice), None, status)
        }
        Err(error) => Err(Refusal::internal(error)),
    }
}

pub async fn revoke_token(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: TokenId = request.param("id")?;
    let found = app.inbox.read().and_then(|rows| rows.get(&TOKENS, &id));
    let found = found.map_err(|e| viewer.refuse(&app, e.into()))?;
    let name = found.ok_or_else(|| Refusal::not_found("the token"))?.name;
    let target = name.clone();
    let revoked = audited(
        &app,
        &viewer,
        &request,
        "token_revoked",
        target,
        move |tx| token::revoke(tx, &name),
    );
    revoked.await.map_err(|e| viewer.refuse(&app, e))?;
    done("tokens", "saved")
}
