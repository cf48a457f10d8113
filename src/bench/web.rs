//! Page and search times at many messages.

use super::casella::{Running, command};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// Requests of each kind.
const ASKED: usize = 300;

/// Head and body of an answer.
pub fn request(address: &str, method: &str, path: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the server");
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).expect("a request");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Imports that many mails and measures the pages.
pub fn pages(folder: &Path, messages: usize) {
    let mbox = folder.join("many.mbox");
    write_mbox(&mbox, messages).expect("a writable temp folder");
    let data = folder.join("many");
    let begun = Instant::now();
    let done = command(&data)
        .arg("import")
        .arg(&mbox)
        .output()
        .expect("an import");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    println!(
        "## Pages at {messages} messages (imported at {:.0} a second)\n",
        messages as f64 / begun.elapsed().as_secs_f64()
    );
    let casella = Running::start(&data);
    std::thread::sleep(Duration::from_secs(3));
    let cookie = format!("Cookie: {}\r\n", casella.login());
    println!(
        "ready after {} ms, {:.1} MB\n",
        casella.start.as_millis(),
        casella.memory_mb()
    );
    println!("| page | p50 ms | p99 ms |\n|---|---|---|");
    let words = [
        "parcel",
        "invoice refund",
        "\"late delivery\"",
        "from:c77",
        "INV-2026/004",
        "is:open colour",
    ];
    measure(&casella.http, &cookie, "inbox", |_| "/inbox".into());
    measure(&casella.http, &cookie, "conversation", |n| {
        format!("/conversations/{}", n * 7 + 1)
    });
    measure(&casella.http, &cookie, "search", |n| {
        let query: String =
            url::form_urlencoded::byte_serialize(words[n % words.len()].as_bytes()).collect();
        format!("/search?q={query}")
    });
    println!("\nloaded {:.1} MB", casella.memory_mb());
}

fn measure(address: &str, cookie: &str, name: &str, path: impl Fn(usize) -> String) {
    let mut stream = TcpStream::connect(address).expect("the server");
    let mut input = BufReader::new(stream.try_clone().expect("a socket"));
    let mut times: Vec<Duration> = (0..ASKED)
        .map(|n| {
            let begun = Instant::now();
            let text = format!(
                "GET {} HTTP/1.1\r\nHost: {address}\r\n{cookie}\r\n",
                path(n)
            );
            stream.write_all(text.as_bytes()).expect("a request");
            let status = read_answer(&mut input);
            assert!(status == 200 || status == 404, "{name}: {status}");
            begun.elapsed()
        })
        .collect();
    times.sort();
    let ms = |at: usize| times[at].as_secs_f64() * 1e3;
    println!(
        "| {name} | {:.1} | {:.1} |",
        ms(ASKED / 2),
        ms(ASKED * 99 / 100)
    );
}

fn read_answer(input: &mut impl BufRead) -> u16 {
    let mut line = String::new();
    input.read_line(&mut line).expect("an answer");
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0);
    let (mut length, mut chunked) = (0, false);
    loop {
        line.clear();
        input.read_line(&mut line).expect("a header");
        let lower = line.trim().to_lowercase();
        if lower.is_empty() {
            break;
        }
        if let Some(n) = lower.strip_prefix("content-length: ") {
            length = n.parse().unwrap_or(0);
        }
        chunked |= lower == "transfer-encoding: chunked";
    }
    assert!(!chunked, "pages have a length");
    std::io::copy(&mut input.take(length), &mut std::io::sink()).expect("a body");
    status
}

/// Mails of 2,000 people about a few hundred words, in threads.
fn write_mbox(path: &Path, messages: usize) -> std::io::Result<()> {
    let words = [
        "parcel", "invoice", "refund", "late", "delivery", "colour", "size", "return", "broken",
        "thanks", "address", "payment",
    ];
    let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut seed = 42u64;
    for n in 0..messages {
        let mut text = String::new();
        for _ in 0..60 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let pick = (seed >> 33) as usize;
            let _ = write!(text, "{} w{} ", words[pick % words.len()], pick % 5_000);
        }
        let (who, day, hour) = (n % 20_000, 1 + n / 4_000 % 28, n / 170 % 24);
        write!(
            out,
            "From c{who}@example.com Thu Jan  1 00:00:00 2026\nFrom: Customer {who} <c{who}@example.com>\nTo: inbox@localhost\n\
             Date: {day} Jan 2026 {hour:02}:00:00 +0000\nMessage-ID: <n{n}@example.com>\nSubject: Order INV-2026/{:05}\n\n{text}\n\n",
            n % 10_000
        )?;
    }
    out.flush()
}
