//! What the web server promises whoever asks.

use super::world::World;
use super::world::http::ask;

#[test]
fn health_and_metrics_are_there_for_this_machine() {
    let world = World::start();
    let mut browser = world.browser();
    let health = browser.get("/healthz");
    assert_eq!(health.json()["status"], "ok");
    let metrics = browser.get("/metrics").text();
    assert!(metrics.contains("\ncasella_journal_sequence "), "{metrics}");
}

#[test]
fn mail_for_us_is_taken_and_other_mail_is_not() {
    let world = World::start();
    let mail = "From: anna@example.com\nTo: inbox@localhost\nSubject: Hello\n\nHi there\n";
    let reply = world.mail("anna@example.com", "inbox@localhost", mail);
    assert!(reply.starts_with("250"), "{reply}");
    let reply = world.mail("anna@example.com", "stranger@example.org", mail);
    assert!(reply.starts_with("550"), "{reply}");
}

#[test]
fn what_is_not_there_is_said_so() {
    let world = World::start();
    let answer = ask(world.http_address(), "GET", "/api/v1/nowhere", &[], b"");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["error"], "not_found");
}

#[test]
fn the_setup_link_is_printed_until_there_is_an_admin() {
    let mut world = World::start();
    assert!(world.setup_link().is_some());
    world.agent("mario@shop.example", "admin");
    world.start_again();
    assert_eq!(world.setup_link(), None);
}

#[test]
fn who_sends_too_much_hears_so_even_after_sending_all_of_it() {
    let world = World::start();
    let body = vec![b'x'; 4 * 1024 * 1024 + 1];
    let answer = ask(
        world.http_address(),
        "POST",
        "/webhooks/messenger",
        &[],
        &body,
    );
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["error"], "too_large");
}
