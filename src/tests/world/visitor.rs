//! A visitor's own calls, as the widget makes them.

use super::World;
use super::http::{Answer, Events, ask, follow};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A visitor's program: it has the key and nothing else.
pub struct Visitor {
    pub address: SocketAddr,
    pub bearer: String,
}

impl Visitor {
    pub fn come(world: &World) -> Self {
        let address = world.http_address();
        let answer = ask(address, "POST", "/chat/v1/visitors", &[], b"");
        assert_eq!(answer.status, 201, "{}", answer.text());
        let key = answer.json()["key"].as_str().unwrap().to_owned();
        Self {
            address,
            bearer: format!("Bearer {key}"),
        }
    }

    /// The same visitor, at a server that was started again.
    pub fn back(&self, world: &World) -> Self {
        Self {
            address: world.http_address(),
            bearer: self.bearer.clone(),
        }
    }

    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [
            ("Authorization", self.bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        let path = format!("/chat/v1/{path}");
        let body = match method {
            "GET" => String::new(),
            _ => body.to_string(),
        };
        ask(self.address, method, &path, &headers, body.as_bytes())
    }

    pub fn say(&self, text: &str, client_id: &str) -> Answer {
        self.ask(
            "POST",
            "messages",
            &json!({"text": text, "client_id": client_id}),
        )
    }

    pub fn history(&self) -> Value {
        self.ask("GET", "history", &Value::Null).json()
    }

    pub fn texts(&self) -> Vec<String> {
        let history = self.history();
        let lines = history["messages"].as_array().unwrap();
        lines
            .iter()
            .map(|line| line["text"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The stream from after line `last` on.
    pub fn events(&self, last: u64) -> Events {
        let last = last.to_string();
        let headers = [
            ("Authorization", self.bearer.as_str()),
            ("Last-Event-ID", last.as_str()),
        ];
        follow(self.address, "/chat/v1/events", &headers)
    }

    /// Sends a line with one file.
    pub fn send_file(&self, name: &str, content: &[u8]) -> Answer {
        let mut body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"client_id\"\r\n\r\n{name}\r\n--b\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let headers = [
            ("Authorization", self.bearer.as_str()),
            ("Content-Type", "multipart/form-data; boundary=b"),
        ];
        ask(self.address, "POST", "/chat/v1/messages", &headers, &body)
    }
}

/// The next `count` lines of a stream: place and text.
pub fn lines(events: &mut Events, count: usize) -> Vec<(u64, String)> {
    let mut lines = Vec::new();
    while lines.len() < count {
        let event = events.next().expect("the stream goes on");
        if event.name == "message" {
            let line: Value = serde_json::from_str(&event.data).unwrap();
            lines.push((event.id, line["text"].as_str().unwrap().to_owned()));
        }
    }
    lines
}
