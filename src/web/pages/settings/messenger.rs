//! Messenger's pages: connected step by step, looked after, connected anew, let go.
//!
//! What is saved is saved at once; Meta is asked afterwards, and the page's line tells what it said.

use super::{done, form, frame, setting};
use crate::channel::messenger::graph::FIELDS;
use crate::http::{Answer, Form, Refusal, Request};
use crate::inbox::keys::random;
use crate::inbox::settings::{FacebookPage, Messenger, MessengerHealth, PageHealth, Setting};
use crate::inbox::{Done, delivery};
use crate::web::App;
use crate::web::meta::look_at;
use crate::web::pages::guard::Viewer;
use crate::web::view::messenger::{self as views, AppStep, PageStep, PageView, TestStep};
use crate::web::view::{Notice, Words};
use casella_index::Tx;
use casella_index::model::Channel;
use data_encoding::HEXLOWER;
use hyper::StatusCode;
use url::{Host, Url};

pub async fn show(app: App, viewer: Viewer, request: Request) -> Answer {
    let mut kept: Messenger = setting(&app, &viewer)?;
    if kept.verify_token.is_empty() {
        kept.verify_token = HEXLOWER.encode(&random::<16>().map_err(Refusal::internal)?);
        super::save(&app, &viewer, &request, kept.clone()).await?;
    }
    page(&app, &viewer, &request.query(), &kept, Tried::default())
}

/// What somebody gave that cannot be saved: the fields, and the key of what is wrong with each.
#[derive(Default)]
struct Tried {
    fields: Form,
    problems: Vec<(&'static str, &'static str)>,
}

impl Tried {
    fn problem(&self, words: Words<'_>, field: &str) -> Option<String> {
        let found = self.problems.iter().find(|(name, _)| *name == field);
        found.map(|(_, key)| words.t(key))
    }

    /// What was given, else what is kept.
    fn or(&self, field: &str, kept: &str) -> String {
        self.fields.given(field).unwrap_or(kept).to_owned()
    }
}

fn page(app: &App, viewer: &Viewer, query: &Form, kept: &Messenger, tried: Tried) -> Answer {
    let words = viewer.words(app);
    let config = &app.inbox.config.messenger;
    let wrong = !tried.problems.is_empty();
    let notice = wrong.then(|| Notice::danger(words.t("fb.not_saved")));
    let pages = pages(app, viewer, kept)?;
    let seen = app.door.seen();
    let view = views::Messenger {
        frame: frame(app, viewer, query, "messenger", notice),
        graph: format!("{}/{}", config.graph_url, config.graph_version),
        dashboard: dashboard(&kept.app_id),
        app: app_step(app, words, kept, &tried),
        webhook: views::WebhookStep {
            callback: format!("{}/webhooks/messenger", app.public_url),
            problem: address_problem(&app.public_url).map(|key| words.t(key)),
            verify_token: config
                .verify_token
                .is_none()
                .then(|| kept.verify_token.clone()),
            fields: FIELDS.replace(',', ", "),
            shaken: seen.shaken,
            refused: seen.refused.filter(|at| Some(*at) > seen.shaken),
        },
        page: PageStep {
            done: !pages.is_empty(),
            id: tried.or("page", ""),
            id_problem: tried.problem(words, "page"),
            name: tried.or("name", ""),
            token_problem: tried.problem(words, "token"),
        },
        test: TestStep {
            heard: seen.signed,
            unsigned: seen.unsigned.filter(|at| Some(*at) > seen.signed),
        },
        pages,
        human_agent: config.human_agent || kept.human_agent,
        human_agent_fixed: config.human_agent,
    };
    let status = match wrong {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    let template = "pages/settings_messenger";
    crate::web::pages::shell::show(app, &viewer.voice, status, template, &view)
}

fn app_step(app: &App, words: Words<'_>, kept: &Messenger, tried: &Tried) -> AppStep {
    let secret_fixed = app.inbox.config.messenger.app_secret.is_some();
    let secret_known = secret_fixed || !kept.app_secret.is_empty();
    AppStep {
        done: secret_known,
        id: tried.or("app_id", &kept.app_id),
        id_problem: tried.problem(words, "app_id"),
        secret_known,
        secret_fixed,
        secret_problem: tried.problem(words, "app_secret"),
    }
}

/// Where the app's Messenger settings are at Meta's.
fn dashboard(app_id: &str) -> Option<String> {
    let url = || format!("https://developers.facebook.com/apps/{app_id}/messenger/settings/");
    (!app_id.is_empty()).then(url)
}

/// Meta calls public https addresses with a certificate that browsers accept, and no others.
fn address_problem(public_url: &str) -> Option<&'static str> {
    let url = Url::parse(public_url).ok()?;
    let local = match url.host()? {
        Host::Domain(name) => !name.contains('.') || name.ends_with(".localhost"),
        Host::Ipv4(ip) => !crate::rules::public_address::is_public(ip.into()),
        Host::Ipv6(ip) => !crate::rules::public_address::is_public(ip.into()),
    };
    (local || url.scheme() != "https").then_some("fb.not_public")
}

fn pages(app: &App, viewer: &Viewer, kept: &Messenger) -> Result<Vec<PageView>, Refusal> {
    let words = viewer.words(app);
    let health: MessengerHealth = setting(app, viewer)?;
    let fixed = app.inbox.config.messenger.pages.iter();
    let fixed = fixed.map(|page| PageView {
        fixed: true,
        ..page_view(words, &page.id, "", &health)
    });
    let own = kept.pages.iter().filter(|page| !is_fixed(app, &page.id));
    let own = own.map(|page| page_view(words, &page.id, &page.name, &health));
    Ok(fixed.chain(own).collect())
}

fn is_fixed(app: &App, id: &str) -> bool {
    let pages = &app.inbox.config.messenger.pages;
    pages.iter().any(|page| page.id == id)
}

fn page_view(words: Words<'_>, id: &str, name: &str, health: &MessengerHealth) -> PageView {
    let health = health.of(id);
    let (tone, state, detail) = state(words, health);
    PageView {
        id: id.to_owned(),
        name: if name.is_empty() { id } else { name }.to_owned(),
        tone,
        state: words.t(state),
        detail,
        checked: health.map(|health| health.at),
        fixed: false,
        reconnect: health.is_some_and(|health| health.broken.is_some()),
    }
}

/// How Meta found it, and what to do about it.
fn state(
    words: Words<'_>,
    health: Option<&PageHealth>,
) -> (&'static str, &'static str, Option<String>) {
    let Some(health) = health else {
        return ("person", "fb.checking", None);
    };
    let unreached = health.unreached.as_ref().map(|why| match why.as_str() {
        "" => words.t("fb.no_answer"),
        why => words.with("fb.unreached_why", &[("why", why)]),
    });
    if let Some(key) = &health.broken {
        // On this very page the remedy is another sentence.
        let why = match key.as_str() {
            "reconnect" => words.t("fb.token_dead"),
            key => words.t(&format!("messenger.error.{key}")),
        };
        return ("danger", "fb.reconnect", Some(why));
    }
    if unreached.is_some() {
        return ("warning", "fb.unreached", unreached);
    }
    if health.missing.is_empty() {
        return ("done", "fb.ok", None);
    }
    let fields = health.missing.join(", ");
    let why = words.with("fb.missing", &[("fields", &fields)]);
    ("warning", "fb.unsubscribed", Some(why))
}

/// Saves what the form carries: the app, a page, or a permission of Meta's.
pub async fn save(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let mut kept: Messenger = setting(&app, &viewer)?;
    let problems = problems(&app, &kept, &form);
    if !problems.is_empty() {
        let fields = form;
        return page(
            &app,
            &viewer,
            &Form::default(),
            &kept,
            Tried { fields, problems },
        );
    }
    if form.given("what") == Some("permissions") {
        kept.human_agent = form.given("human_agent").is_some();
    }
    if let Some(id) = form.given("app_id") {
        id.trim().clone_into(&mut kept.app_id);
    }
    let secret = form.given("app_secret").map(str::trim);
    if let Some(secret) = secret {
        kept.app_secret = sealed(&app, secret)?;
    }
    let id = form.given("page").map(|id| id.trim().to_owned());
    if let Some(id) = &id {
        keep_page(&app, &mut kept, id, &form)?;
    }
    // A new secret proves every call anew.
    let asked = match (secret, id) {
        (Some(_), _) => every_page(&app, &kept),
        (None, Some(id)) => vec![id],
        (None, None) => Vec::new(),
    };
    let forgotten = asked.clone();
    change(&app, &viewer, &request, move |tx| {
        kept.set(tx)?;
        forget(tx, &forgotten)?;
        delivery::release_held(tx, Channel::Messenger).map(drop)
    })
    .await?;
    look_at(&app, asked);
    done("messenger", "saved")
}

/// The fields that cannot be saved, each with the key of why.
fn problems(app: &App, kept: &Messenger, form: &Form) -> Vec<(&'static str, &'static str)> {
    let number = |text: &str| text.trim().chars().all(|c| c.is_ascii_digit());
    let spaced = |text: &str| text.trim().contains(char::is_whitespace);
    let mut found = Vec::new();
    let mut wrong = |is: bool, field, key| {
        if is && !found.iter().any(|(name, _)| *name == field) {
            found.push((field, key));
        }
    };
    let (app_id, page) = (form.given("app_id"), form.given("page"));
    let (secret, token) = (form.given("app_secret"), form.given("token"));
    wrong(!app_id.is_none_or(number), "app_id", "fb.bad_app_id");
    wrong(secret.is_some_and(spaced), "app_secret", "fb.bad_secret");
    wrong(page.is_none() && token.is_some(), "page", "fb.no_page_id");
    wrong(!page.is_none_or(number), "page", "fb.bad_page_id");
    let fixed = page.is_some_and(|id| is_fixed(app, id.trim()));
    wrong(fixed, "page", "fb.fixed_page");
    wrong(token.is_some_and(spaced), "token", "fb.bad_token");
    let known = page.is_some_and(|id| kept.pages.iter().any(|page| page.id == id.trim()));
    wrong(
        page.is_some() && token.is_none() && !known,
        "token",
        "fb.no_token",
    );
    let asked_for = form.given("what") == Some("page") || form.given("name").is_some();
    wrong(asked_for && page.is_none(), "page", "fb.no_page_id");
    let signed = app.inbox.config.messenger.app_secret.is_some() || !kept.app_secret.is_empty();
    let unsigned = page.is_some() && !signed && secret.is_none();
    wrong(unsigned, "app_secret", "fb.no_secret");
    found
}

/// The page with its new token, in its place among the others; without a token it keeps its own.
fn keep_page(app: &App, kept: &mut Messenger, id: &str, form: &Form) -> Result<(), Refusal> {
    let token = form.given("token").map(str::trim);
    let token = token.map(|token| sealed(app, token)).transpose()?;
    let name = form.given("name").map(|name| name.trim().to_owned());
    match kept.pages.iter_mut().find(|page| page.id == id) {
        Some(page) => {
            page.token = token.unwrap_or_else(|| page.token.clone());
            page.name = name.unwrap_or_else(|| page.name.clone());
        }
        None => kept.pages.push(FacebookPage {
            id: id.to_owned(),
            name: name.unwrap_or_default(),
            token: token.unwrap_or_default(),
        }),
    }
    Ok(())
}

fn every_page(app: &App, kept: &Messenger) -> Vec<String> {
    let fixed = app.inbox.config.messenger.pages.iter().map(|page| &page.id);
    fixed
        .chain(kept.pages.iter().map(|page| &page.id))
        .cloned()
        .collect()
}

/// What was known of these pages is known no more.
fn forget(tx: &mut Tx<'_>, pages: &[String]) -> Done {
    let mut health = MessengerHealth::get(&*tx)?;
    let before = health.pages.len();
    pages.iter().for_each(|page| health.forget(page));
    match health.pages.len() == before {
        true => Ok(()),
        false => health.set(tx),
    }
}

async fn change(
    app: &App,
    viewer: &Viewer,
    request: &Request,
    verb: impl FnOnce(&mut Tx<'_>) -> Done + Send + 'static,
) -> Result<(), Refusal> {
    let target = Messenger::NAME.to_owned();
    let changed = super::audited(app, viewer, request, "setting_changed", target, verb);
    changed.await.map_err(|e| viewer.refuse(app, e))
}

fn sealed(app: &App, secret: &str) -> Result<String, Refusal> {
    let sealed = app.inbox.vault.seal(secret);
    sealed.ok_or_else(|| Refusal::internal("the machine has no random bytes left"))
}

/// Looks at a page now.
pub async fn check(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: String = request.param("id")?;
    let forgotten = vec![id.clone()];
    let stamp = viewer.stamp(&app);
    let written = app
        .inbox
        .store
        .write(stamp, move |tx| forget(tx, &forgotten));
    written.await.map_err(|e| viewer.refuse(&app, e))?;
    look_at(&app, vec![id]);
    done("messenger", "asked")
}

pub async fn remove(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: String = request.param("id")?;
    let mut kept: Messenger = setting(&app, &viewer)?;
    kept.pages.retain(|page| page.id != id);
    change(&app, &viewer, &request, move |tx| {
        kept.set(tx)?;
        forget(tx, &[id])
    })
    .await?;
    done("messenger", "saved")
}

#[cfg(test)]
mod tests {
    use super::address_problem;

    #[test]
    fn meta_calls_public_https_addresses_only() {
        for (url, right) in [
            ("https://inbox.example.com", true),
            ("https://inbox.example.com:8443", true),
            ("http://inbox.example.com", false),
            ("https://localhost", false),
            ("https://inbox", false),
            ("https://192.168.1.4", false),
            ("https://[::1]", false),
            ("http://127.0.0.1:8080", false),
        ] {
            assert_eq!(address_problem(url).is_none(), right, "{url}");
        }
    }
}
