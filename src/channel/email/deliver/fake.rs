//! For tests: a zone instead of the DNS, and a scripted mail server on a real socket.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::route::{Answer, DnsFault, Lookup};
use super::sts::{Keeper, Policies};
use super::wire::Stream;

/// A few names; all others do not exist.
#[derive(Default)]
pub struct Zone {
    mx: HashMap<String, Vec<(u16, String)>>,
    addresses: HashMap<String, Vec<IpAddr>>,
    texts: HashMap<String, Vec<String>>,
    unavailable: Vec<String>,
}

impl Zone {
    pub fn mx(mut self, domain: &str, records: &[(u16, &str)]) -> Self {
        let records = records.iter().map(|(n, host)| (*n, host.to_string()));
        self.mx.insert(domain.into(), records.collect());
        self
    }

    pub fn addresses(mut self, host: &str, addresses: &[&str]) -> Self {
        let addresses = addresses.iter().map(|a| a.parse().unwrap()).collect();
        self.addresses.insert(host.into(), addresses);
        self
    }

    pub fn texts(mut self, name: &str, texts: &[&str]) -> Self {
        let texts = texts.iter().map(|text| text.to_string()).collect();
        self.texts.insert(name.into(), texts);
        self
    }

    pub fn unavailable(mut self, name: &str) -> Self {
        self.unavailable.push(name.into());
        self
    }

    fn find<T: Clone>(
        &self,
        all: &HashMap<String, Vec<T>>,
        name: &str,
    ) -> Result<Vec<T>, DnsFault> {
        match all.get(name) {
            _ if self.unavailable.iter().any(|n| n == name) => {
                Err(DnsFault::Unavailable("no answer".into()))
            }
            Some(found) => Ok(found.clone()),
            None => Err(DnsFault::NoSuchName),
        }
    }
}

impl Lookup for Zone {
    fn mx<'a>(&'a self, domain: &'a str) -> Answer<'a, (u16, String)> {
        Box::pin(async move { self.find(&self.mx, domain) })
    }

    fn addresses<'a>(&'a self, host: &'a str) -> Answer<'a, IpAddr> {
        Box::pin(async move { self.find(&self.addresses, host) })
    }

    fn texts<'a>(&'a self, name: &'a str) -> Answer<'a, String> {
        Box::pin(async move { self.find(&self.texts, name) })
    }
}

/// No domain has an MTA-STS policy.
pub fn no_policies() -> Keeper {
    struct Nowhere;
    impl Policies for Nowhere {
        fn fetch<'a>(&'a self, _: &'a str) -> super::sts::Text<'a> {
            Box::pin(async { None })
        }
    }
    Keeper::new(Arc::new(Nowhere))
}

/// What the server answers to commands that begin so; the first match that is not used up counts.
#[derive(Clone)]
pub struct Rule {
    pub command: &'static str,
    pub answer: &'static str,
    /// How often it applies; `usize::MAX` for always.
    pub times: usize,
}

/// An answer that closes the connection without a word.
pub const HANG_UP: &str = "hang up";
/// An answer that never comes.
pub const SILENCE: &str = "silence";

/// A mail server that takes everything, unless told otherwise.
pub struct Server {
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    hello: String,
    rules: Mutex<Vec<Rule>>,
    log: Mutex<Vec<String>>,
    mails: Mutex<Vec<Mail>>,
    connections: Mutex<usize>,
    tls: Option<TlsAcceptor>,
    tls_first: bool,
}

/// A mail the server took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mail {
    pub from: String,
    pub to: String,
    /// As after un-stuffing.
    pub data: Vec<u8>,
}

/// How the server is to behave.
#[derive(Default)]
pub struct Script {
    /// Lines of its EHLO answer after the first.
    pub extensions: Vec<&'static str>,
    pub rules: Vec<Rule>,
    pub tls: Option<TlsAcceptor>,
    /// TLS from the first byte.
    pub tls_first: bool,
}

/// A rule that always applies.
pub fn always(command: &'static str, answer: &'static str) -> Rule {
    Rule {
        command,
        answer,
        times: usize::MAX,
    }
}

/// A rule that applies once.
pub fn once(command: &'static str, answer: &'static str) -> Rule {
    Rule {
        times: 1,
        ..always(command, answer)
    }
}

impl Server {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let hello = script
            .extensions
            .iter()
            .fold(String::new(), |all, line| format!("{all}250-{line}\r\n"));
        let state = Arc::new(State {
            hello: format!("250-fake\r\n{hello}250 HELP\r\n"),
            rules: Mutex::new(script.rules),
            log: Mutex::default(),
            mails: Mutex::default(),
            connections: Mutex::default(),
            tls: script.tls,
            tls_first: script.tls_first,
        });
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let state = shared.clone();
                *state.connections.lock().unwrap() += 1;
                tokio::spawn(async move { state.serve(Box::new(socket)).await });
            }
        });
        Self { address, state }
    }

    /// Changes its mind from now on.
    pub fn rule(&self, rule: Rule) {
        self.state.rules.lock().unwrap().push(rule);
    }

    /// Every command line received, in order.
    pub fn log(&self) -> Vec<String> {
        self.state.log.lock().unwrap().clone()
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.state.mails.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }
}

impl State {
    async fn serve(&self, mut stream: Box<dyn Stream>) -> Option<()> {
        if self.tls_first {
            stream = Box::new(self.tls.as_ref()?.accept(stream).await.ok()?);
        }
        let mut stream = BufReader::new(stream);
        self.answer(&mut stream, "CONNECT", "220 fake\r\n").await?;
        let mut mail = Mail::default();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok().filter(|n| *n > 0)?;
            let line = line.trim_end().to_owned();
            self.log.lock().unwrap().push(line.clone());
            let verb = line.split(' ').next().unwrap_or_default().to_uppercase();
            let willing = match verb.as_str() {
                "EHLO" | "HELO" => &self.hello,
                "STARTTLS" => "220 go\r\n",
                "DATA" => "354 go\r\n",
                "QUIT" => return None,
                _ => "250 ok\r\n",
            };
            let taken = self.answer(&mut stream, &line, willing).await?;
            match verb.as_str() {
                "STARTTLS" if taken => {
                    let tls = self.tls.as_ref()?;
                    let secured = tls.accept(stream.into_inner()).await.ok()?;
                    stream = BufReader::new(Box::new(secured));
                }
                "MAIL" => mail.from = path(&line),
                "RCPT" => mail.to = path(&line),
                "DATA" if taken => {
                    mail.data = read_data(&mut stream).await?;
                    self.mails.lock().unwrap().push(mail.clone());
                    self.answer(&mut stream, "END", "250 2.0.0 taken\r\n")
                        .await?;
                }
                _ => {}
            }
        }
    }

    /// Answers by the script, or as a willing server would. Whether it was the willing answer.
    async fn answer(
        &self,
        stream: &mut BufReader<Box<dyn Stream>>,
        line: &str,
        willing: &str,
    ) -> Option<bool> {
        let scripted = {
            let mut rules = self.rules.lock().unwrap();
            rules
                .iter_mut()
                .find(|rule| rule.times > 0 && line.starts_with(rule.command))
                .map(|rule| {
                    rule.times = rule.times.saturating_sub(1);
                    rule.answer
                })
        };
        let answer = match scripted {
            Some(HANG_UP) => return None,
            Some(SILENCE) => std::future::pending().await,
            Some(answer) => format!("{answer}\r\n"),
            None => willing.to_owned(),
        };
        stream.get_mut().write_all(answer.as_bytes()).await.ok()?;
        stream.get_mut().flush().await.ok()?;
        Some(scripted.is_none())
    }
}

fn path(line: &str) -> String {
    let start = line.find('<').map_or(0, |at| at + 1);
    let end = line.find('>').unwrap_or(line.len());
    line[start..end].to_owned()
}

async fn read_data(stream: &mut BufReader<Box<dyn Stream>>) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let mut line = Vec::new();
        stream
            .read_until(b'\n', &mut line)
            .await
            .ok()
            .filter(|n| *n > 0)?;
        match line.as_slice() {
            b".\r\n" => return Some(data),
            [b'.', rest @ ..] => data.extend_from_slice(rest),
            all => data.extend_from_slice(all),
        }
    }
}
