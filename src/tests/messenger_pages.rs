//! What the pages promise to those who answer by a Facebook page.

use super::world::World;
use super::world::browser::{Driver, log_in, wait, write};
use super::world::graph::{Graph, OURS};
use super::world::http::{Browser, ask};
use data_encoding::HEXLOWER;
use ring::hmac;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) const PAGE: &str = "1001";
pub(super) const TOKEN: &str = "EAAB-page-token";
pub(super) const SECRET: &str = "0f1e-secret-of-the-app";
pub(super) const SETTINGS: &str = "/settings/messenger";
const HOUR: u64 = 3_600_000;

/// A page is connected, by the configuration.
fn connected(graph: &Graph, more: &str) -> World {
    World::with(&format!(
        "[messenger]\npages = [{{ id = \"{PAGE}\", token = \"{TOKEN}\" }}]\napp_secret = \"{SECRET}\"\n\
         verify_token = \"v\"\ngraph_url = \"{}\"\n{more}\n[fetch]\nallow = [\"127.0.0.0/8\"]\n",
        graph.url()
    ))
}

pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

pub(super) fn signed(to: SocketAddr, secret: &str, body: &Value) -> u16 {
    let body = body.to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref());
    let signature = format!("sha256={signature}");
    let headers = [("X-Hub-Signature-256", signature.as_str())];
    ask(to, "POST", "/webhooks/messenger", &headers, body.as_bytes()).status
}

/// Something a person does at a time.
fn event(world: &World, psid: &str, at: u64, what: &str, facts: Value) {
    let mut event = json!({"sender": {"id": psid}, "recipient": {"id": PAGE}, "timestamp": at});
    event[what] = facts;
    let entry = json!({"id": PAGE, "time": at, "messaging": [event]});
    let body = json!({"object": "page", "entry": [entry]});
    assert_eq!(signed(world.http_address(), SECRET, &body), 200);
}

pub(super) fn says(world: &World, psid: &str, at: u64, text: &str) {
    let mid = format!("m_{psid}_{text}");
    event(
        world,
        psid,
        at,
        "message",
        json!({"mid": mid, "text": text}),
    );
}

pub(super) fn page(browser: &mut Browser, path: &str) -> String {
    let answer = browser.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

/// Whether all of these stand there, in this order.
pub(super) fn in_order(shown: &str, words: &[&str]) {
    let mut rest = shown;
    for word in words {
        let at = rest.find(word);
        let at = at.unwrap_or_else(|| panic!("`{word}` (of {words:?}) is not next in {shown}"));
        rest = &rest[at + word.len()..];
    }
}

pub(super) const APP: [(&str, &str); 3] =
    [("what", "app"), ("app_id", OURS), ("app_secret", SECRET)];

pub(super) fn waits_for(world: &World, browser: &mut Browser, path: &str, words: &str) -> String {
    world.wait(words, || {
        let shown = page(browser, path);
        shown.contains(words).then_some(shown)
    })
}

#[test]
fn what_expires_first_comes_first_and_the_rest_behind_it() {
    let world = connected(&Graph::start(), "");
    says(&world, "1", now() - 2 * HOUR, "calm");
    says(&world, "2", now() - 23 * HOUR - HOUR / 2, "urgent");
    says(&world, "3", now() - 25 * HOUR, "late");
    says(&world, "4", now() - 21 * HOUR, "soon");
    let mail = "From: m@cliente.example\nTo: inbox@localhost\nSubject: letter\n\nA letter\n";
    world.mail("m@cliente.example", "inbox@localhost", mail);
    let mut agent = world.logged_in("ada@shop.example", "agent");
    let shown = page(&mut agent, "/inbox?order=expiring");
    in_order(&shown, &["urgent", "soon", "calm", "A letter", "late"]);
    in_order(
        &shown,
        &[
            "urgent",
            "tag-danger",
            "29 min",
            "soon",
            "tag-warning",
            "2 h",
            "calm",
            "21 h",
        ],
    );
    in_order(&shown, &["late", "Window closed"]);
}

#[test]
fn a_closed_window_locks_the_composer_and_says_what_can_be_done() {
    let graph = Graph::start();
    let world = connected(&graph, "");
    says(&world, "1", now() - 25 * HOUR, "late");
    let mut admin = world.logged_in("ada@shop.example", "admin");
    let mut agent = world.logged_in("eva@shop.example", "agent");
    let thread = "/conversations/1";
    let shown = page(&mut agent, thread);
    in_order(
        &shown,
        &[
            "id=\"locked\"",
            "answering time is over",
            "since <time",
            "Wait until they write again.",
            "Human Agent",
            "until <time",
            "leave a note",
        ],
    );
    in_order(&shown, &["value=\"send\"", "disabled", "Send"]);
    assert!(!shown.contains("href=\"/settings/messenger#human-agent\""));
    assert!(page(&mut admin, thread).contains("href=\"/settings/messenger#human-agent\""));
    let to = "/conversations/1/messages";
    let refused = agent.post(
        to,
        &[("channel", "messenger"), ("text", "Sorry"), ("do", "send")],
    );
    assert_eq!(refused.status, 409);
    assert!(
        refused.text().contains(">Sorry</textarea>"),
        "nothing is lost"
    );
    let noted = agent.post(to, &[("text", "Called him"), ("do", "note")]);
    assert_eq!(noted.status, 303, "{}", noted.text());
    let lines = world.api().get(thread)["messages"].clone();
    assert_eq!(lines[1]["direction"], "note", "{lines}");
    says(&world, "1", now(), "Still there?");
    let shown = page(&mut agent, thread);
    assert!(!shown.contains("id=\"locked\""), "a new message opens it");
    assert!(graph.sent().is_empty());
}

#[test]
fn with_metas_approval_a_person_answers_for_seven_days() {
    let graph = Graph::start();
    let world = connected(&graph, "");
    let mut admin = world.logged_in("ada@shop.example", "admin");
    says(&world, "1", now() - 25 * HOUR, "late");
    says(&world, "2", now() - 7 * 24 * HOUR - 1, "too late");
    assert!(page(&mut admin, "/conversations/1").contains("id=\"locked\""));
    let shown = page(&mut admin, "/conversations/2");
    assert!(shown.contains("id=\"locked\""));
    assert!(
        !shown.contains("Human Agent"),
        "no approval would help here"
    );
    let approved = [("what", "permissions"), ("human_agent", "1")];
    assert_eq!(admin.post(SETTINGS, &approved).status, 303);
    let shown = page(&mut admin, "/conversations/1");
    assert!(!shown.contains("id=\"locked\""));
    in_order(&shown, &["Human agent: 5 d left", "human agent’s answer"]);
    let to = "/conversations/1/messages";
    let sent = admin.post(
        to,
        &[("channel", "messenger"), ("text", "Sorry"), ("do", "send")],
    );
    assert_eq!(sent.status, 303, "{}", sent.text());
    world.wait("the answer", || (graph.sent().len() == 1).then_some(()));
    assert_eq!(graph.sent()[0].body["tag"], "HUMAN_AGENT");
    assert!(page(&mut admin, "/conversations/2").contains("id=\"locked\""));
    // Saving the app says nothing of what Meta approved.
    assert_eq!(admin.post(SETTINGS, &APP).status, 303);
    assert!(!page(&mut admin, "/conversations/1").contains("id=\"locked\""));
}

#[test]
fn a_long_text_is_split_only_on_request() {
    let graph = Graph::start();
    let world = connected(&graph, "");
    says(&world, "1", now(), "Tell me");
    let mut agent = world.logged_in("ada@shop.example", "agent");
    let to = "/conversations/1/messages";
    // 1,000 emoji are 1,000 characters and 2,000 UTF-16 units: one too many.
    let text = "😀".repeat(1_000);
    let refused = agent.post(
        to,
        &[("channel", "messenger"), ("text", &text), ("do", "send")],
    );
    assert_eq!(refused.status, 422);
    let shown = refused.text();
    assert!(shown.contains(&text), "nothing is lost");
    assert!(
        shown.contains("value=\"split\">Send in several messages"),
        "{shown}"
    );
    let asked = [
        ("channel", "messenger"),
        ("text", &text),
        ("do", "split"),
        ("key", "k"),
    ];
    for _ in ["asked", "asked again by a second click"] {
        assert_eq!(agent.post(to, &asked).status, 303);
    }
    world.wait("both parts", || (graph.sent().len() == 2).then_some(()));
    let said = |n: usize| graph.sent()[n].body["message"]["text"].clone();
    assert_eq!(said(0), "😀".repeat(999));
    assert_eq!(said(1), "😀");
    let fits = "x".repeat(1_999);
    let sent = agent.post(
        to,
        &[("channel", "messenger"), ("text", &fits), ("do", "send")],
    );
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert_eq!(
        world.api().get("/conversations/1")["messages"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

#[test]
fn a_person_has_the_name_and_the_picture_meta_gives() {
    let graph = Graph::start();
    graph.knows(
        "1",
        json!({"name": "Giulia Bianchi", "profile_pic": graph.file()}),
    );
    let world = connected(&graph, "");
    says(&world, "1", now(), "Hello");
    says(&world, "2", now(), "Hi");
    let mut agent = world.logged_in("ada@shop.example", "agent");
    let list = waits_for(&world, &mut agent, "/inbox", "Giulia Bianchi");
    let picture = list
        .split("src=\"/conversations/1/picture")
        .nth(1)
        .expect("a picture");
    let picture = picture.split('"').next().unwrap().replace("&#x3D;", "=");
    let shown = agent.get(&format!("/conversations/1/picture{picture}"));
    assert_eq!(shown.header("content-type"), Some("image/png"));
    assert_eq!(shown.body, super::world::graph::FILE);
    // Also on the line that came before Meta told the name.
    let thread = page(&mut agent, "/conversations/1");
    let thread = thread.split("<section class=\"thread\"").nth(1).unwrap();
    assert!(
        thread.contains("<span class=\"author\">Giulia Bianchi</span>"),
        "{thread}"
    );
    assert!(!thread.contains("Facebook visitor"), "{thread}");
    assert!(page(&mut agent, "/conversations/2").contains("Facebook visitor"));
    assert_eq!(agent.get("/conversations/2/picture").status, 404);
    let stranger = world.browser().get("/conversations/1/picture");
    assert_eq!(stranger.status, 303, "pictures are for agents");
    let italian = [("name", "Ada"), ("language", "it")];
    agent.post("/settings/profile", &italian);
    assert!(page(&mut agent, "/conversations/2").contains("Visitatore Facebook"));
}

#[test]
fn the_person_sees_that_it_was_read_and_that_somebody_types() {
    let graph = Graph::start();
    let world = connected(&graph, "");
    says(&world, "1", now(), "Hello");
    let mut viewer = world.logged_in("eva@shop.example", "viewer");
    let mut agent = world.logged_in("ada@shop.example", "agent");
    page(&mut viewer, "/conversations/1");
    for _ in 0..2 {
        page(&mut agent, "/conversations/1");
    }
    for typing in ["1", "1", "0", "0"] {
        agent.post("/conversations/1/typing", &[("typing", typing)]);
    }
    let acts = ["mark_seen 1", "typing_off 1", "typing_on 1"];
    world.wait("the courtesies", || {
        let mut done = graph.acts();
        done.sort();
        (done == acts).then_some(())
    });
    says(&world, "2", now() - 25 * HOUR, "Late");
    page(&mut agent, "/conversations/2");
    agent.post("/conversations/2/typing", &[("typing", "1")]);
    says(&world, "3", now(), "Third");
    page(&mut agent, "/conversations/3");
    world.wait("the third", || {
        graph
            .acts()
            .contains(&"mark_seen 3".to_owned())
            .then_some(())
    });
    assert_eq!(
        graph.acts().len(),
        4,
        "none after the window: {:?}",
        graph.acts()
    );
}

#[test]
fn every_kind_of_line_is_shown_as_what_it_is() {
    let graph = Graph::start();
    let world = connected(&graph, "");
    let at = now();
    let message = |facts: Value| event(&world, "1", at, "message", facts);
    message(json!({"mid": "a", "text": "first words"}));
    message(json!({"mid": "b", "text": "an ansver"}));
    event(
        &world,
        "1",
        at,
        "message_edit",
        json!({"mid": "b", "text": "an answer", "num_edit": 1}),
    );
    message(json!({"mid": "c", "text": "regretted words", "attachments":
        [{"type": "image", "payload": {"url": graph.file()}}]}));
    message(json!({"mid": "c", "is_deleted": true}));
    message(json!({"mid": "d", "is_unsupported": true}));
    message(json!({"mid": "e", "text": "the second", "reply_to": {"mid": "a"}}));
    event(
        &world,
        "1",
        at,
        "reaction",
        json!({"mid": "a", "action": "react", "emoji": "🎉"}),
    );
    event(
        &world,
        "1",
        at,
        "postback",
        json!({"mid": "f", "title": "Talk to us", "payload": "T"}),
    );
    let place = json!({"coordinates": {"lat": 44.25, "long": 11.5}});
    message(json!({"mid": "g", "attachments": [{"type": "location", "payload": place}]}));
    let mut agent = world.logged_in("ada@shop.example", "agent");
    let shown = page(&mut agent, "/conversations/1");
    in_order(&shown, &["first words", "Reactions:", "🎉"]);
    in_order(&shown, &["Edited", "an answer"]);
    in_order(&shown, &["This message was taken back."]);
    for gone in ["regretted words", "photo.png", "an ansver"] {
        assert!(!shown.contains(gone), "{gone}");
    }
    in_order(
        &shown,
        &[
            "Unsupported message",
            "Something that Meta does not pass on",
        ],
    );
    in_order(&shown, &["In answer to:", "first words", "the second"]);
    in_order(&shown, &["Button pressed", "Talk to us"]);
    in_order(
        &shown,
        &["44.25, 11.5", "href=\"https://www.openstreetmap.org/"],
    );
}

#[test]
fn a_file_that_could_not_be_fetched_is_tried_again_on_request() {
    let graph = Graph::start();
    let world = connected(&graph, "");
    graph.file_is("plan.png", 404);
    let url = graph.file_named("plan.png");
    let file = json!([{"type": "image", "payload": {"url": url}}]);
    event(
        &world,
        "1",
        now(),
        "message",
        json!({"mid": "a", "attachments": file}),
    );
    let mut agent = world.logged_in("ada@shop.example", "agent");
    let mut viewer = world.logged_in("eva@shop.example", "viewer");
    let thread = "/conversations/1";
    let shown = waits_for(&world, &mut agent, thread, "could not be fetched");
    in_order(&shown, &["plan.png", "could not be fetched", "Try again"]);
    let again = shown.split("/fetch\"").next().unwrap();
    let again = format!("{}/fetch", &again[again.rfind("/messages/").unwrap()..]);
    assert!(!page(&mut viewer, thread).contains("/fetch\""));
    assert_eq!(viewer.post(&again, &[]).status, 403);
    graph.file_is("plan.png", 200);
    assert_eq!(agent.post(&again, &[]).status, 303);
    let shown = waits_for(&world, &mut agent, thread, "<img src=\"/messages/");
    assert!(!shown.contains("could not be fetched"), "{shown}");
    assert_eq!(agent.post(&again, &[]).status, 422, "it is there");
    assert_eq!(graph.fetched().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_locks_at_the_end_of_the_window_and_opens_again() {
    let world = connected(&Graph::start(), "");
    world.agent("ada@shop.example", "agent");
    let driver = Driver::start();
    let browser = driver.browser().await;
    log_in(&browser, world.http_address(), "ada@shop.example").await;
    // Long enough to open the page, short enough to wait for.
    says(&world, "1", now() - 24 * HOUR + 6_000, "Quick");
    let thread = format!("http://{}/conversations/1", world.http_address());
    browser.goto(&thread).await.unwrap();
    wait(
        &browser,
        "//button[contains(@class, 'send')][not(@disabled)][contains(., 'Send')]",
    )
    .await;
    write(&browser, "//textarea[@name='text']", "Half an ans").await;
    wait(
        &browser,
        "//*[@id='locked'][contains(., 'answering time is over')]",
    )
    .await;
    wait(&browser, "//button[@value='send'][@disabled]").await;
    wait(&browser, "//button[@value='note'][not(@hidden)]").await;
    let written = "return document.querySelector('.composer textarea').value";
    let words = browser.execute(written, vec![]).await.unwrap();
    assert_eq!(words, "Half an ans", "what was written stays");
    says(&world, "1", now(), "Still here");
    wait(&browser, "//button[@value='send'][not(@disabled)]").await;
    wait(
        &browser,
        "//*[contains(@class, 'thread-sub')][contains(., '23 h')]",
    )
    .await;
    browser.close().await.unwrap();
}
