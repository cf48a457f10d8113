//! A site vouches for its logged-in user: with a signed token, or with a signature of the address.
//!
//! Both are HMAC-SHA256 under the chat secret, which the site's server keeps and no browser ever sees.
//! The token is a JSON Web Token (RFC 7519) of the one algorithm `HS256` (RFC 7518 section 3.2): a token
//! naming any other, `none` above all, is refused.

use super::mail::Millis;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use ring::hmac;
use serde::Deserialize;

/// How far the site's clock may differ from ours, in milliseconds.
const SKEW: Millis = 60_000;

/// Whom the site vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The site's own id of its user; the address where it gave none.
    pub id: String,
    pub email: String,
    pub name: String,
}

/// Why a site's word was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// No three parts of base64url, no JSON, or no address within.
    Malformed,
    /// Signed with something else than HS256.
    Algorithm,
    Signature,
    Expired,
    /// `nbf` lies ahead.
    NotYet,
}

impl Flaw {
    /// A plain sentence for whoever builds the site.
    pub fn why(self) -> &'static str {
        match self {
            Flaw::Malformed => "the token is no JSON Web Token with an `email`",
            Flaw::Algorithm => "the token is not signed with HS256",
            Flaw::Signature => "the signature is not that of this chat's secret",
            Flaw::Expired => "the token has expired",
            Flaw::NotYet => "the token is not valid yet",
        }
    }
}

#[derive(Deserialize)]
struct Head {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    sub: Option<serde_json::Value>,
    email: String,
    #[serde(default)]
    name: String,
    exp: Option<f64>,
    nbf: Option<f64>,
}

/// Reads a token: `sub` (or the address) is the user's id, `exp` and `nbf` are kept to where given.
pub fn token(token: &str, secret: &str, now: Millis) -> Result<User, Flaw> {
    let mut parts = token.trim().splitn(3, '.');
    let (Some(head), Some(claims), Some(signature)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(Flaw::Malformed);
    };
    if part::<Head>(head)?.alg != "HS256" {
        return Err(Flaw::Algorithm);
    }
    let signed = format!("{head}.{claims}");
    let signature = BASE64URL_NOPAD
        .decode(signature.as_bytes())
        .map_err(|_| Flaw::Signature)?;
    check(secret, &signed, &signature)?;
    let claims: Claims = part(claims)?;
    in_time(&claims, now)?;
    Ok(user(claims))
}

/// Checks the hexadecimal HMAC-SHA256 of an address, as written in the site's snippet.
pub fn signature(email: &str, signature: &str, secret: &str) -> Result<(), Flaw> {
    let signature = HEXLOWER_PERMISSIVE
        .decode(signature.trim().as_bytes())
        .map_err(|_| Flaw::Signature)?;
    check(secret, email.trim(), &signature)
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Flaw> {
    let bytes = BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| Flaw::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Flaw::Malformed)
}

/// In constant time. An empty secret signs nothing.
fn check(secret: &str, signed: &str, signature: &[u8]) -> Result<(), Flaw> {
    if secret.is_empty() {
        return Err(Flaw::Signature);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, signed.as_bytes(), signature).map_err(|_| Flaw::Signature)
}

fn in_time(claims: &Claims, now: Millis) -> Result<(), Flaw> {
    // `as` saturates: an absurd number is the end of time.
    let moment = |seconds: f64| (seconds * 1_000.0) as Millis;
    if claims
        .exp
        .is_some_and(|exp| moment(exp).saturating_add(SKEW) < now)
    {
        return Err(Flaw::Expired);
    }
    if claims
        .nbf
        .is_some_and(|nbf| moment(nbf).saturating_sub(SKEW) > now)
    {
        return Err(Flaw::NotYet);
    }
    Ok(())
}

fn user(claims: Claims) -> User {
    let id = match claims.sub {
        Some(serde_json::Value::String(sub)) if !sub.is_empty() => sub,
        Some(serde_json::Value::Number(sub)) => sub.to_string(),
        _ => claims.email.to_lowercase(),
    };
    User {
        id,
        email: claims.email,
        name: claims.name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_800_000_000_000;

    fn signed(head: &str, claims: &str, secret: &str) -> String {
        let body = [head, claims]
            .map(|part| BASE64URL_NOPAD.encode(part.as_bytes()))
            .join(".");
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, body.as_bytes());
        format!("{body}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
    }

    #[test]
    #[rustfmt::skip] // a line per case
    fn only_the_secrets_holder_vouches() {
        let hs256 = r#"{"alg":"HS256","typ":"JWT"}"#;
        let anna = r#"{"sub":"42","email":"anna@shop.example","name":"Anna"}"#;
        for (token_of, expected, why) in [
            (signed(hs256, anna, "s3cret"), Ok("42"), "signed"),
            (signed(hs256, r#"{"sub":42,"email":"a@b.example"}"#, "s3cret"), Ok("42"), "a number as id"),
            (signed(hs256, r#"{"email":"A@b.example"}"#, "s3cret"), Ok("a@b.example"), "the address as id"),
            (signed(hs256, r#"{"email":"a@b.example","exp":1800000000}"#, "s3cret"), Ok("a@b.example"), "within the skew"),
            (signed(hs256, anna, "other"), Err(Flaw::Signature), "another secret"),
            (signed(r#"{"alg":"none"}"#, anna, "s3cret"), Err(Flaw::Algorithm), "alg none"),
            (signed(r#"{"alg":"HS512"}"#, anna, "s3cret"), Err(Flaw::Algorithm), "another algorithm"),
            (signed(hs256, r#"{"email":"a@b.example","exp":1799999900}"#, "s3cret"), Err(Flaw::Expired), "expired"),
            (signed(hs256, r#"{"email":"a@b.example","nbf":1800000100}"#, "s3cret"), Err(Flaw::NotYet), "early"),
            (signed(hs256, r#"{"sub":"42"}"#, "s3cret"), Err(Flaw::Malformed), "no address"),
            ("a.b".into(), Err(Flaw::Malformed), "two parts"),
            (String::new(), Err(Flaw::Malformed), "nothing"),
        ] {
            let read = token(&token_of, "s3cret", NOW).map(|user| user.id);
            assert_eq!(read, expected.map(str::to_owned), "{why}");
        }
    }

    #[test]
    fn a_chat_without_a_secret_believes_nobody() {
        let forged = signed(
            r#"{"alg":"HS256"}"#,
            r#"{"email":"a@b.example"}"#,
            "anything",
        );
        assert_eq!(token(&forged, "", NOW), Err(Flaw::Signature));
        assert_eq!(signature("a@b.example", "", ""), Err(Flaw::Signature));
    }

    #[test]
    fn an_address_may_be_signed_alone() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"s3cret");
        let tag = hmac::sign(&key, b"a@b.example");
        let hex = HEXLOWER_PERMISSIVE.encode(tag.as_ref());
        assert_eq!(signature(" a@b.example ", &hex, "s3cret"), Ok(()));
        assert_eq!(
            signature("a@b.example", &hex.to_uppercase(), "s3cret"),
            Ok(())
        );
        assert_eq!(
            signature("b@b.example", &hex, "s3cret"),
            Err(Flaw::Signature)
        );
        assert_eq!(
            signature("a@b.example", "zz", "s3cret"),
            Err(Flaw::Signature)
        );
    }
}
