//! R6: killed around the remote's 250, no answer is lost, and at most one goes out again per kill,
//! under the same Message-ID.

use super::super::world::World;
use super::{Dice, rounds};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A smarthost that says when it has a mail, before its 250 or after it.
struct Remote {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<String>>>,
    taken: Receiver<()>,
    /// Whether to wait with the 250 until the client is gone.
    silent: Arc<Mutex<bool>>,
}

impl Remote {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (mails, silent) = (Arc::<Mutex<Vec<String>>>::default(), Arc::default());
        let (tell, taken) = channel();
        let (kept, mute) = (mails.clone(), Arc::clone(&silent));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, mute, tell) = (kept.clone(), Arc::clone(&mute), tell.clone());
                thread::spawn(move || talk(stream, &kept, &mute, &tell));
            }
        });
        Self {
            address,
            mails,
            taken,
            silent,
        }
    }

    /// How often each Message-ID came.
    fn copies(&self) -> BTreeMap<String, usize> {
        let mut copies = BTreeMap::new();
        for mail in self.mails.lock().unwrap().iter() {
            let id = mail.lines().find_map(|l| l.strip_prefix("Message-ID: "));
            *copies.entry(id.unwrap().to_owned()).or_insert(0) += 1;
        }
        copies
    }
}

fn talk(
    stream: TcpStream,
    kept: &Mutex<Vec<String>>,
    silent: &Mutex<bool>,
    tell: &Sender<()>,
) -> Option<()> {
    let mut out = stream.try_clone().ok()?;
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    out.write_all(b"220 remote.test ready\r\n").ok()?;
    while let Some(line) = lines.next() {
        let reply = match line.get(..4).unwrap_or_default() {
            "DATA" => {
                out.write_all(b"354 go on\r\n").ok()?;
                let mut mail: Vec<String> = Vec::new();
                loop {
                    // A mail cut off before its end was never taken.
                    let line = lines.next()?;
                    if line == "." {
                        break;
                    }
                    mail.push(line);
                }
                kept.lock().unwrap().push(mail.join("\n"));
                if *silent.lock().unwrap() {
                    tell.send(()).ok()?;
                    // Nothing is said until the client is gone.
                    return lines.next().map(drop);
                }
                out.write_all(b"250 taken\r\n").ok()?;
                tell.send(()).ok()?;
                continue;
            }
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        out.write_all(format!("{reply}\r\n").as_bytes()).ok()?;
    }
    Some(())
}

#[test]
fn trust_killed_around_the_remotes_250_an_answer_goes_out_and_at_most_once_more() {
    let remote = Remote::open();
    let mut world = World::with(&format!(
        "[outbound]\nvia = \"smtp://{}\"\n",
        remote.address
    ));
    let mail = "From: anna@example.com\nTo: inbox@localhost\nSubject: Hi\n\nHello\n";
    assert!(
        world
            .mail("anna@example.com", "inbox@localhost", mail)
            .starts_with("250")
    );
    let mut dice = Dice::new(6);
    let kills = rounds(12, 200);
    for number in 0..kills {
        *remote.silent.lock().unwrap() = number % 2 == 0;
        let words = json!({"channel": "email", "text": format!("Answer {number}")});
        world.api().post("/conversations/1/messages", words);
        remote.taken.recv_timeout(Duration::from_secs(20)).unwrap();
        thread::sleep(Duration::from_micros(dice.roll(3_000)));
        world.kill();
        *remote.silent.lock().unwrap() = false;
        world.start_again();
        let api = world.api();
        world.wait("the answer to be known as sent", || {
            let whole = api.get("/conversations/1");
            let last = whole["messages"].as_array()?.last()?.clone();
            (last["delivery"]["state"] == "sent").then_some(())
        });
        while remote.taken.try_recv().is_ok() {}
    }
    let copies = remote.copies();
    assert_eq!(
        copies.len(),
        kills,
        "each answer under one Message-ID: {copies:?}"
    );
    assert!(
        copies.values().all(|n| *n <= 2),
        "more than one repeat: {copies:?}"
    );
}
