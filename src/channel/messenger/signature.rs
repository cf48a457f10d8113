//! Who may speak: `X-Hub-Signature-256` over the raw bytes of the body, never over what was parsed from
//! them (Meta, "Messenger Platform › Webhooks › Validate payloads").

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use ring::hmac;

/// Whether `header` is the body's HMAC-SHA256 under the app's secret. Compared in constant time.
pub fn is_right(app_secret: &str, header: &str, body: &[u8]) -> bool {
    let Some(hex) = header.trim().strip_prefix("sha256=") else {
        return false;
    };
    let Ok(given) = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()) else {
        return false;
    };
    hmac::verify(&key(app_secret), body, &given).is_ok()
}

/// The header's value for a body, as Meta would send it.
pub fn of(app_secret: &str, body: &[u8]) -> String {
    format!(
        "sha256={}",
        HEXLOWER.encode(hmac::sign(&key(app_secret), body).as_ref())
    )
}

/// `appsecret_proof` of a call with this token (Meta, "Securing Graph API Requests").
pub fn proof(app_secret: &str, token: &str) -> String {
    HEXLOWER.encode(hmac::sign(&key(app_secret), token.as_bytes()).as_ref())
}

fn key(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_secret_over_the_very_bytes_is_right() {
        let body = br#"{"text":"\u00e4 \/ \u003C"}"#;
        let right = of("secret", body);
        assert!(is_right("secret", &right, body));
        assert!(is_right(
            "secret",
            &right.replace("sha256=", " sha256="),
            body
        ));
        for (secret, header, body) in [
            ("other", right.as_str(), body.as_slice()),
            ("secret", right.as_str(), br#"{"text":"\u00e4 / <"}"#),
            ("secret", right.trim_start_matches("sha256="), body),
            ("secret", "sha1=0011", body),
            ("secret", "sha256=zz", body),
            ("secret", "sha256=", body),
            ("secret", "", body),
        ] {
            assert!(!is_right(secret, header, body), "{header}");
        }
    }
}
