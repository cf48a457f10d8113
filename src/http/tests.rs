//! The server over real sockets: what it lets in, what it sends back, and how it ends.

use super::limits::Limit;
use super::sse::Event;
use super::*;
use crate::clock::MINUTE;
use hyper::StatusCode;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

struct World {
    address: SocketAddr,
    close: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl World {
    async fn with(terms: Terms) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (close, closing) = watch::channel(false);
        let server = Server::new(routes(), (), terms, closing);
        let running = tokio::spawn(server.run(listener));
        Self {
            address,
            close,
            running,
        }
    }

    async fn plain() -> Self {
        Self::with(Terms::default()).await
    }

    async fn open(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends one request as written, `Connection: close` added, and reads to the end.
    async fn ask(&self, line: &str, headers: &[&str], body: &str) -> String {
        let mut stream = self.open().await;
        let mut text = format!("{line} HTTP/1.1\r\nHost: inbox.test\r\nConnection: close\r\n");
        for header in headers {
            text.push_str(header);
            text.push_str("\r\n");
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path}"), &[], "").await
    }
}

/// Bytes of an answer that no socket takes at once.
const HUGE: usize = 20_000_000;

fn routes() -> Router<()> {
    Router::new()
        .get("/", |(), _| async {
            Ok(respond::text(StatusCode::OK, "home"))
        })
        .get("/things/{id}", |(), r: Request| async move {
            let id: u64 = r.param("id")?;
            Ok(respond::text(StatusCode::OK, format!("thing {id}")))
        })
        .get("/things/new", |(), _| async {
            Ok(respond::text(StatusCode::OK, "new thing"))
        })
        .post("/things/{id}", |(), _| async { Ok(respond::nothing()) })
        .get("/demo/", |(), _| async {
            Ok(respond::text(StatusCode::OK, "demo"))
        })
        .get("/files/{path*}", |(), r: Request| async move {
            Ok(respond::text(StatusCode::OK, r.param::<String>("path")?))
        })
        .get("/long", |(), _| async {
            Ok(respond::html(StatusCode::OK, "word ".repeat(1_000)))
        })
        .get("/huge", |(), _| async {
            Ok(respond::text(StatusCode::OK, "#".repeat(HUGE)))
        })
        .get("/panic", |(), _| async { panic!("the roof") })
        .get("/who", |(), r: Request| async move {
            Ok(respond::text(
                StatusCode::OK,
                format!("{} {}", r.client, r.scheme()),
            ))
        })
        .post("/echo", |(), mut r: Request| async move {
            let form = r.form(1_000).await?;
            let files: Vec<_> = form
                .files
                .iter()
                .map(|f| (&f.name, f.content.len()))
                .collect();
            Ok(respond::text(
                StatusCode::OK,
                format!("{} {files:?}", form.get("a")),
            ))
        })
        .post("/json", |(), mut r: Request| async move {
            let value: std::collections::BTreeMap<String, u32> = r.json(1_000).await?;
            Ok(respond::json(StatusCode::OK, &value))
        })
        .get("/events", |(), r: Request| async move {
            let (outlet, events) = sse::channel();
            let _ = outlet.push(Event::new(Some(7), Some("line"), "two\nlines"));
            // Held open as long as the receiver is there.
            tokio::spawn(async move { outlet.closed().await });
            Ok(sse::respond(&r, events))
        })
}

fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0)
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn paths_and_methods_find_their_handler() {
    let world = World::plain().await;
    for (line, code, says) in [
        ("GET /", 200, "home"),
        ("GET /things/7", 200, "thing 7"),
        ("GET /things/new", 200, "new thing"),
        ("GET /things/seven", 404, "not_found"),
        ("GET /things/", 404, "not_found"),
        ("GET /nowhere", 404, "`/nowhere` was not found"),
        ("POST /things/new", 204, ""),
        ("DELETE /things/7", 405, "method_not_allowed"),
        ("GET /files/a/b%20c", 200, "a/b c"),
        ("GET /things/7/?x=1", 308, ""),
        ("GET /demo/", 200, "demo"),
        ("GET //things/7", 404, ""),
    ] {
        let answer = world.ask(line, &[], "").await;
        assert_eq!(status(&answer), code, "{line}: {answer}");
        assert!(body(&answer).contains(says), "{line}: {answer}");
    }
    assert!(
        world
            .get("/things/7/?x=1")
            .await
            .contains("location: /things/7?x=1")
    );
    assert!(world.get("/demo").await.contains("location: /demo/\r"));
    let refused = world.ask("DELETE /things/7", &[], "").await;
    assert!(refused.contains("allow: GET, HEAD, POST"), "{refused}");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let world = World::plain().await;
    let answer = world.ask("HEAD /", &[], "").await;
    assert_eq!(status(&answer), 200);
    assert!(answer.contains("content-length: 4"), "{answer}");
    assert_eq!(body(&answer), "");
}

#[tokio::test]
async fn pages_carry_their_policy_and_are_zipped_when_asked() {
    let world = World::plain().await;
    let plain = world.get("/long").await;
    assert!(plain.contains("content-security-policy: default-src 'none'; script-src 'self'"));
    assert!(plain.contains("x-content-type-options: nosniff"));
    assert!(body(&plain).len() == 5_000);
    let small = world
        .ask("GET /long", &["Accept-Encoding: br, gzip"], "")
        .await;
    assert!(small.contains("content-encoding: gzip"), "{small}");
    let refused = world
        .ask("GET /long", &["Accept-Encoding: gzip;q=0"], "")
        .await;
    assert!(!refused.contains("content-encoding"), "{refused}");
}

#[tokio::test]
async fn a_panic_costs_one_request_and_leaves_an_id() {
    let world = World::plain().await;
    let answer = world.get("/panic").await;
    assert_eq!(status(&answer), 500);
    assert!(answer.contains("\"id\":\""), "{answer}");
    assert!(!answer.contains("the roof"), "{answer}");
    assert_eq!(status(&world.get("/").await), 200);
}

#[tokio::test]
async fn bodies_are_read_up_to_their_limit() {
    let world = World::plain().await;
    let form = "Content-Type: application/x-www-form-urlencoded";
    let answer = world
        .ask("POST /echo", &[form], "a=caff%C3%A8+corto&b=2")
        .await;
    assert_eq!(body(&answer), "caffè corto []");
    let parts = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nciao\r\n\
                 --x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"C:\\\\tmp\\\\a.txt\"\r\n\
                 Content-Type: text/plain\r\n\r\n12345\r\n\
                 --x\r\nContent-Disposition: form-data; name=\"g\"; filename=\"\"\r\n\r\n\r\n--x--\r\n";
    let kind = "Content-Type: multipart/form-data; boundary=x";
    let answer = world.ask("POST /echo", &[kind], parts).await;
    assert_eq!(body(&answer), "ciao [(\"a.txt\", 5)]", "{answer}");
    let answer = world.ask("POST /echo", &[kind], "--x\r\nbroken").await;
    assert_eq!(status(&answer), 400, "{answer}");
    let answer = world.ask("POST /echo", &[form], &"a".repeat(1_001)).await;
    assert_eq!(status(&answer), 413, "{answer}");
}

#[tokio::test]
async fn wrong_json_names_the_culprit() {
    let world = World::plain().await;
    for (json, code, says) in [
        ("{\"a\":1}", 200, "{\"a\":1}"),
        ("{\"a\":\"x\"}", 400, "`a`: invalid type: string"),
        ("{\"a\"", 400, "EOF"),
        ("", 400, "the JSON is not as expected"),
    ] {
        let answer = world.ask("POST /json", &[], json).await;
        assert_eq!(status(&answer), code, "{json}: {answer}");
        assert!(body(&answer).contains(says), "{json}: {answer}");
    }
}

#[tokio::test]
async fn unsafe_requests_must_come_from_our_own_pages() {
    let world = World::with(Terms {
        public_url: Some("https://inbox.example.com".into()),
        ..Terms::default()
    })
    .await;
    for (headers, code) in [
        (
            &["Sec-Fetch-Site: same-origin", "Cookie: casella=1"][..],
            204,
        ),
        (&["Origin: http://inbox.test", "Cookie: casella=1"], 204),
        (&["Origin: HTTP://INBOX.test:80", "Cookie: casella=1"], 204),
        (
            &["Origin: https://inbox.example.com", "Cookie: casella=1"],
            204,
        ),
        (&["Authorization: Bearer x"], 204),
        (&["Authorization: Bearer x", "Sec-Fetch-Site: none"], 204),
        (&[], 204),
        (&["Cookie: casella=1"], 403),
        (&["Origin: https://inbox.test"], 403),
        (&["Origin: https://evil.example"], 403),
        (&["Origin: null"], 403),
        (&["Sec-Fetch-Site: cross-site"], 403),
        (
            &["Sec-Fetch-Site: same-site", "Authorization: Bearer x"],
            403,
        ),
        (
            &["Authorization: Bearer x", "Origin: https://evil.example"],
            403,
        ),
        (&["Authorization: Basic x", "Cookie: casella=1"], 403),
    ] {
        let answer = world.ask("POST /things/1", headers, "").await;
        assert_eq!(status(&answer), code, "{headers:?}: {answer}");
    }
    let foreign = ["Origin: https://evil.example"];
    assert_eq!(status(&world.ask("GET /things/1", &foreign, "").await), 200);
}

#[tokio::test]
async fn only_trusted_proxies_speak_for_others() {
    let forwarded = [
        "X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.0.0.2",
        "X-Forwarded-Proto: https",
    ];
    let world = World::plain().await;
    assert_eq!(
        body(&world.ask("GET /who", &forwarded, "").await),
        "127.0.0.1 http"
    );
    let world = World::with(Terms {
        trusted_proxies: ["127.0.0.1", "10.0.0.0/8"]
            .map(|n| n.parse().unwrap())
            .into(),
        ..Terms::default()
    })
    .await;
    let answer = world.ask("GET /who", &forwarded, "").await;
    assert_eq!(body(&answer), "203.0.113.9 https");
    assert!(answer.contains("strict-transport-security"), "{answer}");
    assert_eq!(body(&world.get("/who").await), "127.0.0.1 http");
}

#[tokio::test]
async fn events_flow_until_the_server_closes() {
    let world = World::plain().await;
    let mut stream = world.open().await;
    stream
        .write_all(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut seen = String::new();
    while !seen.contains("data: lines\n\n") {
        let mut piece = [0; 1_024];
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&piece[..count]));
    }
    assert!(seen.contains("content-type: text/event-stream"), "{seen}");
    assert!(seen.contains("retry: 2000\n\n"), "{seen}");
    assert!(
        seen.contains("id: 7\nevent: line\ndata: two\ndata: lines\n\n"),
        "{seen}"
    );
    assert!(seen.contains("connection: close\r\n"), "{seen}");
    assert!(seen.contains("\r\ndate: "), "{seen}");
    world.close.send(true).unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    world.running.await.unwrap();
}

#[tokio::test]
async fn an_event_stream_waits_behind_an_answer_that_is_still_being_read() {
    let world = World::plain().await;
    let mut stream = world.open().await;
    stream
        .write_all(b"GET /huge HTTP/1.1\r\nHost: x\r\n\r\nGET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    // More than the sockets hold waits to be written before anything is read.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut seen = Vec::new();
    while !seen.ends_with(b"data: lines\n\n") {
        let mut piece = vec![0; 65_536];
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "the stream broke off");
        seen.extend_from_slice(&piece[..count]);
    }
    let huge = seen.iter().filter(|byte| **byte == b'#').count();
    assert_eq!(huge, HUGE, "every byte of the first answer came");
}

#[tokio::test]
async fn connections_over_the_cap_are_told_to_come_back() {
    let world = World::with(Terms {
        connections: 1,
        ..Terms::default()
    })
    .await;
    let mut first = world.open().await;
    first
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut piece = [0; 1_024];
    assert!(first.read(&mut piece).await.unwrap() > 0);
    let mut second = world.open().await;
    let mut answer = String::new();
    second.read_to_string(&mut answer).await.unwrap();
    assert_eq!(status(&answer), 503, "{answer}");
}

#[test]
fn a_receiver_that_falls_behind_is_hung_up_on() {
    let (outlet, events) = sse::channel();
    let pushed = (0..1_000).take_while(|n| outlet.push(Event::new(Some(*n), None, "x")).is_ok());
    assert_eq!(pushed.count(), 64);
    drop(events);
    assert!(outlet.push(Event::new(None, None, "x")).is_err());
}

#[test]
fn a_limit_lets_a_burst_through_and_then_its_rate() {
    let limit = Limit::new(60, 3);
    let mut taken = 0;
    for _ in 0..5 {
        taken += u32::from(limit.take("a", 0).is_ok());
    }
    assert_eq!(taken, 3);
    assert_eq!(limit.take("a", 0), Err(Duration::from_secs(1)));
    assert_eq!(limit.take("b", 0), Ok(()));
    assert_eq!(limit.take("a", 1_000), Ok(()));
    assert!(limit.take("a", 1_000).is_err());
    assert!(limit.take("a", MINUTE).is_ok());
}

#[test]
fn a_limit_of_zero_is_none() {
    let limit = Limit::new(0, 1);
    assert!((0..1_000).all(|_| limit.take((), 0).is_ok()));
}

#[test]
fn downloads_keep_their_names_and_lose_their_teeth() {
    let response = respond::download("résumé \"2\"\r\n.html", "text/html", "x");
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"r_sum_ _2___.html\"; filename*=UTF-8''r%C3%A9sum%C3%A9%20%222%22%0D%0A.html"
    );
    assert!(header("content-security-policy").starts_with("sandbox"));
}

#[test]
fn a_redirect_after_login_stays_here() {
    for (next, expected) in [
        ("/inbox?status=all", "/inbox?status=all"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("", "/"),
    ] {
        assert_eq!(respond::local_path(next, "/"), expected, "{next:?}");
    }
}
