//! Strangers' HTML in a real browser, under its real policies: nothing runs, nothing connects, nothing leaves
//! its frame. The attacks are files in `mail/attacks`, one a line; `PWN` stands for what each would run.

use super::world::World;
use super::world::browser::{Driver, log_in};
use fantoccini::{Client, Locator};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ATTACKS: [(&str, &str); 4] = [
    ("scripts", include_str!("mail/attacks/scripts.txt")),
    ("parsers", include_str!("mail/attacks/parsers.txt")),
    ("loads", include_str!("mail/attacks/loads.txt")),
    ("escapes", include_str!("mail/attacks/escapes.txt")),
];

/// Tells of itself in every way a script could.
const PWN: &str = "top.document.title='owned';document.title='owned';top.location='http://evil.example/ran';\
    new Image().src='http://evil.example/ran';fetch('http://evil.example/ran')";

/// A page without any care.
const CONTROL: &str = "<script>document.title='owned';new Image().src='/ran'</script>";

/// Mails of one sender, and so in one conversation.
const A_THREAD: usize = 24;

/// The whole outside world: every host below `.example` is here. It remembers who called.
struct Outside {
    port: u16,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Outside {
    fn open() -> Self {
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = door.local_addr().unwrap().port();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let book = calls.clone();
        std::thread::spawn(move || {
            for caller in door.incoming().map_while(Result::ok) {
                book.lock().unwrap().push("a connection".to_owned());
                let book = book.clone();
                std::thread::spawn(move || answer(caller, &book));
            }
        });
        Self { port, calls }
    }

    /// What makes a browser see it, and lets pages from elsewhere call the loopback.
    fn arguments(&self) -> [String; 2] {
        [
            format!(
                "--host-resolver-rules=MAP *.example 127.0.0.1:{}",
                self.port
            ),
            "--disable-features=LocalNetworkAccessChecks".to_owned(),
        ]
    }

    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

fn answer(mut caller: std::net::TcpStream, book: &Mutex<Vec<String>>) {
    let mut asked = [0; 1_024];
    let read = caller.read(&mut asked).unwrap_or(0);
    let asked = String::from_utf8_lossy(&asked[..read]).into_owned();
    book.lock()
        .unwrap()
        .extend(asked.lines().next().map(str::to_owned));
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n";
    let _ = caller.write_all(format!("{head}{CONTROL}").as_bytes());
}

/// Every attack as a mail of its own; gives how many.
fn mails(world: &World) -> usize {
    let mut sent = 0;
    for (kind, lines) in ATTACKS {
        for (n, attack) in lines.lines().enumerate() {
            let from = format!("a{}@{kind}.example", n / A_THREAD);
            let attack = attack.replace("PWN", PWN);
            let mail = format!(
                "From: \"<img src=x onerror=alert(1)>\" <{from}>\nTo: inbox@localhost\nSubject: <script>{kind}</script>\n\
                 Message-ID: <{n}@{kind}.example>\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n\
                 <b>{kind} {n}</b> {attack}\n"
            );
            let reply = world.mail(&from, "inbox@localhost", &mail);
            assert!(reply.starts_with("250"), "{attack}: {reply}");
            sent += 1;
        }
    }
    sent
}

/// Loads every frame of the page that is open, folded ones too; gives how many there are.
const LOAD_FRAMES: &str = r#"
const done = arguments[arguments.length - 1];
document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
const frames = [...document.querySelectorAll("iframe.frame")];
const loaded = (frame) => new Promise((resolve) => {
  frame.addEventListener("load", resolve);
  frame.loading = "eager";
  frame.src = frame.src;
});
Promise.all(frames.map(loaded)).then(() => setTimeout(() => done(frames.length), 300));"#;

/// Looks that the page is still ours: its address, its title, no second window.
async fn stands(browser: &Client, url: &str) {
    let at = browser.current_url().await.unwrap();
    assert_eq!(at.as_str().split('#').next(), Some(url));
    assert!(!browser.title().await.unwrap().contains("owned"), "{url}");
    assert_eq!(browser.windows().await.unwrap().len(), 1, "{url}");
}

/// Without our care these attacks do reach the outside: the watch is awake.
async fn control(browser: &Client, outside: &Outside) {
    browser.goto("http://evil.example/control").await.unwrap();
    assert_eq!(browser.title().await.unwrap(), "owned");
    let mut calls = Vec::new();
    while !calls.contains(&"GET /ran HTTP/1.1".to_owned()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        calls.extend(outside.calls());
    }
    browser.goto("about:blank").await.unwrap();
    // Browsers open a second connection in hope; it may come late.
    tokio::time::sleep(Duration::from_secs(1)).await;
    outside.calls();
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_html_runs_nothing_loads_nothing_and_leaves_its_frame_by_a_click_alone() {
    let world = World::start();
    world.agent("ada@shop.example", "admin");
    let outside = Outside::open();
    let sent = mails(&world);
    let home = format!("http://{}", world.http_address());
    let driver = Driver::start();
    let [names, loopback] = outside.arguments();
    let browser = driver.browser_with(&[&names, &loopback]).await;
    control(&browser, &outside).await;
    log_in(&browser, world.http_address(), "ada@shop.example").await;

    let mut seen = 0;
    let threads = world.api().get("/conversations?status=all&limit=100");
    let threads = threads["conversations"].as_array().unwrap().clone();
    for thread in &threads {
        let url = format!("{home}/conversations/{}", thread["id"]);
        browser.goto(&url).await.unwrap();
        let frames = browser.execute_async(LOAD_FRAMES, vec![]).await.unwrap();
        seen += frames.as_u64().unwrap();
        stands(&browser, &url).await;
        assert_eq!(outside.calls(), Vec::<String>::new(), "{url}");
    }
    assert_eq!(seen, sent as u64, "every attack was shown");

    // Each alone in a window, as a click on "open" shows it, where only its own policy holds it.
    for message in 1..=sent {
        let url = format!("{home}/messages/{message}/html");
        browser.goto(&url).await.unwrap();
        stands(&browser, &url).await;
    }
    assert_eq!(outside.calls(), Vec::<String>::new());

    for thread in &threads {
        let url = format!("{home}/conversations/{}", thread["id"]);
        if thread["contact"]["emails"][0]
            .as_str()
            .unwrap()
            .ends_with("@escapes.example")
        {
            press_everything(&browser, &url, &home).await;
        }
    }
    browser.close().await.unwrap();
}

/// Clicks every link in the frames of a thread: the thread stays, and the window that opens knows neither us
/// nor where it was opened. Nothing else is there to be clicked.
async fn press_everything(browser: &Client, url: &str, home: &str) {
    browser.goto(url).await.unwrap();
    let frames = browser.execute_async(LOAD_FRAMES, vec![]).await.unwrap();
    let frames = usize::try_from(frames.as_u64().unwrap()).unwrap();
    let mut opened = 0;
    for frame in 0..frames {
        for n in 0.. {
            let Some(link) = press(browser, frame, n).await else {
                break;
            };
            judge_other(browser, home, &link).await;
            stands(browser, url).await;
            opened += 1;
        }
    }
    assert!(opened > 0, "{url}: links open");
}

/// Clicks the n-th link of a frame, if there is one; gives it.
async fn press(browser: &Client, frame: usize, n: usize) -> Option<String> {
    let frames = browser
        .find_all(Locator::Css("iframe.frame"))
        .await
        .unwrap();
    frames[frame].clone().enter_frame().await.unwrap();
    let active = Locator::Css("button, input, select, textarea, form, object, embed, iframe");
    assert!(browser.find_all(active).await.unwrap().is_empty());
    let links = browser
        .find_all(Locator::Css("a[href^=http]"))
        .await
        .unwrap();
    let mut pressed = None;
    if let Some(link) = links.get(n) {
        pressed = Some(link.html(false).await.unwrap());
        link.click().await.unwrap();
    }
    browser.enter_parent_frame().await.unwrap();
    pressed
}

/// Waits for the window that a click opens, judges it and closes it.
async fn judge_other(browser: &Client, home: &str, pressed: &str) {
    let mut windows = Vec::new();
    for _ in 0..500 {
        windows = browser.windows().await.unwrap();
        if windows.len() > 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let first = browser.window().await.unwrap();
    let other = windows.into_iter().find(|window| *window != first);
    let other = other.unwrap_or_else(|| panic!("{pressed} opens nothing"));
    browser.switch_to_window(other).await.unwrap();
    let told = "return [String(window.opener), document.referrer, window.name];";
    let told = browser.execute(told, vec![]).await.unwrap();
    assert_eq!(told, serde_json::json!(["null", "", ""]));
    let at = browser.current_url().await.unwrap();
    assert!(!at.as_str().starts_with(home), "{at}");
    browser.close_window().await.unwrap();
    browser.switch_to_window(first).await.unwrap();
}
