//! DKIM (RFC 6376, RFC 8463): keys in the data folder, the records to publish, signatures.
//!
//! A domain has two keys, since not every receiver knows the newer kind: `dkim/DOMAIN.casella.pem`
//! (rsa-2048) and `dkim/DOMAIN.casella-ed.pem` (ed25519), PKCS #8, mode 0600, the selector before
//! `.pem`. [`Keyring`] notices new files by itself. Nothing here asks the DNS whether a record is
//! published.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use data_encoding::BASE64;
use mail_auth::common::crypto::{Ed25519Key, RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::{Canonicalization, DkimSigner, Done};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::{RsaPrivateKey, RsaPublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The keys' folder within the data folder.
pub const FOLDER: &str = "dkim";

/// Receivers refuse less and DNS panels choke on more (RFC 8301 section 3.2).
const RSA_BITS: usize = 2048;

const RSA_SELECTOR: &str = "casella";
const ED25519_SELECTOR: &str = "casella-ed";

/// Signed twice over: a second one, added on the way, breaks the signature (RFC 6376 section 8.15).
const OVERSIGNED: [&str; 6] = ["From", "Subject", "To", "Date", "Message-ID", "Reply-To"];

/// Signed as they stand, or as absent.
const SIGNED: [&str; 7] = [
    "Cc",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Auto-Submitted",
];

/// The selectors of the keys there are for a domain.
pub fn selectors(data: &Path, domain: &str) -> Vec<&'static str> {
    let there = |selector: &&str| {
        folder(data)
            .join(format!("{domain}.{selector}.pem"))
            .exists()
    };
    [RSA_SELECTOR, ED25519_SELECTOR]
        .into_iter()
        .filter(there)
        .collect()
}

/// What is to be published in the DNS for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// `SELECTOR._domainkey.DOMAIN`
    pub name: String,
    /// The text of the TXT record, in one piece.
    pub value: String,
}

/// Why a key could not be made or read.
#[derive(Debug)]
pub enum KeyError {
    /// The folder or a file in it cannot be used.
    File(PathBuf, io::Error),
    /// A file holds no key we can sign with.
    Unusable(PathBuf, String),
}

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path, why) => write!(f, "DKIM key `{}`: {why}", path.display()),
            Self::Unusable(path, why) => write!(f, "DKIM key `{}`: {why}", path.display()),
        }
    }
}

impl std::error::Error for KeyError {}

/// Makes the keys of a domain where they are missing, and says what to publish. Keys that are
/// there stay: their records may be published already.
///
/// # Errors
/// Names the file that could not be written or read.
pub fn make(data: &Path, domain: &str) -> Result<Vec<Record>, KeyError> {
    let folder = folder(data);
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder);
    made.map_err(|e| KeyError::File(folder.clone(), e))?;
    let makers: [(&str, Maker); 2] = [(RSA_SELECTOR, new_rsa), (ED25519_SELECTOR, new_ed25519)];
    for (selector, maker) in makers {
        let path = folder.join(format!("{domain}.{selector}.pem"));
        if !path.exists() {
            let pem = maker().map_err(|why| KeyError::Unusable(path.clone(), why))?;
            write_secret(&path, pem.as_bytes()).map_err(|e| KeyError::File(path, e))?;
        }
    }
    let keys = load(&folder)?;
    let own = keys.iter().filter(|key| key.domain == domain);
    Ok(own.map(Key::record).collect())
}

type Maker = fn() -> Result<String, String>;

fn new_rsa() -> Result<String, String> {
    let key =
        RsaPrivateKey::new(&mut rsa::rand_core::OsRng, RSA_BITS).map_err(|e| e.to_string())?;
    let pem = key
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|e| e.to_string())?;
    Ok(pem.to_string())
}

fn new_ed25519() -> Result<String, String> {
    let der = Ed25519Key::generate_pkcs8().map_err(|e| e.to_string())?;
    let body = BASE64.encode(&der);
    let lines: Vec<_> = body
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    Ok(format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    ))
}

/// Whole or not at all, and never readable by others.
fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

fn folder(data: &Path) -> PathBuf {
    data.join(FOLDER)
}

/// One key, ready to sign.
struct Key {
    domain: String,
    selector: String,
    /// Its half of a TXT record: `k=rsa; p=…`.
    published: String,
    signer: Signer,
}

enum Signer {
    Rsa(DkimSigner<RsaKey<Sha256>, Done>),
    Ed25519(DkimSigner<Ed25519Key, Done>),
}

impl Key {
    fn record(&self) -> Record {
        Record {
            name: format!("{}._domainkey.{}", self.selector, self.domain),
            value: format!("v=DKIM1; {}", self.published),
        }
    }

    fn sign(&self, mail: &[u8]) -> Result<String, mail_auth::Error> {
        let signature = match &self.signer {
            Signer::Rsa(signer) => signer.sign(mail),
            Signer::Ed25519(signer) => signer.sign(mail),
        };
        Ok(signature?.to_header())
    }
}

fn load(folder: &Path) -> Result<Vec<Key>, KeyError> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|e| KeyError::File(folder.into(), e))?,
    };
    let mut paths: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    let named = |path: &Path| -> Option<(String, String)> {
        let name = path.file_name()?.to_str()?.strip_suffix(".pem")?;
        let (domain, selector) = name.rsplit_once('.')?;
        Some((domain.to_owned(), selector.to_owned()))
    };
    let keys = paths.iter().filter_map(|path| Some((path, named(path)?)));
    keys.map(|(path, (domain, selector))| read(path, domain, selector))
        .collect()
}

fn read(path: &Path, domain: String, selector: String) -> Result<Key, KeyError> {
    let pem = fs::read(path).map_err(|e| KeyError::File(path.into(), e))?;
    let unusable = |why: String| KeyError::Unusable(path.into(), why);
    let der = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|e| unusable(e.to_string()))?;
    let headers = || OVERSIGNED.iter().chain(&OVERSIGNED).chain(&SIGNED).copied();
    let bytes = der.secret_pkcs8_der().to_vec();
    let (published, signer) = match RsaKey::<Sha256>::from_key_der(PrivateKeyDer::Pkcs8(der)) {
        Ok(key) => {
            let published = published_rsa(&bytes).map_err(unusable)?;
            let signer = DkimSigner::from_key(key)
                .domain(&domain)
                .selector(&selector)
                .headers(headers())
                .header_canonicalization(Canonicalization::Relaxed)
                .body_canonicalization(Canonicalization::Relaxed);
            (published, Signer::Rsa(signer))
        }
        Err(_) => {
            let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(&bytes);
            let key =
                key.map_err(|_| unusable("it is neither an RSA nor an Ed25519 key".into()))?;
            let published = format!("k=ed25519; p={}", BASE64.encode(&key.public_key()));
            let signer = DkimSigner::from_key(key)
                .domain(&domain)
                .selector(&selector)
                .headers(headers())
                .header_canonicalization(Canonicalization::Relaxed)
                .body_canonicalization(Canonicalization::Relaxed);
            (published, Signer::Ed25519(signer))
        }
    };
    Ok(Key {
        domain,
        selector,
        published,
        signer,
    })
}

/// The whole SubjectPublicKeyInfo, as everyone publishes it, not RFC 6376's bare RSAPublicKey.
fn published_rsa(pkcs8: &[u8]) -> Result<String, String> {
    let key = RsaPrivateKey::from_pkcs8_der(pkcs8).map_err(|e| e.to_string())?;
    let public = RsaPublicKey::from(&key)
        .to_public_key_der()
        .map_err(|e| e.to_string())?;
    Ok(format!("k=rsa; p={}", BASE64.encode(public.as_bytes())))
}

/// The keys of a data folder, read again when the folder changes.
pub struct Keyring {
    folder: PathBuf,
    loaded: Mutex<Option<(SystemTime, Arc<Vec<Key>>)>>,
}

impl Keyring {
    /// Reads nothing yet: a folder may have no keys.
    pub fn new(data: &Path) -> Self {
        Self {
            folder: folder(data),
            loaded: Mutex::default(),
        }
    }

    /// The mail with a signature by each key of the domain its From header bears, or of the nearest
    /// domain above it that has keys (relaxed alignment, RFC 7489 section 3.1.1); unchanged where
    /// there are none.
    ///
    /// # Errors
    /// A key that is there but cannot be used: mail that ought to be signed must not leave unsigned.
    pub fn sign(&self, from_domain: &str, mail: Vec<u8>) -> Result<Vec<u8>, KeyError> {
        let keys = self.keys()?;
        let mut signed = Vec::new();
        for key in keys_of(&keys, from_domain) {
            let header = key
                .sign(&mail)
                .map_err(|e| KeyError::Unusable(self.folder.join(&key.domain), e.to_string()))?;
            signed.extend_from_slice(header.as_bytes());
        }
        signed.extend_from_slice(&mail);
        Ok(signed)
    }

    /// What ought to be published for a domain, for the set-up page and `casella check`.
    ///
    /// # Errors
    /// A key that is there but cannot be used.
    pub fn records(&self, domain: &str) -> Result<Vec<Record>, KeyError> {
        let keys = self.keys()?;
        Ok(keys_of(&keys, domain).map(Key::record).collect())
    }

    fn keys(&self) -> Result<Arc<Vec<Key>>, KeyError> {
        let changed = match fs::metadata(&self.folder).and_then(|folder| folder.modified()) {
            Ok(changed) => changed,
            Err(_) => return Ok(Arc::default()),
        };
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        match &*loaded {
            Some((since, keys)) if *since == changed => Ok(keys.clone()),
            _ => {
                let keys = Arc::new(load(&self.folder)?);
                *loaded = Some((changed, keys.clone()));
                Ok(keys)
            }
        }
    }
}

fn keys_of<'a>(keys: &'a [Key], domain: &str) -> impl Iterator<Item = &'a Key> {
    let mut above = Some(domain.to_ascii_lowercase());
    while let Some(name) = &above
        && !keys.iter().any(|key| key.domain == *name)
    {
        above = name.split_once('.').map(|(_, parent)| parent.to_owned());
    }
    keys.iter()
        .filter(move |key| above.as_ref().is_some_and(|name| *name == key.domain))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const MAIL: &[u8] = b"From: Anna <anna@example.com>\r\nTo: b@example.org\r\n\
        Subject: Hi\r\nDate: Fri, 2 Jan 2026 03:04:05 +0000\r\nMessage-ID: <1@example.com>\r\n\
        \r\nHello  there\r\n";

    fn headers(mail: &[u8]) -> String {
        let end = mail.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        String::from_utf8_lossy(&mail[..end]).replace("\r\n\t", "")
    }

    #[test]
    fn a_domain_gets_two_keys_once() {
        let data = tempfile::tempdir().unwrap();
        let first = make(data.path(), "example.com").unwrap();
        let names: Vec<_> = first.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "casella-ed._domainkey.example.com",
                "casella._domainkey.example.com"
            ]
        );
        assert!(first[0].value.starts_with("v=DKIM1; k=ed25519; p="));
        assert!(first[1].value.starts_with("v=DKIM1; k=rsa; p=MIIB"));
        assert_eq!(make(data.path(), "example.com").unwrap(), first);
        for entry in fs::read_dir(data.path().join("dkim")).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_mail_is_signed_by_both_keys_and_stays_itself() {
        let data = tempfile::tempdir().unwrap();
        let ring = Keyring::new(data.path());
        // Made after the ring: it must notice.
        assert_eq!(ring.sign("example.com", MAIL.to_vec()).unwrap(), MAIL);
        make(data.path(), "example.com").unwrap();
        let signed = ring.sign("mail.example.com", MAIL.to_vec()).unwrap();
        assert!(signed.ends_with(MAIL));
        let head = headers(&signed);
        assert_eq!(head.matches("DKIM-Signature: ").count(), 2);
        for tag in [
            "a=rsa-sha256",
            "a=ed25519-sha256",
            "c=relaxed/relaxed",
            "d=example.com",
        ] {
            assert!(head.contains(tag), "{tag} in {head}");
        }
    }

    #[test]
    fn a_second_from_or_reply_to_breaks_the_signature() {
        let data = tempfile::tempdir().unwrap();
        make(data.path(), "example.com").unwrap();
        let signed = Keyring::new(data.path())
            .sign("example.com", MAIL.to_vec())
            .unwrap();
        let head = headers(&signed);
        let list = head.split("h=").nth(1).unwrap().split(';').next().unwrap();
        let count = |name: &str| {
            list.split(':')
                .filter(|h| h.eq_ignore_ascii_case(name))
                .count()
        };
        assert_eq!(count("From"), 2, "{list}");
        assert_eq!(count("Subject"), 2, "{list}");
        // Absent in this mail: named as often as it must not appear.
        assert!(count("Reply-To") >= 1, "{list}");
    }

    #[test]
    fn other_domains_are_not_signed_for() {
        let data = tempfile::tempdir().unwrap();
        make(data.path(), "example.com").unwrap();
        let ring = Keyring::new(data.path());
        for domain in ["example.org", "notexample.com", "com"] {
            assert_eq!(ring.sign(domain, MAIL.to_vec()).unwrap(), MAIL, "{domain}");
        }
    }

    #[test]
    fn a_broken_key_is_named_and_nothing_leaves_unsigned() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("dkim")).unwrap();
        let path = data.path().join("dkim/example.com.casella.pem");
        fs::write(
            &path,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        )
        .unwrap();
        let error = Keyring::new(data.path())
            .sign("example.com", MAIL.to_vec())
            .unwrap_err();
        assert!(
            error.to_string().contains("example.com.casella.pem"),
            "{error}"
        );
    }
}
