//! The data folder's secrets: the key ring that signs addresses, and the key that encrypts settings.
//!
//! Both live in `secret.key`, mode 0600, made at the first start: a line of 64 hex digits each, the
//! first for the vault, the others the signing keys, oldest first. A token signed under any of them
//! stays right, so a line is only ever added.

use crate::error::Failure;
use crate::rules::token::Keys;
use data_encoding::{BASE64, HEXLOWER};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The file in the data folder.
pub const FILE: &str = "secret.key";

/// What [`load`] found or made.
pub struct Secrets {
    pub signing: Keys,
    pub vault: Vault,
}

/// Encrypts small secrets (page tokens, TOTP seeds) for the settings: ChaCha20-Poly1305 (RFC 8439)
/// under a random nonce, as base64 of nonce and sealed bytes.
pub struct Vault(LessSafeKey);

impl Vault {
    fn new(key: &[u8; 32]) -> Option<Vault> {
        Some(Vault(LessSafeKey::new(
            UnboundKey::new(&CHACHA20_POLY1305, key).ok()?,
        )))
    }

    /// Seals a secret. `None` only if the machine has no randomness left.
    pub fn seal(&self, secret: &str) -> Option<String> {
        let nonce: [u8; NONCE_LEN] = random().ok()?;
        let mut sealed = secret.as_bytes().to_vec();
        let used = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(used, Aad::empty(), &mut sealed)
            .ok()?;
        Some(BASE64.encode(&[nonce.as_slice(), &sealed].concat()))
    }

    /// Opens what [`Vault::seal`] gave; `None` if it was altered or sealed under another key.
    pub fn open(&self, sealed: &str) -> Option<String> {
        let bytes = BASE64.decode(sealed.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut opened = sealed.to_vec();
        let plain = self
            .0
            .open_in_place(nonce, Aad::empty(), &mut opened)
            .ok()?;
        String::from_utf8(plain.to_vec()).ok()
    }
}

/// Random bytes from the operating system.
///
/// # Errors
/// The machine gives none.
pub fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Failure::new("the operating system gives no random bytes"))?;
    Ok(bytes)
}

/// Reads the secrets of a data folder, making them at the first start.
///
/// # Errors
/// A file that others may read, or that is not what this module wrote.
pub fn load(folder: &Path) -> Result<Secrets, Failure> {
    let path = folder.join(FILE);
    if !path.exists() {
        create(&path)?;
    }
    let place = path.display();
    let mode = fs::metadata(&path)
        .map_err(|e| Failure::new(e).at(place.to_string()))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        let what = "other users may read the key file";
        return Err(Failure::new(what)
            .at(place.to_string())
            .remedy(format!("chmod 600 {place}")));
    }
    let text = fs::read_to_string(&path).map_err(|e| Failure::io(&e).at(place.to_string()))?;
    parse(&text).ok_or_else(|| {
        Failure::new("the key file is damaged")
            .at(place.to_string())
            .remedy("restore it from your backup")
    })
}

fn create(path: &Path) -> Result<(), Failure> {
    let text = format!(
        "{}\n{}\n",
        HEXLOWER.encode(&random::<32>()?),
        HEXLOWER.encode(&random::<32>()?)
    );
    let failed = |e: std::io::Error| Failure::io(&e).at(path.display());
    let fresh = path.with_extension("key.new");
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .map_err(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    fs::rename(&fresh, path).map_err(failed)?;
    match path.parent() {
        Some(folder) => fs::File::open(folder)
            .and_then(|f| f.sync_all())
            .map_err(failed),
        None => Ok(()),
    }
}

fn parse(text: &str) -> Option<Secrets> {
    let line =
        |line: &str| <[u8; 32]>::try_from(HEXLOWER.decode(line.trim().as_bytes()).ok()?).ok();
    let keys: Vec<[u8; 32]> = text
        .lines()
        .filter(|l| !l.trim().is_empty())
        .map(line)
        .collect::<Option<_>>()?;
    let (vault, signing) = keys.split_first()?;
    Some(Secrets {
        signing: Keys::new(signing)?,
        vault: Vault::new(vault)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = load(folder.path())
            .unwrap()
            .vault
            .seal("page token")
            .unwrap();
        assert!(!sealed.contains("page"));
        assert_eq!(
            load(folder.path()).unwrap().vault.open(&sealed).as_deref(),
            Some("page token")
        );
        let mode = fs::metadata(folder.path().join(FILE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_altered_secret_does_not_open() {
        let folder = tempfile::tempdir().unwrap();
        let vault = load(folder.path()).unwrap().vault;
        let mut sealed = vault.seal("page token").unwrap().into_bytes();
        sealed[20] = if sealed[20] == b'A' { b'B' } else { b'A' };
        assert_eq!(vault.open(&String::from_utf8(sealed).unwrap()), None);
    }

    #[test]
    fn a_key_file_that_others_may_read_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        load(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = load(folder.path()).err().unwrap();
        assert!(refused.remedy.unwrap().starts_with("chmod 600"));
    }
}
