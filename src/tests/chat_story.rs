//! The whole life of a chat, in two real browsers and with real mail: a visitor writes, an agent
//! answers, the visitor leaves, the answer follows by mail, and the mail's answer comes back.

use super::world::World;
use super::world::sink::Sink;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use url::Url;

/// A site that carries the widget, on an origin of its own.
fn site(casella: SocketAddr) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let page = format!(
        "<!doctype html><html lang=en><title>Shop</title><h1>Shop</h1>\
         <style>iframe {{ display: none; opacity: 0 }}</style>\
         <script async src=\"http://{casella}/widget.js\"></script>"
    );
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = [0; 4_096];
            let _ = stream.read(&mut head);
            let size = page.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(format!("{head}{page}").as_bytes());
        }
    });
    format!("http://localhost:{}/", address.port())
}

/// Chromium's driver; ends with the test.
struct Driver {
    child: Child,
    address: SocketAddr,
}

impl Driver {
    fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let child = Command::new("chromedriver")
            .arg(format!("--port={}", address.port()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver");
        let answers = || TcpStream::connect(address).is_ok();
        for _ in 0..500 {
            if answers() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, address }
    }

    /// A browser with a profile of its own.
    async fn browser(&self) -> Client {
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--window-size=1280,900",
            "--lang=en",
        ];
        let mut wanted = Capabilities::new();
        wanted.insert(
            "goog:chromeOptions".into(),
            json!({"args": arguments, "prefs": {"intl.accept_languages": "en"}}),
        );
        ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://{}", self.address))
            .await
            .unwrap()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Forgets every cookie, whichever site it belongs to.
#[derive(Debug)]
struct ClearCookies;

impl WebDriverCompatibleCommand for ClearCookies {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({"cmd": "Network.clearBrowserCookies", "params": {}});
        (Method::POST, Some(body.to_string()))
    }
}

async fn wait(browser: &Client, xpath: &str) -> fantoccini::elements::Element {
    browser
        .wait()
        .at_most(Duration::from_secs(20))
        .for_element(Locator::XPath(xpath))
        .await
        .unwrap_or_else(|error| panic!("{xpath}: {error}"))
}

/// The element once a person could use it.
async fn ready(browser: &Client, xpath: &str) -> fantoccini::elements::Element {
    for _ in 0..200 {
        let element = wait(browser, xpath).await;
        if element.is_displayed().await.unwrap_or(false) {
            return element;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{xpath} is never shown");
}

/// Clicks it. A live page may put a fresh copy in its place at that very moment: a person would click that.
async fn click(browser: &Client, xpath: &str) {
    for _ in 0..20 {
        match ready(browser, xpath).await.click().await {
            Ok(()) => return,
            Err(error) if error.to_string().contains("stale element") => {}
            Err(error) => panic!("{xpath}: {error}"),
        }
    }
    panic!("{xpath} never stands still");
}

async fn write(browser: &Client, xpath: &str, text: &str) {
    let written = ready(browser, xpath).await.send_keys(text).await;
    written.unwrap_or_else(|error| panic!("{xpath}: {error}"));
}

/// Goes to the site and into the chat, which is opened if it was not.
async fn enter(visitor: &Client, site: &str) {
    visitor.goto(site).await.unwrap();
    let frame = wait(visitor, "//iframe").await;
    frame.enter_frame().await.unwrap();
    let shown = "//*[(@id='launcher' or @id='panel') and not(@hidden)]";
    if ready(visitor, shown).await.tag_name().await.unwrap() == "button" {
        click(visitor, "//button[normalize-space()='Chat']").await;
    }
}

async fn say(visitor: &Client, text: &str) {
    write(visitor, "//textarea[@aria-label='Message']", text).await;
    click(visitor, "//button[@aria-label='Send']").await;
}

async fn log_in(agent: &Client, casella: SocketAddr) {
    agent
        .goto(&format!("http://{casella}/login"))
        .await
        .unwrap();
    write(agent, "//input[@name='email']", "mario@shop.example").await;
    write(agent, "//input[@name='password']", "correct horse").await;
    click(agent, "//button[@type='submit']").await;
    wait(agent, "//nav//a[contains(., 'Conversations')]").await;
}

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
    let (driver, site) = (Driver::start(), site(casella));
    let (visitor, agent) = (driver.browser().await, driver.browser().await);
    log_in(&agent, casella).await;

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

    visitor.issue_cmd(ClearCookies).await.unwrap();
    enter(&visitor, &site).await;
    say(&visitor, "Somebody else now").await;
    world.wait("a second conversation", || {
        let all = api.get("/conversations?status=all")["conversations"].clone();
        (all.as_array()?.len() == 2).then_some(())
    });
    visitor.close().await.unwrap();
    agent.close().await.unwrap();
}
