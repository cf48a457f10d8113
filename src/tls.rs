//! Certificates of our listeners: loaded, checked, and loaded again when their files change.
//!
//! HTTPS and STARTTLS share this. The cryptography is ring's, the protocol rustls'; outgoing TLS has
//! its own rules and stands with the mail that leaves.

use crate::clock::Millis;
use crate::config;
use crate::error::{Failure, Outcome};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at, at most.
const LOOK: Duration = Duration::from_secs(1);

/// A listener's certificate, always the newest that could be loaded.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    paths: config::Tls,
    /// The protocols offered by ALPN (RFC 7301), e.g. `h2`.
    protocols: &'static [&'static [u8]],
    current: Mutex<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    stamp: Stamp,
    looked: Instant,
}

type Stamp = [Option<SystemTime>; 2];

impl Certificate {
    /// Loads chain and key; fails if they are missing, unreadable or do not belong together.
    pub fn load(paths: &config::Tls, protocols: &'static [&'static [u8]]) -> Outcome<Self> {
        let stamp = stamp(paths);
        let config = server_config(paths, protocols)?;
        Ok(Self(Arc::new(Inner {
            paths: paths.clone(),
            protocols,
            current: Mutex::new(Current {
                config,
                stamp,
                looked: Instant::now(),
            }),
        })))
    }

    /// What accepts the next connection. New files are taken up here; if they are unusable the
    /// old certificate stays and the log says so.
    pub fn acceptor(&self) -> TlsAcceptor {
        let mut current = self
            .0
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if current.looked.elapsed() >= LOOK {
            current.looked = Instant::now();
            self.0.refresh(&mut current);
        }
        TlsAcceptor::from(current.config.clone())
    }
}

impl Inner {
    fn refresh(&self, current: &mut Current) {
        let stamp = stamp(&self.paths);
        if stamp == current.stamp {
            return;
        }
        current.stamp = stamp;
        match server_config(&self.paths, self.protocols) {
            Ok(config) => {
                current.config = config;
                tracing::info!(cert = %self.paths.cert.display(), "certificate loaded again");
            }
            Err(failure) => tracing::warn!(%failure, "the old certificate stays in use"),
        }
    }
}

fn stamp(paths: &config::Tls) -> Stamp {
    [&paths.cert, &paths.key].map(|p| std::fs::metadata(p).and_then(|m| m.modified()).ok())
}

fn server_config(paths: &config::Tls, protocols: &[&[u8]]) -> Outcome<Arc<ServerConfig>> {
    let chain = chain(&paths.cert)?;
    let key = PrivateKeyDer::from_pem_file(&paths.key)
        .map_err(|e| unusable(&paths.key, "private key", &e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|b| b.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|e| unusable(&paths.cert, "certificate", &e))?;
    config.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
    Ok(Arc::new(config))
}

fn chain(path: &Path) -> Outcome<Vec<CertificateDer<'static>>> {
    let chain = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| unusable(path, "certificate", &e))?;
    if chain.is_empty() {
        return Err(unusable(path, "certificate", &"no PEM block in it"));
    }
    Ok(chain)
}

fn unusable(path: &Path, what: &str, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("unusable {what}: {why}"))
        .at(format!("`{}`", path.display()))
        .remedy("give a PEM file that Casella may read")
}

/// What a certificate file promises, for `casella check`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// The end of its validity.
    pub until: Millis,
    /// Whether it is valid for the host asked about.
    pub fits: bool,
}

/// Reads the first certificate of the file `path` and asks it about `host`.
pub fn promise(path: &Path, host: &str) -> Outcome<Promise> {
    let chain = chain(path)?;
    let until =
        valid_until(&chain[0]).ok_or_else(|| unusable(path, "certificate", &"no dates in it"))?;
    let parsed = rustls::server::ParsedCertificate::try_from(&chain[0])
        .map_err(|e| unusable(path, "certificate", &e))?;
    let fits = ServerName::try_from(host)
        .is_ok_and(|name| rustls::client::verify_server_name(&parsed, &name).is_ok());
    Ok(Promise { until, fits })
}

/// `notAfter` of an X.509 certificate (RFC 5280 section 4.1): the walk skips everything before it.
fn valid_until(certificate: &[u8]) -> Option<Millis> {
    let (_, outer, _) = der(certificate)?;
    let (_, mut body, _) = der(outer)?;
    if body.first() == Some(&0xa0) {
        body = der(body)?.2;
    }
    for _serial_algorithm_issuer in 0..3 {
        body = der(body)?.2;
    }
    let (_, validity, _) = der(body)?;
    let (_, _, rest) = der(validity)?;
    let (tag, time, _) = der(rest)?;
    moment(tag, std::str::from_utf8(time).ok()?)
}

/// One DER element: tag, content, what follows it.
fn der(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |n, d| n << 8 | usize::from(*d)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// UTCTime (`YYMMDDHHMMSSZ`, tag 0x17) or GeneralizedTime (`YYYYMMDDHHMMSSZ`, tag 0x18).
fn moment(tag: u8, text: &str) -> Option<Millis> {
    let full = match tag {
        0x17 if text.get(..2)? < "50" => format!("20{text}"),
        0x17 => format!("19{text}"),
        0x18 => text.to_owned(),
        _ => return None,
    };
    jiff::civil::DateTime::strptime("%Y%m%d%H%M%SZ", full)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|z| z.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> config::Tls {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/tls");
        config::Tls {
            cert: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        }
    }

    #[test]
    fn a_certificate_says_how_long_and_for_whom() {
        let fixture = fixture();
        let promise = promise(&fixture.cert, "localhost").unwrap();
        assert!(promise.fits);
        assert!(promise.until > 4_000_000_000_000, "{promise:?}");
        assert!(
            !super::promise(&fixture.cert, "elsewhere.example")
                .unwrap()
                .fits
        );
    }

    #[test]
    fn both_spellings_of_time_are_read() {
        assert_eq!(moment(0x17, "700101000001Z"), Some(1_000));
        assert_eq!(moment(0x17, "260102030405Z"), Some(1_767_323_045_000));
        assert_eq!(moment(0x18, "19700101000001Z"), Some(1_000));
        assert_eq!(moment(0x18, "yesterday"), None);
    }

    #[test]
    fn an_unusable_file_is_named() {
        let mut paths = fixture();
        assert!(Certificate::load(&paths, &[]).is_ok());
        paths.key = paths.cert.clone();
        let said = Certificate::load(&paths, &[]).err().unwrap().to_string();
        assert!(said.contains("cert.pem`: unusable private key"), "{said}");
    }

    #[test]
    fn changed_files_are_taken_up_and_broken_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let source = fixture();
        let paths = config::Tls {
            cert: folder.path().join("cert.pem"),
            key: folder.path().join("key.pem"),
        };
        std::fs::copy(&source.cert, &paths.cert).unwrap();
        std::fs::copy(&source.key, &paths.key).unwrap();
        let certificate = Certificate::load(&paths, &[]).unwrap();
        let first = certificate.acceptor().config().clone();
        let mut current = certificate.0.current.lock().unwrap();
        std::fs::write(&paths.cert, "broken").unwrap();
        current.stamp = [None, None];
        certificate.0.refresh(&mut current);
        assert!(Arc::ptr_eq(&first, &current.config));
        std::fs::copy(&source.cert, &paths.cert).unwrap();
        current.stamp = [None, None];
        certificate.0.refresh(&mut current);
        assert!(!Arc::ptr_eq(&first, &current.config));
    }
}
