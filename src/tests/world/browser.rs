//! Real browsers: Chromium, driven through its driver.

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use url::Url;

/// Chromium's driver; ends with the test.
pub struct Driver {
    child: Child,
    address: SocketAddr,
}

impl Driver {
    pub fn start() -> Self {
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
    pub async fn browser(&self) -> Client {
        self.browser_with(&[]).await
    }

    /// The same, started with more arguments.
    pub async fn browser_with(&self, more: &[&str]) -> Client {
        let mut arguments = vec![
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--window-size=1280,900",
            "--lang=en",
        ];
        arguments.extend(more);
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

/// A command of Chromium's own protocol, for what WebDriver has no word for.
#[derive(Debug)]
struct Own(Value);

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.to_string()))
    }
}

/// Tells Chromium something in its own protocol.
pub async fn command(browser: &Client, name: &str, parameters: Value) {
    let told = Own(json!({"cmd": name, "params": parameters}));
    let done = browser.issue_cmd(told).await;
    done.unwrap_or_else(|error| panic!("{name}: {error}"));
}

/// Shows pages to the browser as on a screen of that size, in that colour scheme.
pub async fn screen(browser: &Client, width: u32, scheme: &str) {
    let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    command(browser, "Emulation.setDeviceMetricsOverride", size).await;
    let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
    command(browser, "Emulation.setEmulatedMedia", features).await;
}

/// The element once it is there.
pub async fn wait(browser: &Client, xpath: &str) -> fantoccini::elements::Element {
    browser
        .wait()
        .at_most(Duration::from_secs(20))
        .for_element(Locator::XPath(xpath))
        .await
        .unwrap_or_else(|error| panic!("{xpath}: {error}"))
}

/// The element once a person could use it.
pub async fn ready(browser: &Client, xpath: &str) -> fantoccini::elements::Element {
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
pub async fn click(browser: &Client, xpath: &str) {
    for _ in 0..20 {
        match ready(browser, xpath).await.click().await {
            Ok(()) => return,
            Err(error) if error.to_string().contains("stale element") => {}
            Err(error) => panic!("{xpath}: {error}"),
        }
    }
    panic!("{xpath} never stands still");
}

/// Types into it.
pub async fn write(browser: &Client, xpath: &str, text: &str) {
    let written = ready(browser, xpath).await.send_keys(text).await;
    written.unwrap_or_else(|error| panic!("{xpath}: {error}"));
}

/// Logs in an agent made by [`World::agent`](super::World::agent).
pub async fn log_in(agent: &Client, casella: SocketAddr, email: &str) {
    agent
        .goto(&format!("http://{casella}/login"))
        .await
        .unwrap();
    write(agent, "//input[@name='email']", email).await;
    write(agent, "//input[@name='password']", "correct horse").await;
    click(agent, "//button[@type='submit']").await;
    wait(agent, "//nav//a[contains(., 'Conversations')]").await;
}
