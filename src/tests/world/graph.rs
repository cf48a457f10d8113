//! Meta's Graph, as far as Casella speaks to it: it remembers what was sent, refuses on demand, and
//! serves one file.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The file at [`Graph::file`].
pub const FILE: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

/// A message that reached the Graph.
#[derive(Debug, Clone)]
pub struct Sent {
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub body: Value,
    /// The mid it was given.
    pub mid: String,
}

/// Done with a message before its sender has an answer.
type Hook = Box<dyn FnMut(&Sent) + Send>;

#[derive(Default)]
struct Memory {
    sent: Vec<Sent>,
    refusal: Option<(i64, i64)>,
    file_refusal: Option<(i64, i64)>,
    /// The fields of `subscribed_apps`.
    subscribed: String,
    before_answer: Option<Hook>,
}

/// A Graph on a free port of this machine.
pub struct Graph {
    address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
}

impl Graph {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let memory = Arc::<Mutex<Memory>>::default();
        let shared = memory.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let memory = shared.clone();
                std::thread::spawn(move || serve(stream, &memory));
            }
        });
        Self { address, memory }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of [`FILE`].
    pub fn file(&self) -> String {
        format!("{}/files/photo.png?oe=68C4F3A1", self.url())
    }

    /// What was sent so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.memory.lock().unwrap().sent.clone()
    }

    /// From now on every message is refused with this code and subcode.
    pub fn refuse(&self, code: i64, subcode: i64) {
        self.memory.lock().unwrap().refusal = Some((code, subcode));
    }

    /// From now on every file is refused so; text is taken.
    pub fn refuse_files(&self, code: i64, subcode: i64) {
        self.memory.lock().unwrap().file_refusal = Some((code, subcode));
    }

    /// Takes every call again.
    pub fn forgive(&self) {
        let mut memory = self.memory.lock().unwrap();
        (memory.refusal, memory.file_refusal) = (None, None);
    }

    /// What the page is subscribed to.
    pub fn subscribed(&self) -> String {
        self.memory.lock().unwrap().subscribed.clone()
    }

    /// Does this with every message before it is answered.
    pub fn before_answer(&self, hook: impl FnMut(&Sent) + Send + 'static) {
        self.memory.lock().unwrap().before_answer = Some(Box::new(hook));
    }
}

fn serve(mut stream: TcpStream, memory: &Mutex<Memory>) {
    let Some((method, target, body)) = request(&stream) else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (status, kind, answer) = match (method.as_str(), path) {
        ("GET", "/files/photo.png") => (200, "image/png", FILE.to_vec()),
        ("POST", path) if path.ends_with("/messages") => {
            let (status, answer) = take(memory, path, query, &body);
            (status, "application/json", answer.to_string().into_bytes())
        }
        (method, path) if path.ends_with("/subscribed_apps") => {
            let (status, answer) = subscription(memory, method, &body);
            (status, "application/json", answer.to_string().into_bytes())
        }
        // What Meta tells of people without the permission.
        _ => (200, "application/json", b"{}".to_vec()),
    };
    let length = answer.len();
    let head = format!(
        "HTTP/1.1 {status} So\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // Whoever asked may have gone.
    let _gone = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&answer));
}

/// Method, target and body.
fn request(stream: &TcpStream) -> Option<(String, String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((method, target, body))
}

fn subscription(memory: &Mutex<Memory>, method: &str, body: &[u8]) -> (u16, Value) {
    let mut locked = memory.lock().unwrap();
    if let Some((code, subcode)) = locked.refusal {
        let error = json!({"code": code, "error_subcode": subcode, "message": "refused"});
        return (400, json!({"error": error}));
    }
    if method == "POST" {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        locked.subscribed = body["subscribed_fields"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        return (200, json!({"success": true}));
    }
    let fields: Vec<&str> = locked
        .subscribed
        .split(',')
        .filter(|f| !f.is_empty())
        .collect();
    (
        200,
        json!({"data": [{"id": "1", "subscribed_fields": fields}]}),
    )
}

fn take(memory: &Mutex<Memory>, path: &str, query: &str, body: &[u8]) -> (u16, Value) {
    let mut locked = memory.lock().unwrap();
    let body = serde_json::from_slice(body).unwrap_or_else(|_| form(body));
    let is_file = body["message"]["attachment"].is_object();
    let refusal = locked.file_refusal.filter(|_| is_file).or(locked.refusal);
    if let Some((code, subcode)) = refusal {
        let error = json!({"code": code, "error_subcode": subcode, "message": "(#10) refused"});
        return (400, json!({"error": error}));
    }
    let sent = Sent {
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        body,
        mid: format!("m_sent_{}", locked.sent.len()),
    };
    locked.sent.push(sent.clone());
    let hook = locked.before_answer.take();
    drop(locked);
    if let Some(mut hook) = hook {
        hook(&sent);
        memory.lock().unwrap().before_answer = Some(hook);
    }
    let recipient = sent.body["recipient"]["id"].clone();
    (
        200,
        json!({"recipient_id": recipient, "message_id": sent.mid}),
    )
}

/// The fields of a multipart form that are JSON.
fn form(body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let boundary = text.lines().next().unwrap_or_default();
    let mut fields = json!({});
    for part in text.split(boundary) {
        let Some((head, value)) = part.split_once("\r\n\r\n") else {
            continue;
        };
        let name = head.split('"').nth(1).unwrap_or_default();
        if let Ok(value) = serde_json::from_str::<Value>(value) {
            fields[name] = value;
        }
    }
    fields
}
