//! The chat: ten thousand connected visitors on one process, and how fast their words are kept.

use super::casella::Running;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// Visitors connected at once.
const VISITORS: usize = 10_000;
/// Connections that visitors (and then agents) write by.
const WRITERS: usize = 64;
/// Answers to single visitors, one after the other.
const ANSWERS: usize = 500;
/// How long anything may take before the bench goes on without it.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn chat(folder: &Path) {
    println!("## Chat: {VISITORS} connected visitors on one process\n");
    let data = folder.join("chat");
    let runtime = Runtime::new().expect("a runtime");
    let casella = Running::start(&data);
    let address: Arc<str> = casella.http.as_str().into();
    println!("idle {:.1} MB\n", casella.memory_mb());
    let keys = runtime.block_on(arrive(&address));
    println!(
        "{VISITORS} visitors wrote two lines each; {:.1} MB\n",
        casella.memory_mb()
    );
    drop(casella);
    // Started again, so that what is measured is connected visitors and not what writing left.
    let casella = Running::start(&data);
    let address: Arc<str> = casella.http.as_str().into();
    println!("idle {:.1} MB", casella.memory_mb());
    runtime.block_on(connected(&casella, &address, keys));
    drop(runtime);
    weight(&casella.http);
}

/// Every visitor comes and writes twice. Gives their keys; visitor N has conversation N + 1.
async fn arrive(address: &Arc<str>) -> Arc<Vec<String>> {
    let keys = each(VISITORS, address, |n, _| {
        (n, "/chat/v1/visitors".into(), String::new(), String::new())
    })
    .await;
    let keys: Vec<String> = keys
        .into_iter()
        .map(|answer| text_of(&answer.1, "key"))
        .collect();
    let keys = Arc::new(keys);
    let begun = Instant::now();
    for line in 0..2 {
        let keys = keys.clone();
        each(VISITORS, address, move |n, _| {
            let body = format!(r#"{{"text":"Is order {n} on its way?","client_id":"{line}"}}"#);
            (n, "/chat/v1/messages".into(), keys[n].clone(), body)
        })
        .await;
    }
    let rate = 2.0 * VISITORS as f64 / begun.elapsed().as_secs_f64();
    println!("chat messages accepted durably: {rate:.0}/s over {WRITERS} connections\n");
    keys
}

async fn connected(casella: &Running, address: &Arc<str>, keys: Arc<Vec<String>>) {
    let (heard, mut ears) = mpsc::unbounded_channel();
    let begun = Instant::now();
    let opened = Arc::new(AtomicUsize::new(0));
    for (n, key) in keys.iter().enumerate() {
        let stream = listen(
            address.clone(),
            key.clone(),
            n,
            heard.clone(),
            opened.clone(),
        );
        tokio::spawn(stream);
        // Not faster than the listening socket's queue.
        if n % 100 == 99 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    while opened.load(Ordering::Relaxed) < VISITORS && begun.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!(
        "{} streams open after {:.1} s; {:.1} MB in all",
        opened.load(Ordering::Relaxed),
        begun.elapsed().as_secs_f64(),
        casella.memory_mb()
    );
    let token = casella.token();
    let conversations = conversations(address, &token).await;
    println!("\n| until a line of ours arrives | p50 ms | p99 ms | last ms |\n|---|---|---|---|");
    one_by_one(address, &token, &conversations, &mut ears).await;
    all_at_once(address, &token, &conversations, &mut ears).await;
    println!("\nafter that {:.1} MB", casella.memory_mb());
}

/// Which visitor heard a line, and when.
type Heard = (usize, Instant);

async fn listen(
    address: Arc<str>,
    key: String,
    n: usize,
    heard: mpsc::UnboundedSender<Heard>,
    opened: Arc<AtomicUsize>,
) {
    let mut stream = TcpStream::connect(&*address).await.expect("the server");
    let head = format!(
        "GET /chat/v1/events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nAccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a request");
    let mut room = [0; 2_048];
    let mut open = false;
    while let Ok(read @ 1..) = stream.read(&mut room).await {
        let text = &room[..read];
        let says = |words: &[u8]| text.windows(words.len()).any(|w| w == words);
        if !open && says(b"retry: ") {
            open = true;
            opened.fetch_add(1, Ordering::Relaxed);
        }
        if says(b"event: message") && heard.send((n, Instant::now())).is_err() {
            return;
        }
    }
}

/// The conversation of each visitor, by what they wrote.
async fn conversations(address: &str, token: &str) -> Arc<Vec<usize>> {
    let mut found = vec![0; VISITORS];
    let mut line = Line::open(address).await;
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/conversations?limit=200&status=all{cursor}");
        let (_, page) = line.ask("GET", &path, token, "").await;
        let page: serde_json::Value = serde_json::from_str(&page).expect("JSON");
        for row in page["conversations"].as_array().into_iter().flatten() {
            let words = row["snippet"].as_str().unwrap_or_default();
            let n = words
                .split(' ')
                .nth(2)
                .and_then(|n| n.parse::<usize>().ok());
            if let Some(place) = n.and_then(|n| found.get_mut(n)) {
                *place = row["id"].as_u64().unwrap_or_default() as usize;
            }
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Arc::new(found),
        }
    }
}

async fn one_by_one(
    address: &str,
    token: &str,
    conversations: &[usize],
    ears: &mut mpsc::UnboundedReceiver<Heard>,
) {
    let mut line = Line::open(address).await;
    let mut times = Vec::with_capacity(ANSWERS);
    for n in 0..ANSWERS {
        let visitor = n * 7_919 % VISITORS;
        let path = format!("/api/v1/conversations/{}/messages", conversations[visitor]);
        let begun = Instant::now();
        let (status, answer) = line.ask("POST", &path, token, ANSWER).await;
        assert_eq!(status, 201, "{answer}");
        while let Ok(Some((who, at))) = tokio::time::timeout(PATIENCE, ears.recv()).await {
            if who == visitor {
                times.push(at - begun);
                break;
            }
        }
    }
    row("to one", times);
}

const ANSWER: &str = r#"{"channel":"chat","text":"It left this morning."}"#;

async fn all_at_once(
    address: &Arc<str>,
    token: &str,
    conversations: &Arc<Vec<usize>>,
    ears: &mut mpsc::UnboundedReceiver<Heard>,
) {
    let begun = Instant::now();
    let (token, numbers) = (token.to_owned(), conversations.clone());
    let path = move |n: usize| format!("/api/v1/conversations/{}/messages", numbers[n]);
    let answers = each(VISITORS, address, move |n, _| {
        (n, path(n), token.clone(), ANSWER.into())
    });
    let hear = async {
        let mut times = Vec::with_capacity(VISITORS);
        while times.len() < VISITORS {
            match tokio::time::timeout(PATIENCE, ears.recv()).await {
                Ok(Some((_, at))) => times.push(at - begun),
                _ => break,
            }
        }
        times
    };
    let (asked, times) = tokio::join!(answers, hear);
    let (count, last) = (times.len(), times.iter().max().copied().unwrap_or_default());
    let rate = count as f64 / last.as_secs_f64();
    row(&format!("to each of {count} ({rate:.0}/s)"), times);
    let waits: Vec<_> = asked.into_iter().map(|(wait, _)| wait).collect();
    row("of which until the agents' 201", waits);
}

/// A line of a table: how long half of them took, nearly all, and the last.
pub fn row(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let ms = |at: usize| times.get(at).map_or(f64::NAN, |t| t.as_secs_f64() * 1e3);
    let count = times.len();
    println!(
        "| {name} | {:.1} | {:.1} | {:.1} |",
        ms(count / 2),
        ms(count * 99 / 100),
        ms(count.saturating_sub(1))
    );
}

/// Asks `count` times over [`WRITERS`] connections; gives how long each took and what it answered.
async fn each(
    count: usize,
    address: &Arc<str>,
    what: impl Fn(usize, usize) -> (usize, String, String, String) + Send + Sync + 'static,
) -> Vec<(Duration, String)> {
    let what = Arc::new(what);
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (address, what) = (address.clone(), what.clone());
            tokio::spawn(async move {
                let mut line = Line::open(&address).await;
                let mut answers = Vec::new();
                for n in (writer..count).step_by(WRITERS) {
                    let (n, path, bearer, body) = what(n, writer);
                    let begun = Instant::now();
                    let (status, answer) = line.ask("POST", &path, &bearer, &body).await;
                    assert!((200..300).contains(&status), "{path}: {status} {answer}");
                    answers.push((n, begun.elapsed(), answer));
                }
                answers
            })
        })
        .collect();
    let mut all = Vec::with_capacity(count);
    for task in tasks {
        all.extend(task.await.expect("a writer"));
    }
    all.sort_by_key(|(n, _, _)| *n);
    all.into_iter()
        .map(|(_, took, answer)| (took, answer))
        .collect()
}

/// One connection that is kept.
pub struct Line {
    stream: TcpStream,
    address: String,
}

impl Line {
    pub async fn open(address: &str) -> Line {
        let stream = TcpStream::connect(address).await.expect("the server");
        stream.set_nodelay(true).expect("a socket");
        Line {
            stream,
            address: address.into(),
        }
    }

    pub async fn ask(
        &mut self,
        method: &str,
        path: &str,
        bearer: &str,
        body: &str,
    ) -> (u16, String) {
        let bearer = match bearer {
            "" => String::new(),
            key => format!("Authorization: Bearer {key}\r\n"),
        };
        self.send(method, path, &bearer, body).await
    }

    /// Asks with these header lines.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        head: &str,
        body: &str,
    ) -> (u16, String) {
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream
            .write_all(text.as_bytes())
            .await
            .expect("a request");
        self.answer().await
    }

    async fn answer(&mut self) -> (u16, String) {
        let mut found = Vec::new();
        loop {
            let end = found.windows(4).position(|w| w == b"\r\n\r\n");
            if let Some(end) = end {
                let head = String::from_utf8_lossy(&found[..end]).to_lowercase();
                let size = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "));
                let size: usize = size.and_then(|n| n.parse().ok()).unwrap_or(0);
                if found.len() >= end + 4 + size {
                    let status = head.get(9..12).and_then(|code| code.parse().ok());
                    let body = String::from_utf8_lossy(&found[end + 4..]).into_owned();
                    return (status.unwrap_or(0), body);
                }
            }
            let mut room = [0; 16_384];
            let read = self.stream.read(&mut room).await.expect("an answer");
            assert!(read > 0, "the server hung up");
            found.extend_from_slice(&room[..read]);
        }
    }
}

fn text_of(json: &str, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    value[name].as_str().unwrap_or_default().to_owned()
}

/// What a site's visitor loads, zipped as servers zip.
fn weight(address: &str) {
    let get = |path: &str| {
        let answer = super::web::request(address, "GET", path, "", "");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        body.to_owned()
    };
    let frame = get("/widget/frame");
    let parts = frame.split('"').filter(|part| part.starts_with("/assets/"));
    let parts: usize = parts
        .map(|part| zipped(&get(&part.replace("&#x3D;", "="))))
        .sum();
    let loader = zipped(&get("/widget.js"));
    let all = loader + zipped(&frame) + parts;
    println!(
        "\nwidget, zipped: loader {:.1} KB, all {:.1} KB",
        loader as f64 / 1e3,
        all as f64 / 1e3
    );
}

fn zipped(text: &str) -> usize {
    let mut zip = GzEncoder::new(Vec::new(), Compression::default());
    zip.write_all(text.as_bytes()).expect("memory");
    zip.finish().expect("memory").len()
}
