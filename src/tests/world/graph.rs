//! Meta's Graph, as far as Casella speaks to it: it remembers what was sent, refuses on demand, keeps
//! its answers to itself, tells of people, and serves files that expire.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The file at [`Graph::file`].
pub const FILE: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

/// The number of our app.
pub const OURS: &str = "4711";

/// A message that reached the Graph.
#[derive(Debug, Clone)]
pub struct Sent {
    pub path: String,
    /// All that stood behind the `?`.
    pub query: String,
    /// JSON, or the fields of a form.
    pub body: Value,
    /// The mid it was given.
    pub mid: String,
}

/// Done with a message before its sender has an answer.
type Hook = Box<dyn FnMut(&Sent) + Send>;

/// What becomes of the messages of a page.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    /// An error answer of this code and subcode, in Meta's own words.
    Refused(i64, i64),
    /// A gateway's page instead of an answer.
    Status(u16),
    /// Taken, and the connection ends without a word.
    Silence,
    /// The connection ends without a word, and nothing was taken.
    Lost,
}

#[derive(Default)]
struct Memory {
    sent: Vec<Sent>,
    /// Every call to `/messages`, whatever became of it: its page.
    calls: Vec<String>,
    /// By page.
    fates: BTreeMap<String, Fate>,
    refusal: Option<(i64, i64)>,
    file_refusal: Option<(i64, i64)>,
    /// Names of people, by PSID.
    names: BTreeMap<String, String>,
    /// Names of files asked for, in order.
    fetched: Vec<String>,
    /// What waits for its answer: the last piece of the path.
    waiting: Vec<String>,
    /// Files that are answered with a status.
    gone: BTreeMap<String, u16>,
    /// How long a page is slowed down, in minutes.
    regain: Option<u32>,
    /// Every line and header that anybody sent.
    heads: Vec<String>,
    /// The fields of `subscribed_apps`.
    subscribed: String,
    /// What another app of the page is subscribed to.
    others: Vec<String>,
    /// Subscribing changes nothing.
    deaf: bool,
    /// Calls wait until it is false again.
    held: bool,
    /// Sender actions, with whom they are about.
    acts: Vec<String>,
    profiles: BTreeMap<String, Value>,
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

    /// The address of a file of that name.
    pub fn file_named(&self, name: &str) -> String {
        format!("{}/files/{name}", self.url())
    }

    /// The files asked for so far.
    pub fn fetched(&self) -> Vec<String> {
        self.memory.lock().unwrap().fetched.clone()
    }

    /// From now on a file is answered with this status; 200 serves it again.
    pub fn file_is(&self, name: &str, status: u16) {
        let mut memory = self.memory.lock().unwrap();
        memory.gone.insert(name.to_owned(), status);
    }

    /// Whoever asks for this (a file, a person) waits until [`let_go`](Self::let_go).
    pub fn keep_waiting(&self, name: &str) {
        let mut memory = self.memory.lock().unwrap();
        memory.waiting.push(name.to_owned());
    }

    /// Answers all that wait.
    pub fn let_go(&self) {
        self.memory.lock().unwrap().waiting.clear();
    }

    /// Meta tells this name of that person.
    pub fn is_called(&self, psid: &str, name: &str) {
        let mut memory = self.memory.lock().unwrap();
        memory.names.insert(psid.to_owned(), name.to_owned());
    }

    /// What becomes of the page's messages from now on.
    pub fn page_is(&self, page: &str, fate: Option<Fate>) {
        let mut memory = self.memory.lock().unwrap();
        match fate {
            Some(fate) => drop(memory.fates.insert(page.to_owned(), fate)),
            None => drop(memory.fates.remove(page)),
        }
    }

    /// How often the page tried to send something.
    pub fn calls(&self, page: &str) -> usize {
        let memory = self.memory.lock().unwrap();
        memory.calls.iter().filter(|call| *call == page).count()
    }

    /// Refusals name this many minutes until the page may go on.
    pub fn regain_after(&self, minutes: u32) {
        self.memory.lock().unwrap().regain = Some(minutes);
    }

    /// The first line and the headers of every call, as they came.
    pub fn heads(&self) -> Vec<String> {
        self.memory.lock().unwrap().heads.clone()
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

    /// Another app of the page is subscribed to these fields.
    pub fn another_app_has(&self, fields: &str) {
        let fields = fields.split(',').map(str::to_owned);
        self.memory.lock().unwrap().others = fields.collect();
    }

    /// Our app is subscribed to nothing any more.
    pub fn forget_subscription(&self) {
        self.memory.lock().unwrap().subscribed.clear();
    }

    /// From now on a subscription is answered well and does nothing.
    pub fn subscribe_to_nothing(&self) {
        self.memory.lock().unwrap().deaf = true;
    }

    /// From now on calls wait, until told otherwise.
    pub fn hold(&self, held: bool) {
        self.memory.lock().unwrap().held = held;
    }

    /// What was shown to people beside messages: `mark_seen 2002` …
    pub fn acts(&self) -> Vec<String> {
        self.memory.lock().unwrap().acts.clone()
    }

    /// What is told of a person from now on.
    pub fn knows(&self, psid: &str, profile: Value) {
        let mut memory = self.memory.lock().unwrap();
        memory.profiles.insert(psid.to_owned(), profile);
    }

    /// Does this with every message before it is answered.
    pub fn before_answer(&self, hook: impl FnMut(&Sent) + Send + 'static) {
        self.memory.lock().unwrap().before_answer = Some(Box::new(hook));
    }
}

fn serve(mut stream: TcpStream, memory: &Mutex<Memory>) {
    let Some((method, target, body)) = request(&stream, memory) else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    while memory.lock().unwrap().held {
        std::thread::sleep(Duration::from_millis(5));
    }
    let json = |(status, answer): (u16, Value)| (status, "application/json", answer.to_string());
    let (status, kind, answer) = match (method.as_str(), path) {
        ("GET", path) if path.starts_with("/files/") => {
            let name = path.trim_start_matches("/files/");
            let status = file(memory, name);
            wait(memory, name);
            (status, "image/png", FILE.to_vec())
        }
        ("POST", path) if path.ends_with("/messages") => {
            let Some(taken) = take(memory, path, query, &body) else {
                return;
            };
            let (status, kind, answer) = json(taken);
            (status, kind, answer.into_bytes())
        }
        (method, path) if path.ends_with("/subscribed_apps") => {
            let (status, kind, answer) = json(subscription(memory, method, &body));
            (status, kind, answer.into_bytes())
        }
        (_, path) => {
            let psid = path.rsplit('/').next().unwrap_or_default();
            wait(memory, psid);
            let (status, kind, answer) = json((200, person(memory, psid)));
            (status, kind, answer.into_bytes())
        }
    };
    let length = answer.len();
    let usage = match memory.lock().unwrap().regain {
        Some(minutes) => format!(
            "X-Business-Use-Case-Usage: {{\"1\":[{{\"type\":\"messenger\",\
             \"estimated_time_to_regain_access\":{minutes}}}]}}\r\n"
        ),
        None => String::new(),
    };
    let head = format!(
        "HTTP/1.1 {status} So\r\nContent-Type: {kind}\r\n{usage}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // Whoever asked may have gone.
    let _gone = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&answer));
}

fn wait(memory: &Mutex<Memory>, name: &str) {
    let waits = || {
        memory
            .lock()
            .unwrap()
            .waiting
            .iter()
            .any(|waiting| waiting == name)
    };
    while waits() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

fn file(memory: &Mutex<Memory>, name: &str) -> u16 {
    let mut memory = memory.lock().unwrap();
    memory.fetched.push(name.to_owned());
    memory.gone.get(name).copied().unwrap_or(200)
}

/// `{}` is what Meta tells without the permission.
fn person(memory: &Mutex<Memory>, psid: &str) -> Value {
    let memory = memory.lock().unwrap();
    if let Some(profile) = memory.profiles.get(psid) {
        return profile.clone();
    }
    match memory.names.get(psid) {
        Some(name) => json!({"name": name, "id": psid}),
        None => json!({}),
    }
}

/// Method, target and body.
fn request(stream: &TcpStream, memory: &Mutex<Memory>) -> Option<(String, String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut head = line.clone();
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        head.push_str(&line);
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    memory.lock().unwrap().heads.push(head);
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
        let fields = body["subscribed_fields"].as_str().unwrap_or_default();
        if !locked.deaf {
            fields.clone_into(&mut locked.subscribed);
        }
        return (200, json!({"success": true}));
    }
    let fields: Vec<&str> = locked
        .subscribed
        .split(',')
        .filter(|f| !f.is_empty())
        .collect();
    (
        200,
        json!({"data": [
            {"id": "999", "subscribed_fields": locked.others},
            {"id": OURS, "subscribed_fields": fields},
        ]}),
    )
}

/// The answer; `None`: the connection ends without one.
fn take(memory: &Mutex<Memory>, path: &str, query: &str, body: &[u8]) -> Option<(u16, Value)> {
    let mut locked = memory.lock().unwrap();
    let body = serde_json::from_slice(body).unwrap_or_else(|_| form(body));
    if let Some(act) = body["sender_action"].as_str() {
        let whom = body["recipient"]["id"].as_str().unwrap_or_default();
        locked.acts.push(format!("{act} {whom}"));
        return Some((200, json!({"recipient_id": whom})));
    }
    let is_file = body["message"]["attachment"].is_object();
    let page = path.rsplit('/').nth(1).unwrap_or_default().to_owned();
    locked.calls.push(page.clone());
    let refusal = locked.file_refusal.filter(|_| is_file).or(locked.refusal);
    let fate = match refusal {
        Some((code, subcode)) => Some(Fate::Refused(code, subcode)),
        None => locked.fates.get(&page).copied(),
    };
    match fate {
        Some(Fate::Refused(code, subcode)) => {
            let error = json!({"code": code, "error_subcode": subcode, "message": "(#10) refused"});
            return Some((400, json!({"error": error})));
        }
        Some(Fate::Status(status)) => return Some((status, Value::Null)),
        Some(Fate::Lost) => return None,
        Some(Fate::Silence) | None => {}
    }
    let sent = Sent {
        path: path.to_owned(),
        query: query.to_owned(),
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
    let answer = json!({"recipient_id": recipient, "message_id": sent.mid});
    (!matches!(fate, Some(Fate::Silence))).then_some((200, answer))
}

/// The fields of a multipart form: JSON, or text.
fn form(body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let boundary = text.lines().next().unwrap_or_default();
    let mut fields = json!({});
    for part in text.split(boundary) {
        let Some((head, value)) = part.split_once("\r\n\r\n") else {
            continue;
        };
        let name = head.split('"').nth(1).unwrap_or_default();
        let value = value.trim_end();
        fields[name] = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
    }
    fields
}
