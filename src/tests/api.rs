//! What programs may rely on: the calls of `/api/v1`.

use super::world::World;
use super::world::http::{Api, ask};
use serde_json::{Value, json};

const MAIL: &str = "From: Anna Bianchi <anna@example.com>\nTo: inbox@localhost\n\
    Subject: Invoice INV-2024/0031\nMessage-ID: <one@example.com>\nDate: Fri, 2 Jan 2026 03:04:05 +0000\n\n\
    Where is my invoice?\n";

/// A mail with a file.
const WITH_FILE: &str = "From: anna@example.com\nTo: inbox@localhost\nSubject: File\n\
    Message-ID: <two@example.com>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n\
    --x\nContent-Type: text/html\n\n<p>See <b>file</b><script>alert(1)</script></p>\n\
    --x\nContent-Type: text/csv; name=a.csv\nContent-Disposition: attachment; filename=a.csv\n\n\
    1,2,3\n--x--\n";

fn world_with_mail() -> World {
    let world = World::start();
    let reply = world.mail("anna@example.com", "inbox@localhost", MAIL);
    assert!(reply.starts_with("250"), "{reply}");
    world
}

fn first(api: &super::world::http::Api) -> Value {
    api.get("/conversations")["conversations"][0].clone()
}

#[test]
fn every_call_needs_a_token() {
    let world = World::start();
    for (method, path) in [
        ("GET", "/conversations"),
        ("DELETE", "/conversations/1"),
        ("GET", "/messages/1/raw"),
        ("POST", "/contacts"),
        ("GET", "/search?q=x"),
        ("GET", "/saved-replies"),
        ("GET", "/events"),
    ] {
        let path = format!("/api/v1{path}");
        for headers in [&[][..], &[("Authorization", "Bearer casella_guess")]] {
            let answer = ask(world.http_address(), method, &path, headers, b"");
            assert_eq!(answer.status, 401, "{method} {path}");
            assert_eq!(answer.json()["error"], "unauthorized");
        }
    }
}

#[test]
fn a_mail_is_a_conversation_with_its_contact() {
    let world = world_with_mail();
    let api = world.api();
    let conversation = first(&api);
    assert_eq!(conversation["status"], "open");
    assert_eq!(conversation["channel"], "email");
    assert_eq!(conversation["subject"], "Invoice INV-2024/0031");
    assert_eq!(conversation["read"], false);
    assert_eq!(conversation["assignee"], Value::Null);
    assert_eq!(conversation["contact"]["name"], "Anna Bianchi");
    assert_eq!(
        conversation["contact"]["emails"],
        json!(["anna@example.com"])
    );
    assert_eq!(conversation["messages_count"], 1);
    let whole = api.get(&format!("/conversations/{}", conversation["id"]));
    let message = &whole["messages"][0];
    assert_eq!(message["direction"], "in");
    assert_eq!(message["author"]["kind"], "contact");
    assert_eq!(message["author"]["address"], "anna@example.com");
    assert_eq!(message["channels"], json!(["email"]));
    assert_eq!(message["message_id"], "one@example.com");
    assert_eq!(message["matched_by"], "new");
    assert_eq!(message["delivery"]["state"], "none");
    assert!(
        message["text"]
            .as_str()
            .unwrap()
            .contains("Where is my invoice?")
    );
    assert_eq!(
        first(&api)["read"],
        false,
        "reading by the API marks nothing"
    );
}

#[test]
fn conversations_are_filtered_and_paged() {
    let world = World::start();
    for n in 0..5 {
        let mail =
            format!("From: p{n}@example.com\nTo: inbox@localhost\nSubject: s{n}\n\nHello {n}\n");
        world.mail(&format!("p{n}@example.com"), "inbox@localhost", &mail);
    }
    let api = world.api();
    let id = first(&api)["id"].clone();
    assert_eq!(first(&api)["subject"], "s4", "newest first");
    api.patch(
        &format!("/conversations/{id}"),
        json!({"status": "complete"}),
    );
    let count = |query: &str| {
        let found = api.get(&format!("/conversations?{query}"));
        found["conversations"].as_array().unwrap().len()
    };
    for (query, expected) in [
        ("status=open", 4),
        ("status=complete", 1),
        ("status=all", 5),
        ("channel=email", 5),
        ("channel=chat", 0),
        ("assignee=none", 5),
        ("unread=true", 5),
        ("contact=999", 0),
    ] {
        assert_eq!(count(query), expected, "{query}");
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("/conversations?limit=2&cursor={cursor}"));
        let ids = page["conversations"].as_array().unwrap().iter();
        seen.extend(ids.map(|c| c["id"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 5);
    for odd in [
        "status=new",
        "limit=many",
        "cursor=x",
        "channel=fax",
        "unread=maybe",
    ] {
        let answer = api.ask("GET", &format!("/conversations?{odd}"), None);
        assert_eq!(answer.status, 400, "{odd}");
        let name = odd.split('=').next().unwrap();
        assert!(answer.json()["reason"].as_str().unwrap().contains(name));
    }
}

#[test]
fn a_conversation_is_changed_and_never_deleted() {
    let world = world_with_mail();
    world.agent("mario@shop.example", "agent");
    let api = world.api();
    let path = format!("/conversations/{}", first(&api)["id"]);
    let changed = api.patch(
        &path,
        json!({"assignee": "mario@shop.example", "tags": ["vip"], "subject": "Invoice", "read": true}),
    );
    assert_eq!(changed["assignee"], "mario@shop.example");
    assert_eq!(changed["tags"], json!(["vip"]));
    assert_eq!(changed["subject"], "Invoice");
    assert_eq!(changed["read"], true);
    assert_eq!(
        api.patch(&path, json!({"assignee": null}))["assignee"],
        Value::Null
    );
    let done = api.patch(&path, json!({"status": "complete"}));
    assert_eq!(done["status"], "complete");
    assert_eq!(
        api.patch(&path, json!({"status": "open"}))["status"],
        "open"
    );
    for (body, status) in [
        (json!({"assignee": "nobody@shop.example"}), 422),
        (json!({"status": "closed"}), 400),
        (json!({"colour": "red"}), 400),
    ] {
        let answer = api.ask("PATCH", &path, Some(body));
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    assert_eq!(api.ask("DELETE", &path, None).status, 405);
    let put = api.ask("PUT", &path, Some(json!({})));
    assert_eq!(
        (put.status, put.header("allow")),
        (405, Some("GET, HEAD, PATCH"))
    );
    assert_eq!(
        api.ask("PATCH", "/conversations/999", Some(json!({})))
            .status,
        404
    );
}

#[test]
fn answers_are_queued_once_and_refused_with_a_reason() {
    let world = world_with_mail();
    let api = world.api();
    let path = format!("/conversations/{}/messages", first(&api)["id"]);
    let words = json!({"channel": "email", "text": "On its way, {{name}}.", "idempotency_key": "k1",
        "attachments": [{"name": "a.txt", "content_type": "text/plain", "content": "aGVsbG8="}]});
    let answer = api.ask("POST", &path, Some(words.clone()));
    assert_eq!(answer.status, 201, "{}", answer.text());
    let message = answer.json();
    assert_eq!(message["direction"], "out");
    assert_eq!(message["text"], "On its way, {{name}}.");
    assert_eq!(
        message["delivery"]["recipients"][0]["address"],
        "anna@example.com"
    );
    assert_eq!(
        api.post(&path, words)["id"],
        message["id"],
        "the same key, the same message"
    );
    let url = message["attachments"][0]["url"].as_str().unwrap();
    let file = api.ask("GET", url.strip_prefix("/api/v1").unwrap(), None);
    assert_eq!(file.body, b"hello");
    let note = api.post(&path, json!({"channel": "note", "text": "He called."}));
    assert_eq!(note["direction"], "note");
    let refused = api.ask(
        "POST",
        &path,
        Some(json!({"channel": "chat", "text": "Hi"})),
    );
    assert_eq!(refused.status, 409);
    let refused = refused.json();
    for field in ["error", "reason", "remedy"] {
        assert!(refused[field].is_string(), "{refused}");
    }
    let odd = api.ask("POST", &path, Some(json!({"channel": "fax", "text": "Hi"})));
    assert_eq!(odd.status, 400);
}

#[test]
fn a_program_is_named_by_its_token_whatever_it_writes() {
    let world = world_with_mail();
    let said = world.told(&["token", "add", "Shop robot"], "");
    let api = Api::new(
        world.http_address(),
        said.split_whitespace().last().unwrap(),
    );
    let path = format!("/conversations/{}/messages", first(&api)["id"]);
    let named = json!({"kind": "agent", "name": "Shop robot", "address": null});
    for channel in ["note", "email"] {
        let words = json!({"channel": channel, "text": "On its way."});
        assert_eq!(api.post(&path, words)["author"], named, "{channel}");
    }
}

#[test]
fn a_used_key_takes_no_other_words() {
    let world = world_with_mail();
    let api = world.api();
    let path = format!("/conversations/{}/messages", first(&api)["id"]);
    let long = "It is on its way. ".repeat(200);
    let words = |channel: &str, text: &str| json!({"channel": channel, "text": text, "idempotency_key": "k"});
    let made = api.post(&path, words("note", &long));
    let again = api.post(&path, words("note", &long));
    assert_eq!(again["id"], made["id"]);
    for (channel, text) in [
        ("note", "Other words"),
        ("note", &long[1..]),
        ("email", &long),
    ] {
        let refused = api.ask("POST", &path, Some(words(channel, text)));
        assert_eq!(refused.status, 422, "{}", refused.text());
        let reason = refused.json()["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains("idempotency_key"), "{reason}");
    }
    let thread = api.get(&format!("/conversations/{}", first(&api)["id"]));
    assert_eq!(
        thread["messages"].as_array().unwrap().len(),
        2,
        "nothing else was made"
    );
}

#[test]
fn a_message_gives_its_mail_its_html_and_its_files() {
    let world = World::start();
    let reply = world.mail("anna@example.com", "inbox@localhost", WITH_FILE);
    assert!(reply.starts_with("250"), "{reply}");
    let api = world.api();
    let found = api.get("/messages?message_id=%3Ctwo@example.com%3E");
    let message = &found["messages"][0];
    let path = format!("/messages/{}", message["id"]);
    assert_eq!(api.get(&path)["id"], message["id"]);
    let raw = api.ask("GET", &format!("{path}/raw"), None).text();
    assert!(raw.starts_with("Return-Path:"), "{raw}");
    assert!(raw.ends_with(&WITH_FILE.replace('\n', "\r\n")), "{raw}");
    let html = api.ask("GET", &format!("{path}/html"), None);
    let policy = html.header("content-security-policy").unwrap();
    assert!(policy.starts_with("sandbox allow-popups"), "{policy}");
    assert!(html.text().contains("<b>file</b>") && !html.text().contains("<script"));
    let file = api.ask("GET", &format!("{path}/attachments/0"), None);
    assert!(file.text().starts_with("1,2,3"));
    let name = file.header("content-disposition").unwrap();
    assert!(name.starts_with("attachment; filename=\"a.csv\""), "{name}");
    assert_eq!(
        api.ask("GET", &format!("{path}/attachments/7"), None)
            .status,
        404
    );
    let none = api.get("/messages?message_id=none@example.com");
    assert_eq!(none["messages"], json!([]));
}

#[test]
fn contacts_are_found_made_changed_and_merged() {
    let world = world_with_mail();
    let api = world.api();
    let anna = api.get("/contacts?email=ANNA@example.com")["contacts"][0].clone();
    assert_eq!(anna["name"], "Anna Bianchi");
    let other = api.post(
        "/contacts",
        json!({"name": "A. Bianchi", "email": "anna@work.example"}),
    );
    let changed = api.patch(
        &format!("/contacts/{}", other["id"]),
        json!({"phone": "+39 02", "tags": ["vip"], "fields": {"city": "Milano"}}),
    );
    assert_eq!(changed["fields"]["city"], "Milano");
    let taken = api.ask(
        "POST",
        "/contacts",
        Some(json!({"email": "anna@example.com"})),
    );
    assert_eq!(taken.status, 409);
    let merged = api.post(
        &format!("/contacts/{}/merge", other["id"]),
        json!({"into": anna["id"]}),
    );
    let emails = json!(["anna@example.com", "anna@work.example"]);
    assert_eq!(merged["emails"], emails);
    let found = api.get("/contacts?q=bianchi")["contacts"].clone();
    assert_eq!(found.as_array().unwrap().len(), 1);
    let one = api.get(&format!("/contacts/{}", anna["id"]));
    assert_eq!(one["conversations"].as_array().unwrap().len(), 1);
}

#[test]
fn saved_replies_are_kept_literally() {
    let world = World::start();
    let api = world.api();
    let words =
        json!({"category": "Shipping", "title": "Late", "text": "Sorry, {{name}} %FIRSTNAME%"});
    let made = api.post("/saved-replies", words.clone());
    assert_eq!(made["text"], words["text"]);
    let path = format!("/saved-replies/{}", made["id"]);
    assert_eq!(
        api.patch(&path, json!({"title": "Very late"}))["title"],
        "Very late"
    );
    assert_eq!(
        api.get("/saved-replies")["saved_replies"][0]["category"],
        "Shipping"
    );
    assert_eq!(api.ask("DELETE", &path, None).status, 204);
    assert_eq!(api.ask("GET", &path, None).status, 404);
}

#[test]
fn a_search_finds_a_new_mail_by_its_order_number() {
    let world = world_with_mail();
    let api = world.api();
    let hits = world.wait("the mail to be found", || {
        let answer = api.ask("GET", "/search?q=INV-2024%2F0031", None);
        let found = (answer.status == 200).then(|| answer.json())?;
        (found["total"] == 1).then_some(found)
    });
    assert_eq!(hits["hits"][0]["conversation"], first(&api)["id"]);
    assert!(hits["took_ms"].is_u64());
    let listed = api.get("/conversations?q=invoice&status=open");
    assert_eq!(listed["conversations"].as_array().unwrap().len(), 1);
    let none = api.get("/conversations?q=invoice&status=complete");
    assert_eq!(none["conversations"], json!([]));
}

#[test]
fn events_come_once_each_across_a_restart() {
    let mut world = world_with_mail();
    let mut seen: Vec<u64> = Vec::new();
    let received = world.api().events(0).find(|event| {
        seen.push(event.id);
        event.name == "MessageReceived"
    });
    let data: Value = serde_json::from_str(&received.unwrap().data).unwrap();
    assert!(
        data["conversation"].is_u64() && data["message"].is_u64(),
        "{data}"
    );
    world.start_again();
    world.mail(
        "anna@example.com",
        "inbox@localhost",
        &MAIL.replace("one@", "next@"),
    );
    let last = *seen.last().unwrap();
    world.api().events(last).find(|event| {
        seen.push(event.id);
        event.name == "MessageReceived"
    });
    let expected: Vec<u64> = (1..=seen.len() as u64).collect();
    assert_eq!(seen, expected, "none lost, none twice");
}
