//! The settings, a page each.

use super::{Choice, Fact, Notice, Shell, Words};
use crate::inbox::access::may;
use crate::inbox::chat_settings::GreetingForm;
use crate::render::Millis;
use casella_index::model::Role;
use serde::Serialize;

/// What every settings page has: the shell, the menu, and what went wrong.
#[derive(Debug, Default, Serialize)]
pub struct Frame {
    pub shell: Shell,
    pub menu: Vec<Menu>,
    pub notice: Option<Notice>,
}

#[derive(Debug, Serialize)]
pub struct Menu {
    pub title: String,
    pub items: Vec<MenuItem>,
}

#[derive(Debug, Serialize)]
pub struct MenuItem {
    pub name: &'static str,
    pub label: String,
    pub current: bool,
}

/// The pages by group, with the least role that opens the group.
const GROUPS: [(&str, Role, &[&str]); 4] = [
    ("you", Role::Viewer, &["profile", "security"]),
    ("company", Role::Admin, &["inbox", "agents", "tokens"]),
    (
        "channels",
        Role::Admin,
        &["widget", "hours", "messenger", "mail"],
    ),
    ("watch", Role::Admin, &["trace", "audit"]),
];

/// The menu as `role` sees it, with `current` marked.
pub fn menu(words: Words<'_>, role: Role, current: &str) -> Vec<Menu> {
    let open = GROUPS.iter().filter(|(_, needed, _)| may(role, *needed));
    open.map(|(title, _, names)| Menu {
        title: words.t(&format!("settings.{title}")),
        items: names
            .iter()
            .map(|&name| MenuItem {
                name,
                label: words.t(&format!("settings.{name}")),
                current: name == current,
            })
            .collect(),
    })
    .collect()
}

#[derive(Debug, Serialize)]
pub struct Profile {
    #[serde(flatten)]
    pub frame: Frame,
    pub name: String,
    pub email: String,
    pub languages: Vec<Choice>,
    pub themes: Vec<Choice>,
    pub time_zone: String,
    pub signature: String,
    pub sound: bool,
    pub notify: bool,
}

#[derive(Debug, Serialize)]
pub struct Security {
    #[serde(flatten)]
    pub frame: Frame,
    pub totp_on: bool,
    /// The key to type into the app, while it is being set up.
    pub secret: Option<String>,
    /// The same, sealed, to come back with the code.
    pub sealed: String,
    pub otpauth: String,
    pub sessions: Vec<SessionView>,
}

#[derive(Debug, Serialize)]
pub struct SessionView {
    pub id: String,
    pub browser: String,
    pub ip: String,
    pub last_seen: Millis,
    pub current: bool,
}

#[derive(Debug, Serialize)]
pub struct Agents {
    #[serde(flatten)]
    pub frame: Frame,
    pub agents: Vec<AgentView>,
    /// For a new one.
    pub roles: Vec<Choice>,
}

#[derive(Debug, Serialize)]
pub struct AgentView {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub disabled: bool,
    /// The reader, who cannot lock themselves out.
    #[serde(rename = "self")]
    pub is_self: bool,
    pub roles: Vec<Choice>,
}

/// The roles to choose from.
pub fn roles(words: Words<'_>, chosen: Role) -> Vec<Choice> {
    [Role::Viewer, Role::Agent, Role::Admin]
        .into_iter()
        .map(|role| {
            let name = role.as_str();
            Choice::new(name, words.t(&format!("agents.{name}")), role == chosen)
        })
        .collect()
}

#[derive(Debug, Serialize)]
pub struct Tokens {
    #[serde(flatten)]
    pub frame: Frame,
    /// Just made: shown this once.
    pub token: Option<String>,
    pub tokens: Vec<TokenView>,
}

#[derive(Debug, Serialize)]
pub struct TokenView {
    pub id: u64,
    pub name: String,
    pub at: Millis,
    pub revoked: bool,
}

/// Facts of the configuration file.
#[derive(Debug, Serialize)]
pub struct InboxFacts {
    #[serde(flatten)]
    pub frame: Frame,
    pub facts: Vec<Fact>,
}

#[derive(Debug, Serialize)]
pub struct Widget {
    #[serde(flatten)]
    pub frame: Frame,
    pub snippet: String,
    pub preview: String,
    pub color: String,
    pub greeting: String,
    pub offline: String,
    pub asks: Vec<Choice>,
    pub mail_after: u32,
    pub origins: String,
    pub origins_fixed: bool,
    /// What the greeting's form asks.
    pub form: GreetingForm,
    pub sound: bool,
    /// What sites sign their users with, once one was made.
    pub secret: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Hours {
    #[serde(flatten)]
    pub frame: Frame,
    pub on: bool,
    pub time_zone: String,
    pub days: Vec<DayView>,
}

/// Opening hours of a weekday, with an empty span to add one; only that when closed.
#[derive(Debug, Serialize)]
pub struct DayView {
    pub index: usize,
    pub label: String,
    pub spans: Vec<SpanView>,
}

#[derive(Debug, Default, Serialize)]
pub struct SpanView {
    pub from: String,
    pub to: String,
}

#[derive(Debug, Serialize)]
pub struct MailOut {
    #[serde(flatten)]
    pub frame: Frame,
    pub facts: Vec<Fact>,
    pub keys: Vec<DkimKey>,
    pub domain: String,
    pub jobs: Vec<JobView>,
}

#[derive(Debug, Serialize)]
pub struct DkimKey {
    pub domain: String,
    pub selector: String,
    pub record: String,
}

#[derive(Debug, Serialize)]
pub struct JobView {
    pub id: u64,
    pub url: String,
    pub recipient: String,
    pub detail: String,
    pub next: String,
}

#[derive(Debug, Serialize)]
pub struct TracePage {
    #[serde(flatten)]
    pub frame: Frame,
    pub q: String,
    /// What holds for the address asked for.
    pub notices: Vec<String>,
    pub kinds: Vec<Choice>,
    pub traces: Vec<TraceView>,
    /// Where it goes on further back.
    pub older: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct TraceView {
    pub tone: &'static str,
    pub reply: String,
    pub decision: String,
    /// What kind of mail it was, in words.
    pub marks: Vec<String>,
    pub at: Millis,
    pub facts: Vec<Fact>,
}

#[derive(Debug, Serialize)]
pub struct AuditPage {
    #[serde(flatten)]
    pub frame: Frame,
    pub audits: Vec<AuditView>,
    pub next: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct AuditView {
    pub at: Millis,
    pub actor: String,
    pub what: String,
    pub target: String,
    pub ip: String,
}
