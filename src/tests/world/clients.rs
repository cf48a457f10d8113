//! Clients that bear a server's death: they say the same words again until these are acknowledged,
//! and know which were.

use super::World;
use super::http::{Answer, try_ask};
use super::smtp::Smtp;
use ring::hmac;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The Meta app's secret in these worlds.
pub const APP_SECRET: &str = "app-secret";
/// The Facebook page we are.
const PAGE: &str = "1001";

/// Says these words; whether they were acknowledged.
pub type Say<'a> = Box<dyn Fn(&Place, &str) -> bool + Send + 'a>;

/// A client's way of saying words, whichever it is.
pub fn say<'a>(say: impl Fn(&Place, &str) -> bool + Send + 'a) -> Say<'a> {
    Box::new(say)
}

/// Where the server is now. Clones know the same.
#[derive(Debug, Clone)]
pub struct Place {
    now: Arc<Mutex<(SocketAddr, SocketAddr)>>,
    stop: Arc<AtomicBool>,
}

impl Place {
    pub fn of(world: &World) -> Self {
        let place = Self {
            now: Arc::new(Mutex::new((world.smtp_address(), world.http_address()))),
            stop: Arc::default(),
        };
        place.moved(world);
        place
    }

    /// The server was started again, on other ports.
    pub fn moved(&self, world: &World) {
        *self.now.lock().unwrap() = (world.smtp_address(), world.http_address());
    }

    pub fn smtp(&self) -> SocketAddr {
        self.now.lock().unwrap().0
    }

    pub fn http(&self) -> SocketAddr {
        self.now.lock().unwrap().1
    }

    /// Tells the clients to stop.
    pub fn close(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    pub fn is_closed(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Says one thing after another, each until `say` tells that it was acknowledged; gives those
    /// that were. Rests a little between them.
    pub fn keep_saying(
        &self,
        who: &str,
        rest: Duration,
        mut say: impl FnMut(&Self, &str) -> bool,
    ) -> Vec<String> {
        let mut kept = Vec::new();
        for n in 0.. {
            let words = format!("{who} says {n:06}");
            while !say(self, &words) {
                if self.is_closed() {
                    return kept;
                }
                thread::sleep(Duration::from_millis(5));
            }
            kept.push(words);
            if self.is_closed() {
                break;
            }
            thread::sleep(rest);
        }
        kept
    }
}

/// A mail of these words, acknowledged by 250. Said again, it bears the same Message-ID.
pub fn mail(place: &Place, words: &str) -> bool {
    let who = words.split(' ').next().unwrap_or_default();
    let id = words.replace(' ', ".");
    let mail = format!(
        "From: {who}@example.com\nTo: inbox@localhost\nSubject: From {who}\n\
         Message-ID: <{id}@example.com>\n\n{words}\n"
    );
    let sent = Smtp::try_open(place.smtp()).and_then(|mut session| {
        session.try_send(&format!("{who}@example.com"), &["inbox@localhost"], &mail)
    });
    sent.is_ok_and(|reply| reply.starts_with("250"))
}

/// A chat visitor's line.
pub fn chat(place: &Place, key: &str, words: &str) -> bool {
    let body = json!({"text": words, "client_id": words});
    let answer = bearer(place, key, "/chat/v1/messages", &body);
    answer.is_some_and(|answer| matches!(answer.status, 200 | 201))
}

/// A new visitor's key.
pub fn visitor(place: &Place) -> String {
    let answer = try_ask(place.http(), "POST", "/chat/v1/visitors", &[], b"").unwrap();
    answer.json()["key"].as_str().unwrap().to_owned()
}

/// An answer given by a program.
pub fn answer(place: &Place, token: &str, conversation: u64, words: &str) -> bool {
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let body = json!({"channel": "email", "text": words, "idempotency_key": words});
    bearer(place, token, &path, &body).is_some_and(|answer| answer.status == 201)
}

/// A Messenger event, signed by Meta.
pub fn webhook(place: &Place, words: &str) -> bool {
    let event = json!({"sender": {"id": "77"}, "recipient": {"id": PAGE},
        "timestamp": 1_780_000_000_000_u64, "message": {"mid": words, "text": words}});
    let body = json!({"object": "page", "entry": [{"id": PAGE, "time": 1, "messaging": [event]}]});
    let body = body.to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    let signature = format!("sha256={}", data_encoding::HEXLOWER.encode(tag.as_ref()));
    let headers = [("X-Hub-Signature-256", signature.as_str())];
    let answer = try_ask(
        place.http(),
        "POST",
        "/webhooks/messenger",
        &headers,
        body.as_bytes(),
    );
    answer.is_ok_and(|answer| answer.status == 200)
}

/// The configuration in which all of them are heard without limits.
pub fn unlimited() -> String {
    format!(
        "[messenger]\napp_secret = \"{APP_SECRET}\"\npages = [{{ id = \"{PAGE}\", token = \"t\" }}]\n\
         graph_url = \"http://127.0.0.1:9\"\n\
         [limits]\nsmtp_per_address = 0\nsmtp_connections = 0\nvisitors_per_minute = 0\nchat_per_minute = 0\n"
    )
}

fn bearer(place: &Place, key: &str, path: &str, body: &Value) -> Option<Answer> {
    let bearer = format!("Bearer {key}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let body = body.to_string();
    try_ask(place.http(), "POST", path, &headers, body.as_bytes()).ok()
}

/// Every text in the inbox, and how often it stands there.
pub fn texts(world: &World) -> BTreeMap<String, usize> {
    let api = world.api();
    let mut texts = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!(
            "/conversations?status=all&limit=200&cursor={cursor}"
        ));
        for conversation in page["conversations"].as_array().unwrap() {
            let path = format!("/conversations/{}", conversation["id"]);
            let mut after = 0;
            loop {
                let part = api.get(&format!("{path}?after={after}"));
                let messages = part["messages"].as_array().unwrap();
                let Some(last) = messages.last() else { break };
                after = last["seq"].as_u64().unwrap();
                for message in messages {
                    let text = message["text"].as_str().unwrap().trim();
                    *texts.entry(text.to_owned()).or_insert(0) += 1;
                }
            }
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return texts,
        }
    }
}

/// What was acknowledged is there, and nothing is there twice.
pub fn prove(world: &World, acknowledged: &[String]) {
    let texts = texts(world);
    for words in acknowledged {
        assert!(texts.contains_key(words), "acknowledged and lost: {words}");
    }
    let twice: Vec<_> = texts
        .iter()
        .filter(|(text, n)| **n > 1 && text.contains(" says "))
        .collect();
    assert!(twice.is_empty(), "shown twice: {twice:?}");
}
