//! R10: who begins a command, a mail or a request and dawdles is let go; others are served meanwhile.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use super::super::world::smtp::Smtp;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Begins with `opening`, then trickles; resolves once the server has hung up.
fn dawdle(address: SocketAddr, opening: &'static [u8], drop: &'static [u8]) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let step = Duration::from_millis(200);
        stream.set_read_timeout(Some(step)).unwrap();
        stream.write_all(opening).unwrap();
        let mut heard = [0; 512];
        for _ in 0..100 {
            match stream.read(&mut heard) {
                Ok(0) => return,
                Ok(_) => {}
                Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock) => {}
                Err(_) => return,
            }
            if stream.write_all(drop).is_err() {
                return;
            }
        }
        panic!("it was borne for 20 s");
    })
}

#[test]
fn trust_who_dawdles_is_let_go_and_others_are_served() {
    let limits = clients::unlimited().replace("[limits]", "[limits]\nline_time = \"2 s\"");
    let world = World::with(&limits);
    let place = Place::of(&world);
    let mail = b"EHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<inbox@localhost>\r\nDATA\r\n";
    let slow: Vec<_> = (0..20)
        .flat_map(|_| {
            [
                dawdle(place.smtp(), b"EHLO sl", b"o"),
                dawdle(place.smtp(), mail, b"slow\r\n"),
                dawdle(place.http(), b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"o"),
                dawdle(place.http(), b"G", b"E"),
            ]
        })
        .collect();
    for number in 0..20 {
        assert!(clients::mail(&place, &format!("anna says {number:06}")));
        assert_eq!(world.browser().get("/login").status, 200);
    }
    for slow in slow {
        slow.join().unwrap();
    }
    // Silence between commands is no dawdling.
    let mut patient = Smtp::open(place.smtp());
    thread::sleep(Duration::from_secs(3));
    assert!(patient.say("NOOP").starts_with("250"));
    assert!(
        !clients::texts(&world)
            .keys()
            .any(|text| text.contains("slow"))
    );
}
