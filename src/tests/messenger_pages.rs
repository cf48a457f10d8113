//! What the pages promise to those who connect a Facebook page, and to those who answer by it.

use super::world::World;
use super::world::browser::{Driver, log_in, wait, write};
use super::world::graph::{Graph, OURS};
use super::world::http::{Browser, Events, ask};
use data_encoding::HEXLOWER;
use ring::hmac;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

const PAGE: &str = "1001";
const TOKEN: &str = "EAAB-page-token";
const SECRET: &str = "0f1e-secret-of-the-app";
const SETTINGS: &str = "/settings/messenger";
const HOUR: u64 = 3_600_000;

/// Nothing is connected yet.
fn bare(graph: &Graph) -> World {
    World::with(&format!(
        "[messenger]\ngraph_url = \"{}\"\n[fetch]\nallow = [\"127.0.0.0/8\"]\n",
        graph.url()
    ))
}

/// A page is connected, by the configuration.
fn connected(graph: &Graph, more: &str) -> World {
    World::with(&format!(
        "[messenger]\npages = [{{ id = \"{PAGE}\", token = \"{TOKEN}\" }}]\napp_secret = \"{SECRET}\"\n\
         verify_token = \"v\"\ngraph_url = \"{}\"\n{more}\n[fetch]\nallow = [\"127.0.0.0/8\"]\n",
        graph.url()
    ))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

fn signed(to: SocketAddr, secret: &str, body: &Value) -> u16 {
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

fn says(world: &World, psid: &str, at: u64, text: &str) {
    let mid = format!("m_{psid}_{text}");
    event(
        world,
        psid,
        at,
        "message",
        json!({"mid": mid, "text": text}),
    );
}

fn page(browser: &mut Browser, path: &str) -> String {
    let answer = browser.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

/// Whether all of these stand there, in this order.
fn in_order(shown: &str, words: &[&str]) {
    let mut rest = shown;
    for word in words {
        let at = rest.find(word);
        let at = at.unwrap_or_else(|| panic!("`{word}` (of {words:?}) is not next in {shown}"));
        rest = &rest[at + word.len()..];
    }
}

const APP: [(&str, &str); 3] = [("what", "app"), ("app_id", OURS), ("app_secret", SECRET)];

fn connect(admin: &mut Browser, id: &str, name: &str, token: &str) {
    let fields = [
        ("what", "page"),
        ("page", id),
        ("name", name),
        ("token", token),
    ];
    let saved = admin.post(SETTINGS, &fields);
    assert_eq!(saved.status, 303, "{}", saved.text());
}

fn waits_for(world: &World, browser: &mut Browser, path: &str, words: &str) -> String {
    world.wait(words, || {
        let shown = page(browser, path);
        shown.contains(words).then_some(shown)
    })
}

#[test]
fn saving_waits_for_nobody_and_the_line_tells_what_meta_said() {
    let graph = Graph::start();
    let world = bare(&graph);
    let mut admin = world.logged_in("ada@shop.example", "admin");
    assert_eq!(admin.post(SETTINGS, &APP).status, 303);
    // A Graph that answers nobody: an answer that waited for it would never come.
    graph.hold(true);
    connect(&mut admin, PAGE, "Bottega", TOKEN);
    in_order(&page(&mut admin, SETTINGS), &["Bottega", "Being checked"]);
    graph.hold(false);
    let shown = waits_for(&world, &mut admin, SETTINGS, ">Connected</span>");
    in_order(
        &shown,
        &["Bottega", "Connected", "Page ID 1001", "checked <time"],
    );
    assert!(graph.subscribed().contains("messaging_postbacks"));
}

#[test]
fn no_secret_is_ever_shown() {
    let graph = Graph::start();
    let world = bare(&graph);
    let mut admin = world.logged_in("ada@shop.example", "admin");
    let (bad_token, bad_secret) = ("EAAB with spaces", "sec ret");
    let tried = admin.post(
        SETTINGS,
        &[
            ("page", "x"),
            ("name", "Bottega"),
            ("token", bad_token),
            ("app_secret", bad_secret),
        ],
    );
    assert_eq!(tried.status, 422);
    let mut shown = tried.text();
    assert!(
        shown.contains("value=\"Bottega\""),
        "what is no secret is kept"
    );
    assert_eq!(admin.post(SETTINGS, &APP).status, 303);
    connect(&mut admin, PAGE, "Bottega", TOKEN);
    waits_for(&world, &mut admin, SETTINGS, ">Connected</span>");
    for path in [SETTINGS, "/settings/audit", "/inbox"] {
        shown.push_str(&page(&mut admin, path));
    }
    for secret in [bad_token, bad_secret, TOKEN, SECRET] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[test]
fn what_cannot_be_saved_names_its_field() {
    let graph = Graph::start();
    let world = bare(&graph);
    let mut admin = world.logged_in("ada@shop.example", "admin");
    type Fields<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Fields<'_>, &str, &str); 7] = [
        (&[("app_id", "my app")], "app-id", "An app ID is a number"),
        (&[("app_secret", "a b")], "app-secret", "has no spaces"),
        (
            &[("page", PAGE), ("token", TOKEN)],
            "app-secret",
            "needed first",
        ),
        (&[("what", "page")], "page", "page ID is missing"),
        (&[("token", TOKEN)], "page", "page ID is missing"),
        (
            &[("page", "Bottega"), ("token", "t")],
            "page",
            "is a number",
        ),
        (&[("page", PAGE)], "token", "token is missing"),
    ];
    for (fields, culprit, words) in cases {
        let answer = admin.post(SETTINGS, fields);
        let shown = answer.text();
        assert_eq!(answer.status, 422, "{fields:?}");
        let marked = format!("aria-invalid=\"true\" aria-describedby=\"{culprit}-problem\"");
        assert!(shown.contains(&marked), "{fields:?}: {shown}");
        in_order(&shown, &[&format!("id=\"{culprit}-problem\""), words]);
    }
    let shown = page(&mut admin, SETTINGS);
    assert!(shown.contains("No page is connected yet"), "{shown}");
}

#[test]
fn a_dead_token_is_told_on_its_line_and_in_a_banner_until_there_is_another() {
    let graph = Graph::start();
    let world = bare(&graph);
    let mut admin = world.logged_in("ada@shop.example", "admin");
    let mut agent = world.logged_in("eva@shop.example", "agent");
    assert_eq!(admin.post(SETTINGS, &APP).status, 303);
    graph.refuse(190, 460);
    connect(&mut admin, PAGE, "Bottega", TOKEN);
    let shown = waits_for(&world, &mut admin, SETTINGS, ">Must be reconnected</span>");
    in_order(
        &shown,
        &["does not take this page’s token", "<details", " open>"],
    );
    let banner = "The page Bottega must be reconnected";
    assert!(page(&mut agent, "/inbox").contains(banner));
    graph.forgive();
    let other = [("what", "page"), ("page", PAGE), ("token", "EAAB-other")];
    assert_eq!(admin.post(SETTINGS, &other).status, 303);
    let shown = waits_for(&world, &mut admin, SETTINGS, ">Connected</span>");
    assert!(shown.contains("Bottega"), "its name stays");
    assert!(!page(&mut agent, "/inbox").contains(banner));
}

#[test]
fn what_meta_does_not_send_or_answer_is_told() {
    let graph = Graph::start();
    let world = bare(&graph);
    let mut admin = world.logged_in("ada@shop.example", "admin");
    assert_eq!(admin.post(SETTINGS, &APP).status, 303);
    graph.subscribe_to_nothing();
    connect(&mut admin, PAGE, "Bottega", TOKEN);
    let shown = waits_for(&world, &mut admin, SETTINGS, ">Not subscribed</span>");
    in_order(&shown, &["Meta does not send: messages, message_echoes"]);

    let nowhere = World::with("[messenger]\ngraph_url = \"http://127.0.0.1:1\"\n");
    let mut admin = nowhere.logged_in("ada@shop.example", "admin");
    assert_eq!(admin.post(SETTINGS, &APP).status, 303);
    connect(&mut admin, PAGE, "Bottega", TOKEN);
    waits_for(&nowhere, &mut admin, SETTINGS, ">Meta not reached</span>");
    in_order(&page(&mut admin, SETTINGS), &["http://127.0.0.1:1/v26.0"]);
}

#[test]
fn another_apps_subscription_is_not_taken_for_ours() {
    let graph = Graph::start();
    let world = bare(&graph);
    let mut admin = world.logged_in("ada@shop.example", "admin");
    let secret = [("what", "app"), ("app_secret", SECRET)];
    assert_eq!(admin.post(SETTINGS, &secret).status, 303);
    connect(&mut admin, PAGE, "Bottega", TOKEN);
    waits_for(&world, &mut admin, SETTINGS, ">Connected</span>");
    let all = graph.subscribed();
    graph.another_app_has(&all);
    // A page connected now is subscribed, though Meta tells of all fields already.
    graph.forget_subscription();
    connect(&mut admin, PAGE, "Bottega", "EAAB-other");
    world.wait("our subscription", || {
        (graph.subscribed() == all).then_some(())
    });
    waits_for(&world, &mut admin, SETTINGS, ">Connected</span>");
    // With the number of our app, what the other has is no comfort.
    graph.forget_subscription();
    graph.subscribe_to_nothing();
    assert_eq!(admin.post(SETTINGS, &APP).status, 303);
    waits_for(&world, &mut admin, SETTINGS, ">Not subscribed</span>");
}

#[test]
fn several_pages_stand_beside_each_other_and_each_goes_alone() {
    let graph = Graph::start();
    let world = bare(&graph);
    let mut admin = world.logged_in("ada@shop.example", "admin");
    assert_eq!(admin.post(SETTINGS, &APP).status, 303);
    connect(&mut admin, PAGE, "Bottega", TOKEN);
    connect(&mut admin, "1002", "Atelier", "EAAB-second");
    let shown = page(&mut admin, SETTINGS);
    in_order(&shown, &["Bottega", "Atelier"]);
    says(&world, "1", now(), "Hello");
    let thread = "/conversations/1";
    in_order(&page(&mut admin, thread), &["Facebook page", "Bottega"]);
    let removed = admin.post("/settings/messenger/1001/remove", &[]);
    assert_eq!(removed.status, 303);
    let waits = "is not connected any more: answers wait";
    assert!(page(&mut admin, thread).contains(waits));
    let shown = page(&mut admin, SETTINGS);
    assert!(
        !shown.contains("Bottega") && shown.contains("Atelier"),
        "{shown}"
    );
    assert_eq!(
        admin.post("/settings/messenger/1002/check", &[]).status,
        303
    );
    waits_for(&world, &mut admin, SETTINGS, ">Connected</span>");
}

#[test]
fn the_steps_tell_what_came_from_meta() {
    let world = bare(&Graph::start());
    let mut admin = world.logged_in("ada@shop.example", "admin");
    let shown = page(&mut admin, SETTINGS);
    assert!(
        shown.contains("only people with a role on the app"),
        "App Review"
    );
    assert!(shown.contains("Meta calls only public https addresses"));
    let token = shown.split("Verify token</dt><dd><code>").nth(1).unwrap();
    let token = token.split('<').next().unwrap().to_owned();
    let shake = |token: &str| {
        let query = format!("hub.mode=subscribe&hub.challenge=1&hub.verify_token={token}");
        let path = format!("/webhooks/messenger?{query}");
        ask(world.http_address(), "GET", &path, &[], b"").status
    };
    assert_eq!(shake("another"), 403);
    assert!(page(&mut admin, SETTINGS).contains("another verify token"));
    assert_eq!(shake(&token), 200);
    let shown = page(&mut admin, SETTINGS);
    assert!(shown.contains("Meta verified this address"));
    assert!(!shown.contains("another verify token"), "that is over");
    assert_eq!(admin.post(SETTINGS, &APP).status, 303);
    let empty = json!({"object": "page", "entry": []});
    assert_eq!(signed(world.http_address(), "another", &empty), 403);
    assert!(page(&mut admin, SETTINGS).contains("that the app secret did not sign"));
    assert_eq!(signed(world.http_address(), SECRET, &empty), 200);
    let shown = page(&mut admin, SETTINGS);
    assert!(shown.contains("The newest rightly signed message came"));
    assert!(!shown.contains("that the app secret did not sign"));
}

#[test]
fn an_admins_open_page_is_told_when_meta_came() {
    let world = bare(&Graph::start());
    let mut admin = world.logged_in("ada@shop.example", "admin").follow("/live");
    let mut agent = world.logged_in("eva@shop.example", "agent").follow("/live");
    let path = "/webhooks/messenger?hub.mode=subscribe&hub.verify_token=another";
    assert_eq!(ask(world.http_address(), "GET", path, &[], b"").status, 403);
    let news = |stream: &mut Events| -> Value {
        let news = stream.find(|event| event.name == "news").unwrap();
        serde_json::from_str(&news.data).unwrap()
    };
    assert_eq!(news(&mut admin)["all"], true);
    // The agent's first news is the mail that came behind it.
    let mail = "From: m@cliente.example\nTo: inbox@localhost\nSubject: letter\n\nA letter\n";
    world.mail("m@cliente.example", "inbox@localhost", mail);
    assert_eq!(news(&mut agent)["all"], false);
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
