//! Those who do harm are shut out, and nothing they sent is lost.

use super::world::World;
use super::world::visitor::{Visitor, lines};
use serde_json::{Value, json};

#[test]
fn a_blocked_visitor_is_refused_and_nobody_else() {
    let world = World::start();
    let mut agent = world.logged_in("mario@shop.example", "agent");
    let (rude, anna) = (Visitor::come(&world), Visitor::come(&world));
    rude.say("Rude words", "1");
    let mut stream = rude.events(1);
    agent.post("/conversations/1/block", &[("blocked", "1")]);
    assert!(
        stream.all(|event| event.name != "message"),
        "it is hung up on"
    );
    assert_eq!(rude.say("More of them", "2").status, 403);
    assert_eq!(rude.ask("GET", "events", &Value::Null).status, 403);
    assert_eq!(anna.say("Hello", "1").status, 201);
    agent.post("/conversations/1/block", &[("blocked", "0")]);
    assert_eq!(rude.say("Sorry", "3").status, 201);
}

#[test]
fn a_blocked_address_is_refused_in_the_chat_and_kept_aside_by_mail() {
    let world = World::start();
    let mut agent = world.logged_in("mario@shop.example", "agent");
    let api = world.api();
    let numbers = |query: &str| {
        let found = api.get(&format!("/conversations?status=all&{query}"));
        let found = found["conversations"].as_array().unwrap().clone();
        found
            .iter()
            .map(|c| c["id"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    let mail = |id: &str| {
        let text = format!("From: rude@web.example\nSubject: Words\nMessage-ID: <{id}>\n\nRude\n");
        let reply = world.mail("rude@web.example", "inbox@localhost", &text);
        assert!(reply.starts_with("250"), "{reply}");
    };
    mail("one@web.example");
    agent.post("/conversations/1/block-address", &[("blocked", "1")]);
    mail("two@web.example");
    assert_eq!(numbers(""), [0u64; 0], "out of the inbox");
    assert_eq!(numbers("spam=true"), [1]);
    let thread = api.get("/conversations/1");
    assert_eq!(thread["messages_count"], 2, "and nothing is lost");
    let page = agent.get("/inbox").text();
    assert!(!page.contains("new messages"), "no dot");

    let rude = Visitor::come(&world);
    assert_eq!(
        rude.say("Here too", "1").status,
        201,
        "nobody knows who it is"
    );
    rude.ask("POST", "identify", &json!({"email": "RUDE@web.example"}));
    assert_eq!(rude.say("And again", "2").status, 403);
    assert_eq!(numbers(""), [0u64; 0]);
    let page = agent.get("/conversations/1").text();
    assert!(page.contains("rude@web.example is blocked"), "{page}");

    agent.post("/conversations/1/block-address", &[("blocked", "0")]);
    assert_eq!(numbers("").len(), 2, "both are back");
    assert_eq!(rude.say("Sorry", "3").status, 201);
}

#[test]
fn a_viewer_blocks_nobody() {
    let world = World::start();
    let mut viewer = world.logged_in("guest@shop.example", "viewer");
    let anna = Visitor::come(&world);
    anna.say("Hello", "1");
    for verb in ["block", "block-address"] {
        let path = format!("/conversations/1/{verb}");
        assert_eq!(
            viewer.post(&path, &[("blocked", "1")]).status,
            403,
            "{verb}"
        );
    }
    assert_eq!(anna.say("Still here", "2").status, 201);
}

/// Lines of a flood; every one takes a commit, so they come by many connections.
const FLOOD: usize = 10_000;

#[test]
fn a_flood_from_one_visitor_disturbs_no_other() {
    let world = World::with("[limits]\nchat_per_minute = 0\n");
    let api = world.api();
    let mut agent = world.logged_in("mario@shop.example", "agent");
    let (rude, anna) = (Visitor::come(&world), Visitor::come(&world));
    anna.say("Hello", "first");
    let mut stream = anna.events(1);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let rude = &rude;
            scope.spawn(move || {
                for n in 0..FLOOD / 8 {
                    let sent = rude.say("flood", &format!("{writer}-{n}"));
                    assert_eq!(sent.status, 201, "{}", sent.text());
                }
            });
        }
        for n in 0..20 {
            assert_eq!(anna.say(&n.to_string(), &n.to_string()).status, 201);
            api.post(
                "/conversations/1/messages",
                json!({"channel": "chat", "text": "Yes"}),
            );
        }
    });
    let texts: Vec<_> = lines(&mut stream, 40)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let said: Vec<_> = (0..20)
        .flat_map(|n| [n.to_string(), "Yes".into()])
        .collect();
    assert_eq!(texts, said, "in order, nothing missing");
    assert_eq!(api.get("/conversations/2")["messages_count"], FLOOD);
    assert_eq!(agent.get("/conversations/2").status, 200);
    assert_eq!(whole_history(&rude), FLOOD, "page by page, all of it");
}

/// How many lines a visitor can see, asking for the earlier ones until there are none.
fn whole_history(visitor: &Visitor) -> usize {
    let mut ids = std::collections::BTreeSet::new();
    let mut path = "history".to_owned();
    loop {
        let page = visitor.ask("GET", &path, &json!(null)).json();
        let lines = page["messages"].as_array().unwrap();
        ids.extend(lines.iter().map(|line| line["id"].as_u64().unwrap()));
        if page["earlier"] != true {
            return ids.len();
        }
        path = format!("history?before={}", ids.first().unwrap());
    }
}
