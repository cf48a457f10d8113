//! A mail server that hands us mail.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};

/// An open session.
pub struct Smtp {
    stream: BufReader<TcpStream>,
}

impl Smtp {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(super::PATIENCE)).unwrap();
        let mut session = Self {
            stream: BufReader::new(stream),
        };
        let greeting = session.reply();
        assert!(greeting.starts_with("220"), "{greeting}");
        session
    }

    /// A whole reply, its lines joined by LF.
    pub fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            reply.push_str(&line.replace("\r\n", "\n"));
            if line.as_bytes().get(3) != Some(&b'-') {
                return reply.trim_end().to_owned();
            }
        }
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// Sends a command and gives the reply.
    pub fn say(&mut self, command: &str) -> String {
        self.write(format!("{command}\r\n").as_bytes());
        self.reply()
    }

    /// Hands over a mail; gives the reply to its end, or to the first command refused.
    pub fn send(&mut self, from: &str, to: &[&str], mail: &str) -> String {
        let mut commands = vec![
            "EHLO sender.example".to_owned(),
            format!("MAIL FROM:<{from}>"),
        ];
        commands.extend(to.iter().map(|to| format!("RCPT TO:<{to}>")));
        for command in commands {
            let reply = self.say(&command);
            if !reply.starts_with('2') {
                return reply;
            }
        }
        let go = self.say("DATA");
        assert!(go.starts_with("354"), "{go}");
        for line in mail.lines() {
            let dot = if line.starts_with('.') { "." } else { "" };
            self.write(format!("{dot}{line}\r\n").as_bytes());
        }
        self.say(".")
    }
}
