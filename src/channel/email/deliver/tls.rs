//! TLS towards other mail servers: proved where something depends on it, taken as it comes where
//! the alternative would be none at all.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

use super::wire::Stream;

/// The two ways to shake hands.
#[derive(Clone)]
pub struct Trust {
    proved: TlsConnector,
    any: TlsConnector,
}

impl Trust {
    /// Trusts the Mozilla roots and `extra` ones, a company's own authority for instance.
    pub fn new(extra: &[CertificateDer<'static>]) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        for certificate in extra {
            roots.add(certificate.clone())?;
        }
        let builder = || {
            ClientConfig::builder_with_provider(provider.clone())
                .with_safe_default_protocol_versions()
        };
        let proved = builder()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let any = builder()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Unproved(provider.clone())))
            .with_no_client_auth();
        Ok(Self {
            proved: Arc::new(proved).into(),
            any: Arc::new(any).into(),
        })
    }

    /// The handshake. With `prove`, the certificate must be right for `host`.
    pub async fn wrap(
        &self,
        stream: Box<dyn Stream>,
        host: &str,
        prove: bool,
    ) -> io::Result<Box<dyn Stream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connector = if prove { &self.proved } else { &self.any };
        Ok(Box::new(connector.connect(name, stream).await?))
    }
}

/// Whether a certificate must be proved at this address. Nobody can stand between us and our own
/// machine, where certificates are mostly home-made.
pub fn must_prove(address: IpAddr) -> bool {
    !address.to_canonical().is_loopback()
}

/// Takes any certificate, but still demands that the other side holds its key. For opportunistic
/// TLS (RFC 7435): the alternative there is plain text.
#[derive(Debug)]
struct Unproved(Arc<CryptoProvider>);

impl ServerCertVerifier for Unproved {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
