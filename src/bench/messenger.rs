//! Messenger: a thousand events a second, rightly signed, kept durably before the 200.

use super::casella::{Running, configure};
use super::chat::{Line, row};
use casella::channel::messenger::signature;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::runtime::Runtime;

/// Events in one webhook.
const BATCH: usize = 50;
/// What Meta is said to bring, in events a second, and for how many webhooks.
const RATE: usize = 1_000;
const STEADY: usize = 600;
/// Webhooks that come as fast as they are taken.
const FAST: usize = 600;
/// Connections they come by.
const CONNECTIONS: usize = 8;
/// People who write; each event is the next line of one of them.
const PEOPLE: usize = 2_000;
const SECRET: &str = "bench-app-secret";
const PAGE: &str = "1001";

pub fn messenger(folder: &Path) {
    println!("## Messenger: signed webhooks of {BATCH} messages, stored before the 200\n");
    let data = folder.join("messenger");
    configure(
        &data,
        &format!(
            "[messenger]\npages = [{{ id = \"{PAGE}\", token = \"t\" }}]\napp_secret = \"{SECRET}\"\n\
             verify_token = \"v\"\ngraph_url = \"{}\"\n[fetch]\nallow = [\"127.0.0.0/8\"]\n",
            graph()
        ),
    );
    let casella = Running::start(&data);
    let address: Arc<str> = casella.http.as_str().into();
    let runtime = Runtime::new().expect("a runtime");
    println!("| webhooks | events/s | p50 ms | p99 ms | last ms |\n|---|---|---|---|---|");
    runtime.block_on(async {
        let pause = Duration::from_secs(1) * BATCH as u32 / RATE as u32;
        let times = deliver(&address, 0..STEADY, Some(pause)).await;
        told(&format!("at {RATE} events/s"), times);
        let times = deliver(&address, STEADY..STEADY + FAST, None).await;
        told(&format!("{CONNECTIONS} at a time"), times);
        row(
            "this disk alone, asked to keep 64 KB twice | –",
            disk(folder),
        );
    });
    let sent = (STEADY + FAST) * BATCH;
    let kept = runtime.block_on(kept(&address, &casella.token()));
    println!(
        "\nkept {kept} of {sent} events, each once; {:.1} MB",
        casella.memory_mb()
    );
}

/// What no program can be faster than here and now: a commit writes and syncs twice.
fn disk(folder: &Path) -> Vec<Duration> {
    let mut file = std::fs::File::create(folder.join("disk")).expect("a writable temp folder");
    let pause = Duration::from_secs(1) * BATCH as u32 / RATE as u32;
    let once = |_| {
        std::thread::sleep(pause);
        let begun = Instant::now();
        for _ in 0..2 {
            file.write_all(&[7; 64 * 1024]).expect("room");
            file.sync_data().expect("a disk");
        }
        begun.elapsed()
    };
    (0..STEADY / 3).map(once).collect()
}

/// How long each webhook waited for its 200, and how long all took together.
type Times = (Vec<Duration>, Duration);

fn told(name: &str, (times, took): Times) {
    let rate = (times.len() * BATCH) as f64 / took.as_secs_f64();
    row(&format!("{name} | {rate:.0}"), times);
}

/// Posts these webhooks: each at its moment, or as fast as answers come. One that cannot leave at its
/// moment waits all the same, as Meta's would.
async fn deliver(
    address: &Arc<str>,
    range: std::ops::Range<usize>,
    pause: Option<Duration>,
) -> Times {
    let begun = Instant::now();
    let first = range.start;
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|connection| {
            let (address, range) = (address.clone(), range.clone());
            tokio::spawn(async move {
                let mut line = Line::open(&address).await;
                let mut times = Vec::new();
                for n in range.skip(connection).step_by(CONNECTIONS) {
                    let body = webhook(n);
                    let head = format!("X-Hub-Signature-256: {}\r\n", signed(&body));
                    let due = pause.map(|pause| begun + pause * (n - first) as u32);
                    if let Some(due) = due {
                        tokio::time::sleep_until(due.into()).await;
                    }
                    let asked = due.unwrap_or_else(Instant::now);
                    let (status, answer) =
                        line.send("POST", "/webhooks/messenger", &head, &body).await;
                    assert_eq!((status, answer.as_str()), (200, "EVENT_RECEIVED"));
                    times.push(asked.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("a connection"));
    }
    (times, begun.elapsed())
}

/// The n-th webhook: an entry a message, each by another person.
fn webhook(n: usize) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock");
    let now = u64::try_from(now.as_millis()).expect("this age");
    let entry = |k: usize| {
        let number = n * BATCH + k;
        let person = 7_000_000_000_000_000 + (number * 7_919) % PEOPLE;
        json!({"id": PAGE, "time": now, "messaging": [{
            "sender": {"id": person.to_string()}, "recipient": {"id": PAGE}, "timestamp": now,
            "message": {"mid": format!("m_bench{number:012}"),
                "text": format!("Where is my parcel? Order {number} should have come on Monday, and nobody told me why.")},
        }]})
    };
    json!({"object": "page", "entry": (0..BATCH).map(entry).collect::<Vec<Value>>()}).to_string()
}

fn signed(body: &str) -> String {
    signature::of(SECRET, body.as_bytes())
}

/// Messages in the inbox.
async fn kept(address: &str, token: &str) -> u64 {
    let mut line = Line::open(address).await;
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let path = format!("/api/v1/conversations?limit=200&status=all{cursor}");
        let (_, page) = line.ask("GET", &path, token, "").await;
        let page: Value = serde_json::from_str(&page).expect("JSON");
        let rows = page["conversations"].as_array().into_iter().flatten();
        count += rows
            .filter_map(|row| row["messages_count"].as_u64())
            .sum::<u64>();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return count,
        }
    }
}

/// A Graph that knows nobody: as Meta answers an app without the permission.
fn graph() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("its own address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut room = [0; 4_096];
            let _ = stream.read(&mut room);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
        }
    });
    url
}
