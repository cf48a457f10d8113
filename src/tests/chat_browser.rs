//! The widget and the agents' page in real browsers: languages, tabs, and how agents are told.

use super::world::World;
use super::world::browser::{self, Driver, click, log_in, ready, wait, write};
use super::world::shop::{enter, say, site};
use super::world::visitor::Visitor;
use fantoccini::Client;
use serde_json::{Value, json};

/// A line of the widget's log with these words.
fn line(words: &str) -> String {
    format!("//*[@role='log']//*[text()='{words}']")
}

/// Under the newest line, once it is kept.
const DELIVERED: &str = "//*[contains(@class, 'meta') and contains(., 'Delivered')]";

fn texts(api: &super::world::http::Api, number: u32) -> Vec<String> {
    let thread = api.get(&format!("/conversations/{number}"));
    let messages = thread["messages"].as_array().cloned().unwrap_or_default();
    let text = |m: &Value| m["text"].as_str().unwrap_or_default().to_owned();
    messages.iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_italian_shop_has_an_italian_widget() {
    let world = World::start();
    let driver = Driver::start();
    let visitor = driver.browser().await;
    visitor
        .goto(&site(world.http_address(), "it"))
        .await
        .unwrap();
    wait(&visitor, "//iframe")
        .await
        .enter_frame()
        .await
        .unwrap();
    click(&visitor, "//button[normalize-space()='Chat']").await;
    let log = wait(&visitor, "//*[@role='log'][@aria-label='Messaggi']").await;
    let greeting = log.text().await.unwrap();
    assert!(
        greeting.contains("Qui non c’è nessuno") || greeting.contains("nessuno"),
        "{greeting}"
    );
    write(
        &visitor,
        "//textarea[@aria-label='Messaggio']",
        "Buongiorno",
    )
    .await;
    click(&visitor, "//button[@aria-label='Invia']").await;
    wait(&visitor, &line("Buongiorno")).await;
    wait(
        &visitor,
        "//*[contains(@class, 'meta') and contains(., 'Consegnato')]",
    )
    .await;
    visitor.close().await.unwrap();
}

/// Another tab at the shop, and in the chat there.
async fn tab(visitor: &Client, site: &str) -> fantoccini::wd::WindowHandle {
    let tab = visitor.new_window(true).await.unwrap().handle;
    visitor.switch_to_window(tab.clone()).await.unwrap();
    enter(visitor, site).await;
    tab
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tabs_of_a_visitor_share_one_stream_and_outlive_each_other() {
    let world = World::start();
    let api = world.api();
    let driver = Driver::start();
    let (visitor, site) = (driver.browser().await, site(world.http_address(), "en"));
    enter(&visitor, &site).await;
    let first = visitor.window().await.unwrap();
    say(&visitor, "Hello").await;
    wait(&visitor, DELIVERED).await;
    // More tabs than one visitor may have streams.
    let mut tabs = vec![first.clone()];
    for _ in 0..3 {
        tabs.push(tab(&visitor, &site).await);
        wait(&visitor, &line("Hello")).await;
    }
    let answer = |text: &str| {
        api.post(
            "/conversations/1/messages",
            json!({"channel": "chat", "text": text}),
        );
    };
    answer("In every tab");
    for tab in &tabs {
        visitor.switch_to_window(tab.clone()).await.unwrap();
        wait(&visitor, "//iframe")
            .await
            .enter_frame()
            .await
            .unwrap();
        wait(&visitor, &line("In every tab")).await;
    }
    // The tab that has the stream closes: another takes it over.
    visitor.switch_to_window(first).await.unwrap();
    visitor.close_window().await.unwrap();
    visitor.switch_to_window(tabs[1].clone()).await.unwrap();
    wait(&visitor, "//iframe")
        .await
        .enter_frame()
        .await
        .unwrap();
    answer("And after one closed");
    wait(&visitor, &line("And after one closed")).await;
    world.wait("the dot", || {
        (api.get("/conversations/1")["visitor"]["online"] == true).then_some(())
    });
    visitor.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_yet_is_sent_from_the_shops_next_page() {
    let world = World::start();
    let api = world.api();
    let driver = Driver::start();
    let (visitor, site) = (driver.browser().await, site(world.http_address(), "en"));
    enter(&visitor, &site).await;
    // More at once than a visitor may send: the last of them wait.
    for n in 1..=8 {
        say(&visitor, &format!("line {n}")).await;
    }
    write(
        &visitor,
        "//textarea[@aria-label='Message']",
        "half a thought",
    )
    .await;
    enter(&visitor, &format!("{site}next")).await;
    let box_ = ready(&visitor, "//textarea[@aria-label='Message']").await;
    let expected: Vec<_> = (1..=8).map(|n| format!("line {n}")).collect();
    world.wait("every line once, in order", || {
        (texts(&api, 1) == expected).then_some(())
    });
    wait(&visitor, &line("line 8")).await;
    let draft = box_.prop("value").await.unwrap();
    assert_eq!(draft.as_deref(), Some("half a thought"));
    visitor.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_in_a_line_is_text_and_a_link_is_a_link() {
    let world = World::start();
    let api = world.api();
    let driver = Driver::start();
    let (visitor, site) = (driver.browser().await, site(world.http_address(), "en"));
    enter(&visitor, &site).await;
    say(&visitor, "Hello").await;
    wait(&visitor, DELIVERED).await;
    let text =
        "<img src=x onerror=\"document.title='broken'\"> see https://shop.example/a?b=1&c=2.";
    api.post(
        "/conversations/1/messages",
        json!({"channel": "chat", "text": text}),
    );
    let link = wait(&visitor, "//a[@href='https://shop.example/a?b=1&c=2']").await;
    assert_eq!(
        link.attr("rel").await.unwrap().as_deref(),
        Some("noopener noreferrer nofollow")
    );
    let images = visitor
        .find_all(fantoccini::Locator::Css("#log img"))
        .await
        .unwrap();
    assert!(images.is_empty(), "text stays text");
    visitor.close().await.unwrap();
}

/// Counts what an agent would hear and see, as no test has ears.
const RECORDER: &str = "
    window.told = [];
    window.Notification = class {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      constructor(title, { body }) { told.push(title + ': ' + body); }
    };
    const Old = window.AudioContext;
    window.AudioContext = class extends Old { constructor() { super(); told.push('sound'); } };
    Document.prototype.hasFocus = () => !window.away;
    Object.defineProperty(Document.prototype, 'hidden', { get: () => Boolean(window.away) });
";

async fn told(agent: &Client) -> Vec<String> {
    let told = agent
        .execute("return window.told.splice(0)", vec![])
        .await
        .unwrap();
    serde_json::from_value(told).unwrap()
}

/// An agent's browser that wants to be told, on the inbox, its window not looked at.
async fn told_agent(driver: &Driver, world: &World, email: &str) -> Client {
    world.agent(email, "agent");
    let agent = driver.browser().await;
    let script = json!({"source": RECORDER});
    browser::command(&agent, "Page.addScriptToEvaluateOnNewDocument", script).await;
    log_in(&agent, world.http_address(), email).await;
    let profile = format!("http://{}/settings/profile", world.http_address());
    agent.goto(&profile).await.unwrap();
    for name in ["sound", "browser"] {
        let tick = ready(&agent, &format!("//input[@name='{name}']")).await;
        if !tick.is_selected().await.unwrap() {
            tick.click().await.unwrap();
        }
    }
    click(
        &agent,
        "//form[.//input[@name='browser']]//button[@type='submit']",
    )
    .await;
    // Going on sooner would call the form back.
    wait(&agent, "//*[contains(@class, 'toast-')]").await;
    agent
        .goto(&format!("http://{}/inbox", world.http_address()))
        .await
        .unwrap();
    agent.execute("window.away = true", vec![]).await.unwrap();
    agent
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_of_nobodys_calls_every_agent_and_an_owned_one_its_owner() {
    let world = World::start();
    let api = world.api();
    let driver = Driver::start();
    let mario = told_agent(&driver, &world, "mario@shop.example").await;
    let luisa = told_agent(&driver, &world, "luisa@shop.example").await;
    let anna = Visitor::come(&world);
    anna.say("Is anybody there?", "1");
    for agent in [&mario, &luisa] {
        wait(agent, "//nav//a[contains(., 'new messages')]").await;
        let title = agent.title().await.unwrap();
        assert!(title.starts_with("(1)"), "{title}");
        let icon = wait(agent, "//link[@rel='icon']")
            .await
            .attr("href")
            .await
            .unwrap();
        assert!(icon.unwrap().contains("unread"));
        let heard = told(agent).await;
        assert_eq!(heard.len(), 2, "{heard:?}");
        assert!(heard[1].ends_with(": Is anybody there?"), "{heard:?}");
    }
    api.patch(
        "/conversations/1",
        json!({"assignee": "mario@shop.example", "read": true}),
    );
    assert_eq!(anna.say("Still here", "2").status, 201);
    for (agent, count) in [(&mario, 2), (&luisa, 0)] {
        wait(
            agent,
            "//*[@data-live='list']//*[contains(text(), 'Still here')]",
        )
        .await;
        wait(agent, "//nav//a[contains(., 'new messages')]").await;
        let heard = told(agent).await;
        assert_eq!(heard.len(), count, "{heard:?}");
    }
    // A mail is no chat: it lights the dot and makes no noise.
    let mail = "From: c@web.example\nSubject: Slow words\nMessage-ID: <1@web.example>\n\nHello\n";
    world.mail("c@web.example", "inbox@localhost", mail);
    wait(
        &luisa,
        "//*[@data-live='list']//*[contains(text(), 'Slow words')]",
    )
    .await;
    assert_eq!(told(&luisa).await, [""; 0]);
    mario.close().await.unwrap();
    luisa.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_see_each_other_type_and_who_looks_at_the_thread_hears_nothing() {
    let world = World::start();
    let driver = Driver::start();
    let mario = told_agent(&driver, &world, "mario@shop.example").await;
    let luisa = told_agent(&driver, &world, "luisa@shop.example").await;
    let anna = Visitor::come(&world);
    anna.say("Hello", "1");
    let thread = format!("http://{}/conversations/1", world.http_address());
    for agent in [&mario, &luisa] {
        agent.goto(&thread).await.unwrap();
    }
    write(&mario, "//textarea[@name='text']", "Good mor").await;
    wait(&luisa, "//*[@id='typing' and contains(., 'mario')]").await;
    told(&luisa).await;
    anna.say("More", "2");
    wait(
        &luisa,
        "//*[@id='thread-body']//*[contains(text(), 'More')]",
    )
    .await;
    assert_eq!(told(&luisa).await, [""; 0], "she is looking at it");
    mario.close().await.unwrap();
    luisa.close().await.unwrap();
}
