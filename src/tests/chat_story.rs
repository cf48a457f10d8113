//! The whole life of a chat, in two real browsers and with real mail: a visitor writes, an agent
//! answers, the visitor leaves, the answer follows by mail, and the mail's answer comes back.

use super::world::World;
use super::world::browser::{self, Driver, click, log_in, wait, write};
use super::world::shop::{enter, say, site};
use super::world::sink::Sink;
use fantoccini::Client;
use serde_json::json;

async fn answer(agent: &Client, text: &str) {
    write(agent, "//textarea[@name='text']", text).await;
    click(agent, "//button[@name='do' and @value='send']").await;
    let said = format!("//*[@id='thread-body']//*[contains(text(), '{text}')]");
    wait(agent, &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_becomes_a_mail_without_losing_a_word() {
    let sink = Sink::open();
    let world = World::with(&format!("[outbound]\nvia = \"smtp://{}\"\n", sink.address));
    let casella = world.http_address();
    world.agent("mario@shop.example", "agent");
    let api = world.api();
    let status = || api.get("/conversations/1")["status"].clone();
    let (driver, site) = (Driver::start(), site(casella, "en"));
    let (visitor, agent) = (driver.browser().await, driver.browser().await);
    log_in(&agent, casella, "mario@shop.example").await;

    enter(&visitor, &site).await;
    say(&visitor, "Do you ship to Trieste?").await;
    write(
        &visitor,
        "//input[@aria-label='Email']",
        "anna@shop.example",
    )
    .await;
    click(&visitor, "//button[normalize-space()='Send email']").await;
    wait(&agent, "//nav//a[contains(., 'new messages')]").await;
    click(
        &agent,
        "//a[contains(., 'Online') and contains(@href, '/conversations/')]",
    )
    .await;

    wait(
        &agent,
        "//select[@name='channel']/option[@value='chat' and @selected]",
    )
    .await;
    answer(&agent, "We do, in two days").await;
    wait(
        &visitor,
        "//*[@role='log']//*[contains(text(), 'We do, in two days')]",
    )
    .await;

    visitor.goto("about:blank").await.unwrap();
    wait(
        &agent,
        "//header[not(.//*[text()='Online'])]//h1[@id='thread-title']",
    )
    .await;
    agent.refresh().await.unwrap();
    wait(
        &agent,
        "//select[@name='channel']/option[@value='email' and @selected]",
    )
    .await;
    answer(&agent, "And here is the price list").await;
    let mail = world.wait("the mail", || sink.mails().first().cloned());
    for words in [
        "And here is the price list",
        "Do you ship to Trieste?",
        "We do, in two days",
    ] {
        assert!(mail.contains(words), "{words}: {mail}");
    }

    api.patch("/conversations/1", json!({"status": "complete"}));
    let token = mail
        .split(['<', '>', ' ', '\n'])
        .find(|word| word.starts_with("r+"));
    let token = token.expect("a reply address");
    let back = "From: anna@shop.example\nSubject: Re: Your conversation\nMessage-ID: <back@shop.example>\n\n\
        Thank you, I take the blue one\n";
    let reply = world.mail("anna@shop.example", token, back);
    assert!(reply.starts_with("250"), "{reply}");
    assert_eq!(status(), "open");

    enter(&visitor, &site).await;
    let log = wait(
        &visitor,
        "//*[@role='log'][contains(., 'Do you ship to Trieste?')]",
    )
    .await;
    let log = log.text().await.unwrap();
    assert!(
        log.contains("We do, in two days") && log.contains("Answered by email"),
        "{log}"
    );
    assert!(
        !log.contains("price list") && !log.contains("blue one"),
        "{log}"
    );

    browser::command(&visitor, "Network.clearBrowserCookies", json!({})).await;
    enter(&visitor, &site).await;
    say(&visitor, "Somebody else now").await;
    world.wait("a second conversation", || {
        let all = api.get("/conversations?status=all")["conversations"].clone();
        (all.as_array()?.len() == 2).then_some(())
    });
    visitor.close().await.unwrap();
    agent.close().await.unwrap();
}
