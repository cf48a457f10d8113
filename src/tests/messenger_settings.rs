//! What the settings promise to those who connect a Facebook page.

use super::messenger_pages::{
    APP, PAGE, SECRET, SETTINGS, TOKEN, in_order, now, page, says, signed, waits_for,
};
use super::world::World;
use super::world::graph::Graph;
use super::world::http::{Browser, Events, ask};
use serde_json::{Value, json};

/// Nothing is connected yet.
fn bare(graph: &Graph) -> World {
    World::with(&format!(
        "[messenger]\ngraph_url = \"{}\"\n[fetch]\nallow = [\"127.0.0.0/8\"]\n",
        graph.url()
    ))
}

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
