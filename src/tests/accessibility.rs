//! Every page, and the widget, in light and dark, wide and narrow: axe-core finds nothing to object to.

use super::world::World;
use super::world::browser::{Driver, log_in, screen, wait};
use super::world::http::ask;
use data_encoding::HEXLOWER;
use fantoccini::Client;
use flate2::read::GzDecoder;
use ring::hmac;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Read;
use std::time::{SystemTime, UNIX_EPOCH};

/// Widths of a desk and of a phone, in CSS pixels.
const WIDTHS: [u32; 2] = [1_280, 375];
const SCHEMES: [&str; 2] = ["light", "dark"];

/// Gives what axe-core objects to on the page that is open: rule, remedy and the elements. A mail's
/// frame may run nothing, axe-core included; its own document is judged beside the pages.
const RUN: &str = r#"
const done = arguments[arguments.length - 1];
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run({ exclude: [["iframe.frame"]] }, { runOnly: rules, resultTypes: ["violations"] }).then(
  ({ violations }) => done(violations.map(({ id, help, nodes }) => ({
    id, help, nodes: nodes.map(({ html, failureSummary }) => `${html}\n      ${failureSummary}`),
  }))),
  (error) => done([{ id: "axe", help: String(error), nodes: [] }]),
);"#;

fn axe() -> String {
    let mut script = String::new();
    GzDecoder::new(&include_bytes!("axe/axe.min.js.gz")[..])
        .read_to_string(&mut script)
        .unwrap();
    script
}

/// Judges the page that is open; every objection becomes a line of `found`.
async fn judge(browser: &Client, axe: &str, name: &str, found: &mut String) {
    browser.execute(axe, vec![]).await.unwrap();
    let violations = browser.execute_async(RUN, vec![]).await.unwrap();
    for violation in violations.as_array().unwrap() {
        writeln!(found, "{name}: {} ({})", violation["id"], violation["help"]).unwrap();
        for node in violation["nodes"].as_array().unwrap() {
            writeln!(found, "    {}", node.as_str().unwrap()).unwrap();
        }
    }
}

/// A mail of many parts: formatted, with a picture of the web, files and a name in another script.
fn rich() -> String {
    let mut mail = String::from(
        "From: =?utf-8?b?157XmdeQ?= <mia@client.example>\nTo: inbox@localhost\nCc: boss@client.example\n\
         Subject: Quotation\nMessage-ID: <rich@client.example>\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\n\n\
         <h1>Hello</h1><table><tr><td>One</td><td>Two</td></tr></table><img src=https://pics.example/a.png>\n",
    );
    for n in 0..6 {
        write!(
            mail,
            "--x\nContent-Type: text/csv\nContent-Disposition: attachment; filename=\"{n}-{}.csv\"\n\n1,2\n",
            "a-long-name".repeat(8)
        )
        .unwrap();
    }
    mail + "--x--\n"
}

fn mails(world: &World) {
    let plain = "From: Mario Rossi <mario@cliente.example>\nTo: inbox@localhost\n\
        Subject: Where is my order INV-2026/0031? A subject that goes on and on and does not end soon\n\
        Message-ID: <1@cliente.example>\n\nIt has not come yet.\n\n> On Monday you wrote:\n> It will come.\n";
    let list = "From: News <news@list.example>\nTo: inbox@localhost\nSubject: Offers\nList-Id: <news.list.example>\n\
        Precedence: bulk\nMessage-ID: <2@list.example>\n\nOffers\n";
    let automatic = "From: Mario Rossi <mario@cliente.example>\nTo: inbox@localhost\nSubject: Out of office\n\
        Auto-Submitted: auto-replied\nIn-Reply-To: <1@cliente.example>\nMessage-ID: <3@cliente.example>\n\nI am away\n";
    let stranger = "From: Other <other@else.example>\nTo: inbox@localhost\nSubject: Re: Where is my order\n\
        In-Reply-To: <1@cliente.example>\nMessage-ID: <4@else.example>\n\nMine has not come either\n";
    for (from, mail) in [
        ("mario@cliente.example", plain),
        ("news@list.example", list),
        ("mario@cliente.example", automatic),
        ("other@else.example", stranger),
        ("mia@client.example", &rich()),
    ] {
        let reply = world.mail(from, "inbox@localhost", mail);
        assert!(reply.starts_with("250"), "{reply}");
    }
    world.mail("probe@else.example", "nobody@localhost", stranger);
}

fn chat(world: &World) {
    let address = world.http_address();
    let visitor = ask(address, "POST", "/chat/v1/visitors", &[], b"").json();
    let bearer = format!("Bearer {}", visitor["key"].as_str().unwrap());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    for n in 0..2 {
        let line = json!({"text": "Do you ship to Trieste?", "client_id": n.to_string()});
        let line = line.to_string();
        let said = ask(
            address,
            "POST",
            "/chat/v1/messages",
            &headers,
            line.as_bytes(),
        );
        assert_eq!(said.status, 201, "{}", said.text());
    }
}

/// Two people: one whose time is over, and one who writes now, in every way.
fn messenger(world: &World) {
    let event = |psid: &str, at: u64, what: &str, facts: Value| {
        let mut event =
            json!({"sender": {"id": psid}, "recipient": {"id": "1001"}, "timestamp": at});
        event[what] = facts;
        event
    };
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = u64::try_from(since.as_millis()).unwrap();
    let said = |mid: &str, facts: Value| {
        let mut message = facts;
        message["mid"] = json!(mid);
        event("2003", now, "message", message)
    };
    let place = json!({"coordinates": {"lat": 44.3, "long": 11.9}});
    let file = json!({"url": "http://127.0.0.1:1/price-list.pdf"});
    let events = [
        event(
            "2002",
            1_790_000_000_000,
            "message",
            json!({"mid": "m1", "text": "Hello from Messenger"}),
        ),
        said("m2", json!({"text": "Do you ship to Trieste?"})),
        said(
            "m3",
            json!({"text": "And when?", "reply_to": {"mid": "m2"}}),
        ),
        said(
            "m4",
            json!({"attachments": [{"type": "location", "payload": place}]}),
        ),
        said(
            "m5",
            json!({"attachments": [{"type": "file", "payload": file}]}),
        ),
        said("m6", json!({"is_unsupported": true})),
        said("m7", json!({"text": "Never mind"})),
        said("m7", json!({"is_deleted": true})),
        event(
            "2003",
            now,
            "reaction",
            json!({"mid": "m2", "action": "react", "emoji": "❤"}),
        ),
    ];
    let body = json!({"object": "page", "entry": [{"id": "1001", "time": 1, "messaging": events}]});
    let body = body.to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"app-secret");
    let signature = HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref());
    let signature = format!("sha256={signature}");
    let headers = [("X-Hub-Signature-256", signature.as_str())];
    let taken = ask(
        world.http_address(),
        "POST",
        "/webhooks/messenger",
        &headers,
        body.as_bytes(),
    );
    assert_eq!(taken.status, 200, "{}", taken.text());
}

/// An inbox with something of every kind in it.
fn filled() -> World {
    let world = World::with(
        "[messenger]\npages = [{ id = \"1001\", token = \"t\" }]\napp_secret = \"app-secret\"\nverify_token = \"v\"\n\
         graph_url = \"http://127.0.0.1:1\"\n",
    );
    world.agent("ada@shop.example", "admin");
    world.agent("eva@shop.example", "viewer");
    mails(&world);
    chat(&world);
    messenger(&world);
    let api = world.api();
    api.post(
        "/saved-replies",
        json!({"category": "Shipping", "title": "On its way", "text": "It is on its way."}),
    );
    let (answer, note) = (
        json!({"channel": "email", "text": "It left us today."}),
        json!({"channel": "note", "text": "He called."}),
    );
    api.post("/conversations/1/messages", answer);
    api.post("/conversations/1/messages", note);
    api.patch(
        "/conversations/1",
        json!({"tags": ["vip"], "assignee": "ada@shop.example"}),
    );
    api.patch("/conversations/2", json!({"status": "complete"}));
    world
}

/// What an agent opens, by address.
fn pages(world: &World) -> Vec<String> {
    let api = world.api();
    let all = api.get("/conversations?status=all&limit=50")["conversations"].clone();
    let threads = all.as_array().unwrap().iter();
    let threads = threads.map(|c: &Value| format!("/conversations/{}?status=all", c["id"]));
    let settings = [
        "profile",
        "security",
        "inbox",
        "agents",
        "tokens",
        "widget",
        "hours",
        "messenger",
        "mail",
        "trace",
        "trace?q=mario@cliente.example",
        "audit",
    ];
    let fixed = [
        "/inbox",
        "/inbox?status=complete",
        "/inbox?status=all&channel=chat",
        "/inbox?order=expiring",
        "/inbox?q=nothing-like-this",
        "/contacts",
        "/contacts?q=nobody",
        "/contacts/1",
        "/contacts/new",
        "/search",
        "/search?q=order",
        "/search?q=nothing-like-this",
        "/saved-replies",
        "/saved-replies/1",
        "/saved-replies/new",
        "/conversations/999",
        "/nowhere",
        "/demo/",
    ];
    let fixed = fixed.map(str::to_owned).into_iter();
    fixed
        .chain(settings.map(|name| format!("/settings/{name}")))
        .chain(threads)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_shuts_anybody_out() {
    let world = filled();
    let home = format!("http://{}", world.http_address());
    let (pages, axe) = (pages(&world), axe());
    let driver = Driver::start();
    let browser = driver.browser().await;
    let mut found = String::new();
    let empty = World::start();
    let outside = [
        format!("{home}/login"),
        format!("{home}/login?out=1"),
        format!("{home}/setup/gone"),
        empty.setup_link().unwrap(),
    ];
    for scheme in SCHEMES {
        screen(&browser, WIDTHS[0], scheme).await;
        for page in &outside {
            browser.goto(page).await.unwrap();
            judge(&browser, &axe, &format!("{page} {scheme}"), &mut found).await;
        }
    }
    log_in(&browser, world.http_address(), "ada@shop.example").await;
    for width in WIDTHS {
        for scheme in SCHEMES {
            screen(&browser, width, scheme).await;
            for page in &pages {
                browser.goto(&format!("{home}{page}")).await.unwrap();
                let name = format!("{page} {scheme} {width}");
                judge(&browser, &axe, &name, &mut found).await;
                let menu = "return document.querySelector('.settings-nav')?.clientHeight ?? 99;";
                let menu = browser.execute(menu, vec![]).await.unwrap();
                if menu.as_i64().unwrap() < 24 {
                    writeln!(found, "{name}: its menu is {menu} px high").unwrap();
                }
                let wide = "return document.scrollingElement.scrollWidth - innerWidth;";
                let beyond = browser.execute(wide, vec![]).await.unwrap();
                if beyond.as_i64().unwrap() > 0 {
                    writeln!(found, "{name}: wider than its screen by {beyond} px").unwrap();
                }
            }
        }
    }
    browser.close().await.unwrap();
    assert!(found.is_empty(), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_widget_shuts_nobody_out() {
    let world = filled();
    let axe = axe();
    let driver = Driver::start();
    let browser = driver.browser().await;
    let mut found = String::new();
    for scheme in SCHEMES {
        screen(&browser, 400, scheme).await;
        let frame = format!("http://{}/widget/frame?preview=1", world.http_address());
        browser.goto(&frame).await.unwrap();
        wait(&browser, "//*[@id='panel' and not(@hidden)]").await;
        judge(&browser, &axe, &format!("widget {scheme}"), &mut found).await;
    }
    browser.close().await.unwrap();
    assert!(found.is_empty(), "{found}");
}
