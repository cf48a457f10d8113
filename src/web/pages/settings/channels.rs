//! How mail comes in: what the file says of it.

use super::frame;
use crate::http::{Answer, Request};
use crate::web::App;
use crate::web::pages::guard::Viewer;
use crate::web::pages::show;
use crate::web::view::settings::InboxFacts;
use crate::web::view::{Fact, Words};

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
