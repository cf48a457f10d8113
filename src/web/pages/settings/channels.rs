//! How the channels are set: what the file says of mail, and Messenger's pages.

use super::{done, form, frame, save, setting};
use crate::channel::messenger::graph::{FIELDS, Graph};
use crate::channel::messenger::health::Health;
use crate::fetch::Fetcher;
use crate::http::{Answer, Form, Refusal, Request};
use crate::inbox::delivery;
use crate::inbox::keys::random;
use crate::inbox::settings::{FacebookPage, Messenger, MessengerHealth, PageHealth};
use crate::web::App;
use crate::web::pages::guard::Viewer;
use crate::web::pages::show;
use crate::web::view::settings::{self as views, InboxFacts, PageView};
use crate::web::view::{Fact, Notice, Words};
use casella_index::Actor;
use casella_index::model::Channel;
use data_encoding::HEXLOWER;

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
    let health: MessengerHealth = setting(app, viewer)?;
    let fixed = config.pages.iter().map(|page| PageView {
        fixed: true,
        ..page_view(words, &page.id, "", &health)
    });
    let named = |page: &FacebookPage| page_view(words, &page.id, &page.name, &health);
    let own = kept.pages.iter().map(named);
    let fixed_token = config.verify_token.is_some();
    let view = views::Messenger {
        frame: frame(app, viewer, query, "messenger", notice),
        pages: fixed.chain(own).collect(),
        callback: format!("{}/webhooks/messenger", app.public_url),
        verify_token: match fixed_token {
            true => words.t("fb.fixed"),
            false => kept.verify_token.clone(),
        },
        fields: FIELDS.replace(',', ", "),
        secret_known: config.app_secret.is_some() || !kept.app_secret.is_empty(),
        secret_fixed: config.app_secret.is_some(),
        human_agent: config.human_agent || kept.human_agent,
    };
    show(app, viewer, "pages/settings_messenger", &view)
}

fn page_view(words: Words<'_>, id: &str, name: &str, health: &MessengerHealth) -> PageView {
    let (tone, state, detail) = state(words, health.of(id));
    PageView {
        id: id.to_owned(),
        name: if name.is_empty() { id } else { name }.to_owned(),
        tone,
        state: words.t(state),
        detail,
        fixed: false,
    }
}

/// How Meta found it, and what to do about it.
fn state(
    words: Words<'_>,
    health: Option<&PageHealth>,
) -> (&'static str, &'static str, Option<String>) {
    match health {
        None => ("warning", "fb.unchecked", None),
        Some(PageHealth {
            broken: Some(key), ..
        }) => {
            let why = words.t(&format!("messenger.error.{key}"));
            ("danger", "fb.reconnect", Some(why))
        }
        Some(health) if !health.missing.is_empty() => {
            let fields = health.missing.join(", ");
            let why = words.with("fb.missing", &[("fields", &fields)]);
            ("warning", "fb.unsubscribed", Some(why))
        }
        Some(_) => ("done", "fb.ok", None),
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
            });
        }
        (None, None) => {}
        _ => {
            let notice = Notice::danger(viewer.words(&app).t("fb.needs"));
            return messenger_page(&app, &viewer, &Form::default(), &kept, Some(notice));
        }
    }
    save(&app, &viewer, &request, kept).await?;
    let connected = health(&app).connect().await;
    connected.map_err(|e| viewer.refuse(&app, e))?;
    release(&app, &viewer).await?;
    done("messenger", "saved")
}

fn health(app: &App) -> Health {
    let config = &app.inbox.config;
    let at = &config.messenger;
    let fetcher = Fetcher::new(&config.fetch.allow);
    let graph = Graph::new(fetcher, &at.graph_url, &at.graph_version);
    Health::new(app.inbox.clone(), graph)
}

/// What waited for the page to be connected goes out.
async fn release(app: &App, viewer: &Viewer) -> Result<(), Refusal> {
    let stamp = app.inbox.stamp(Actor::System);
    let released = app
        .inbox
        .store
        .write(stamp, |tx| delivery::release_held(tx, Channel::Messenger));
    released.await.map(drop).map_err(|e| viewer.refuse(app, e))
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
