//! Files of people: kept at once, each fetched once whatever happens to us, and in plain words where not.

use super::world::World;
use super::world::facebook::{self, Thread, answer, delivered, now};
use super::world::graph::{FILE, Graph};
use super::world::http::Api;
use serde_json::{Value, json};

const ANNA: Thread<'_> = Thread {
    page: "1001",
    psid: "2002",
};

fn world(graph: &Graph) -> World {
    World::with(&facebook::config(graph, &[ANNA.page]))
}

/// Anna sends a file that lies there.
fn sends(world: &World, name: &str, url: &str) {
    let file = json!([{"type": "image", "payload": {"url": url}}]);
    let message = json!({"mid": format!("m_{name}"), "attachments": file});
    ANNA.happens(
        world.http_address(),
        &[ANNA.event(now(), "message", message)],
    );
}

/// Her messages with a file, oldest first.
fn messages(api: &Api) -> Vec<Value> {
    let whole = api.get("/conversations/1");
    let lines = whole["messages"].as_array().unwrap().iter();
    let with_file = |line: &&Value| line["attachments"][0].is_object();
    lines.filter(with_file).cloned().collect()
}

fn kept(api: &Api, n: usize) -> bool {
    let all = messages(api);
    let url = all[n]["attachments"][0]["url"].as_str().unwrap();
    let answer = api.ask("GET", url.trim_start_matches("/api/v1"), None);
    answer.status == 200 && answer.body == FILE
}

#[test]
fn a_crash_between_two_files_loses_none_and_fetches_none_twice() {
    let graph = Graph::start();
    let mut world = world(&graph);
    let names: Vec<String> = (0..6).map(|n| format!("f{n}.png")).collect();
    for late in &names[3..] {
        graph.keep_waiting(late);
    }
    for name in &names {
        sends(&world, name, &graph.file_named(name));
    }
    let api = world.api();
    for n in 0..3 {
        world.wait("the first files", || kept(&api, n).then_some(()));
    }
    world.wait("the others to be asked for", || {
        (graph.fetched().len() == 6).then_some(())
    });
    world.kill();
    graph.let_go();
    world.start_again();
    let api = world.api();
    for n in 0..6 {
        world.wait("every file", || kept(&api, n).then_some(()));
    }
    world.start_again();
    let fetched = graph.fetched();
    for (n, name) in names.iter().enumerate() {
        let times = fetched.iter().filter(|fetched| *fetched == name).count();
        assert_eq!(times, if n < 3 { 1 } else { 2 }, "{name}");
    }
}

#[test]
fn a_slow_name_or_file_holds_up_nothing() {
    let graph = Graph::start();
    let world = world(&graph);
    let api = world.api();
    graph.is_called(ANNA.psid, "Anna");
    graph.keep_waiting(ANNA.psid);
    graph.keep_waiting("slow.png");
    ANNA.says(world.http_address(), "Hi");
    sends(&world, "slow", &graph.file_named("slow.png"));
    sends(&world, "quick", &graph.file_named("quick.png"));
    world.wait("the quick file", || kept(&api, 1).then_some(()));
    let sent = answer(&api, &json!(1), "Hello").json()["id"].clone();
    delivered(&world, &api, &sent, "sent");
    assert_eq!(messages(&api)[0]["attachments"][0]["error"], "fetching");
    graph.let_go();
    world.wait("the slow file", || kept(&api, 0).then_some(()));
    world.wait("the name", || {
        (api.get("/conversations/1")["visitor"]["name"] == "Anna").then_some(())
    });
}

#[test]
fn why_a_file_is_missing_is_said_plainly() {
    let graph = Graph::start();
    let world = world(&graph);
    let api = world.api();
    let mut agent = world.logged_in("ada@shop.example", "agent");
    for (name, status) in [("old.png", 403), ("gone.png", 404), ("ill.png", 503)] {
        graph.file_is(name, status);
    }
    let expired = format!("{}?oe=5F000000", graph.file_named("old.png"));
    for (name, url, error, words) in [
        (
            "old",
            expired.as_str(),
            "expired",
            "link has expired. Ask the person",
        ),
        (
            "gone",
            &graph.file_named("gone.png"),
            "gone",
            "not on Facebook any more",
        ),
        (
            "ill",
            &graph.file_named("ill.png"),
            "unreachable",
            "Facebook did not answer",
        ),
        (
            "far",
            "https://files.example.org/x.png",
            "foreign",
            "not one of Facebook",
        ),
        ("odd", "IMAGE_URL", "no_address", "came without an address"),
    ] {
        sends(&world, name, url);
        let told = || messages(&api).pop().unwrap()["attachments"][0]["error"].clone();
        world.wait(error, || (told() == error).then_some(()));
        let shown = agent.get("/conversations/1").text();
        let shown = shown.replace("&#x27;", "'").replace("&#39;", "'");
        assert!(shown.contains(words), "{name}: {shown}");
    }
    let shown = agent.get("/conversations/1").text();
    assert_eq!(
        shown.matches("/fetch\"").count(),
        3,
        "only what may be had is tried again"
    );
}
