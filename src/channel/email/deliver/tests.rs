//! Deliveries over real sockets, to a server that does what a script says.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::fake::{HANG_UP, Mail, Rule, SILENCE, Script, Server, Zone, always, no_policies, once};
use super::*;
use crate::config::{Secret, Via};

const CERTIFICATE: &[u8] = include_bytes!("../../../tests/tls/cert.pem");
const KEY: &[u8] = include_bytes!("../../../tests/tls/key.pem");

fn acceptor() -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = CertificateDer::pem_slice_iter(CERTIFICATE);
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            chain.collect::<Result<_, _>>().unwrap(),
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        );
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

fn caller() -> Caller {
    Caller {
        hostname: "inbox.example".into(),
        trust: Trust::new(&[]).unwrap(),
        timeouts: Timeouts {
            command: Duration::from_millis(500),
            end: Duration::from_millis(500),
            ..Timeouts::default()
        },
    }
}

fn courier(via: &str) -> Courier {
    let settings = Settings {
        via: via.parse().unwrap(),
        password: Some(Secret::new("pass word")),
        direct: Direct {
            port: 25,
            allow: Vec::new(),
        },
        caller: caller(),
    };
    Courier::new(settings, Arc::new(Zone::default()), no_policies())
}

fn letter_to(to: &str) -> Letter {
    let text = "Subject: Hi\r\n\r\nFirst\r\n.\r\n..dots\r\n";
    Letter {
        from: "b+abc@example.com".into(),
        to: to.into(),
        bytes: text.as_bytes().into(),
        envelope_id: Some("m.1=x".into()),
    }
}

fn letter() -> Letter {
    letter_to("anna@example.com")
}

async fn server(rules: Vec<Rule>) -> Server {
    Server::start(Script {
        rules,
        ..Script::default()
    })
    .await
}

fn via(server: &Server) -> String {
    format!("smtp://{}", server.address)
}

#[tokio::test]
async fn the_smarthost_gets_the_mail_byte_for_byte() {
    let server = server(vec![]).await;
    let receipt = courier(&via(&server)).deliver(&letter()).await.unwrap();
    assert_eq!(receipt.reply, "250 2.0.0 taken");
    assert_eq!(
        server.mails(),
        [Mail {
            from: "b+abc@example.com".into(),
            to: "anna@example.com".into(),
            data: letter().bytes.to_vec(),
        }]
    );
    assert_eq!(server.log()[0], "EHLO inbox.example");
}

#[tokio::test]
async fn each_answer_means_what_it_says() {
    let cases = [
        (once("CONNECT", "421 busy"), End::TryLater),
        (once("CONNECT", "554 go away"), End::TryLater),
        (once("CONNECT", HANG_UP), End::TryLater),
        (once("CONNECT", SILENCE), End::TryLater),
        (once("CONNECT", "HTTP/1.1 400 Bad Request"), End::TryLater),
        (always("EHLO", "451 not now"), End::TryLater),
        (once("MAIL", "451 not now"), End::TryLater),
        (once("MAIL", "550 bad sender"), End::Refused),
        (once("MAIL", "530 log in first"), End::TryLater),
        (once("RCPT", "450 greylisted"), End::TryLater),
        (once("RCPT", "550 5.1.1 no such user"), End::Refused),
        (once("RCPT", HANG_UP), End::TryLater),
        (once("RCPT", SILENCE), End::TryLater),
        (once("DATA", "451 not now"), End::TryLater),
        (once("DATA", "554 no"), End::Refused),
        (once("DATA", HANG_UP), End::TryLater),
        (once("END", "452 disk full"), End::TryLater),
        (once("END", "550 spam"), End::Refused),
        (once("END", HANG_UP), End::Ambiguous),
        (once("END", SILENCE), End::Ambiguous),
        (once("END", "gibberish"), End::Ambiguous),
    ];
    for (rule, expected) in cases {
        for extensions in [vec![], vec!["PIPELINING"]] {
            let server = Server::start(Script {
                rules: vec![rule.clone()],
                extensions,
                ..Script::default()
            })
            .await;
            let failure = courier(&via(&server)).deliver(&letter()).await.unwrap_err();
            let case = format!("{} -> {}: {}", rule.command, rule.answer, failure.reason);
            assert_eq!(failure.end, expected, "{case}");
        }
    }
}

#[tokio::test]
async fn a_missing_smarthost_names_the_setting() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = unused.local_addr().unwrap();
    drop(unused);
    let failure = courier(&format!("smtp://{address}"))
        .deliver(&letter())
        .await
        .unwrap_err();
    assert_eq!(failure.end, End::TryLater);
    let expected = format!(
        "the smarthost {address} does not answer: nothing listens there; \
         check `outbound.via` in the configuration"
    );
    assert_eq!(failure.reason, expected);
}

#[tokio::test]
async fn a_refusal_carries_the_servers_words() {
    let server = server(vec![once(
        "RCPT",
        "550-5.1.1 no such user\r\n550 5.1.1 here",
    )])
    .await;
    let failure = courier(&via(&server)).deliver(&letter()).await.unwrap_err();
    assert_eq!(
        failure.reason,
        "127.0.0.1 refused anna@example.com: 550 5.1.1 no such user 5.1.1 here"
    );
}

#[tokio::test]
async fn one_connection_serves_many_letters_even_after_a_refusal() {
    let server = server(vec![once("RCPT TO:<gone@", "550 no")]).await;
    let courier = courier(&via(&server));
    assert!(courier.deliver(&letter()).await.is_ok());
    assert!(
        courier
            .deliver(&letter_to("gone@example.com"))
            .await
            .is_err()
    );
    assert!(courier.deliver(&letter()).await.is_ok());
    assert_eq!(server.connections(), 1);
    assert_eq!(server.mails().len(), 2);
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_costs_no_try() {
    let server = server(vec![]).await;
    let courier = courier(&via(&server));
    assert!(courier.deliver(&letter()).await.is_ok());
    server.rule(once("MAIL", HANG_UP));
    assert!(courier.deliver(&letter()).await.is_ok());
    assert_eq!(server.connections(), 2);
    assert_eq!(server.mails().len(), 2);
}

#[tokio::test]
async fn many_letters_at_once_share_a_few_connections() {
    let server = server(vec![]).await;
    let courier = Arc::new(courier(&via(&server)));
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let courier = courier.clone();
            tokio::spawn(async move { courier.deliver(&letter()).await })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap().is_ok());
    }
    assert_eq!(server.mails().len(), 40);
    assert!(server.connections() <= 8, "{}", server.connections());
}

#[tokio::test]
async fn reports_are_asked_for_where_the_server_can() {
    let server = Server::start(Script {
        extensions: vec!["DSN", "SIZE 10000", "PIPELINING"],
        ..Script::default()
    })
    .await;
    let courier = courier(&via(&server));
    courier
        .deliver(&letter_to("a+b@example.com"))
        .await
        .unwrap();
    let size = letter().bytes.len();
    assert_eq!(
        server.log()[1..3],
        [
            format!("MAIL FROM:<b+abc@example.com> SIZE={size} RET=HDRS ENVID=m.1+3Dx"),
            "RCPT TO:<a+b@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb@example.com".into(),
        ]
    );
    let automatic = Letter {
        from: String::new(),
        ..letter()
    };
    courier.deliver(&automatic).await.unwrap();
    assert!(server.log().contains(&format!("MAIL FROM:<> SIZE={size}")));
}

#[tokio::test]
async fn a_mail_too_large_is_not_sent() {
    let server = Server::start(Script {
        extensions: vec!["SIZE 10"],
        ..Script::default()
    })
    .await;
    let failure = courier(&via(&server)).deliver(&letter()).await.unwrap_err();
    assert_eq!(failure.end, End::Refused);
    assert!(
        failure.reason.contains("takes at most 10"),
        "{}",
        failure.reason
    );
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_a_server_that_knows_it() {
    let plain = server(vec![]).await;
    let failure = courier(&via(&plain))
        .deliver(&letter_to("jürgen@example.com"))
        .await
        .unwrap_err();
    assert_eq!(failure.end, End::Refused);
    assert!(failure.reason.contains("SMTPUTF8"), "{}", failure.reason);

    let able = Server::start(Script {
        extensions: vec!["SMTPUTF8"],
        ..Script::default()
    })
    .await;
    let courier = courier(&via(&able));
    courier
        .deliver(&letter_to("jürgen@bücher.example"))
        .await
        .unwrap();
    assert_eq!(able.mails()[0].to, "jürgen@xn--bcher-kva.example");
    assert!(able.log()[1].ends_with(" SMTPUTF8"));
}

#[tokio::test]
async fn an_old_server_without_ehlo_is_served() {
    let server = server(vec![always("EHLO", "500 what?")]).await;
    assert!(courier(&via(&server)).deliver(&letter()).await.is_ok());
    assert!(server.log().contains(&"HELO inbox.example".into()));
}

#[tokio::test]
async fn starttls_and_login_in_the_right_order() {
    let server = Server::start(Script {
        extensions: vec!["STARTTLS", "AUTH PLAIN LOGIN"],
        tls: Some(acceptor()),
        ..Script::default()
    })
    .await;
    let courier = courier(&format!("smtp+starttls://anna%40x@{}", server.address));
    courier.deliver(&letter()).await.unwrap();
    let log = server.log();
    // "\0anna@x\0pass word"
    let expected = [
        "EHLO inbox.example",
        "STARTTLS",
        "EHLO inbox.example",
        "AUTH PLAIN AGFubmFAeABwYXNzIHdvcmQ=",
    ];
    assert_eq!(log[..4], expected);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn tls_from_the_first_byte_and_the_other_login() {
    let server = Server::start(Script {
        extensions: vec!["AUTH LOGIN"],
        rules: vec![
            once("AUTH LOGIN", "334 VXNlcm5hbWU6"),
            once("YW5uYQ==", "334 UGFzc3dvcmQ6"),
            once("cGFzcyB3b3Jk", "235 welcome"),
        ],
        tls: Some(acceptor()),
        tls_first: true,
    })
    .await;
    let courier = courier(&format!("smtps://anna@{}", server.address));
    courier.deliver(&letter()).await.unwrap();
    assert_eq!(
        server.log()[1..4],
        ["AUTH LOGIN", "YW5uYQ==", "cGFzcyB3b3Jk"]
    );
}

#[tokio::test]
async fn a_wrong_password_waits_until_it_is_put_right() {
    let server = Server::start(Script {
        extensions: vec!["AUTH PLAIN"],
        rules: vec![once("AUTH", "535 5.7.8 no")],
        ..Script::default()
    })
    .await;
    let courier = courier(&format!("smtp://anna@{}", server.address));
    let failure = courier.deliver(&letter()).await.unwrap_err();
    assert_eq!(failure.end, End::TryLater);
    assert!(
        failure.reason.contains("refused the login: 535"),
        "{}",
        failure.reason
    );
    assert!(
        failure
            .reason
            .ends_with("check `outbound.via` in the configuration")
    );
    assert!(!failure.reason.contains("pass word"));
}

#[tokio::test]
async fn nothing_is_sent_in_plain_text_where_tls_was_asked_for() {
    let without = server(vec![]).await;
    let broken = Server::start(Script {
        extensions: vec!["STARTTLS"],
        rules: vec![once("STARTTLS", "454 not today")],
        ..Script::default()
    })
    .await;
    for server in [without, broken] {
        let courier = courier(&format!("smtp+starttls://{}", server.address));
        let failure = courier.deliver(&letter()).await.unwrap_err();
        assert_eq!(failure.end, End::TryLater);
        assert!(server.mails().is_empty());
        assert!(!server.log().iter().any(|line| line.starts_with("MAIL")));
    }
}

#[tokio::test]
async fn what_is_said_before_tls_is_not_believed() {
    let server = Server::start(Script {
        extensions: vec!["STARTTLS"],
        rules: vec![once("STARTTLS", "220 go\r\n250 injected")],
        ..Script::default()
    })
    .await;
    let courier = courier(&format!("smtp+starttls://{}", server.address));
    let failure = courier.deliver(&letter()).await.unwrap_err();
    assert!(
        failure.reason.contains("spoke before"),
        "{}",
        failure.reason
    );
}

#[tokio::test]
async fn direct_delivery_finds_the_first_server_that_talks() {
    let server = server(vec![]).await;
    let zone = Zone::default()
        .mx("example.com", &[(10, "dead.example"), (20, "live.example")])
        // Nothing listens on this port of the other loopback address.
        .addresses("dead.example", &["127.0.0.2"])
        .addresses("live.example", &["127.0.0.1"]);
    let settings = Settings {
        via: Via::Mx,
        password: None,
        direct: Direct {
            port: server.address.port(),
            allow: vec!["127.0.0.0/8".parse().unwrap()],
        },
        caller: caller(),
    };
    let receipt = Courier::new(settings, Arc::new(zone), no_policies())
        .deliver(&letter())
        .await;
    assert_eq!(receipt.unwrap().host, "live.example");
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn held_mail_stays() {
    let courier = courier("hold");
    assert!(courier.is_held());
    let failure = courier.deliver(&letter()).await.unwrap_err();
    assert_eq!(failure.end, End::TryLater);
}
