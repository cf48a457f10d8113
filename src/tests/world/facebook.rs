//! Meta's side of the webhook: events of people and pages, signed as Meta signs them.

use super::World;
use super::graph::Graph;
use super::http::{Answer, Api, ask};
use data_encoding::HEXLOWER;
use ring::hmac;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

pub const SECRET: &str = "app-secret";
/// Its id follows the underscore.
pub const TOKEN: &str = "EAAB-page-token";
pub const WEBHOOK: &str = "/webhooks/messenger";

/// The configuration for these pages, each with a token of its own.
pub fn config(graph: &Graph, pages: &[&str]) -> String {
    let page = |id: &&str| format!("{{ id = \"{id}\", token = \"{TOKEN}_{id}\" }}");
    let pages: Vec<_> = pages.iter().map(page).collect();
    format!(
        "[messenger]\npages = [{}]\napp_secret = \"{SECRET}\"\nverify_token = \"verify me\"\n\
         graph_url = \"{}\"\n\n[fetch]\nallow = [\"127.0.0.0/8\"]\n",
        pages.join(", "),
        graph.url()
    )
}

pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// The header's value for a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!(
        "sha256={}",
        HEXLOWER.encode(hmac::sign(&key, body).as_ref())
    )
}

/// Posts these bytes, rightly signed.
pub fn post(to: SocketAddr, body: &[u8]) -> Answer {
    let signature = signature(SECRET, body);
    ask(
        to,
        "POST",
        WEBHOOK,
        &[("X-Hub-Signature-256", &signature)],
        body,
    )
}

/// One person and one page.
#[derive(Debug, Clone, Copy)]
pub struct Thread<'a> {
    pub page: &'a str,
    pub psid: &'a str,
}

impl Thread<'_> {
    /// Posts these events, which must be taken.
    pub fn happens(self, to: SocketAddr, events: &[Value]) {
        let body = json!({"object": "page", "entry": [{"id": self.page, "time": now(), "messaging": events}]});
        let answer = post(to, body.to_string().as_bytes());
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (200, "EVENT_RECEIVED")
        );
    }

    /// An event of the person.
    pub fn event(self, at: u64, what: &str, facts: Value) -> Value {
        let mut event =
            json!({"sender": {"id": self.psid}, "recipient": {"id": self.page}, "timestamp": at});
        event[what] = facts;
        event
    }

    /// The person says something, now.
    pub fn says(self, to: SocketAddr, text: &str) {
        let message = json!({"mid": format!("m_{}_{text}", self.psid), "text": text});
        self.happens(to, &[self.event(now(), "message", message)]);
    }

    /// Their newest conversation, by the first words of its newest line.
    pub fn conversation(self, api: &Api, snippet: &str) -> Value {
        let found = api.get("/conversations?status=all&limit=200");
        let all = found["conversations"].as_array().unwrap();
        let is = |conversation: &&Value| conversation["snippet"] == snippet;
        all.iter()
            .find(is)
            .unwrap_or_else(|| panic!("no `{snippet}`"))["id"]
            .clone()
    }
}

/// Answers a conversation by Messenger.
pub fn answer(api: &Api, conversation: &Value, text: &str) -> Answer {
    let path = format!("/conversations/{conversation}/messages");
    api.ask(
        "POST",
        &path,
        Some(json!({"channel": "messenger", "text": text})),
    )
}

/// Waits until the message is in this state; gives its delivery.
pub fn delivered(world: &World, api: &Api, message: &Value, state: &str) -> Value {
    let path = format!("/messages/{message}");
    world.wait(state, || {
        let delivery = api.get(&path)["delivery"].clone();
        let told = state != "queued" || delivery["detail"] != "";
        (delivery["state"] == state && told).then_some(delivery)
    })
}
