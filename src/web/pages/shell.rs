//! What stands around every page, and pages that say no.

use super::Words;
use super::guard::Viewer;
use crate::http::router::Asked;
use crate::http::{Answer, Form, Refusal, Response, respond};
use crate::inbox::forwarding_requests::{ForwardingRequest, ForwardingRequests};
use crate::inbox::settings::{Messenger, MessengerHealth, MessengerPauses, Setting};
use crate::inbox::{Done, Refused};
use crate::render::{Language, Voice};
use crate::web::App;
use crate::web::view::person::left;
use crate::web::view::{Banner, Flash, Link, Me, Shell, plain::ErrorPage};
use casella_index::search::State;
use hyper::StatusCode;
use hyper::header::ACCEPT_LANGUAGE;
use jiff::tz::TimeZone;
use serde::Serialize;

/// What may stand in `?done=`: a key below `flash.` of the catalogue.
const DONE: &[&str] = &[
    "saved",
    "sent",
    "sent_again",
    "note",
    "completed",
    "reopened",
    "unread",
    "moved",
    "split",
    "undone",
    "apart",
    "dismissed",
    "deleted",
    "merged",
    "added",
    "asked",
    "ended",
];

/// The shell of a page in `room`, with what `?done=` says was just done.
pub fn shell(app: &App, viewer: &Viewer, query: &Form, room: &'static str, title: String) -> Shell {
    let words = viewer.words(app);
    let done = DONE.iter().find(|done| **done == query.get("done"));
    Shell {
        title,
        room,
        theme: viewer.agent.theme.clone(),
        unread: app.inbox.store.board().unread(),
        me: Me {
            id: viewer.agent.id.0,
            name: named(viewer),
            sound: viewer.agent.notify_sound,
            notify: viewer.agent.notify_browser,
            since: viewer.since,
        },
        banners: banners(app, viewer, words),
        flash: done
            .map(|done| Flash {
                tone: "good",
                text: words.t(&format!("flash.{done}")),
                undo: query.get("undo").parse().ok(),
            })
            .or_else(|| failed(words, query)),
    }
}

/// What `?failed=` says could not be done, and why: a key below `refused.` of the catalogue.
fn failed(words: Words<'_>, query: &Form) -> Option<Flash> {
    let key = format!("refused.{}", query.given("failed")?);
    let text = Some(words.t(&key)).filter(|text| *text != key)?;
    Some(Flash {
        tone: "danger",
        text,
        undo: None,
    })
}

fn named(viewer: &Viewer) -> String {
    match viewer.agent.name.is_empty() {
        true => viewer.agent.email.clone(),
        false => viewer.agent.name.clone(),
    }
}

/// The shell of a page for nobody in particular.
pub fn bare(title: String) -> Shell {
    Shell {
        title,
        ..Shell::default()
    }
}

fn banners(app: &App, viewer: &Viewer, words: Words<'_>) -> Vec<Banner> {
    let mut banners = Vec::new();
    if app.inbox.disk_is_nearly_full() {
        banners.push(banner("disk", "danger", words.t("banner.disk")));
    }
    match app.serving.state() {
        State::Building { done, total, .. } => {
            let mut building = banner("index", "info", words.t("banner.index"));
            building.detail = Some(format!("{done} / {total}"));
            banners.push(building);
        }
        State::Failed(why) => {
            let text = words.with("banner.index_gone", &[("why", &why)]);
            banners.push(banner("index", "warning", text));
        }
        State::Starting | State::Ready => {}
    }
    banners.extend(messenger(app, viewer, words));
    banners.extend(pauses(app, words));
    if viewer.is_admin() && is_held(app) {
        let mut held = banner("held", "warning", words.t("banner.held"));
        held.link = Some(Link {
            url: "/settings/mail".into(),
            text: words.t("settings.mail"),
        });
        banners.push(held);
    }
    if viewer.is_admin() {
        banners.extend(forwarding(app, words));
    }
    banners
}

/// Pages of Facebook that cannot speak any more: everybody's answers wait, an admin can help.
fn messenger(app: &App, viewer: &Viewer, words: Words<'_>) -> Vec<Banner> {
    let broken = broken_pages(app).unwrap_or_default();
    let shown = broken.iter().map(|(id, name)| {
        let text = words.with("banner.messenger", &[("page", name)]);
        Banner {
            link: viewer.is_admin().then(|| Link {
                url: "/settings/messenger".into(),
                text: words.t("banner.reconnect"),
            }),
            ..banner(&format!("messenger-{id}"), "danger", text)
        }
    });
    shown.collect()
}

/// Pages that Meta asked to slow down: their answers go on by themselves.
fn pauses(app: &App, words: Words<'_>) -> Vec<Banner> {
    let rows = app.inbox.read().map_err(Refused::from);
    let all = rows.and_then(|rows| MessengerPauses::get(&rows));
    let now = words.voice.now;
    let running = all.unwrap_or_default().pages.into_iter();
    let shown = running.filter(|pause| now < pause.until).map(|pause| {
        let left = left(words, pause.until - now);
        let key = match pause.key.as_str() {
            "abuse_warning" => "banner.messenger_abuse",
            _ => "banner.messenger_pause",
        };
        let text = words.with(
            key,
            &[("page", &named_page(app, &pause.page)), ("left", &left)],
        );
        banner(&format!("messenger-pause-{}", pause.page), "warning", text)
    });
    shown.collect()
}

/// A page's name as set in the pages, else its id.
fn named_page(app: &App, id: &str) -> String {
    let rows = app.inbox.read().map_err(Refused::from);
    let saved = rows
        .and_then(|rows| Messenger::get(&rows))
        .unwrap_or_default();
    let page = saved.pages.into_iter().find(|page| page.id == id);
    let name = page.map(|page| page.name).unwrap_or_default();
    if name.is_empty() { id.to_owned() } else { name }
}

/// Id and name of each page that is connected here and refused by Meta.
fn broken_pages(app: &App) -> Done<Vec<(String, String)>> {
    let rows = app.inbox.read()?;
    let health = MessengerHealth::get(&rows)?.pages;
    let broken: Vec<_> = health.into_iter().filter(|h| h.broken.is_some()).collect();
    if broken.is_empty() {
        return Ok(Vec::new());
    }
    let fixed = app.inbox.config.messenger.pages.iter();
    let mut known: Vec<_> = fixed.map(|p| (p.id.clone(), p.id.clone())).collect();
    for page in Messenger::get(&rows)?.pages {
        let name = if page.name.is_empty() {
            page.id.clone()
        } else {
            page.name
        };
        known.push((page.id, name));
    }
    known.retain(|(id, _)| broken.iter().any(|health| health.page == *id));
    Ok(known)
}

/// Providers that ask whether a mailbox may forward to us, until an admin has dismissed them.
fn forwarding(app: &App, words: Words<'_>) -> Vec<Banner> {
    let rows = app.inbox.read().map_err(Refused::from);
    let requests = rows.and_then(|rows| ForwardingRequests::get(&rows));
    let requests = requests.map_or_else(|_| Vec::new(), |requests| requests.waiting);
    requests
        .iter()
        .map(|request| asking(words, request))
        .collect()
}

fn asking(words: Words<'_>, request: &ForwardingRequest) -> Banner {
    let who = request.address.as_deref();
    let told = [
        ("provider", request.provider.as_str()),
        ("who", who.unwrap_or("?")),
    ];
    let mut text = match who {
        Some(_) => words.with("banner.forwarding", &told),
        None => words.with("banner.forwarding_unnamed", &told),
    };
    if !request.proven {
        text.push(' ');
        text.push_str(&words.t("banner.forwarding_unproven"));
    }
    let code = request.code.as_deref();
    let id = request.message;
    Banner {
        detail: code.map(|code| words.with("banner.code", &[("code", code)])),
        link: Some(Link {
            url: format!("/messages/{id}"),
            text: words.t("banner.forwarding_mail"),
        }),
        outside: request.link.as_ref().map(|url| Link {
            url: url.clone(),
            text: words.t("banner.forwarding_open"),
        }),
        dismiss: Some(format!("/settings/forwarding/{id}/dismiss")),
        ..banner(&format!("forwarding-{id}"), "info", text)
    }
}

/// Mail waits because the configuration says so, and some does wait.
fn is_held(app: &App) -> bool {
    use casella_index::Rows;
    let held = matches!(app.inbox.config.outbound.via, crate::config::Via::Hold);
    let waits = || app.inbox.read().and_then(|rows| rows.jobs());
    held && waits().is_ok_and(|jobs| !jobs.is_empty())
}

fn banner(id: &str, tone: &'static str, text: String) -> Banner {
    Banner {
        id: id.to_owned(),
        tone,
        symbol: match tone {
            "danger" => "notice-danger",
            "warning" => "notice-warning",
            _ => "notice-info",
        },
        text,
        detail: None,
        link: None,
        outside: None,
        dismiss: None,
    }
}

/// Renders a page.
pub fn show<T: Serialize>(
    app: &App,
    voice: &Voice,
    status: StatusCode,
    template: &str,
    view: &T,
) -> Answer {
    let page = app.templates.render(template, voice, view);
    Ok(respond::html(status, page.map_err(Refusal::internal)?))
}

/// A refusal as people see it: a page, in their browser's language.
pub fn show_refusal(app: &App, asked: &Asked, refusal: &Refusal) -> Response {
    let wanted = asked.headers.get(ACCEPT_LANGUAGE);
    let wanted = wanted
        .and_then(|v| v.to_str().ok())
        .and_then(Language::accepted);
    let ours = app.inbox.config.inbox.language;
    let voice = Voice {
        language: wanted.unwrap_or(ours),
        zone: TimeZone::UTC,
        now: app.inbox.clock.now(),
    };
    let words = Words {
        templates: &app.templates,
        voice: &voice,
    };
    let view = error_page(words, refusal);
    match app.templates.render("pages/error", &voice, &view) {
        Ok(page) => refusal.dress(respond::html(refusal.status, page)),
        Err(error) => {
            tracing::error!(%error, "the error page itself failed");
            refusal.dress(respond::text(refusal.status, refusal.to_string()))
        }
    }
}

fn error_page(words: Words<'_>, refusal: &Refusal) -> ErrorPage {
    let key = format!("error.{}", refusal.status.as_u16());
    let heading = match words.t(&key) {
        same if same == key => words.t("error.500"),
        heading => heading,
    };
    let usual = |what: &str, own: &str| {
        let key = format!("error.{what}_{}", refusal.status.as_u16());
        match words.t(&key) {
            told if refusal.usual && told != key => told,
            _ => own.to_owned(),
        }
    };
    ErrorPage {
        shell: bare(heading.clone()),
        heading,
        reason: usual("reason", &refusal.reason),
        remedy: usual("remedy", &refusal.remedy),
        id: refusal.id.clone(),
    }
}
