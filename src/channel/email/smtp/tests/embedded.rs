//! The same dialogs against `mailin-embedded`, the receiver we chose not to use, and why each one
//! differs.
//!
//! The day it is mended this test fails, and the choice can be looked at again.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    time::Duration,
};

use mailin_embedded::{Handler, Response, Server, SslConfig, response};

use super::{
    client::Client,
    desk::{HOSTNAME, Kept, knows, verdict},
    dialog::{self, Rigour},
};

/// Dialog, what `mailin-embedded` 0.8.3 did first that was not expected, and what it means.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "announced_message_too_big",
        "500",
        "it knows no SIZE, so a message too big comes whole",
    ),
    (
        "command_line_too_long",
        "500",
        "it takes no argument to NOOP; the million bytes before it were gathered in memory",
    ),
    ("commands_out_of_order", "500", "it refuses SMTPUTF8"),
    (
        "control_characters_in_commands",
        "250",
        "it takes the bytes other servers and logs stumble over",
    ),
    (
        "disk_nearly_full",
        "250",
        "our desk's answer; its twin has no disk to look at",
    ),
    (
        "dsn_parameters_are_asked_for",
        "500",
        "it cannot tell an unknown parameter from an unknown command",
    ),
    ("echo_is_sought", "500", "the same"),
    (
        "extensions_are_asked_for",
        "500",
        "it calls a missing name a syntax error; its EHLO offers only 8BITMIME",
    ),
    ("message_too_big", "250", "it has no limit"),
    (
        "noop_with_an_argument",
        "500",
        "against RFC 5321 section 4.1.1.9",
    ),
    (
        "null_path_is_refused",
        "500",
        "every bounce and every automatic answer is lost",
    ),
    (
        "quoted_local_part",
        "500",
        "its paths hold neither spaces nor brackets",
    ),
    (
        "refused_with_451_at_the_end_of_data",
        "nothing",
        "it stays in DATA and swallows the next message",
    ),
    ("refused_with_550_at_the_end_of_data", "nothing", "the same"),
    ("refused_with_552_at_the_end_of_data", "nothing", "the same"),
    (
        "size_parameter_is_refused",
        "500",
        "nearly every server sends SIZE",
    ),
    (
        "small_talk",
        "503",
        "it knows VRFY only after EHLO, and HELP not at all",
    ),
    (
        "smtputf8_parameter_is_refused",
        "250",
        "it takes such an address undeclared, and refuses it declared",
    ),
    (
        "smuggled_by_a_bare_lf_before_the_dot",
        "250",
        "CVE-2023-51764: it answers the forged message inside, and keeps it",
    ),
    (
        "smuggled_by_a_bare_lf_in_a_command",
        "250",
        "the hidden command is carried out",
    ),
    (
        "smuggled_by_other_line_ends",
        "other bytes",
        "bare line feeds are kept, and dots after them taken for stuffing",
    ),
    (
        "source_route",
        "550",
        "it passes the route on as part of the address",
    ),
    (
        "space_after_the_colon",
        "500",
        "common, if against the letter",
    ),
    ("too_many_errors", "500", "it has no limit"),
    ("too_many_recipients", "250", "it has no limit"),
    ("too_many_unknown_recipients", "550", "it has no limit"),
    (
        "web_browser",
        "500",
        "it listens on to whatever a browser posts",
    ),
];

/// The desk's twin behind the other receiver.
#[derive(Clone, Default)]
struct Twin {
    kept: Arc<Mutex<Vec<Kept>>>,
    mail_from: String,
    recipients: Vec<String>,
    data: Vec<u8>,
}

impl Handler for Twin {
    fn rcpt(&mut self, to: &str) -> Response {
        match knows(to) {
            true => response::OK,
            false => response::NO_MAILBOX,
        }
    }

    fn data_start(&mut self, _: &str, from: &str, _: bool, to: &[String]) -> Response {
        (self.mail_from, self.recipients) = (from.to_owned(), to.to_vec());
        self.data.clear();
        response::OK
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        self.data.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        if let Err(refusal) = verdict(&self.recipients) {
            return Response::custom(refusal.code, refusal.text);
        }
        self.kept.lock().expect("whole").push(Kept {
            mail_from: self.mail_from.clone(),
            recipients: self.recipients.clone(),
            data: self.data.clone(),
        });
        response::OK
    }
}

/// It cannot be stopped, so its threads stay until the test process ends.
fn start(twin: Twin) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let mut server = Server::new(twin);
    server.with_name(HOSTNAME).with_tcp_listener(listener);
    server.with_ssl(SslConfig::None).expect("no certificate");
    std::thread::spawn(move || server.serve().expect("serving"));
    address
}

/// A reply code or a count as it is; the bytes of a message in one word.
fn in_short(got: String) -> String {
    match got.len() {
        0..=10 => got,
        _ => "other bytes".into(),
    }
}

#[tokio::test]
async fn mailin_embedded_differs_where_and_only_where_we_say() {
    let twin = Twin::default();
    let address = start(twin.clone());
    let mut found = Vec::new();
    for dialog in dialog::all() {
        twin.kept.lock().expect("whole").clear();
        let client = Client::connect(address)
            .await
            .with_patience(Duration::from_secs(1));
        if let Err(astray) = dialog.play(client, &twin.kept, Rigour::Codes).await {
            found.push((dialog.name, in_short(astray.got)));
        }
    }
    let known = DIFFERENCES
        .iter()
        .map(|(name, did, _)| (name.to_string(), did.to_string()));
    assert_eq!(found, known.collect::<Vec<_>>());
}
