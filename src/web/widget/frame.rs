//! What a site's page loads: the loader script and the frame on our own origin.

use super::key;
use crate::clock::Millis;
use crate::http::{Answer, Refusal, Request, With, respond};
use crate::inbox::chat_settings::{AskEmail, ChatSettings, GreetingForm};
use crate::inbox::settings::Setting;
use crate::render::{Language, Voice};
use crate::rules::office_hours::Office;
use crate::web::app::App;
use crate::web::refuse;
use hyper::StatusCode;
use hyper::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, HeaderName};
use serde::Serialize;
use serde_json::{Value, json};

/// The texts the frame's script shows; the others stand in its template.
const WORDS: &[&str] = &[
    "open",
    "open_unread",
    "online",
    "away",
    "back",
    "today",
    "you",
    "earlier",
    "sending",
    "delivered",
    "seen",
    "not_sent",
    "retry",
    "remove",
    "file_refused",
    "why_asked",
    "why_online",
    "why_offline",
    "thanks",
    "email_wrong",
    "try_later",
    "closed",
];

/// Openings and closings of the office that a page learns ahead: two days' worth.
const CHANGES: usize = 4;

/// The loader: the same for every site, so that one address serves all; looked at again every ten
/// minutes.
pub async fn loader(app: App, request: Request) -> Answer {
    let script = app.templates.assets().get("widget.js");
    let script = script.ok_or_else(|| Refusal::not_found("`/widget.js`"))?;
    let response = respond::asset(
        &request.headers,
        script.content_type,
        script.content.clone(),
        &script.version,
    );
    Ok(response
        .with(CACHE_CONTROL, "public, max-age=600")
        // Sites that isolate themselves (COEP) load it too: it holds no secret.
        .with(
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        )
        .with(ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
}

#[derive(Serialize)]
struct View {
    company: String,
    /// JSON, for the frame's script.
    settings: String,
}

/// The frame. `?language=` is the site's wish, else the browser's is taken, else the inbox's.
pub async fn frame(app: App, request: Request) -> Answer {
    let chat = {
        let rows = app.inbox.read().map_err(Refusal::internal)?;
        ChatSettings::get(&rows).map_err(refuse)?
    };
    let language = language(&app, &request);
    let policy = policy(&sites(&app, &chat));
    let now = app.inbox.clock.now();
    let company = app.inbox.config.inbox.from.name.clone();
    let settings = Told {
        app: &app,
        chat: &chat,
        language,
        company: &company,
    }
    .json(&request);
    let view = View {
        settings: settings.to_string(),
        company,
    };
    let voice = Voice::utc(language, now);
    let page = app
        .templates
        .render("chat/frame", &voice, &view)
        .map_err(Refusal::internal)?;
    Ok(respond::framed_html(StatusCode::OK, page, &policy).with(
        HeaderName::from_static("cross-origin-resource-policy"),
        "cross-origin",
    ))
}

fn language(app: &App, request: &Request) -> Language {
    let query = request.query();
    let wish = query.given("language").and_then(Language::of);
    let browser = || Language::accepted(request.header("accept-language")?);
    wish.or_else(browser)
        .unwrap_or(app.inbox.config.inbox.language)
}

/// The sites that may embed us: the file's word before the settings'.
pub fn sites(app: &App, chat: &ChatSettings) -> Vec<String> {
    match &chat.origins {
        Some(origins) if !app.inbox.config.is_set("chat.origins") => origins.clone(),
        _ => app.inbox.config.chat.origins.clone(),
    }
}

/// Only our own files, and only within these sites and our own pages. `*` stands for every web site
/// (CSP Level 3 section 6.7.2.8), and a page opened from the disk for trying out.
fn policy(sites: &[String]) -> String {
    let everywhere = sites.iter().any(|site| site == "*");
    let sites = if everywhere {
        "* file:".to_owned()
    } else {
        sites.join(" ")
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
         connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self' {sites}"
    )
}

/// What the frame's script is told, besides the template's words.
struct Told<'a> {
    app: &'a App,
    chat: &'a ChatSettings,
    language: Language,
    company: &'a str,
}

impl Told<'_> {
    fn json(&self, request: &Request) -> Value {
        let office = self.chat.office(self.app.inbox.clock.now());
        let online = self.app.inbox.presence.any_agent();
        let words: serde_json::Map<_, _> = WORDS
            .iter()
            .map(|word| ((*word).to_owned(), self.word(word).into()))
            .collect();
        json!({
            "words": words,
            "company": self.company,
            "color": self.chat.color,
            "greeting": blocks(&self.greeting(online && office.is_open())),
            "usual": blocks(&self.word("greeting")),
            "form": self.form(),
            "ask_email": self.chat.ask_email.as_str(),
            "sound": self.chat.sound,
            "online": online,
            "office": {"open": office.is_open(), "back": self.back(&office), "coming": self.coming()},
            "known": key::visitor(&self.app.inbox, request).is_ok(),
            "preview": request.query().given("preview").is_some(),
        })
    }

    fn word(&self, key: &str) -> String {
        self.app
            .templates
            .text(self.language, &format!("chat.{key}"), &[])
    }

    fn greeting(&self, here: bool) -> String {
        let (own, usual) = if here {
            (&self.chat.greeting, "greeting")
        } else {
            (&self.chat.offline, "offline")
        };
        if own.trim().is_empty() {
            self.word(usual)
        } else {
            own.clone()
        }
    }

    /// The form block, if there is one; `first` where it stands before the chat.
    fn form(&self) -> Value {
        let first = self.chat.ask_email == AskEmail::First;
        let GreetingForm {
            name,
            email,
            question,
        } = self.chat.form;
        if !(name || email || question || first) {
            return Value::Null;
        }
        json!({"name": name, "email": email || first, "question": question, "first": first})
    }

    /// The office's next openings and closings, for a page that stays open: in how many milliseconds.
    fn coming(&self) -> Vec<Value> {
        let now = self.app.inbox.clock.now();
        let change = |at: &Millis| match self.chat.office(*at) {
            Office::Open { until: change } | Office::Closed { opens: change } => {
                change.map(|at| at.timestamp().as_millisecond())
            }
        };
        let changes = std::iter::successors(change(&now), change).take(CHANGES);
        changes
            .map(|at| {
                let office = self.chat.office(at);
                json!({"in": at - now, "open": office.is_open(), "back": self.back(&office)})
            })
            .collect()
    }

    /// "Monday 09:00", in the office's own time.
    fn back(&self, office: &Office) -> Option<String> {
        let Office::Closed { opens: Some(opens) } = office else {
            return None;
        };
        let names = self
            .app
            .templates
            .text(self.language, "calendar.weekdays", &[]);
        let day = usize::from(opens.weekday().to_monday_zero_offset().unsigned_abs());
        let name = names.split(' ').nth(day).unwrap_or_default();
        Some(format!("{name} {:02}:{:02}", opens.hour(), opens.minute()))
    }
}

/// A text's bubbles: an empty line begins the next.
fn blocks(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let paragraphs = text.split("\n\n").map(str::trim);
    paragraphs
        .filter(|p| !p.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Templates;

    #[test]
    fn only_the_named_sites_may_embed_the_frame() {
        let one = policy(&["https://shop.example.com".into()]);
        assert!(one.ends_with("frame-ancestors 'self' https://shop.example.com"));
        assert!(policy(&["*".into()]).ends_with("frame-ancestors 'self' * file:"));
        assert!(!one.contains("unsafe"));
    }

    #[test]
    fn an_empty_line_begins_the_next_bubble() {
        assert_eq!(
            blocks("Hello!\r\n\r\n\r\nHow can we help?\nAsk."),
            ["Hello!", "How can we help?\nAsk."]
        );
        assert!(blocks(" \n ").is_empty());
    }

    #[test]
    fn every_word_of_the_widget_is_in_the_catalogue() {
        let templates = Templates::load(None).unwrap();
        for word in WORDS {
            let key = format!("chat.{word}");
            assert_ne!(templates.text(Language::En, &key, &[]), key);
        }
    }
}
