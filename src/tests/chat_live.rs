//! What is true for the moment: who is there, on what page, who types, what was seen; and that a line
//! is one line however often it is sent.

use super::world::World;
use super::world::visitor::{Visitor, lines};
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The green dot of the first conversation.
fn dot(api: &super::world::http::Api) -> bool {
    api.get("/conversations/1")["visitor"]["online"] == true
}

#[test]
fn a_line_sent_many_times_at_once_is_one_line() {
    let mut world = World::with("[limits]\nchat_per_minute = 0\n");
    let anna = Visitor::come(&world);
    let twins = || {
        std::thread::scope(|scope| {
            let sent: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| anna.say("Only once", "one")))
                .collect();
            sent.into_iter()
                .map(|sent| sent.join().unwrap())
                .collect::<Vec<_>>()
        })
    };
    let answers = twins();
    let fresh = answers.iter().filter(|answer| answer.status == 201).count();
    let id = &answers[0].json()["id"];
    assert_eq!(fresh, 1, "one is new, the others are it");
    for answer in &answers {
        assert!([200, 201].contains(&answer.status), "{}", answer.text());
        assert_eq!(&answer.json()["id"], id);
    }
    world.kill();
    world.start_again();
    let again = anna.back(&world).say("Only once", "one");
    assert_eq!((again.status, &again.json()["id"]), (200, id));
    assert_eq!(anna.back(&world).texts(), ["Only once"]);
}

#[test]
fn the_dot_stands_while_a_stream_is_open_and_no_longer() {
    let world = World::start();
    let api = world.api();
    let anna = Visitor::come(&world);
    anna.say("Hello", "1");
    assert!(!dot(&api), "writing is not being there");
    let (desk, phone) = (anna.events(0), anna.events(0));
    world.wait("the dot", || dot(&api).then_some(()));
    drop(desk);
    assert!(dot(&api), "the other tab is still open");
    drop(phone);
    world.wait("the dot to go", || (!dot(&api)).then_some(()));
}

#[test]
fn who_falls_silent_is_gone_though_the_connection_never_closed() {
    let world = World::start();
    let api = world.api();
    let anna = Visitor::come(&world);
    anna.say("Hello", "1");
    // A laptop put to sleep: nothing is read any more, and nothing closed.
    let mut asleep = TcpStream::connect(anna.address).unwrap();
    rustix::net::sockopt::set_socket_recv_buffer_size(&asleep, 4_096).unwrap();
    let head = format!(
        "GET /chat/v1/events HTTP/1.1\r\nHost: shop\r\nAuthorization: {}\r\n\r\n",
        anna.bearer
    );
    asleep.write_all(head.as_bytes()).unwrap();
    world.wait("the dot", || dot(&api).then_some(()));
    let long = "All of it, word for word. ".repeat(7_000);
    for _ in 0..40 {
        api.post(
            "/conversations/1/messages",
            json!({"channel": "chat", "text": long}),
        );
    }
    let began = Instant::now();
    while dot(&api) {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "the dot never went"
        );
        std::thread::sleep(Duration::from_millis(250));
    }
    drop(asleep);
}

#[test]
fn behind_a_proxy_who_answers_no_more_is_gone_though_the_proxy_is_there() {
    let world = World::with("[http]\ntrusted_proxies = [\"127.0.0.1\"]\n");
    let api = world.api();
    let anna = Visitor::come(&world);
    anna.say("Hello", "1");
    let mut there = anna.events(0);
    let beat = |event: &super::world::http::Event| event.name == "beat";
    there.find(beat).expect("a first beat");
    assert_eq!(anna.ask("POST", "here", &json!({})).status, 204);
    there.find(beat).expect("a second beat");
    assert!(dot(&api), "the first beat was answered");
    // The proxy reads on, but nobody is behind it: the stream ends, and with it the visit.
    assert_eq!(there.find(beat), None);
    world.wait("the dot to go", || (!dot(&api)).then_some(()));
}

#[test]
fn agents_see_what_page_a_visitor_is_on() {
    let world = World::start();
    let mut agent = world.logged_in("mario@shop.example", "agent");
    let anna = Visitor::come(&world);
    anna.say("Hello", "1");
    let mut there = anna.events(0);
    lines(&mut there, 1);
    for (page, word, shown) in [
        (
            "https://shop.example/vases?blue",
            "on https://shop.example/vases?blue",
            true,
        ),
        ("javascript:alert(1)", "alert(1)", false),
    ] {
        let told = anna.ask("POST", "page", &json!({"url": page}));
        assert_eq!(told.status, 204, "{}", told.text());
        let seen = agent.get("/conversations/1").text().contains(word);
        assert_eq!(seen, shown, "{page}");
    }
}

#[test]
fn each_side_sees_that_the_other_types() {
    let world = World::start();
    let mut agent = world.logged_in("mario@shop.example", "agent");
    let anna = Visitor::come(&world);
    anna.say("Hello", "1");
    let mut stream = anna.events(1);
    let cookie = agent
        .cookies
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .next()
        .unwrap();
    let live = [("Cookie", cookie.as_str())];
    let mut live = super::world::http::follow(anna.address, "/live", &live);
    world.wait("the agent's typing", || {
        agent.post("/conversations/1/typing", &[("typing", "1")]);
        let event = stream.next().unwrap();
        (event.name == "typing" && event.data == r#"{"typing":true}"#).then_some(())
    });
    world.wait("the visitor's typing", || {
        anna.ask("POST", "typing", &json!({"typing": true}));
        live.next()
            .unwrap()
            .data
            .contains("visitor_types")
            .then_some(())
    });
}

#[test]
fn an_answer_is_not_seen_until_it_was() {
    let world = World::start();
    let api = world.api();
    let anna = Visitor::come(&world);
    anna.say("Hello", "1");
    let state = || {
        let thread = api.get("/conversations/1");
        let messages = thread["messages"].as_array().unwrap();
        messages.last().unwrap()["delivery"]["state"].clone()
    };
    api.post(
        "/conversations/1/messages",
        json!({"channel": "chat", "text": "Good morning"}),
    );
    assert_eq!(state(), "queued", "nobody is there");
    let mut stream = anna.events(1);
    let id = lines(&mut stream, 1)[0].0;
    world.wait("the widget to have it", || {
        (state() == "delivered").then_some(())
    });
    assert_eq!(anna.ask("POST", "seen", &json!({"id": id})).status, 204);
    assert_eq!(state(), "seen");
    // Who claims to have seen what was never said has seen what was.
    assert_eq!(
        anna.ask("POST", "seen", &json!({"id": 4_000_000_000u32}))
            .status,
        204
    );
    assert_eq!(state(), "seen");
}

#[test]
fn the_first_to_answer_owns_the_chat() {
    let world = World::start();
    let (mut mario, mut luisa) = (
        world.logged_in("mario@shop.example", "agent"),
        world.logged_in("luisa@shop.example", "agent"),
    );
    Visitor::come(&world).say("Hello", "1");
    let api = world.api();
    let owner = || api.get("/conversations/1")["assignee"].clone();
    assert_eq!(owner(), Value::Null);
    for (agent, key) in [(&mut mario, "a"), (&mut luisa, "b")] {
        let answer = [
            ("do", "send"),
            ("channel", "chat"),
            ("text", "Hello!"),
            ("key", key),
        ];
        let sent = agent.post("/conversations/1/messages", &answer);
        assert!([200, 303].contains(&sent.status), "{}", sent.text());
    }
    assert_eq!(owner(), "mario@shop.example");
}
