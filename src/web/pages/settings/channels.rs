//! How the channels are set: what the file says of mail, the widget, office hours, Messenger's pages.

use super::{audited, done, form, frame};
use crate::http::{Answer, Form, Refusal, Request};
use crate::inbox::keys::random;
use crate::inbox::settings::{AskEmail, FacebookPage, Messenger, OfficeHours, Setting, Widget};
use crate::web::App;
use crate::web::pages::guard::Viewer;
use crate::web::pages::{shell, show};
use crate::web::view::settings::{self as views, DayView, InboxFacts, PageView};
use crate::web::view::{Choice, Fact, Notice, Words};
use data_encoding::HEXLOWER;
use hyper::StatusCode;

/// What Meta is to be subscribed to (MESSENGER.md, "Connecting a page").
const FIELDS: &str = "messages, message_echoes, message_edits, message_reactions, \
    message_deliveries, message_reads, messaging_postbacks, messaging_referrals, \
    messaging_handovers, standby, messaging_policy_enforcement";

pub async fn inbox(app: App, viewer: Viewer, request: Request) -> Answer {
    let view = InboxFacts {
        frame: frame(&app, &viewer, &request.query(), "inbox", None),
        facts: facts(&app, viewer.words(&app)),
    };
    show(&app, &viewer, "pages/settings_inbox", &view)
}

fn facts(app: &App, words: Words<'_>) -> Vec<Fact> {
    let config = &app.inbox.config;
    let from = &config.inbox.from;
    let threading = serde_json::to_value(config.inbox.threading).unwrap_or_default();
    [
        ("inbox.addresses", config.inbox.addresses.join(", ")),
        ("inbox.from", format!("{} <{}>", from.name, from.address)),
        ("inbox.language", config.inbox.language.tag().to_owned()),
        (
            "inbox.threading",
            threading.as_str().unwrap_or_default().to_owned(),
        ),
        ("inbox.reply_domain", config.inbox.reply_domain().to_owned()),
        ("http.public_url", app.public_url.clone()),
        ("smtp.listen", config.smtp.listen.to_string()),
        ("smtp.hostname", config.smtp.hostname.clone()),
    ]
    .into_iter()
    .map(|(key, value)| Fact {
        note: (!config.is_set(key)).then(|| words.t("settings.default")),
        ..Fact::new(key, value)
    })
    .collect()
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

pub async fn widget(app: App, viewer: Viewer, request: Request) -> Answer {
    let words = viewer.words(&app);
    let widget: Widget = setting(&app, &viewer)?;
    let fixed = app.inbox.config.is_set("chat.origins");
    let origins = match fixed || widget.origins.is_empty() {
        true => &app.inbox.config.chat.origins,
        false => &widget.origins,
    };
    let ask = |ask: AskEmail, name: &str| {
        let chosen = ask == widget.ask_email;
        Choice::new(name, words.t(&format!("widget.ask_{name}")), chosen)
    };
    let view = views::Widget {
        frame: frame(&app, &viewer, &request.query(), "widget", None),
        snippet: format!(
            "<script async src=\"{}/widget.js\"></script>",
            app.public_url
        ),
        preview: "/widget/?preview=1".into(),
        asks: vec![
            ask(AskEmail::Never, "never"),
            ask(AskEmail::Offline, "offline"),
            ask(AskEmail::First, "first"),
        ],
        mail_after: widget.mail_after,
        origins: origins.join("\n"),
        origins_fixed: fixed,
        color: widget.color,
        greeting: widget.greeting,
        offline: widget.offline,
    };
    show(&app, &viewer, "pages/settings_widget", &view)
}

pub async fn save_widget(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let before: Widget = setting(&app, &viewer)?;
    let origins = form.get("origins").lines().map(str::trim);
    let fixed = app.inbox.config.is_set("chat.origins");
    let widget = Widget {
        color: color(form.get("color")).unwrap_or(before.color),
        greeting: form.get("greeting").trim().to_owned(),
        offline: form.get("offline").trim().to_owned(),
        ask_email: match form.get("ask_email") {
            "never" => AskEmail::Never,
            "first" => AskEmail::First,
            _ => AskEmail::Offline,
        },
        mail_after: form.get("mail_after").parse().unwrap_or(0).min(1_440),
        origins: match fixed {
            true => before.origins,
            false => origins
                .filter(|o| is_origin(o))
                .map(str::to_owned)
                .collect(),
        },
    };
    save(&app, &viewer, &request, widget).await?;
    done("widget", "saved")
}

/// `#rrggbb`, as colour fields send it.
fn color(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#')?;
    let fine = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fine.then(|| text.to_ascii_lowercase())
}

/// A source that may stand in `frame-ancestors`.
fn is_origin(text: &str) -> bool {
    let fine =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '/' | '*' | '[' | ']');
    !text.is_empty() && text.chars().all(fine)
}

pub async fn hours(app: App, viewer: Viewer, request: Request) -> Answer {
    let hours: OfficeHours = setting(&app, &viewer)?;
    hours_page(&app, &viewer, &request.query(), hours, None)
}

fn hours_page(
    app: &App,
    viewer: &Viewer,
    query: &Form,
    hours: OfficeHours,
    notice: Option<Notice>,
) -> Answer {
    let status = match notice {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let weekdays = viewer.words(app).t("calendar.weekdays");
    let view = views::Hours {
        frame: frame(app, viewer, query, "hours", notice),
        on: hours.on,
        time_zone: hours.time_zone,
        days: weekdays
            .split(' ')
            .zip(hours.week)
            .enumerate()
            .map(|(index, (label, (from, to)))| DayView {
                index,
                label: label.to_owned(),
                from,
                to,
            })
            .collect(),
    };
    shell::show(app, &viewer.voice, status, "pages/settings_hours", &view)
}

pub async fn save_hours(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let time = |name: String| form.get(&name).trim().to_owned();
    let hours = OfficeHours {
        on: form.given("on").is_some(),
        time_zone: form.get("time_zone").trim().to_owned(),
        week: std::array::from_fn(|n| (time(format!("from-{n}")), time(format!("to-{n}")))),
    };
    if hours.on && hours.hours().is_none() {
        let notice = Notice::danger(viewer.words(&app).t("hours.invalid"));
        return hours_page(&app, &viewer, &Form::default(), hours, Some(notice));
    }
    save(&app, &viewer, &request, hours).await?;
    done("hours", "saved")
}

pub async fn messenger(app: App, viewer: Viewer, request: Request) -> Answer {
    let mut kept: Messenger = setting(&app, &viewer)?;
    if kept.verify_token.is_empty() {
        kept.verify_token = HEXLOWER.encode(&random::<16>().map_err(Refusal::internal)?);
        save(&app, &viewer, &request, kept.clone()).await?;
    }
    messenger_page(&app, &viewer, &request.query(), &kept, None)
}

fn messenger_page(
    app: &App,
    viewer: &Viewer,
    query: &Form,
    kept: &Messenger,
    notice: Option<Notice>,
) -> Answer {
    let words = viewer.words(app);
    let config = &app.inbox.config.messenger;
    let fixed = config.pages.iter().map(|page| PageView {
        id: page.id.clone(),
        name: page.id.clone(),
        tone: "done",
        state: words.t("fb.ok"),
        detail: Some(words.t("fb.fixed")),
        fixed: true,
    });
    let own = kept.pages.iter().map(|page| page_view(words, page));
    let fixed_token = config.verify_token.is_some();
    let view = views::Messenger {
        frame: frame(app, viewer, query, "messenger", notice),
        pages: fixed.chain(own).collect(),
        callback: format!("{}/webhooks/messenger", app.public_url),
        verify_token: match fixed_token {
            true => words.t("fb.fixed"),
            false => kept.verify_token.clone(),
        },
        fields: FIELDS,
        secret_known: config.app_secret.is_some() || !kept.app_secret.is_empty(),
        secret_fixed: config.app_secret.is_some(),
        human_agent: config.human_agent || kept.human_agent,
    };
    show(app, viewer, "pages/settings_messenger", &view)
}

fn page_view(words: Words<'_>, page: &FacebookPage) -> PageView {
    let (tone, state) = match page.broken {
        Some(_) => ("danger", "fb.reconnect"),
        None => ("done", "fb.ok"),
    };
    PageView {
        id: page.id.clone(),
        name: match page.name.is_empty() {
            true => page.id.clone(),
            false => page.name.clone(),
        },
        tone,
        state: words.t(state),
        detail: page.broken.clone(),
        fixed: false,
    }
}

pub async fn save_messenger(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let mut kept: Messenger = setting(&app, &viewer)?;
    kept.human_agent = form.given("human_agent").is_some();
    if let Some(secret) = form.given("app_secret") {
        kept.app_secret = sealed(&app, secret)?;
    }
    match (form.given("page"), form.given("token")) {
        (Some(id), Some(token)) => {
            kept.pages.retain(|page| page.id != id);
            kept.pages.push(FacebookPage {
                id: id.to_owned(),
                name: form.get("name").trim().to_owned(),
                token: sealed(&app, token)?,
                broken: None,
            });
        }
        (None, None) => {}
        _ => {
            let notice = Notice::danger(viewer.words(&app).t("fb.needs"));
            return messenger_page(&app, &viewer, &Form::default(), &kept, Some(notice));
        }
    }
    save(&app, &viewer, &request, kept).await?;
    done("messenger", "saved")
}

fn sealed(app: &App, secret: &str) -> Result<String, Refusal> {
    let sealed = app.inbox.vault.seal(secret);
    sealed.ok_or_else(|| Refusal::internal("the machine has no random bytes left"))
}

pub async fn remove_page(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: String = request.param("id")?;
    let mut kept: Messenger = setting(&app, &viewer)?;
    kept.pages.retain(|page| page.id != id);
    save(&app, &viewer, &request, kept).await?;
    done("messenger", "saved")
}
