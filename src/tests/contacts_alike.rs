//! Contacts that may be one person are named on each other's page, and merged and parted again by one click.

use super::world::World;
use super::world::http::Browser;

fn page(agent: &mut Browser, path: &str) -> String {
    let answer = agent.get(path);
    assert_eq!(answer.status, 200, "{path}");
    answer.text()
}

#[test]
fn a_likely_twin_is_merged_and_taken_out_again() {
    let world = World::start();
    let mut agent = world.logged_in("ada@shop.example", "agent");
    for (n, from) in [
        "anna@acme.example",
        "a.rossi@acme.example",
        "anna@home.example",
    ]
    .iter()
    .enumerate()
    {
        let mail = format!(
            "From: Anna Rossi <{from}>\nTo: inbox@localhost\nSubject: Order {n}\nMessage-ID: <{n}@acme.example>\n\nHello {n}\n"
        );
        assert!(
            world
                .mail(from, "inbox@localhost", &mail)
                .starts_with("250")
        );
    }
    let own = page(&mut agent, "/contacts/1");
    let alike: Vec<&str> = own.split("May be the same person").skip(1).collect();
    let organisation = alike[0]
        .find("The same name at the same organisation")
        .unwrap();
    let name = alike[0]
        .find("<p class=\"hint\">The same name</p>")
        .unwrap();
    assert!(organisation < name, "the likelier one first");

    let merged = agent.post("/contacts/2/merge", &[("into", "1")]);
    assert_eq!(merged.status, 303);
    let kept = page(&mut agent, merged.header("location").unwrap());
    assert!(kept.contains("action=\"/undo\""), "{kept}");
    assert!(!kept.contains("The same name at the same organisation"));
    let seq = kept.split("name=\"seq\" value=\"").nth(1).unwrap();
    let seq = seq.split('"').next().unwrap();
    assert_eq!(agent.post("/undo", &[("seq", seq)]).status, 303);
    assert!(page(&mut agent, "/contacts/1").contains("The same name at the same organisation"));
}
