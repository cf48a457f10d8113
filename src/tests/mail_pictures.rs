//! Pictures of the web in mails: fetched by us alone, when somebody asks or asked to be spared the asking, and
//! never those that only count who reads.

use super::world::World;
use super::world::http::Browser;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// The smallest PNG.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// A web site full of pictures, which remembers what it was asked for.
struct Site {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    fn open() -> Self {
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = door.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let book = asked.clone();
        std::thread::spawn(move || {
            for mut caller in door.incoming().map_while(Result::ok) {
                let mut request = [0; 2_048];
                let read = caller.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                book.lock().unwrap().push(path.to_owned());
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", PNG.len());
                let _ = caller.write_all(head.as_bytes());
                let _ = caller.write_all(PNG);
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// A mail with a picture to be seen and one to be counted.
    fn mail(&self, world: &World, from: &str, id: u32) {
        let site = format!("http://127.0.0.1:{}", self.port);
        let mail = format!(
            "From: {from}\nTo: inbox@localhost\nSubject: Offers\nMessage-ID: <{id}@list.example>\nContent-Type: text/html\n\n\
             <h1>Offers</h1><img src='{site}/offer.png' width=600><img src='{site}/open.gif' width=1 height=1>\n"
        );
        let reply = world.mail(from, "inbox@localhost", &mail);
        assert!(reply.starts_with("250"), "{reply}");
    }
}

fn page(agent: &mut Browser, path: &str) -> String {
    let answer = agent.get(path);
    assert_eq!(answer.status, 200, "{path}");
    answer.text()
}

fn press(agent: &mut Browser, path: &str, fields: &[(&str, &str)]) {
    let answer = agent.post(path, fields);
    assert_eq!(answer.status, 303, "{path}: {}", answer.text());
}

const ASKING: &str = "src=\"/messages/1/html\"";
const SHOWN: &str = "src=\"/messages/1/html?images&#x3D;1\"";

#[test]
fn pictures_wait_to_be_asked_for_and_a_sender_can_be_remembered_and_forgotten() {
    let world = World::with("[fetch]\nallow = [\"127.0.0.0/8\"]\n");
    let site = Site::open();
    site.mail(&world, "news@list.example", 1);
    let mut agent = world.logged_in("ada@shop.example", "agent");

    assert!(page(&mut agent, "/conversations/1").contains(ASKING));
    page(&mut agent, "/messages/1/html");
    assert_eq!(site.asked(), Vec::<String>::new());

    let shown = page(&mut agent, "/messages/1/html?images=1");
    assert!(shown.contains("src=\"data:image/png;base64,"), "{shown}");
    assert!(!shown.contains("127.0.0.1"), "{shown}");
    assert_eq!(site.asked(), ["/offer.png"], "never the counting one");

    press(&mut agent, "/messages/1/pictures", &[("always", "1")]);
    assert!(page(&mut agent, "/conversations/1").contains(SHOWN));
    site.mail(&world, "other@list.example", 2);
    let other = page(&mut agent, "/conversations/2");
    assert!(other.contains("src=\"/messages/2/html\""), "{other}");

    let contact = page(&mut agent, "/contacts/1");
    assert!(
        contact.contains("Remote images in its mails are shown"),
        "{contact}"
    );
    press(
        &mut agent,
        "/contacts/1/pictures",
        &[("ask", "news@list.example")],
    );
    assert!(page(&mut agent, "/conversations/1").contains(ASKING));
    press(&mut agent, "/messages/1/pictures", &[("always", "1")]);
    press(&mut agent, "/messages/1/pictures", &[("always", "0")]);
    assert!(page(&mut agent, "/conversations/1").contains(ASKING));
    assert_eq!(
        site.asked(),
        Vec::<String>::new(),
        "pages fetch nothing, frames do"
    );
}

#[test]
fn a_viewer_may_look_but_remembers_nobody() {
    let world = World::with("[fetch]\nallow = [\"127.0.0.0/8\"]\n");
    let site = Site::open();
    site.mail(&world, "news@list.example", 1);
    let mut viewer = world.logged_in("eva@shop.example", "viewer");
    assert!(!page(&mut viewer, "/conversations/1").contains("/messages/1/pictures"));
    assert_eq!(
        viewer
            .post("/messages/1/pictures", &[("always", "1")])
            .status,
        403
    );
}

#[test]
fn a_mail_cannot_make_us_look_into_our_own_network() {
    let world = World::start();
    let site = Site::open();
    site.mail(&world, "news@list.example", 1);
    let mut agent = world.logged_in("ada@shop.example", "agent");
    let shown = page(&mut agent, "/messages/1/html?images=1");
    assert!(shown.contains("src=\"data:,\""), "{shown}");
    assert_eq!(site.asked(), Vec::<String>::new());
}
