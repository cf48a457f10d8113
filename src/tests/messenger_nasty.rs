//! Whatever Meta signs is taken and nothing good in it is lost; whatever it did not sign leaves no trace.

use super::world::World;
use super::world::facebook::{self, SECRET, Thread, WEBHOOK, now, post, signature};
use super::world::graph::Graph;
use super::world::http::{Api, ask};
use casella_index::model::BlobId;
use casella_index::tables::{AUDITS, BLOBS, JOURNAL};
use casella_index::{Rows, Store};
use serde_json::{Value, json};

const ANNA: Thread<'_> = Thread {
    page: "1001",
    psid: "2002",
};

fn world(graph: &Graph) -> World {
    World::with(&facebook::config(graph, &[ANNA.page]))
}

/// Every text of the newest conversation.
fn texts(api: &Api) -> Vec<String> {
    let found = api.get("/conversations?status=all");
    let id = &found["conversations"][0]["id"];
    let whole = api.get(&format!("/conversations/{id}"));
    let lines = whole["messages"].as_array().unwrap().iter();
    let text = |line: &Value| line["text"].as_str().unwrap().trim().to_owned();
    lines.map(text).collect()
}

/// A good message as JSON.
fn good(mid: &str) -> String {
    let said = json!({"mid": mid, "text": format!("good {mid}")});
    ANNA.event(now(), "message", said).to_string()
}

/// Bodies that are no webhook, or hardly one.
fn odd_bodies() -> Vec<Vec<u8>> {
    let text = [
        "",
        " ",
        "\u{feff}",
        "not JSON",
        "null",
        "[]",
        "[[[]]]",
        "7",
        "\"text\"",
        "{",
        "{}",
        r#"{"object":"page"}"#,
        r#"{"object":"page","entry":null}"#,
        r#"{"object":"page","entry":{}}"#,
        r#"{"object":"page","entry":[null,7,"x",[]]}"#,
        r#"{"object":"page","entry":[{}]}"#,
        r#"{"object":"page","entry":[{"id":null,"messaging":null}]}"#,
        r#"{"object":"page","entry":[{"id":"1001","messaging":[null,{},[],7]}]}"#,
        r#"{"object":"page","entry":[{"id":"1001","messaging":[{"sender":null,"recipient":null,"timestamp":null,"message":null}]}]}"#,
        r#"{"object":"instagram","entry":[{"id":"9","changes":[{"field":"feed"}]}]}"#,
        r#"{"object":"page","entry":[{"id":"4242","messaging":[{"sender":{"id":"7"},"message":{"mid":"f","text":"for another page"}}]}]}"#,
    ];
    let mut bodies: Vec<Vec<u8>> = text.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.push(vec![0xff, 0xfe, 0x00]);
    bodies.push(vec![0; 1_000]);
    bodies.push("[".repeat(500_000).into_bytes());
    bodies.push("{\"a\":".repeat(100_000).into_bytes());
    bodies
}

/// Events nobody should have to read.
fn odd_events() -> Vec<String> {
    let with = |message: &str| {
        format!(
            r#"{{"sender":{{"id":"2002"}},"recipient":{{"id":"1001"}},"timestamp":1,"message":{message}}}"#
        )
    };
    vec![
        "null".into(),
        "17".into(),
        "{}".into(),
        "[[{}]]".into(),
        with("null"),
        with("[]"),
        with(r#""text""#),
        with(r#"{"mid":null,"text":null,"attachments":null}"#),
        with(r#"{"mid":"s1","text":"half \ud83d"}"#),
        with(r#"{"mid":"s2","text":"\udc00\ud83d\ud83d"}"#),
        with(r#"{"mid":"n1","text":1.5}"#),
        with(r#"{"mid":12345678901234567890,"text":"numbers"}"#),
        with(r#"{"mid":"k1","mid":"k2","text":"a","text":"b"}"#),
        with(r#"{"text":"no mid"}"#),
        with(r#"{"mid":"at","attachments":[null,7,{},{"type":7,"payload":"x"},{"type":"image"},{"type":"hologram","payload":{"url":[]}}]}"#),
        with(&format!(r#"{{"mid":"deep","text":"x","y":{}1{}}}"#, "[".repeat(3_000), "]".repeat(3_000))),
        with(&format!(r#"{{"mid":"{}","text":"long mid"}}"#, "m".repeat(70_000))),
        with(&format!(r#"{{"mid":"big","text":"{}"}}"#, "w ".repeat(200_000))),
        with("{\"mid\":\"ctl\",\"text\":\"a\\u0000b\\u0007\"}"),
        with("{\"mid\":\"raw\",\"text\":\"raw\nline\"}"),
        r#"{"sender":{"id":2002.0},"recipient":{"id":1001},"timestamp":1e400,"message":{"mid":"t","text":"x"}}"#.into(),
        r#"{"sender":{"id":"2002"},"timestamp":-99999999999,"message":{"mid":"t2","text":"x"}}"#.into(),
        r#"{"sender":{"id":"2002"},"timestamp":"99999999999999999999","message":{"mid":"t3","text":"x"}}"#.into(),
        r#"{"sender":{"id":"1001"},"recipient":{"id":"1001"},"message":{"mid":"self","text":"x"}}"#.into(),
        r#"{"sender":{"id":"../../x?y#z"},"recipient":{"id":"1001"},"timestamp":1,"message":{"mid":"path","text":"x"}}"#.into(),
        r#"{"recipient":{"id":"1001"},"policy-enforcement":{"action":7}}"#.into(),
        r#"{"sender":{"id":"2002"},"reaction":{}}"#.into(),
        r#"{"sender":{"id":"2002"},"delivery":{"mids":[null,7],"watermark":"soon"}}"#.into(),
        r#"{"sender":{"id":"2002"},"read":{"watermark":-1}}"#.into(),
        r#"{"sender":{"id":"2002"},"read":{"watermark":9223372036854775807}}"#.into(),
        r#"{"sender":{"id":"2002"},"message_edit":{"mid":"g0a","num_edit":[]}}"#.into(),
        r#"{"sender":{"user_ref":"u"},"optin":{"ref":null}}"#.into(),
        r#"{"sender":{"id":"2002"},"timestamp":1,"hologram":{"x":{"y":[]}}}"#.into(),
        r#"{"sender":{"id":"2002"},"recipient":{"id":"1001"},"postback":{"payload":{"object":1}}}"#.into(),
    ]
}

#[test]
fn whatever_is_signed_is_taken_and_nothing_good_beside_it_is_lost() {
    let graph = Graph::start();
    let mut world = world(&graph);
    let api = world.api();
    let to = world.http_address();
    for body in odd_bodies() {
        let start = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        assert_eq!(post(to, &body).status, 200, "{start}");
    }
    let mut expected = Vec::new();
    for (n, event) in odd_events().iter().enumerate() {
        let (before, after) = (format!("g{n}a"), format!("g{n}b"));
        let body = format!(
            r#"{{"object":"page","entry":[{{"id":"1001","time":1,"messaging":[{},{event},{}]}}]}}"#,
            good(&before),
            good(&after)
        );
        let start = &event[..event.len().min(120)];
        assert_eq!(post(to, body.as_bytes()).status, 200, "{start}");
        let texts = texts(&api);
        for mid in [before, after] {
            let text = format!("good {mid}");
            assert!(texts.contains(&text), "{text} beside {start}");
            expected.push(text);
        }
    }
    let texts = texts(&api);
    for text in expected {
        assert_eq!(texts.iter().filter(|t| **t == text).count(), 1, "{text}");
    }
    let shown = ["half \u{fffd}", "no mid", "b", "numbers"];
    assert!(shown.iter().all(|text| texts.iter().any(|t| t == text)));
    world.stop();
    assert!(kept_raw(&world).iter().any(|raw| raw == b"not JSON"));
}

/// The bodies kept as they came.
fn kept_raw(world: &World) -> Vec<Vec<u8>> {
    let store = Store::open(&world.data()).unwrap();
    let rows = store.read().unwrap();
    let audits = rows.all(&AUDITS).unwrap();
    for what in ["messenger_unreadable", "messenger_foreign_page"] {
        let told = audits.iter().filter(|(_, audit)| audit.what == what);
        assert_eq!(told.count(), 1, "admins hear of {what} once an hour");
    }
    let blobs: Vec<BlobId> = rows
        .all(&BLOBS)
        .unwrap()
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    blobs
        .into_iter()
        .map(|id| store.blob(id).unwrap())
        .collect()
}

#[test]
fn a_body_of_four_megabytes_and_a_thousand_updates_are_one_write_each() {
    let graph = Graph::start();
    let world = world(&graph);
    let api = world.api();
    let to = world.http_address();
    let events: Vec<String> = (0..1_000).map(|n| good(&format!("m{n:04}"))).collect();
    let entries: Vec<String> = events
        .chunks(100)
        .map(|some| format!(r#"{{"id":"1001","messaging":[{}]}}"#, some.join(",")))
        .collect();
    let mut body = format!(r#"{{"object":"page","entry":[{}]}}"#, entries.join(","));
    assert_eq!(post(to, body.as_bytes()).status, 200);
    let count = api.get("/conversations?status=all")["conversations"][0]["messages_count"].clone();
    assert_eq!(count, 1_000);
    body.push_str(&" ".repeat(4 * 1024 * 1024 - body.len()));
    assert_eq!(
        post(to, body.as_bytes()).status,
        200,
        "4 MB, all of it known"
    );
    body.push(' ');
    assert_eq!(post(to, body.as_bytes()).status, 413);
    let count = api.get("/conversations?status=all")["conversations"][0]["messages_count"].clone();
    assert_eq!(count, 1_000);
}

#[test]
fn what_meta_did_not_sign_leaves_no_trace() {
    let graph = Graph::start();
    let mut world = world(&graph);
    let to = world.http_address();
    let mut bodies = odd_bodies();
    let event = good("m1");
    let whole = format!(r#"{{"object":"page","entry":[{{"id":"1001","messaging":[{event}]}}]}}"#);
    bodies.push(whole.into_bytes());
    for body in &bodies {
        let right = signature(SECRET, body);
        let mut other = body.clone();
        other.push(b' ');
        for wrong in [
            String::new(),
            right.replace("sha256=", "sha1="),
            right.replace("sha256=", ""),
            signature("other", body),
            signature(SECRET, &other),
            right[..right.len() - 2].to_owned(),
        ] {
            let headers = [("X-Hub-Signature-256", wrong.as_str())];
            assert_eq!(ask(to, "POST", WEBHOOK, &headers, body).status, 403);
        }
    }
    world.stop();
    let store = Store::open(&world.data()).unwrap();
    let rows = store.read().unwrap();
    assert_eq!(rows.all(&BLOBS).unwrap(), Vec::new());
    let journal = rows.all(&JOURNAL).unwrap();
    let told: Vec<&str> = journal
        .iter()
        .map(|(_, entry)| entry.event.name())
        .collect();
    let unsaid = [
        "MessageReceived",
        "ConversationOpened",
        "BlobKept",
        "Audited",
    ];
    assert!(!told.iter().any(|name| unsaid.contains(name)), "{told:?}");
}
