//! What is an agent's own: name, language, look, notifications, password, second factor, sessions.

use super::{done, form, frame};
use crate::http::{Answer, Refusal, Request};
use crate::inbox::access::{AccessError, Denied, totp};
use crate::inbox::agent::{self, Edit};
use crate::web::App;
use crate::web::pages::guard::Viewer;
use crate::web::pages::{shell, show};
use crate::web::view::settings::{Profile, Security, SessionView};
use crate::web::view::{Choice, Notice, Words};
use hyper::StatusCode;
use jiff::tz::TimeZone;

pub async fn profile(app: App, viewer: Viewer, request: Request) -> Answer {
    let view = Profile {
        frame: frame(&app, &viewer, &request.query(), "profile", None),
        name: viewer.agent.name.clone(),
        email: viewer.agent.email.clone(),
        languages: languages(viewer.words(&app), &viewer.agent.language),
        themes: themes(viewer.words(&app), &viewer.agent.theme),
        time_zone: viewer.agent.time_zone.clone(),
        signature: viewer.agent.signature.clone(),
        sound: viewer.agent.notify_sound,
        notify: viewer.agent.notify_browser,
    };
    show(&app, &viewer, "pages/settings_profile", &view)
}

fn languages(words: Words<'_>, chosen: &str) -> Vec<Choice> {
    [
        ("", "browser_default"),
        ("en", "english"),
        ("it", "italian"),
    ]
    .map(|(value, key)| choice(words, value, key, chosen))
    .into()
}

fn themes(words: Words<'_>, chosen: &str) -> Vec<Choice> {
    [
        ("", "browser_default"),
        ("light", "light"),
        ("dark", "dark"),
    ]
    .map(|(value, key)| choice(words, value, key, chosen))
    .into()
}

fn choice(words: Words<'_>, value: &str, key: &str, chosen: &str) -> Choice {
    Choice::new(value, words.t(&format!("settings.{key}")), value == chosen)
}

pub async fn save_profile(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let one_of = |name: &str, known: &[&str]| {
        let chosen = form.get(name);
        known.contains(&chosen).then(|| chosen.to_owned())
    };
    let zone = form.get("time_zone").trim();
    let known = zone.is_empty() || TimeZone::get(zone).is_ok();
    let edit = Edit {
        name: form.given("name").map(str::to_owned),
        language: one_of("language", &["", "en", "it"]),
        theme: one_of("theme", &["", "light", "dark"]),
        time_zone: known.then(|| zone.to_owned()),
        signature: Some(form.get("signature").replace("\r\n", "\n")),
        ..Edit::default()
    };
    save(&app, &viewer, edit).await
}

pub async fn save_notifications(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let edit = Edit {
        notify_sound: Some(form.given("sound").is_some()),
        notify_browser: Some(form.given("browser").is_some()),
        ..Edit::default()
    };
    save(&app, &viewer, edit).await
}

async fn save(app: &App, viewer: &Viewer, edit: Edit) -> Answer {
    let id = viewer.agent.id;
    let write = app
        .inbox
        .store
        .write(viewer.stamp(app), move |tx| agent::change(tx, id, edit));
    write.await.map_err(|e| viewer.refuse(app, e))?;
    done("profile", "saved")
}

pub async fn security(app: App, viewer: Viewer, request: Request) -> Answer {
    let view = view(&app, &viewer, &request, None)?;
    show(&app, &viewer, "pages/settings_security", &view)
}

fn view(
    app: &App,
    viewer: &Viewer,
    request: &Request,
    notice: Option<Notice>,
) -> Result<Security, Refusal> {
    let sessions = app.access.sessions(viewer.agent.id);
    let sessions = sessions.map_err(Refusal::internal)?;
    Ok(Security {
        frame: frame(app, viewer, &request.query(), "security", notice),
        totp_on: viewer.agent.totp.is_some(),
        secret: None,
        sealed: String::new(),
        otpauth: String::new(),
        sessions: sessions
            .into_iter()
            .map(|entry| SessionView {
                current: entry.id == viewer.session,
                id: entry.id,
                browser: browser(&entry.session.user_agent),
                ip: entry.session.ip,
                last_seen: entry.session.last_seen,
            })
            .collect(),
    })
}

/// What people call a browser, from its long name.
fn browser(user_agent: &str) -> String {
    const NAMES: [(&str, &str); 5] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 5] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let first = |table: &[(&str, &'static str)]| {
        let found = table.iter().find(|(mark, _)| user_agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    match (first(&NAMES), first(&SYSTEMS)) {
        (Some(name), Some(system)) => format!("{name}, {system}"),
        (Some(name), None) => name.to_owned(),
        _ => user_agent.chars().take(60).collect(),
    }
}

/// The page again, with something to say.
fn again(app: &App, viewer: &Viewer, view: &Security, status: StatusCode) -> Answer {
    shell::show(app, &viewer.voice, status, "pages/settings_security", view)
}

fn told(app: &App, viewer: &Viewer, request: &Request, text: String) -> Answer {
    let view = view(app, viewer, request, Some(Notice::danger(text)))?;
    again(app, viewer, &view, StatusCode::UNPROCESSABLE_ENTITY)
}

pub async fn change_password(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let (old, new) = (form.get("current").to_owned(), form.get("new").to_owned());
    let changed = app
        .access
        .change_password(&viewer.agent, old, new, &viewer.session);
    let words = viewer.words(&app);
    match changed.await {
        Ok(Ok(())) => done("security", "saved"),
        Ok(Err(_)) => told(&app, &viewer, &request, words.t("security.wrong_current")),
        Err(AccessError::Refused(refused)) => {
            let sentence = viewer.sentence(&app, &refused);
            told(&app, &viewer, &request, sentence)
        }
        Err(error) => Err(Refusal::internal(error)),
    }
}

/// Shows a fresh key; nothing is kept until a code proves that the app has it.
pub async fn begin_totp(app: App, viewer: Viewer, request: Request) -> Answer {
    let secret = totp::fresh_secret().map_err(Refusal::internal)?;
    let view = enrolling(&app, &viewer, &request, secret, None)?;
    again(&app, &viewer, &view, StatusCode::OK)
}

fn enrolling(
    app: &App,
    viewer: &Viewer,
    request: &Request,
    secret: String,
    notice: Option<Notice>,
) -> Result<Security, Refusal> {
    let sealed = app.inbox.vault.seal(&secret);
    Ok(Security {
        otpauth: totp::uri(&secret, &viewer.agent.email),
        secret: Some(secret),
        sealed: sealed.ok_or_else(|| Refusal::internal("no random bytes"))?,
        ..view(app, viewer, request, notice)?
    })
}

pub async fn totp_on(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let secret = app.inbox.vault.open(form.get("secret"));
    let secret = secret.ok_or_else(|| Refusal::bad_request("`secret` is not ours"))?;
    let enrolled = app.access.enrol(viewer.agent.id, &secret, form.get("code"));
    match enrolled.await.map_err(Refusal::internal)? {
        Ok(()) => done("security", "saved"),
        Err(Denied::Wrong | Denied::WrongCode | Denied::Wait(_)) => {
            let notice = Notice::danger(viewer.words(&app).t("login.wrong_code"));
            let view = enrolling(&app, &viewer, &request, secret, Some(notice))?;
            again(&app, &viewer, &view, StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

/// Off again, by who knows the password.
pub async fn totp_off(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let (password, stored) = (
        form.get("current").to_owned(),
        viewer.agent.password.clone(),
    );
    if !app.access.knows(password, stored).await {
        let text = viewer.words(&app).t("security.wrong_current");
        return told(&app, &viewer, &request, text);
    }
    let off = app.access.unenrol(viewer.agent.id);
    off.await.map_err(Refusal::internal)?;
    done("security", "saved")
}

pub async fn end_session(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let ended = app.access.end_session(viewer.agent.id, form.get("session"));
    ended.await.map_err(Refusal::internal)?;
    done("security", "ended")
}
