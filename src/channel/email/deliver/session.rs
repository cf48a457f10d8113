//! One connection to one mail server: greeting, EHLO, TLS, login, and letters one after another.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use super::login;
use super::provider;
use super::reply::Reply;
use super::tls::{Trust, must_prove};
use super::wire::{Stream, Wire, in_words, within};
use super::{Failure, Letter, Receipt};
use crate::config::{Secret, Security};

/// Said after what only a change of the configuration can mend.
pub const REMEDY: &str = "check `outbound.via` in the configuration";

/// How long to wait for what (RFC 5321 section 4.5.3.2 gives the smallest values, but for
/// connecting, where it gives none).
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    pub connect: Duration,
    pub tls: Duration,
    /// The greeting, and the answer to any command.
    pub command: Duration,
    /// The answer to DATA, and each 64 KiB of the mail.
    pub data: Duration,
    /// The answer after the final dot. Hanging up too early is how duplicates are made.
    pub end: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            tls: Duration::from_secs(30),
            command: Duration::from_secs(300),
            data: Duration::from_secs(180),
            end: Duration::from_secs(600),
        }
    }
}

/// Where a session goes.
#[derive(Debug, Clone)]
pub struct Peer {
    /// For TLS, and for people.
    pub name: String,
    pub address: SocketAddr,
    pub security: Security,
    pub login: Option<(String, Secret)>,
    /// Our own smarthost: when it will not talk to us, our configuration is wrong.
    pub ours: bool,
}

impl Peer {
    fn unreachable(&self, what: &str, error: &io::Error) -> Failure {
        let reason = format!("{} {what}: {}", self.called(), in_words(error));
        Failure::later(self.with_remedy(reason))
    }

    fn called(&self) -> String {
        match self.ours {
            true => format!("the smarthost {}:{}", self.name, self.address.port()),
            false => self.name.clone(),
        }
    }

    fn with_remedy(&self, reason: String) -> String {
        match self.ours {
            true => format!("{reason}; {REMEDY}"),
            false => reason,
        }
    }

    /// What an answer to anything before the first letter means: it concerns all mail, never this one.
    fn unwilling(&self, reply: &Reply, step: &str) -> Failure {
        let reason = format!("{} refused {step}: {}", self.called(), reply.text());
        Failure::later(self.with_remedy(reason))
    }
}

/// What the server said it can do (RFC 5321 section 4.1.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions {
    pub starttls: bool,
    pub pipelining: bool,
    pub smtputf8: bool,
    pub dsn: bool,
    /// The largest mail it takes; 0 where it names no limit.
    pub size: Option<u64>,
    /// Upper-case.
    pub logins: Vec<String>,
}

impl Extensions {
    fn read(reply: &Reply) -> Self {
        let mut found = Self::default();
        for line in reply.lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            let mut words = line.split([' ', '=']);
            match words.next().unwrap_or_default() {
                "STARTTLS" => found.starttls = true,
                "PIPELINING" => found.pipelining = true,
                "SMTPUTF8" => found.smtputf8 = true,
                "DSN" => found.dsn = true,
                "SIZE" => found.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0)),
                "AUTH" => found.logins.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        found
    }
}

/// Our side of the conversation.
#[derive(Clone)]
pub struct Caller {
    /// What we call ourselves in EHLO.
    pub hostname: String,
    pub trust: Trust,
    pub timeouts: Timeouts,
}

/// An open connection over which letters can be sent.
pub struct Session {
    wire: Wire,
    peer: Peer,
    timeouts: Timeouts,
    extensions: Extensions,
    secured: bool,
    /// Letters it took so far.
    pub sent: u32,
    /// Nothing more may be sent over it.
    pub broken: bool,
}

impl Session {
    /// Connects, greets, secures and logs in.
    pub async fn open(peer: &Peer, caller: &Caller) -> Result<Self, Failure> {
        let mut session = Self::greet(peer, caller).await?;
        if session.wants_tls()? {
            session = match session.start_tls(caller).await {
                Ok(session) => session,
                // A handshake that fails is no reason to send nothing where plain text would do.
                Err(_) if may_be_plain(peer) => Self::greet(peer, caller).await?,
                Err(failure) => return Err(failure),
            };
        }
        if let Some((user, password)) = &peer.login {
            session.log_in(user, password).await?;
        }
        Ok(session)
    }

    async fn greet(peer: &Peer, caller: &Caller) -> Result<Self, Failure> {
        let limits = caller.timeouts;
        let socket = within(limits.connect, TcpStream::connect(peer.address))
            .await
            .map_err(|e| peer.unreachable("does not answer", &e))?;
        // Commands are short and wait for their answers.
        socket
            .set_nodelay(true)
            .map_err(|e| peer.unreachable("does not answer", &e))?;
        let stream: Box<dyn Stream> = match peer.security {
            Security::Tls => secure(Box::new(socket), peer, caller).await?,
            Security::Plain | Security::StartTls => Box::new(socket),
        };
        let mut session = Self {
            wire: Wire::new(stream),
            peer: peer.clone(),
            timeouts: limits,
            extensions: Extensions::default(),
            secured: peer.security == Security::Tls,
            sent: 0,
            broken: false,
        };
        session.greeting().await?;
        session.hello(&caller.hostname).await?;
        Ok(session)
    }

    async fn greeting(&mut self) -> Result<(), Failure> {
        let greeting = self.wire.reply(self.timeouts.command).await;
        match greeting.map_err(|e| self.peer.unreachable("does not greet us", &e))? {
            reply if reply.is_positive() => Ok(()),
            reply => Err(self.peer.unwilling(&reply, "our connection")),
        }
    }

    async fn hello(&mut self, hostname: &str) -> Result<(), Failure> {
        let mut reply = self.ask(&format!("EHLO {hostname}\r\n")).await?;
        if reply.code / 100 == 5 {
            reply = self.ask(&format!("HELO {hostname}\r\n")).await?;
            reply.lines.truncate(1);
        }
        match reply.is_positive() {
            true => self.extensions = Extensions::read(&reply),
            false => return Err(self.peer.unwilling(&reply, "our EHLO")),
        }
        Ok(())
    }

    fn wants_tls(&self) -> Result<bool, Failure> {
        match (self.peer.security, self.extensions.starttls) {
            (Security::Tls, _) => Ok(false),
            (Security::StartTls, true) => Ok(true),
            (Security::StartTls, false) => Err(Failure::later(self.peer.with_remedy(format!(
                "{} does not offer STARTTLS, so nothing was sent",
                self.peer.called()
            )))),
            // On this machine there is nobody to hide from.
            (Security::Plain, offered) => Ok(offered && must_prove(self.peer.address.ip())),
        }
    }

    async fn start_tls(mut self, caller: &Caller) -> Result<Self, Failure> {
        let reply = self.ask("STARTTLS\r\n").await?;
        if !reply.is_positive() {
            return Err(self.peer.unwilling(&reply, "STARTTLS"));
        }
        let plain = self.wire.into_stream();
        let plain = plain.map_err(|e| self.peer.unreachable("failed at TLS", &e))?;
        self.wire = Wire::new(secure(plain, &self.peer, caller).await?);
        self.secured = true;
        self.hello(&caller.hostname).await?;
        Ok(self)
    }

    async fn log_in(&mut self, user: &str, password: &Secret) -> Result<(), Failure> {
        if !self.secured && must_prove(self.peer.address.ip()) {
            let reason = format!(
                "{} offers no TLS, and a password is not sent without it",
                self.peer.called()
            );
            return Err(Failure::later(self.peer.with_remedy(reason)));
        }
        let limit = self.timeouts.command;
        let offered = &self.extensions.logins;
        let outcome = login::run(&mut self.wire, offered, user, password.reveal(), limit).await;
        match outcome.map_err(|e| self.peer.unreachable("broke off the login", &e))? {
            Some(reply) if reply.is_positive() => Ok(()),
            Some(reply) => Err(self.peer.unwilling(&reply, "the login")),
            None => Err(Failure::later(self.peer.with_remedy(format!(
                "{} offers neither PLAIN nor LOGIN to log in",
                self.peer.called()
            )))),
        }
    }

    /// Sends one letter. After a failure the session is either clean again or `broken`.
    pub async fn send(&mut self, letter: &Letter) -> Result<Receipt, Failure> {
        let outcome = self.transaction(letter).await;
        match &outcome {
            Ok(_) => self.sent += 1,
            Err(_) => self.reset().await,
        }
        outcome
    }

    async fn transaction(&mut self, letter: &Letter) -> Result<Receipt, Failure> {
        let (mail, rcpt) = self.envelope(letter)?;
        let replies = self.ask_both(&mail, &rcpt).await?;
        self.accepted(&replies.0, &format!("the sender {}", letter.from))?;
        self.accepted(&replies.1, &letter.to)?;
        let limit = self.timeouts.data;
        match self.ask_within("DATA\r\n", limit).await? {
            reply if reply.code == 354 => {}
            reply => return Err(reply.failure(&self.peer.name, "the mail")),
        }
        self.write_data(&letter.bytes).await?;
        self.verdict().await
    }

    /// MAIL and RCPT with the parameters this server understands.
    fn envelope(&self, letter: &Letter) -> Result<(String, String), Failure> {
        let mut mail = format!("MAIL FROM:<{}>", letter.from);
        let mut rcpt = format!("RCPT TO:<{}>", letter.to);
        let size = letter.bytes.len() as u64;
        match self.extensions.size {
            Some(limit) if limit > 0 && size > limit => {
                return Err(Failure::refused(format!(
                    "the mail has {size} bytes, and {} takes at most {limit}",
                    self.peer.name
                )));
            }
            Some(_) => mail += &format!(" SIZE={size}"),
            None => {}
        }
        if needs_utf8(letter) {
            if !self.extensions.smtputf8 {
                return Err(Failure::refused(format!(
                    "the address {} has letters beyond ASCII before its @, which {} cannot handle (no SMTPUTF8)",
                    letter.to, self.peer.name
                )));
            }
            mail += " SMTPUTF8";
        }
        // Without a sender a report could go nowhere (RFC 3461 section 4).
        if self.extensions.dsn && !letter.from.is_empty() {
            mail += " RET=HDRS";
            if let Some(id) = &letter.envelope_id {
                mail += &format!(" ENVID={}", xtext(id));
            }
            rcpt += " NOTIFY=FAILURE,DELAY";
            if letter.to.is_ascii() {
                rcpt += &format!(" ORCPT=rfc822;{}", xtext(&letter.to));
            }
        }
        Ok((mail + "\r\n", rcpt + "\r\n"))
    }

    /// Both answers, in one round trip where the server allows it (RFC 2920). Where MAIL is
    /// refused, its answer stands for both.
    async fn ask_both(&mut self, mail: &str, rcpt: &str) -> Result<(Reply, Reply), Failure> {
        if self.extensions.pipelining {
            let first = self.ask(&format!("{mail}{rcpt}")).await?;
            let second = self.wire.reply(self.timeouts.command).await;
            let second = second.map_err(|e| self.cut(&e));
            // A server that refuses the sender may hang up before it answers the rest.
            return match first.is_positive() {
                true => Ok((first, second?)),
                false => Ok((first.clone(), first)),
            };
        }
        let first = self.ask(mail).await?;
        if !first.is_positive() {
            return Ok((first.clone(), first));
        }
        let second = self.ask(rcpt).await?;
        Ok((first, second))
    }

    fn accepted(&self, reply: &Reply, what: &str) -> Result<(), Failure> {
        match reply {
            reply if reply.is_positive() => Ok(()),
            reply if reply.wants_login() && self.peer.ours => {
                Err(self.peer.unwilling(reply, "mail without a login"))
            }
            reply => Err(reply.failure(&self.peer.name, what)),
        }
    }

    /// Until the final dot is written whole, the server cannot have taken the mail.
    async fn write_data(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let limit = self.timeouts.data;
        for chunk in stuffed(bytes).chunks(64 * 1024) {
            let sent = self.wire.send(chunk, limit).await;
            sent.map_err(|e| self.cut(&e))?;
        }
        let sent = self.wire.send(b".\r\n", limit).await;
        sent.map_err(|e| self.cut(&e))
    }

    async fn verdict(&mut self) -> Result<Receipt, Failure> {
        let name = self.peer.name.clone();
        match self.wire.reply(self.timeouts.end).await {
            Ok(reply) if reply.is_positive() => Ok(Receipt {
                provider_id: provider::message_id(&name, &reply.lines.join(" ")),
                reply: reply.text(),
                host: name,
            }),
            Ok(reply) => Err(reply.failure(&name, "the mail")),
            Err(error) => {
                self.broken = true;
                Err(Failure::ambiguous(format!(
                    "{name} received the whole mail but did not confirm it: {}",
                    in_words(&error)
                )))
            }
        }
    }

    async fn ask(&mut self, command: &str) -> Result<Reply, Failure> {
        self.ask_within(command, self.timeouts.command).await
    }

    async fn ask_within(&mut self, command: &str, limit: Duration) -> Result<Reply, Failure> {
        let asked = self.wire.ask(command, limit).await;
        let reply = asked.map_err(|e| self.cut(&e))?;
        // 421 announces that the server hangs up (RFC 5321 section 3.8).
        self.broken |= reply.code == 421;
        Ok(reply)
    }

    fn cut(&mut self, error: &io::Error) -> Failure {
        self.broken = true;
        self.peer.unreachable("broke off", error)
    }

    /// Makes the session fit for the next letter after a refusal, if it can be.
    async fn reset(&mut self) {
        if !self.broken {
            let reply = self.wire.ask("RSET\r\n", self.timeouts.connect).await;
            self.broken = !reply.is_ok_and(|reply| reply.is_positive());
        }
    }

    /// Takes leave; the other side's answer is not worth waiting long for.
    pub async fn quit(mut self) {
        if !self.broken {
            // Whatever it says to this, the connection ends here.
            let _ = self.wire.ask("QUIT\r\n", Duration::from_secs(5)).await;
        }
    }
}

async fn secure(
    stream: Box<dyn Stream>,
    peer: &Peer,
    caller: &Caller,
) -> Result<Box<dyn Stream>, Failure> {
    let prove = !may_be_plain(peer) && must_prove(peer.address.ip());
    let handshake = caller.trust.wrap(stream, &peer.name, prove);
    within(caller.timeouts.tls, handshake)
        .await
        .map_err(|e| peer.unreachable("failed at TLS", &e))
}

/// Whether TLS here is a gain but no promise: nobody asked for it and no password depends on it.
fn may_be_plain(peer: &Peer) -> bool {
    peer.security == Security::Plain && peer.login.is_none()
}

/// Headers are ASCII unless an address in them is not (RFC 6532).
fn needs_utf8(letter: &Letter) -> bool {
    let end = letter.bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let headers = &letter.bytes[..end.unwrap_or(0)];
    !letter.from.is_ascii() || !letter.to.is_ascii() || !headers.is_ascii()
}

/// RFC 3461 section 4: visible ASCII but `+` and `=`, anything else in hexadecimal.
fn xtext(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'+' | b'=' => format!("+{byte:02X}"),
        b'!'..=b'~' => char::from(byte).to_string(),
        _ => format!("+{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Doubles the dot that begins a line (RFC 5321 section 4.5.2) and ends the last line.
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.is_empty() && !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_and_the_last_line_ended() {
        let cases: [(&[u8], &[u8]); 6] = [
            (b"", b""),
            (b"a\r\n", b"a\r\n"),
            (b"a", b"a\r\n"),
            (b".\r\n", b"..\r\n"),
            (b"a\r\n.b\r\n..c", b"a\r\n..b\r\n...c\r\n"),
            (b"a.\r\n", b"a.\r\n"),
        ];
        for (plain, expected) in cases {
            assert_eq!(stuffed(plain), expected, "{:?}", plain.escape_ascii());
        }
    }

    #[test]
    fn xtext_hides_what_would_end_a_parameter() {
        assert_eq!(xtext("anna+shop@example.com"), "anna+2Bshop@example.com");
        assert_eq!(xtext("a=b c\r\n"), "a+3Db+20c+0D+0A");
    }

    #[test]
    fn extensions_are_read_in_any_case_and_old_spelling() {
        let lines = [
            "mx.example",
            "size 1000",
            "AUTH=PLAIN",
            "auth LOGIN XOAUTH2",
            "DSN",
        ];
        let reply = Reply {
            code: 250,
            lines: lines.map(str::to_owned).to_vec(),
        };
        let found = Extensions::read(&reply);
        assert_eq!(found.size, Some(1000));
        assert_eq!(found.logins, ["PLAIN", "LOGIN", "XOAUTH2"]);
        assert!(found.dsn && !found.starttls && !found.pipelining);
    }
}
