//! A smarthost that takes every mail and sends none on.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The mails taken so far, in order.
pub struct Sink {
    pub address: SocketAddr,
    mails: Arc<Mutex<Vec<Taken>>>,
}

/// A mail and its envelope's sender.
#[derive(Clone)]
struct Taken {
    from: String,
    mail: String,
}

impl Sink {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let taken = mails.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let taken = taken.clone();
                thread::spawn(move || talk(stream, &taken));
            }
        });
        Self { address, mails }
    }

    pub fn mails(&self) -> Vec<String> {
        let mails = self.mails.lock().unwrap();
        mails.iter().map(|taken| taken.mail.clone()).collect()
    }

    /// Where reports about each of these mails go.
    pub fn senders(&self) -> Vec<String> {
        let mails = self.mails.lock().unwrap();
        mails.iter().map(|taken| taken.from.clone()).collect()
    }
}

/// One session; ends when the other side does.
fn talk(stream: TcpStream, taken: &Mutex<Vec<Taken>>) -> Option<()> {
    let mut out = stream.try_clone().ok()?;
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    out.write_all(b"220 sink.test ready\r\n").ok()?;
    let mut from = String::new();
    while let Some(line) = lines.next() {
        let verb = line.get(..4).unwrap_or_default().to_uppercase();
        let reply = match verb.as_str() {
            "DATA" => {
                out.write_all(b"354 go on\r\n").ok()?;
                let mail: Vec<_> = lines.by_ref().take_while(|line| line != ".").collect();
                let mail = mail.join("\n");
                let from = from.clone();
                taken.lock().unwrap().push(Taken { from, mail });
                "250 2.0.0 taken"
            }
            "MAIL" => {
                let path = line.split(['<', '>']).nth(1).unwrap_or_default();
                from = path.to_owned();
                "250 2.1.0 fine"
            }
            "QUIT" => "221 2.0.0 bye",
            _ => "250 2.0.0 fine",
        };
        out.write_all(format!("{reply}\r\n").as_bytes()).ok()?;
    }
    Some(())
}
