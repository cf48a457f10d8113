//! A name server for tests: real questions and answers over a real socket, from records given in
//! the test.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, MX, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record};
use tokio::net::UdpSocket;

use super::Dns;
use crate::config;

/// Everything this server knows. A name with any record exists; others do not.
#[derive(Default)]
pub(crate) struct Zone {
    records: HashMap<String, Vec<RData>>,
    failing: Vec<String>,
    silent: Vec<String>,
    /// How many questions were asked.
    pub asked: Arc<AtomicUsize>,
}

impl Zone {
    fn with(mut self, name: &str, data: RData) -> Self {
        self.records.entry(name.to_owned()).or_default().push(data);
        self
    }

    pub fn mx(self, name: &str, preference: u16, exchange: &str) -> Self {
        let exchange = Name::from_ascii(exchange).expect("a name");
        self.with(name, RData::MX(MX::new(preference, exchange)))
    }

    pub fn a(self, name: &str, address: [u8; 4]) -> Self {
        self.with(name, RData::A(A(address.into())))
    }

    pub fn aaaa(self, name: &str, address: &str) -> Self {
        self.with(
            name,
            RData::AAAA(AAAA(address.parse().expect("an address"))),
        )
    }

    /// Long texts are cut into strings of 255 bytes, as they are on the wire.
    pub fn txt(self, name: &str, text: &str) -> Self {
        let strings = text.as_bytes().chunks(255);
        let strings = strings.map(|s| String::from_utf8_lossy(s).into_owned());
        self.with(name, RData::TXT(TXT::new(strings.collect())))
    }

    /// Questions about this name are answered SERVFAIL.
    pub fn failing(mut self, name: &str) -> Self {
        self.failing.push(name.to_owned());
        self
    }

    /// Questions about this name and what is under it are never answered.
    pub fn silent(mut self, name: &str) -> Self {
        self.silent.push(name.to_owned());
        self
    }

    /// Serves until the test ends; the address of the server.
    pub async fn listen(self) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let address = socket.local_addr().expect("bound");
        tokio::spawn(async move {
            let mut buffer = [0; 4_096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                if let Some(answer) = self.answer(&buffer[..length]) {
                    let _ = socket.send_to(&answer, from).await;
                }
            }
        });
        address
    }

    /// Serves until the test ends; a resolver that asks here.
    pub async fn serve(self) -> Dns {
        let server = Some(self.listen().await);
        Dns::new(&config::Dns { server }).expect("a resolver")
    }

    fn answer(&self, question: &[u8]) -> Option<Vec<u8>> {
        let mut message = Message::from_vec(question).expect("a question");
        let query = message.queries.first().expect("a question").clone();
        let name = query.name().to_lowercase().to_ascii();
        let name = name.trim_end_matches('.');
        if self.silent.iter().any(|silent| name.ends_with(silent)) {
            return None;
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        message.metadata.message_type = MessageType::Response;
        message.metadata.recursion_available = true;
        message.metadata.response_code = self.response_code(name);
        for data in self.records.get(name).into_iter().flatten() {
            if data.record_type() == query.query_type() {
                let record = Record::from_rdata(query.name().clone(), 300, data.clone());
                message.add_answer(record);
            }
        }
        message.to_vec().ok()
    }

    fn response_code(&self, name: &str) -> ResponseCode {
        let under = format!(".{name}");
        let exists = self
            .records
            .keys()
            .any(|known| known == name || known.ends_with(&under));
        match (self.failing.iter().any(|failing| failing == name), exists) {
            (true, _) => ResponseCode::ServFail,
            (false, true) => ResponseCode::NoError,
            (false, false) => ResponseCode::NXDomain,
        }
    }
}
