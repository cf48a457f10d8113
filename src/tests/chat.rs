//! What the chat promises a visitor, by the calls the widget makes.

use super::world::World;
use super::world::http::ask;
use super::world::visitor::{Visitor, lines};
use serde_json::{Value, json};

#[test]
fn nobody_is_a_visitor_before_they_write() {
    let world = World::start();
    let mut browser = world.browser();
    assert_eq!(browser.get("/widget.js").status, 200);
    assert_eq!(browser.get("/widget/frame").status, 200);
    assert!(
        browser.cookies.is_empty(),
        "no cookie before the first line"
    );
    assert_eq!(browser.get("/chat/v1/history").status, 401);
    let come = ask(world.http_address(), "POST", "/chat/v1/visitors", &[], b"");
    let cookie = come.header("set-cookie").unwrap();
    for word in ["HttpOnly", "Secure", "SameSite=None", "Partitioned"] {
        assert!(cookie.contains(word), "{cookie}");
    }
}

#[test]
fn a_line_sent_again_is_the_same_line() {
    let world = World::start();
    let anna = Visitor::come(&world);
    let (first, again) = (anna.say("Hello", "one"), anna.say("Hello", "one"));
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(anna.say("And more", "two").status, 201);
    assert_eq!(anna.texts(), ["Hello", "And more"]);
}

#[test]
fn a_visitor_sees_their_own_device_only() {
    let world = World::start();
    let (anna, bruno) = (Visitor::come(&world), Visitor::come(&world));
    anna.say("I am Anna", "1");
    bruno.say("I am Bruno", "1");
    let who = json!({"email": "anna@shop.example", "name": "Anna"});
    assert_eq!(anna.ask("POST", "identify", &who).status, 200);
    // The same address, typed by another, opens nothing.
    assert_eq!(bruno.ask("POST", "identify", &who).status, 200);
    assert_eq!(anna.texts(), ["I am Anna"]);
    assert_eq!(bruno.texts(), ["I am Bruno"]);
}

#[test]
fn an_address_is_asked_for_until_it_is_known() {
    let world = World::start();
    let anna = Visitor::come(&world);
    assert_eq!(anna.history()["needs_email"], true);
    assert_eq!(anna.history()["agent_online"], false);
    let wrong = anna.ask("POST", "identify", &json!({"email": "not an address"}));
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let right = anna.ask("POST", "identify", &json!({"email": "anna@shop.example"}));
    assert_eq!(right.status, 200, "{}", right.text());
    assert_eq!(anna.history()["needs_email"], false);
}

#[test]
fn a_site_that_never_made_a_secret_vouches_for_nobody() {
    let world = World::start();
    let anna = Visitor::come(&world);
    let forged = json!({"token": "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFAYi5jIn0."});
    assert_eq!(anna.ask("POST", "identify", &forged).status, 403);
    let signed = json!({"email": "anna@shop.example", "signature": "00"});
    assert_eq!(anna.ask("POST", "identify", &signed).status, 403);
}

#[test]
fn a_stream_resumes_without_loss_or_repeat() {
    let mut world = World::start();
    let anna = Visitor::come(&world);
    anna.say("one", "1");
    let mut stream = anna.events(0);
    let first = lines(&mut stream, 1);
    anna.say("two", "2");
    let second = lines(&mut stream, 1);
    world.kill();
    world.start_again();
    let anna = anna.back(&world);
    anna.say("three", "3");
    let mut resumed = anna.events(second[0].0);
    anna.say("four", "4");
    let rest = lines(&mut resumed, 2);
    let texts: Vec<_> = [first, second, rest]
        .concat()
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(texts, ["one", "two", "three", "four"]);
    assert_eq!(anna.texts(), texts);
}

#[test]
fn pictures_and_papers_are_taken_and_nothing_else() {
    let world = World::start();
    let (anna, bruno) = (Visitor::come(&world), Visitor::come(&world));
    let png = b"\x89PNG\r\n\x1a\n0000";
    let sent = anna.send_file("cup.png", png);
    assert_eq!(sent.status, 201, "{}", sent.text());
    let file = sent.json()["attachments"][0].clone();
    assert_eq!(file["content_type"], "image/png");
    let path = file["url"].as_str().unwrap().replace("/chat/v1/", "");
    let fetched = anna.ask("GET", &path, &Value::Null);
    assert_eq!((fetched.status, fetched.body.as_slice()), (200, &png[..]));
    assert_eq!(bruno.ask("GET", &path, &Value::Null).status, 404);
    // The name promises a picture, the bytes do not.
    let page = anna.send_file("cup2.png", b"<script>alert(1)</script>");
    assert_eq!(page.status, 400, "{}", page.text());
    assert_eq!(anna.send_file("bill.pdf", b"%PDF-1.7\n").status, 201);
}

#[test]
fn strangers_are_slowed_down_and_told_how_long() {
    let world = World::with("[limits]\nvisitors_per_minute = 2\n");
    let anna = Visitor::come(&world);
    Visitor::come(&world);
    let third = ask(world.http_address(), "POST", "/chat/v1/visitors", &[], b"");
    assert_eq!(third.status, 429);
    assert!(third.header("retry-after").is_some());
    let answers: Vec<_> = (0..9).map(|n| anna.say("hi", &n.to_string())).collect();
    assert_eq!(answers[0].status, 201);
    let slowed = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert!(slowed.header("retry-after").is_some());
    let long = anna.say(&"x".repeat(4_001), "long");
    assert_eq!(long.status, 400, "{}", long.text());
}

#[test]
fn only_the_sites_named_may_embed_it() {
    let world = World::with("[chat]\norigins = [\"https://shop.example\"]\n");
    let frame = world.browser().get("/widget/frame");
    let policy = frame.header("content-security-policy").unwrap();
    assert!(
        policy.contains("frame-ancestors 'self' https://shop.example"),
        "{policy}"
    );
    assert!(frame.header("x-frame-options").is_none());
}

#[test]
fn the_widget_is_light() {
    let world = World::start();
    let zipped = |path: &str| {
        let zip = ("Accept-Encoding", "gzip");
        let answer = ask(world.http_address(), "GET", path, &[zip], b"");
        assert_eq!(answer.status, 200, "{path}");
        answer.body.len()
    };
    let page = world.browser().get("/widget/frame").text();
    let parts = page.split('"').filter(|part| part.starts_with("/assets/"));
    let parts: usize = parts.map(|part| zipped(&part.replace("&#x3D;", "="))).sum();
    let loader = zipped("/widget.js");
    let whole = loader + zipped("/widget/frame") + parts;
    assert!(loader < 5_000, "the loader is {loader} bytes");
    assert!(whole < 30_000, "all of it is {whole} bytes");
}

#[test]
fn notes_and_mails_are_never_shown_to_a_visitor() {
    let world = World::start();
    let api = world.api();
    let anna = Visitor::come(&world);
    anna.say("Hello", "1");
    anna.ask("POST", "identify", &json!({"email": "anna@shop.example"}));
    for (channel, text) in [
        ("chat", "Good morning"),
        ("note", "she is a regular"),
        ("email", "in writing"),
    ] {
        let words = json!({"channel": channel, "text": text});
        api.post("/conversations/1/messages", words);
    }
    assert_eq!(anna.texts(), ["Hello", "Good morning", "Answered by email"]);
}

#[test]
fn a_user_the_site_vouches_for_has_one_history_on_all_devices() {
    let world = World::start();
    let mut admin = world.logged_in("mario@shop.example", "admin");
    assert_eq!(admin.post("/settings/widget/secret", &[]).status, 303);
    let page = admin.get("/settings/widget").text();
    let codes = page.split("<code>").skip(1);
    let secret = codes
        .filter_map(|rest| rest.split("</code>").next())
        .find(|code| code.len() == 64)
        .expect("the secret is shown");
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let tag = ring::hmac::sign(&key, b"anna@shop.example");
    let signature = data_encoding::HEXLOWER.encode(tag.as_ref());
    let who = json!({"email": "anna@shop.example", "signature": signature});
    let (desk, phone) = (Visitor::come(&world), Visitor::come(&world));
    assert_eq!(desk.ask("POST", "identify", &who).json()["vouched"], true);
    desk.say("From my desk", "1");
    assert_eq!(phone.ask("POST", "identify", &who).status, 200);
    assert_eq!(phone.texts(), ["From my desk"]);
    phone.say("And from my phone", "2");
    assert_eq!(desk.texts(), ["From my desk", "And from my phone"]);
}
