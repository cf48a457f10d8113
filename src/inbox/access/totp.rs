//! One-time codes from an authenticator app (RFC 6238: HMAC-SHA-1, 6 digits, steps of 30 s).

use crate::clock::Millis;
use crate::error::Failure;
use crate::inbox::keys::random;
use data_encoding::BASE32_NOPAD;
use ring::hmac;

const STEP: Millis = 30_000;

/// A fresh secret, in the base 32 that authenticator apps take.
pub fn fresh_secret() -> Result<String, Failure> {
    Ok(BASE32_NOPAD.encode(&random::<20>()?))
}

/// What the QR code says (Google Authenticator's key URI format).
pub fn uri(secret: &str, account: &str) -> String {
    let account: String = url::form_urlencoded::byte_serialize(account.as_bytes()).collect();
    format!("otpauth://totp/Casella:{account}?secret={secret}&issuer=Casella")
}

/// The time step whose code this is: now's, or a neighbour's, as phones' clocks differ.
pub fn step_of(secret: &str, code: &str, now: Millis) -> Option<u64> {
    let key = BASE32_NOPAD.decode(secret.as_bytes()).ok()?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let current = now / STEP;
    [current, current - 1, current + 1]
        .into_iter()
        .find(|step| code == format!("{:06}", at(&key, *step)))
        .and_then(|step| u64::try_from(step).ok())
}

/// RFC 4226 section 5.3.
fn at(key: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 0x0f);
    let word = [
        tag[offset],
        tag[offset + 1],
        tag[offset + 2],
        tag[offset + 3],
    ];
    format!(
        "{:06}",
        (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000
    )
}

/// The code an app with this secret shows.
#[cfg(test)]
pub(super) fn shown(secret: &str, now: Millis) -> String {
    at(&BASE32_NOPAD.decode(secret.as_bytes()).unwrap(), now / STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, its SHA-1 rows, last six digits.
    const CASES: &[(i64, &str)] = &[
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = BASE32_NOPAD.encode(b"12345678901234567890");
        for (seconds, code) in CASES {
            let step = u64::try_from(seconds / 30).ok();
            assert_eq!(step_of(&secret, code, seconds * 1_000), step, "{seconds}");
            assert_eq!(step_of(&secret, code, (seconds + 30) * 1_000), step);
            assert_eq!(step_of(&secret, code, (seconds + 90) * 1_000), None);
        }
        assert_eq!(step_of(&secret, "28 7082", 59_000), Some(1));
        assert_eq!(step_of(&secret, "", 59_000), None);
    }
}
