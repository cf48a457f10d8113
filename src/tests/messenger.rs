//! What people who write to a Facebook page, and those who answer them, may rely on.

use super::world::World;
use super::world::graph::{FILE, Graph, Sent};
use super::world::http::{Answer, Api, ask};
use data_encoding::HEXLOWER;
use ring::hmac;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{SystemTime, UNIX_EPOCH};

const PAGE: &str = "1001";
const PERSON: &str = "2002";
const TOKEN: &str = "EAAB-page-token";
const SECRET: &str = "app-secret";
const WEBHOOK: &str = "/webhooks/messenger";

fn world(graph: &Graph) -> World {
    World::with(&format!(
        "[messenger]\npages = [{{ id = \"{PAGE}\", token = \"{TOKEN}\" }}]\napp_secret = \"{SECRET}\"\n\
         verify_token = \"verify me\"\ngraph_url = \"{}\"\n\n[fetch]\nallow = [\"127.0.0.0/8\"]\n",
        graph.url()
    ))
}

fn hmac_hex(secret: &str, bytes: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    HEXLOWER.encode(hmac::sign(&key, bytes).as_ref())
}

/// Posts these bytes as Meta signs them.
fn post(to: SocketAddr, body: &[u8]) -> Answer {
    let signature = format!("sha256={}", hmac_hex(SECRET, body));
    ask(
        to,
        "POST",
        WEBHOOK,
        &[("X-Hub-Signature-256", &signature)],
        body,
    )
}

/// Posts these events, which must be taken.
fn happens(to: SocketAddr, messaging: &[Value]) {
    let body =
        json!({"object": "page", "entry": [{"id": PAGE, "time": now(), "messaging": messaging}]});
    let answer = post(to, body.to_string().as_bytes());
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (200, "EVENT_RECEIVED")
    );
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// An event of the person at a time.
fn event(at: u64, what: &str, facts: Value) -> Value {
    let mut event = json!({"sender": {"id": PERSON}, "recipient": {"id": PAGE}, "timestamp": at});
    event[what] = facts;
    event
}

fn said(mid: &str, text: &str, at: u64) -> Value {
    event(at, "message", json!({"mid": mid, "text": text}))
}

fn echo(mid: &str, text: &str, app: u64, metadata: &Value) -> Value {
    json!({"sender": {"id": PAGE}, "recipient": {"id": PERSON}, "timestamp": now(),
        "message": {"mid": mid, "text": text, "is_echo": true, "app_id": app, "metadata": metadata}})
}

fn conversations(api: &Api) -> Vec<Value> {
    let found = api.get("/conversations?status=all");
    found["conversations"].as_array().unwrap().clone()
}

/// The messages of the newest conversation, oldest first, without events.
fn lines(api: &Api) -> Vec<Value> {
    let path = format!("/conversations/{}", conversations(api)[0]["id"]);
    let whole = api.get(&path)["messages"].as_array().unwrap().clone();
    whole
        .into_iter()
        .filter(|line| line["direction"] != "event")
        .collect()
}

fn texts(api: &Api) -> Vec<String> {
    let text = |line: &Value| line["text"].as_str().unwrap().trim().to_owned();
    lines(api).iter().map(text).collect()
}

/// Answers the newest conversation.
fn reply(api: &Api, text: &str) -> Answer {
    let path = format!("/conversations/{}/messages", conversations(api)[0]["id"]);
    api.ask(
        "POST",
        &path,
        Some(json!({"channel": "messenger", "text": text})),
    )
}

/// Waits until the message is in this state; gives its delivery.
fn delivered(world: &World, api: &Api, message: &Value, state: &str) -> Value {
    let path = format!("/messages/{message}");
    world.wait(state, || {
        let delivery = api.get(&path)["delivery"].clone();
        (delivery["state"] == state).then_some(delivery)
    })
}

#[test]
fn the_handshake_needs_our_token() {
    let world = world(&Graph::start());
    let shake = |query: &str| {
        let path = format!("{WEBHOOK}?{query}hub.challenge=1158201444");
        ask(world.http_address(), "GET", &path, &[], b"")
    };
    let right = shake("hub.mode=subscribe&hub.verify_token=verify%20me&");
    assert_eq!((right.status, right.text().as_str()), (200, "1158201444"));
    for wrong in [
        "hub.mode=subscribe&hub.verify_token=other&",
        "hub.mode=subscribe&hub.verify_token=&",
        "hub.mode=subscribe&",
        "hub.verify_token=verify%20me&",
        "",
    ] {
        let answer = shake(wrong);
        assert_eq!(answer.status, 403, "{wrong}");
        assert!(!answer.text().contains("1158201444"), "{wrong}");
    }
}

#[test]
fn nothing_wrongly_signed_is_stored() {
    let world = world(&Graph::start());
    let body =
        json!({"object": "page", "entry": [{"id": PAGE, "messaging": [said("m1", "Hi", now())]}]})
            .to_string();
    let right = hmac_hex(SECRET, body.as_bytes());
    for signature in [
        String::new(),
        right.clone(),
        format!("sha1={right}"),
        format!("sha256={}", hmac_hex("other", body.as_bytes())),
        format!(
            "sha256={}",
            hmac_hex(SECRET, body.replace("Hi", "Ho").as_bytes())
        ),
    ] {
        let headers = [("X-Hub-Signature-256", signature.as_str())];
        let answer = ask(
            world.http_address(),
            "POST",
            WEBHOOK,
            &headers,
            body.as_bytes(),
        );
        assert_eq!(answer.status, 403, "{signature}");
    }
    let unsigned = ask(world.http_address(), "POST", WEBHOOK, &[], body.as_bytes());
    assert_eq!(unsigned.status, 403);
    assert_eq!(conversations(&world.api()), Vec::<Value>::new());
}

#[test]
fn whatever_is_rightly_signed_is_taken() {
    let world = world(&Graph::start());
    let odd = [
        "",
        "{",
        "not JSON",
        "null",
        "[]",
        "7",
        "\u{0}",
        r#"{"object":"page"}"#,
        r#"{"object":"page","entry":null}"#,
        r#"{"object":"page","entry":[{"id":1001,"messaging":[null,3,{"sender":7}]}]}"#,
        r#"{"object":"page","entry":[{"id":"1001","messaging":[{"message":{"text":"\ud83d"}}]}]}"#,
        r#"{"object":"instagram","entry":[{"id":"9","changes":[{"field":"feed"}]}]}"#,
    ];
    for body in odd {
        assert_eq!(
            post(world.http_address(), body.as_bytes()).status,
            200,
            "{body}"
        );
    }
    let unknown = event(now(), "teleport", json!({"to": "Mars"}));
    happens(world.http_address(), &[unknown, said("m1", "Hi", now())]);
    let texts = texts(&world.api());
    assert!(texts.contains(&"Hi".to_owned()), "its neighbours are kept");
}

#[test]
fn more_than_four_megabytes_is_too_much() {
    let world = world(&Graph::start());
    let mut stream = TcpStream::connect(world.http_address()).unwrap();
    let length = 4 * 1024 * 1024 + 1;
    let head =
        format!("POST {WEBHOOK} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 413");
}

#[test]
fn a_message_is_a_conversation_without_a_contact() {
    let world = world(&Graph::start());
    let api = world.api();
    happens(
        world.http_address(),
        &[said("m1", "Is the shop open?", now())],
    );
    let all = conversations(&api);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["channel"], "messenger");
    assert_eq!(all[0]["contact"], Value::Null);
    assert_eq!(all[0]["read"], false);
    assert_eq!(all[0]["snippet"], "Is the shop open?");
    let line = &lines(&api)[0];
    assert_eq!(line["direction"], "in");
    assert_eq!(line["author"]["kind"], "visitor");
    assert_eq!(line["channels"], json!(["messenger"]));
    assert_eq!(api.get("/contacts?q=")["contacts"], json!([]));
}

#[test]
fn repeated_and_reordered_webhooks_change_nothing() {
    let world = world(&Graph::start());
    let began = now() - 60_000;
    let three = ["one", "two", "three"];
    for _ in 0..3 {
        for n in [2, 0, 1] {
            let at = began + 1_000 * n as u64;
            happens(
                world.http_address(),
                &[said(&format!("m{n}"), three[n], at)],
            );
        }
    }
    let api = world.api();
    assert_eq!(conversations(&api).len(), 1);
    assert_eq!(texts(&api), three);
    assert_eq!(conversations(&api)[0]["snippet"], "three");
}

#[test]
fn after_complete_the_next_message_opens_a_new_conversation() {
    let world = world(&Graph::start());
    let api = world.api();
    happens(world.http_address(), &[said("m1", "Hi", now())]);
    let first = conversations(&api)[0]["id"].clone();
    api.patch(
        &format!("/conversations/{first}"),
        json!({"status": "complete"}),
    );
    happens(world.http_address(), &[said("m2", "Hi again", now())]);
    let all = conversations(&api);
    assert_eq!(all.len(), 2);
    assert_ne!(all[0]["id"], first);
    assert_eq!(all[0]["snippet"], "Hi again");
    assert_eq!(all[1]["status"], "complete");
}

#[test]
fn an_answer_reaches_the_graph_with_its_proof() {
    let graph = Graph::start();
    let world = world(&graph);
    let api = world.api();
    happens(world.http_address(), &[said("m1", "Hi", now())]);
    let answer = reply(&api, "Hello {{name}}");
    assert_eq!(answer.status, 201, "{}", answer.text());
    let message = answer.json()["id"].clone();
    delivered(&world, &api, &message, "sent");
    let sent = graph.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].path, format!("/v26.0/{PAGE}/messages"));
    assert_eq!(sent[0].body["recipient"]["id"], PERSON);
    assert_eq!(sent[0].body["messaging_type"], "RESPONSE");
    assert_eq!(sent[0].body["message"]["text"], "Hello {{name}}");
    assert!(sent[0].body["message"]["metadata"].is_string());
    assert_eq!(sent[0].query, "", "proxies keep addresses");
    assert_eq!(sent[0].body["access_token"], TOKEN);
    assert_eq!(
        sent[0].body["appsecret_proof"],
        hmac_hex(SECRET, TOKEN.as_bytes())
    );
    let read = event(now() + 1, "read", json!({"watermark": now() + 1}));
    happens(world.http_address(), &[read]);
    delivered(&world, &api, &message, "seen");
}

/// The echo of what we sent.
fn echo_of(sent: &Sent) -> Value {
    let message = &sent.body["message"];
    echo(
        &sent.mid,
        message["text"].as_str().unwrap_or_default(),
        9,
        &message["metadata"],
    )
}

#[test]
fn our_echo_makes_no_second_line_whenever_it_comes() {
    let graph = Graph::start();
    let world = world(&graph);
    let api = world.api();
    let address = world.http_address();
    happens(address, &[said("m1", "Hi", now())]);
    let first = reply(&api, "First").json()["id"].clone();
    delivered(&world, &api, &first, "sent");
    happens(address, &[echo_of(&graph.sent()[0])]);
    graph.before_answer(move |sent| happens(address, &[echo_of(sent)]));
    let second = reply(&api, "Second").json()["id"].clone();
    delivered(&world, &api, &second, "sent");
    happens(address, &[echo_of(&graph.sent()[1])]);
    assert_eq!(texts(&api), ["Hi", "First", "Second"]);
    assert_eq!(graph.sent().len(), 2);
}

#[test]
fn an_answer_given_in_another_app_joins_the_thread() {
    let world = world(&Graph::start());
    let api = world.api();
    happens(world.http_address(), &[said("m1", "Hi", now())]);
    for _ in 0..2 {
        let outside = echo(
            "m2",
            "Hello from the page",
            26_390_203_743_090,
            &Value::Null,
        );
        happens(world.http_address(), &[outside]);
    }
    assert_eq!(texts(&api), ["Hi", "Hello from the page"]);
    let line = &lines(&api)[1];
    assert_eq!(line["direction"], "out");
    assert_eq!(line["author"]["name"], "Facebook");
    assert_eq!(line["delivery"]["state"], "sent");
}

#[test]
fn a_closed_window_is_said_plainly_and_locks() {
    let graph = Graph::start();
    let world = world(&graph);
    let api = world.api();
    happens(world.http_address(), &[said("m1", "Hi", now())]);
    graph.refuse(10, 2_018_278);
    let message = reply(&api, "Too late").json()["id"].clone();
    let delivery = delivered(&world, &api, &message, "failed");
    let detail = delivery["detail"].as_str().unwrap();
    assert!(detail.contains("24 hours"), "{detail}");
    let refused = reply(&api, "And again");
    assert_eq!(refused.status, 409);
    for field in ["error", "reason", "remedy"] {
        assert!(refused.json()[field].is_string(), "{}", refused.text());
    }
    happens(world.http_address(), &[said("m2", "Still there?", now())]);
    assert_eq!(
        reply(&api, "Yes").status,
        201,
        "a new message opens it again"
    );
}

#[test]
fn an_old_message_cannot_be_answered() {
    let world = world(&Graph::start());
    let yesterday = now() - 25 * 3_600_000;
    happens(world.http_address(), &[said("m1", "Hi", yesterday)]);
    assert_eq!(reply(&world.api(), "Sorry").status, 409);
}

#[test]
fn a_file_is_fetched_and_kept() {
    let graph = Graph::start();
    let world = world(&graph);
    let api = world.api();
    let file =
        json!({"mid": "m1", "attachments": [{"type": "image", "payload": {"url": graph.file()}}]});
    happens(world.http_address(), &[event(now(), "message", file)]);
    let line = lines(&api)[0].clone();
    let url = format!("/messages/{}/attachments/0", line["id"]);
    let kept = world.wait("the file", || {
        let answer = api.ask("GET", &url, None);
        (answer.status == 200).then_some(answer)
    });
    assert_eq!(kept.body, FILE);
    assert_eq!(line["attachments"][0]["name"], "photo.png");
}

#[test]
fn a_page_connected_in_the_settings_works_at_once() {
    let graph = Graph::start();
    let world = World::with(&format!("[messenger]\ngraph_url = \"{}\"\n", graph.url()));
    let api = world.api();
    let mut admin = world.logged_in("admin@shop.example", "admin");
    let shown = admin.get("/settings/messenger").text();
    assert!(shown.contains("/webhooks/messenger"), "{shown}");
    let fields = [
        ("page", PAGE),
        ("name", "Shop"),
        ("token", TOKEN),
        ("app_secret", SECRET),
    ];
    assert_eq!(admin.post("/settings/messenger", &fields).status, 303);
    let shown = admin.get("/settings/messenger").text();
    assert!(shown.contains(PAGE), "{shown}");
    assert!(
        !shown.contains(TOKEN) && !shown.contains(SECRET),
        "secrets are never shown"
    );
    happens(world.http_address(), &[said("m1", "Hi", now())]);
    let message = reply(&api, "Hello").json()["id"].clone();
    delivered(&world, &api, &message, "sent");
    assert_eq!(graph.sent()[0].body["access_token"], TOKEN);
}

#[test]
fn a_dead_page_is_said_to_every_agent_and_its_answers_go_when_it_is_back() {
    let graph = Graph::start();
    let world = World::with(&format!("[messenger]\ngraph_url = \"{}\"\n", graph.url()));
    let api = world.api();
    let mut admin = world.logged_in("admin@shop.example", "admin");
    let mut agent = world.logged_in("anna@shop.example", "agent");
    let fields = [
        ("page", PAGE),
        ("name", "Shop"),
        ("token", TOKEN),
        ("app_secret", SECRET),
    ];
    admin.post("/settings/messenger", &fields);
    world.wait("the subscription", || {
        let fields = graph.subscribed();
        fields.contains("messaging_postbacks").then_some(())
    });
    happens(world.http_address(), &[said("m1", "Hi", now())]);
    graph.refuse(190, 460);
    let message = reply(&api, "Hello").json()["id"].clone();
    world.wait("the banner", || {
        let shown = agent.get("/inbox").text();
        shown.contains("must be reconnected").then_some(())
    });
    for browser in [&mut admin, &mut agent] {
        let shown = browser.get("/inbox").text();
        assert!(
            shown.contains("The page Shop must be reconnected"),
            "{shown}"
        );
    }
    graph.forgive();
    admin.post("/settings/messenger", &fields);
    delivered(&world, &api, &message, "sent");
    assert_eq!(graph.sent().len(), 1, "sent once");
    let shown = agent.get("/inbox").text();
    assert!(!shown.contains("must be reconnected"), "{shown}");
}

/// A page connected in the settings, with a message of the person in it.
fn connected(graph: &Graph) -> World {
    let world = World::with(&format!("[messenger]\ngraph_url = \"{}\"\n", graph.url()));
    connect(&world);
    happens(world.http_address(), &[said("m1", "Hi", now())]);
    world
}

/// Saves the page in the settings: what waits for it goes.
fn connect(world: &World) {
    let mut admin = world.logged_in("admin@shop.example", "admin");
    let fields = [
        ("page", PAGE),
        ("name", "Shop"),
        ("token", TOKEN),
        ("app_secret", SECRET),
    ];
    assert_eq!(admin.post("/settings/messenger", &fields).status, 303);
}

/// Answers with a text and a file; gives the message's id.
fn reply_with_file(api: &Api, text: &str) -> Value {
    let path = format!("/conversations/{}/messages", conversations(api)[0]["id"]);
    let file = json!({"name": "plan.txt", "content_type": "text/plain", "content": "QSBwbGFu"});
    let body = json!({"channel": "messenger", "text": text, "attachments": [file]});
    let answer = api.ask("POST", &path, Some(body));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].clone()
}

/// What reached the Graph: texts as they are, files as `a file`.
fn parts(graph: &Graph) -> Vec<String> {
    let part = |sent: &Sent| match sent.body["message"]["text"].as_str() {
        Some(text) => text.to_owned(),
        None if sent.body["message"]["attachment"].is_object() => "a file".into(),
        None => format!("{:?}", sent.body),
    };
    graph.sent().iter().map(part).collect()
}

/// Waits until the text is gone and the file waits for the page; gives the reason shown.
fn file_waits(world: &World, api: &Api, message: &Value) -> String {
    world.wait("the file's failure", || {
        let delivery = api.get(&format!("/messages/{message}"))["delivery"].clone();
        let detail = delivery["detail"].as_str().unwrap_or_default().to_owned();
        (delivery["state"] == "queued" && !detail.is_empty()).then_some(detail)
    })
}

#[test]
fn a_file_that_failed_goes_later_without_its_text_again() {
    let graph = Graph::start();
    let world = connected(&graph);
    let api = world.api();
    graph.refuse_files(190, 460);
    let message = reply_with_file(&api, "The plan");
    let detail = file_waits(&world, &api, &message);
    assert!(detail.starts_with("1 of 2 parts were sent"), "{detail}");
    graph.forgive();
    connect(&world);
    delivered(&world, &api, &message, "sent");
    assert_eq!(parts(&graph), ["The plan", "a file"]);
}

#[test]
fn the_echo_of_the_text_does_not_end_the_file() {
    let graph = Graph::start();
    let world = connected(&graph);
    let api = world.api();
    graph.refuse_files(190, 460);
    let message = reply_with_file(&api, "The plan");
    file_waits(&world, &api, &message);
    let read = event(now() + 1, "read", json!({"watermark": now() + 1}));
    happens(world.http_address(), &[echo_of(&graph.sent()[0]), read]);
    let delivery = &api.get(&format!("/messages/{message}"))["delivery"];
    assert_eq!(delivery["state"], "queued", "{delivery}");
    graph.forgive();
    connect(&world);
    delivered(&world, &api, &message, "sent");
    assert_eq!(parts(&graph), ["The plan", "a file"]);
}

#[test]
fn echoes_of_every_part_may_overtake_their_answers() {
    let graph = Graph::start();
    let world = connected(&graph);
    let api = world.api();
    let address = world.http_address();
    graph.before_answer(move |sent| happens(address, &[echo_of(sent)]));
    let message = reply_with_file(&api, "The plan");
    delivered(&world, &api, &message, "sent");
    for sent in graph.sent() {
        happens(address, &[echo_of(&sent)]);
    }
    assert_eq!(parts(&graph), ["The plan", "a file"]);
    assert_eq!(texts(&api), ["Hi", "The plan"], "one line");
}
