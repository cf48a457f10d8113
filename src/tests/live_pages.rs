//! An open page follows what happens, and leaves alone what its agent is doing.

use super::world::World;
use super::world::browser::{Driver, log_in, wait, write};
use fantoccini::Client;
use serde_json::Value;

fn mail(world: &World, person: &str, id: &str, text: &str) {
    let mail = format!(
        "From: {person} <{person}@cliente.example>\nTo: inbox@localhost\nSubject: Order\n\
         Message-ID: <{id}@cliente.example>\n\n{text}\n"
    );
    let from = format!("{person}@cliente.example");
    let reply = world.mail(&from, "inbox@localhost", &mail);
    assert!(reply.starts_with("250"), "{reply}");
}

async fn asked(browser: &Client, script: &str) -> Value {
    browser.execute(script, vec![]).await.unwrap()
}

#[test]
fn what_happens_while_a_page_is_on_its_way_is_news_to_it() {
    let world = World::start();
    let mut agent = world.logged_in("ada@shop.example", "agent");
    mail(&world, "mario", "1", "Where is it?");
    let page = agent.get("/inbox").text();
    // The page is rendered, its stream not yet open.
    mail(&world, "anna", "2", "Do you ship?");
    let since = page
        .split("data-since=\"")
        .nth(1)
        .expect("where news begin");
    let since = since.split('"').next().unwrap();
    let mut stream = agent.follow(&format!("/live?since={since}"));
    let told = stream.next().expect("news");
    assert!(told.data.contains("Do you ship?"), "{}", told.data);
    assert!(!told.data.contains("Where is it?"), "{}", told.data);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_changes_around_what_is_being_written() {
    let world = World::start();
    world.agent("ada@shop.example", "agent");
    mail(&world, "mario", "1", "Where is it?");
    mail(&world, "anna", "2", "Do you ship?");
    let driver = Driver::start();
    let browser = driver.browser().await;
    log_in(&browser, world.http_address(), "ada@shop.example").await;
    let thread = format!("http://{}/conversations/1", world.http_address());
    browser.goto(&thread).await.unwrap();
    write(&browser, "//textarea[@name='text']", "Half an ans").await;
    asked(&browser, "window.stays = true").await;

    mail(&world, "mario", "3", "It is still not here");
    wait(
        &browser,
        "//*[@id='thread-body']//*[contains(text(), 'It is still not here')]",
    )
    .await;
    mail(&world, "lena", "4", "Hello");
    wait(
        &browser,
        "(//ul[@data-live='list']/li)[1][contains(., 'lena')]",
    )
    .await;
    wait(&browser, "//nav//a[contains(., 'new messages')]").await;
    write(&browser, "//textarea[@name='text']", "wer").await;

    let kept = "const box = document.querySelector('textarea[name=text]');\
        return [window.stays, box.value, document.activeElement === box];";
    assert_eq!(
        asked(&browser, kept).await,
        serde_json::json!([true, "Half an answer", true])
    );
    let order =
        "return [...document.querySelectorAll('[data-live=list] .row')].map((row) => row.id);";
    assert_eq!(
        asked(&browser, order).await,
        serde_json::json!(["c-3", "c-1", "c-2"])
    );
    browser.close().await.unwrap();
}
