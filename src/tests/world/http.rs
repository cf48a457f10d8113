//! A browser without a screen, and a program with a token.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, v)| v.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

/// Sends one request and reads the answer to its end.
pub fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    try_ask(address, method, path, headers, body).unwrap()
}

/// The same at a server that may die meanwhile. An answer cut off in its body is one.
///
/// # Errors
/// The connection broke before the whole head of an answer was there.
pub fn try_ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(super::PATIENCE))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut bytes = Vec::new();
    // A server that says no before it has read everything resets; what it said counts.
    let read = stream.read_to_end(&mut bytes);
    parse(&bytes).ok_or_else(|| read.err().unwrap_or(io::ErrorKind::UnexpectedEof.into()))
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<_> = lines
        .filter_map(|l| l.split_once(": "))
        .map(|(n, v)| (n.to_lowercase(), v.to_owned()))
        .collect();
    let body = &bytes[end + 4..];
    let chunked = headers
        .iter()
        .any(|(n, v)| n == "transfer-encoding" && v == "chunked");
    Some(Answer {
        status,
        body: if chunked {
            dechunked(body).unwrap_or_default()
        } else {
            body.to_vec()
        },
        headers,
    })
}

/// `None` when it was cut off.
fn dechunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            break;
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 4 + size..)?;
    }
    Some(body)
}

/// A person's browser: it keeps cookies and says where it comes from.
pub struct Browser {
    pub address: SocketAddr,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            cookies: BTreeMap::new(),
        }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    /// The stream of `path` under this browser's cookies.
    pub fn follow(&self, path: &str) -> Events {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        follow(self.address, path, &[("Cookie", &pairs.join("; "))])
    }

    /// Sends a form of ours.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let origin = format!("http://{}", self.address);
        self.send("POST", path, &[kind, ("Origin", &origin)], body.as_bytes())
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        let cookie = pairs.join("; ");
        let mut all = headers.to_vec();
        if !cookie.is_empty() {
            all.push(("Cookie", &cookie));
        }
        let answer = ask(self.address, method, path, &all, body);
        for (_, line) in answer.headers.iter().filter(|(n, _)| n == "set-cookie") {
            let pair = line.split(';').next().and_then(|p| p.split_once('='));
            let (name, value) = pair.expect("a cookie");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

/// A program that uses `/api/v1`.
pub struct Api {
    address: SocketAddr,
    bearer: String,
}

impl Api {
    pub fn new(address: SocketAddr, token: &str) -> Self {
        Self {
            address,
            bearer: format!("Bearer {token}"),
        }
    }

    pub fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|b| b.to_string()).unwrap_or_default();
        let headers = [
            ("Authorization", self.bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        ask(
            self.address,
            method,
            &format!("/api/v1{path}"),
            &headers,
            body.as_bytes(),
        )
    }

    /// GETs what must be there.
    pub fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, None);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Posts what must succeed.
    pub fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.ask("POST", path, Some(body));
        assert!(
            answer.status < 300,
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
        answer.json()
    }

    /// Patches what must succeed.
    pub fn patch(&self, path: &str, body: Value) -> Value {
        let answer = self.ask("PATCH", path, Some(body));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Opens the event stream; gives its events one by one.
    pub fn events(&self, since: u64) -> Events {
        let path = format!("/api/v1/events?since={since}");
        follow(
            self.address,
            &path,
            &[("Authorization", self.bearer.as_str())],
        )
    }
}

/// Opens an event stream.
pub fn follow(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Events {
    try_follow(address, path, headers).unwrap()
}

/// The same at a server that may be dead.
///
/// # Errors
/// There is no connection.
pub fn try_follow(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> io::Result<Events> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(super::PATIENCE))?;
    let mut head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    Ok(Events {
        lines: BufReader::new(stream),
    })
}

/// A stream of server-sent events.
pub struct Events {
    lines: BufReader<TcpStream>,
}

/// One event: id, name, data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    pub id: u64,
    pub name: String,
    pub data: String,
}

impl Iterator for Events {
    type Item = Event;

    /// The next event; `None` once the server has ended the stream.
    fn next(&mut self) -> Option<Event> {
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("id", id)) => event.id = id.parse().ok()?,
                Some(("event", name)) => event.name = name.to_owned(),
                Some(("data", data)) => event.data.push_str(data),
                _ if line.trim_end().is_empty() && !event.data.is_empty() => return Some(event),
                _ => {}
            }
        }
    }
}
