//! The agents' pages work by links and forms alone.

use super::world::World;
use super::world::http::Browser;

const MAIL: &str = "From: Mario Rossi <mario@cliente.example>\nTo: inbox@localhost\n\
    Subject: Where is my order?\nMessage-ID: <1@cliente.example>\n\nIt has not come yet.\n";

fn page(browser: &mut Browser, path: &str) -> String {
    let answer = browser.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

#[test]
fn a_stranger_is_led_to_the_login_and_back() {
    let world = World::start();
    let answer = world.browser().get("/conversations/1?status=all");
    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        Some("/login?next=%2Fconversations%2F1%3Fstatus%3Dall")
    );
}

#[test]
fn a_mail_is_opened_answered_and_completed_without_scripts() {
    let world = World::start();
    let mut agent = world.logged_in("ada@shop.example", "agent");
    world.mail("mario@cliente.example", "inbox@localhost", MAIL);
    let list = page(&mut agent, "/inbox");
    for shown in ["href=\"/conversations/1\"", "Mario Rossi", "new messages"] {
        assert!(list.contains(shown), "{shown}: {list}");
    }
    let thread = page(&mut agent, "/conversations/1");
    assert!(thread.contains("It has not come yet."), "{thread}");
    assert!(!page(&mut agent, "/inbox").contains("new messages"));
    let fields = [
        ("channel", "email"),
        ("text", "Hello {{name}}"),
        ("key", "k"),
    ];
    for _ in ["sent", "sent again by a second click"] {
        let sent = agent.post("/conversations/1/messages", &fields);
        assert_eq!(sent.status, 303, "{}", sent.text());
    }
    let thread = page(&mut agent, "/conversations/1");
    assert_eq!(
        thread.matches("<div class=\"text\">Hello {{name}}").count(),
        1
    );
    assert_eq!(agent.post("/conversations/1/complete", &[]).status, 303);
    assert!(page(&mut agent, "/conversations/1").contains("Reopen"));
    assert!(!page(&mut agent, "/inbox").contains("href=\"/conversations/1\""));
    let done = page(&mut agent, "/inbox?status=complete");
    assert!(done.contains("Mario Rossi"), "{done}");
}

#[test]
fn a_viewer_reads_without_a_trace_and_changes_nothing() {
    let world = World::start();
    let mut viewer = world.logged_in("eva@shop.example", "viewer");
    world.mail("mario@cliente.example", "inbox@localhost", MAIL);
    assert!(page(&mut viewer, "/conversations/1").contains("Mario Rossi"));
    assert!(page(&mut viewer, "/inbox").contains("new messages"));
    for path in ["/conversations/1/complete", "/conversations/1/messages"] {
        assert_eq!(viewer.post(path, &[("text", "no")]).status, 403, "{path}");
    }
    assert_eq!(viewer.get("/settings/agents").status, 403);
}
