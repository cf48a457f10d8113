//! Outside 24 hours: only with Meta's approval, only a person, and only for seven days.

use super::world::World;
use super::world::facebook::{self, Thread, answer, delivered, now};
use super::world::graph::Graph;
use super::world::http::{Answer, Api, Browser};
use serde_json::{Value, json};

const ANNA: Thread<'_> = Thread {
    page: "1001",
    psid: "2002",
};
const HOUR: u64 = 3_600_000;

/// Anna wrote so many hours ago.
fn wrote(graph: &Graph, hours: u64, approved: bool) -> World {
    let config = facebook::config(graph, &[ANNA.page]);
    let config = config.replace("graph_url", &format!("human_agent = {approved}\ngraph_url"));
    let world = World::with(&config);
    let said = json!({"mid": "m1", "text": "Hi"});
    let at = now() - hours * HOUR;
    ANNA.happens(world.http_address(), &[ANNA.event(at, "message", said)]);
    world
}

fn refused(answer: &Answer) -> Value {
    assert_eq!(answer.status, 409, "{}", answer.text());
    let told = answer.json();
    for field in ["error", "reason", "remedy"] {
        assert!(told[field].is_string(), "{told}");
    }
    told["error"].clone()
}

fn writes(agent: &mut Browser, text: &str) -> u16 {
    let fields = [("channel", "messenger"), ("text", text)];
    agent.post("/conversations/1/messages", &fields).status
}

fn window(api: &Api) -> Value {
    api.get("/conversations/1")["messenger"]["window"]["state"].clone()
}

#[test]
fn with_metas_approval_a_person_may_answer_for_seven_days_and_a_program_may_not() {
    let graph = Graph::start();
    let world = wrote(&graph, 25, true);
    let api = world.api();
    let mut agent = world.logged_in("ada@shop.example", "agent");
    assert_eq!(window(&api), "human_agent");
    assert_eq!(
        refused(&answer(&api, &json!(1), "By a program")),
        "human_agent_only"
    );
    assert_eq!(writes(&mut agent, "By a person"), 303);
    let told = api.get("/conversations/1");
    let message = told["messages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["direction"] == "out");
    let message = message.unwrap()["id"].clone();
    delivered(&world, &api, &message, "sent");
    let sent = &graph.sent()[0].body;
    assert_eq!(
        (&sent["messaging_type"], &sent["tag"]),
        (&json!("MESSAGE_TAG"), &json!("HUMAN_AGENT"))
    );
    assert_eq!(
        api.get(&format!("/messages/{message}"))["messenger"]["human_agent"],
        true
    );
    assert!(agent.get("/conversations/1").text().contains("Human agent"));
    ANNA.says(world.http_address(), "Thanks");
    assert_eq!(window(&api), "open");
    let inside = answer(&api, &json!(1), "Inside again").json()["id"].clone();
    delivered(&world, &api, &inside, "sent");
    let sent = &graph.sent()[1].body;
    assert_eq!(
        (&sent["messaging_type"], &sent["tag"]),
        (&json!("RESPONSE"), &Value::Null)
    );
}

#[test]
fn it_ends_after_seven_days_and_never_begins_without_approval() {
    for (hours, approved) in [(7 * 24 + 1, true), (25, false)] {
        let graph = Graph::start();
        let world = wrote(&graph, hours, approved);
        let api = world.api();
        let mut agent = world.logged_in("ada@shop.example", "agent");
        assert_eq!(window(&api), "closed");
        assert_eq!(refused(&answer(&api, &json!(1), "Sorry")), "window_closed");
        assert_eq!(writes(&mut agent, "Sorry"), 409);
        assert_eq!(graph.calls(ANNA.page), 0, "Meta is not even asked");
    }
}

#[test]
fn what_the_person_does_to_a_line_is_told_to_programs() {
    let graph = Graph::start();
    let world = wrote(&graph, 0, false);
    let api = world.api();
    let to = world.http_address();
    let answered = answer(&api, &json!(1), "Hello").json()["id"].clone();
    delivered(&world, &api, &answered, "sent");
    let mid = graph.sent()[0].mid.clone();
    let line = |id: &Value| api.get(&format!("/messages/{id}"));
    ANNA.happens(to, &[ANNA.event(now(), "delivery", json!({"mids": [mid]}))]);
    assert_eq!(line(&answered)["delivery"]["state"], "delivered");
    ANNA.happens(
        to,
        &[
            ANNA.event(now() + 1, "read", json!({"watermark": now() + 1})),
            ANNA.event(
                now() + 2,
                "reaction",
                json!({"mid": mid, "action": "react", "emoji": "❤"}),
            ),
            ANNA.event(
                now() + 3,
                "message_edit",
                json!({"mid": "m1", "text": "Hi!", "num_edit": 1}),
            ),
            ANNA.event(
                now() + 4,
                "message",
                json!({"mid": "m2", "text": "Oh", "reply_to": {"mid": mid}}),
            ),
            ANNA.event(
                now() + 5,
                "message",
                json!({"mid": "m2", "is_deleted": true}),
            ),
        ],
    );
    let told = line(&answered);
    assert_eq!(told["delivery"]["state"], "seen");
    assert_eq!(told["messenger"]["reactions"], json!({"visitor": "❤"}));
    let all = api.get("/conversations/1");
    let of = |mid: &str| {
        let all = all["messages"].as_array().unwrap().iter();
        all.clone()
            .find(|line| line["messenger"]["mid"] == mid)
            .unwrap()
            .clone()
    };
    assert_eq!(
        (&of("m1")["text"], &of("m1")["messenger"]["edits"]),
        (&json!("Hi!"), &json!(1))
    );
    assert_eq!(of("m2")["messenger"]["unsent"], true);
    assert_eq!(of("m2")["messenger"]["reply_to"], json!(mid));
    assert_eq!(of("m2")["text"], "Oh", "nothing is deleted");
}
