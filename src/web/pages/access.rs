//! Login, its second step, logout, and the first admin's set-up.

use super::Words;
use super::guard::{self, voice};
use super::shell::{bare, show};
use crate::http::respond::{cookie, local_path, redirect};
use crate::http::{Answer, Form, Refusal, Request, Response, Router, With};
use crate::inbox::access::{Access, AccessError, Came, Denied, FirstAdmin, Visitor};
use crate::render::Voice;
use crate::web::App;
use crate::web::view::Notice;
use crate::web::view::plain::{Login, LoginCode, Setup};
use hyper::StatusCode;
use hyper::header::{SET_COOKIE, USER_AGENT};

/// Bytes of these small forms.
const FORM: usize = 16 * 1024;

pub fn routes() -> Router<App> {
    Router::new()
        .get("/login", ask)
        .post("/login", login)
        .post("/login/code", code)
        .post("/logout", logout)
        .get("/setup/{secret}", setup)
        .post("/setup/{secret}", set_up)
}

async fn ask(app: App, request: Request) -> Answer {
    let query = request.query();
    let next = local_path(query.get("next"), "/inbox").to_owned();
    if guard::viewer(&app, &request).await?.is_some() {
        return Ok(redirect(&next));
    }
    let voice = voice(&app, &request, None);
    let words = words(&app, &voice);
    let out = query
        .given("out")
        .map(|_| Notice::new("good", words.t("login.out")));
    login_page(&app, &voice, StatusCode::OK, out, next, String::new())
}

async fn login(app: App, mut request: Request) -> Answer {
    let form = request.form(FORM).await?;
    let voice = voice(&app, &request, None);
    let (email, next) = (form.get("email").trim().to_owned(), next(&form));
    let password = form.get("password").to_owned();
    let came = app.access.login(&email, password, &from(&request)).await;
    match came.map_err(Refusal::internal)? {
        Ok(Came::In { cookie, .. }) => Ok(let_in(&app, &request, &cookie, &next)),
        Ok(Came::Half { ticket }) => code_page(&app, &voice, StatusCode::OK, None, next, ticket),
        Err(denied) => {
            let (status, notice) = told(words(&app, &voice), &denied);
            login_page(&app, &voice, status, Some(notice), next, email)
        }
    }
}

async fn code(app: App, mut request: Request) -> Answer {
    let form = request.form(FORM).await?;
    let voice = voice(&app, &request, None);
    let next = next(&form);
    let code = form.get("code").replace(' ', "");
    let ticket = form.get("ticket");
    let came = app.access.confirm(ticket, &code, &from(&request)).await;
    match came.map_err(Refusal::internal)? {
        Ok(Came::In { cookie, .. }) => Ok(let_in(&app, &request, &cookie, &next)),
        Err(Denied::Wrong) | Ok(Came::Half { .. }) => {
            let expired = Notice::danger(words(&app, &voice).t("login.expired"));
            let status = StatusCode::UNAUTHORIZED;
            login_page(&app, &voice, status, Some(expired), next, String::new())
        }
        Err(denied) => {
            let (status, notice) = told(words(&app, &voice), &denied);
            code_page(&app, &voice, status, Some(notice), next, ticket.to_owned())
        }
    }
}

async fn logout(app: App, request: Request) -> Answer {
    if let Some(viewer) = guard::viewer(&app, &request).await? {
        let ended = app.access.end_session(viewer.agent.id, &viewer.session);
        ended.await.map_err(Refusal::internal)?;
    }
    let name = Access::cookie_name(request.https);
    let gone = cookie(name, "", Some(0), request.https);
    Ok(redirect("/login?out=1").with_cookie(&gone))
}

async fn setup(app: App, request: Request) -> Answer {
    let secret: String = request.param("secret")?;
    let voice = voice(&app, &request, None);
    if !app
        .access
        .setup_is_open(&secret)
        .map_err(Refusal::internal)?
    {
        return Err(gone(words(&app, &voice)));
    }
    let view = Setup {
        shell: bare(words(&app, &voice).t("setup.title")),
        action: request.path().to_owned(),
        ..Setup::default()
    };
    show(&app, &voice, StatusCode::OK, "pages/setup", &view)
}

async fn set_up(app: App, mut request: Request) -> Answer {
    let secret: String = request.param("secret")?;
    let form = request.form(FORM).await?;
    let voice = voice(&app, &request, None);
    let admin = FirstAdmin {
        email: form.get("email").trim().to_owned(),
        name: form.get("name").trim().to_owned(),
        password: form.get("password").to_owned(),
    };
    match app.access.set_up(&secret, admin, &from(&request)).await {
        Ok(Some((_, cookie))) => Ok(let_in(&app, &request, &cookie, "/inbox")),
        Ok(None) => Err(gone(words(&app, &voice))),
        Err(AccessError::Refused(refused)) => {
            let view = Setup {
                shell: bare(words(&app, &voice).t("setup.title")),
                notice: Some(Notice::danger(refused.to_string())),
                action: request.path().to_owned(),
                name: form.get("name").to_owned(),
                email: form.get("email").to_owned(),
            };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            show(&app, &voice, status, "pages/setup", &view)
        }
        Err(error) => Err(Refusal::internal(error)),
    }
}

fn gone(words: Words<'_>) -> Refusal {
    Refusal::new(StatusCode::GONE, "gone", words.t("setup.gone"))
        .remedy(words.t("setup.gone_remedy"))
}

fn words<'a>(app: &'a App, voice: &'a Voice) -> Words<'a> {
    Words {
        templates: &app.templates,
        voice,
    }
}

fn next(form: &Form) -> String {
    local_path(form.get("next"), "/inbox").to_owned()
}

fn from(request: &Request) -> Visitor {
    Visitor {
        ip: request.client,
        user_agent: request.header(USER_AGENT).unwrap_or_default().to_owned(),
    }
}

fn let_in(app: &App, request: &Request, secret: &str, next: &str) -> Response {
    let name = Access::cookie_name(request.https);
    let age = Some(app.access.cookie_age());
    let line = cookie(name, secret, age, request.https);
    redirect(next).with(SET_COOKIE, &line)
}

fn told(words: Words<'_>, denied: &Denied) -> (StatusCode, Notice) {
    match denied {
        Denied::Wrong => (
            StatusCode::UNAUTHORIZED,
            Notice::danger(words.t("login.wrong")),
        ),
        Denied::WrongCode => (
            StatusCode::UNAUTHORIZED,
            Notice::danger(words.t("login.wrong_code")),
        ),
        Denied::Wait(wait) => {
            let seconds = wait.as_secs().max(1).to_string();
            let text = words.with("login.wait", &[("seconds", &seconds)]);
            (StatusCode::TOO_MANY_REQUESTS, Notice::danger(text))
        }
    }
}

fn login_page(
    app: &App,
    voice: &Voice,
    status: StatusCode,
    notice: Option<Notice>,
    next: String,
    email: String,
) -> Answer {
    let view = Login {
        shell: bare(words(app, voice).t("login.title")),
        notice,
        next,
        email,
    };
    show(app, voice, status, "pages/login", &view)
}

fn code_page(
    app: &App,
    voice: &Voice,
    status: StatusCode,
    notice: Option<Notice>,
    next: String,
    ticket: String,
) -> Answer {
    let view = LoginCode {
        shell: bare(words(app, voice).t("login.code_title")),
        notice,
        next,
        ticket,
    };
    show(app, voice, status, "pages/login_code", &view)
}
