//! STARTTLS with a real client: the upgrade, what must not survive it, and a certificate renewed
//! under way.

use std::{fs, net::SocketAddr, path::Path, sync::Arc};

use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    client::Client,
    desk::{Receiver, config, start},
};
use crate::{channel::email::smtp::Limits, config::Tls, tls::Certificate};

/// Trusts whatever certificate it is shown, and checks that the server holds its key.
#[derive(Debug)]
struct Any(CryptoProvider);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/tests/tls")
        .join(name)
}

/// A receiver with a certificate in a folder of its own.
async fn secured(limits: Limits) -> (Receiver, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cert.pem", "key.pem"] {
        fs::copy(fixture(name), folder.path().join(name)).unwrap();
    }
    let paths = Tls {
        cert: folder.path().join("cert.pem"),
        key: folder.path().join("key.pem"),
    };
    let mut config = config(limits);
    config.tls = Some(Certificate::load(&paths, &[]).unwrap());
    (start(config).await, folder)
}

async fn upgrade(client: Client<TcpStream>) -> Client<TlsStream<TcpStream>> {
    let provider = ring::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider.clone()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Any(provider)))
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    Client::new(connector.connect(name, client.into_stream()).await.unwrap())
}

async fn secure_client(address: SocketAddr) -> Client<TlsStream<TcpStream>> {
    let mut client = Client::greeted(address).await;
    client.ask("EHLO client.example").await;
    assert_eq!(client.ask("STARTTLS").await, "220 2.0.0 Ready to start TLS");
    upgrade(client).await
}

#[tokio::test]
async fn starttls_is_offered_before_it_and_not_after() {
    let (receiver, _folder) = secured(Limits::default()).await;
    let mut plain = Client::greeted(receiver.address).await;
    assert!(
        plain
            .ask("EHLO client.example")
            .await
            .contains("250-STARTTLS")
    );
    let mut secure = secure_client(receiver.address).await;
    assert!(!secure.ask("EHLO client.example").await.contains("STARTTLS"));
    assert_eq!(
        secure.ask("STARTTLS").await,
        "503 5.5.1 TLS is active already"
    );
}

#[tokio::test]
async fn a_mail_under_tls_says_so_in_its_trace() {
    let (receiver, _folder) = secured(Limits::default()).await;
    let mut client = secure_client(receiver.address).await;
    client.open_message("inbox@test.example").await;
    assert_eq!(client.ask("x\r\n.").await, "250 2.0.0 Queued as 1");
    let envelopes = receiver.desk.envelopes.lock().unwrap();
    let tls = envelopes[0].peer.tls.as_deref().unwrap();
    assert!(tls.starts_with("TLSv1.3 TLS13_"), "{tls}");
}

#[tokio::test]
async fn what_was_said_in_the_clear_is_forgotten() {
    let (receiver, _folder) = secured(Limits::default()).await;
    let mut client = Client::greeted(receiver.address).await;
    client.ask("EHLO client.example").await;
    client.ask("MAIL FROM:<ann@client.example>").await;
    let mut client = match client.ask("STARTTLS").await.starts_with("220") {
        true => upgrade(client).await,
        false => panic!("STARTTLS was refused"),
    };
    let reply = client.ask("RCPT TO:<inbox@test.example>").await;
    assert_eq!(reply, "503 5.5.1 Bad sequence of commands");
}

#[tokio::test]
async fn commands_slipped_in_before_the_handshake_are_never_carried_out() {
    let (receiver, _folder) = secured(Limits::default()).await;
    let mut client = Client::greeted(receiver.address).await;
    client.ask("EHLO client.example").await;
    client
        .send("STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@client.example>\r\n")
        .await;
    assert!(client.reply().await.starts_with("220"));
    let mut client = upgrade(client).await;
    let reply = client.ask("NOOP").await;
    assert_eq!(
        reply, "250 2.0.0 OK",
        "the first reply under TLS answers the first command"
    );
    let reply = client.ask("RCPT TO:<inbox@test.example>").await;
    assert_eq!(reply, "503 5.5.1 Bad sequence of commands");
}

#[tokio::test]
async fn a_handshake_that_does_not_come_ends_the_session() {
    let limits = Limits {
        tls: std::time::Duration::from_millis(200),
        ..Limits::default()
    };
    let (receiver, _folder) = secured(limits).await;
    let mut client = Client::greeted(receiver.address).await;
    client.ask("STARTTLS").await;
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart() {
    let (receiver, folder) = secured(Limits::default()).await;
    let renewed = CertificateDer::from_pem_file(fixture("renewed-cert.pem")).unwrap();
    let shown = async || {
        let stream = secure_client(receiver.address).await.into_stream();
        stream.get_ref().1.peer_certificates().unwrap()[0]
            .clone()
            .into_owned()
    };
    assert_ne!(shown().await, renewed);
    for name in ["cert.pem", "key.pem"] {
        fs::copy(
            fixture(&format!("renewed-{name}")),
            folder.path().join(name),
        )
        .unwrap();
    }
    while shown().await != renewed {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
