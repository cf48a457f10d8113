//! What a page's token and the app's secret never get into: logs, pages, addresses, streams, the disk.

use super::world::World;
use super::world::facebook::{SECRET, Thread, answer, delivered};
use super::world::graph::{Fate, Graph};
use std::fs;
use std::path::Path;

const PAGE: &str = "1001";
const TOKEN: &str = "EAAB-secret-page-token";
const CHATTER: Thread<'_> = Thread {
    page: PAGE,
    psid: "2002",
};

#[test]
fn no_secret_is_logged_shown_sent_in_an_address_or_kept_readable() {
    let graph = Graph::start();
    graph.is_called("2002", "Ada Lovelace");
    let world = World::overheard(&format!("[messenger]\ngraph_url = \"{}\"\n", graph.url()));
    let api = world.api();
    let mut admin = world.logged_in("admin@shop.example", "admin");
    let fields = [
        ("page", PAGE),
        ("name", "Shop"),
        ("token", TOKEN),
        ("app_secret", SECRET),
    ];
    assert_eq!(admin.post("/settings/messenger", &fields).status, 303);
    CHATTER.says(world.http_address(), "Hi");
    let conversation = CHATTER.conversation(&api, "Hi");
    let sent = answer(&api, &conversation, "Hello").json()["id"].clone();
    delivered(&world, &api, &sent, "sent");
    world.wait("the name", || {
        let found = api.get(&format!("/conversations/{conversation}"));
        (found["visitor"]["name"] == "Ada Lovelace").then_some(())
    });
    graph.page_is(PAGE, Some(Fate::Lost));
    let lost = answer(&api, &conversation, "Hello?").json()["id"].clone();
    delivered(&world, &api, &lost, "delayed");
    graph.page_is(PAGE, Some(Fate::Refused(190, 460)));

    let shown = [
        "/inbox",
        "/settings/messenger",
        "/settings/audit",
        "/settings/mail",
        &format!("/conversations/{conversation}"),
    ];
    for page in shown {
        let text = admin.get(page).text();
        assert!(!text.contains(TOKEN) && !text.contains(SECRET), "{page}");
    }
    let told = api
        .get(&format!("/conversations/{conversation}"))
        .to_string();
    assert!(!told.contains(TOKEN), "{told}");
    let heads = graph.heads();
    assert!(heads.iter().any(|head| head.starts_with("GET ")));
    for head in heads {
        let line = head.lines().next().unwrap_or_default();
        assert!(!line.contains(TOKEN), "{line}");
    }
    let log = world.log();
    assert!(log.contains("not delivered yet"), "it was overheard");
    assert!(!log.contains(TOKEN) && !log.contains(SECRET));
    for secret in [TOKEN, SECRET] {
        assert_eq!(
            holding(&world.data(), secret.as_bytes()),
            Vec::<String>::new()
        );
    }
}

/// The files below a folder in which these bytes stand.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
            continue;
        }
        let held = fs::read(&path).unwrap_or_default();
        if held.windows(bytes.len()).any(|part| part == bytes) {
            found.push(path.display().to_string());
        }
    }
    found
}
