//! A mail server that hands us mail.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};

/// An open session.
pub struct Smtp {
    stream: BufReader<TcpStream>,
}

impl Smtp {
    pub fn open(address: SocketAddr) -> Self {
        Self::try_open(address).unwrap()
    }

    /// # Errors
    /// Nobody is there, or nobody greets.
    pub fn try_open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(super::PATIENCE))?;
        let mut session = Self {
            stream: BufReader::new(stream),
        };
        let greeting = session.try_reply()?;
        assert!(greeting.starts_with(['2', '4']), "{greeting}");
        match greeting.starts_with("220") {
            true => Ok(session),
            false => Err(io::Error::other(greeting)),
        }
    }

    /// A whole reply, its lines joined by LF.
    ///
    /// # Errors
    /// The connection broke or was closed before the end of a reply.
    pub fn try_reply(&mut self) -> io::Result<String> {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            if !line.ends_with('\n') {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            reply.push_str(&line.replace("\r\n", "\n"));
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(reply.trim_end().to_owned());
            }
        }
    }

    /// # Errors
    /// The connection broke.
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Sends a command and gives the reply.
    pub fn say(&mut self, command: &str) -> String {
        self.try_say(command).unwrap()
    }

    /// # Errors
    /// As [`try_reply`](Self::try_reply).
    pub fn try_say(&mut self, command: &str) -> io::Result<String> {
        self.try_write(format!("{command}\r\n").as_bytes())?;
        self.try_reply()
    }

    /// Hands over a mail; gives the reply to its end, or to the first command refused.
    pub fn send(&mut self, from: &str, to: &[&str], mail: &str) -> String {
        self.try_send(from, to, mail).unwrap()
    }

    /// # Errors
    /// The connection broke before a reply to the mail was there: nobody knows what became of it.
    pub fn try_send(&mut self, from: &str, to: &[&str], mail: &str) -> io::Result<String> {
        let mut commands = vec![
            "EHLO sender.example".to_owned(),
            format!("MAIL FROM:<{from}>"),
        ];
        commands.extend(to.iter().map(|to| format!("RCPT TO:<{to}>")));
        for command in commands {
            let reply = self.try_say(&command)?;
            if !reply.starts_with('2') {
                return Ok(reply);
            }
        }
        let go = self.try_say("DATA")?;
        if !go.starts_with("354") {
            return Ok(go);
        }
        let mut data = String::with_capacity(mail.len() + 1024);
        for line in mail.lines() {
            let dot = if line.starts_with('.') { "." } else { "" };
            data.push_str(&format!("{dot}{line}\r\n"));
        }
        self.try_write(data.as_bytes())?;
        self.try_say(".")
    }
}
