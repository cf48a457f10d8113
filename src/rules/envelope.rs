//! Addresses as they go over the wire: nothing in them that could end a command or a header.
//!
//! Reading is lenient, since strangers write oddly; what we send is not. The local part stays as its
//! owner writes it, the domain becomes ASCII (RFC 5891).

/// The longest path an SMTP server must take, less its brackets (RFC 5321 section 4.5.3.1.3).
const LONGEST: usize = 254;

/// The address as it is sent; `None` for what cannot be one. Letters beyond ASCII may remain before
/// the `@`: they need SMTPUTF8 (RFC 6531).
pub fn address(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let whole = format!("{local}@{}", host(domain)?);
    (whole.len() <= LONGEST && is_local_part(local)).then_some(whole)
}

/// The domain of an address, or an address literal (RFC 5321 section 4.1.3), as it is sent.
pub fn host(text: &str) -> Option<String> {
    let literal = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    match literal {
        Some(inner) => inner
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".:".contains(&b))
            .then(|| text.to_owned()),
        None => domain(text),
    }
}

/// A domain name in ASCII, without its final dot.
pub fn domain(text: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii(text.strip_suffix('.').unwrap_or(text)).ok()?;
    let label = |label: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        !label.is_empty() && label.len() <= 63 && label.bytes().all(plain)
    };
    (ascii.len() <= 253 && ascii.split('.').all(label)).then_some(ascii)
}

/// A dot-string or a quoted string (RFC 5321 section 4.1.2), read generously: dots may stand anywhere,
/// for some providers gave such addresses out.
fn is_local_part(local: &str) -> bool {
    let quoted = local.strip_prefix('"').and_then(|l| l.strip_suffix('"'));
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    match quoted {
        Some(inner) => !inner.contains(|c| breaks(c) || "<>\"\\".contains(c)),
        None => {
            !local.is_empty()
                && !local.contains(|c: char| {
                    breaks(c) || c.is_whitespace() || "()<>[]:;@\\,\"".contains(c)
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_what_is_none() {
        let cases = [
            ("anna@example.com", Some("anna@example.com")),
            ("Anna@Example.COM", Some("Anna@example.com")),
            ("anna@example.com.", Some("anna@example.com")),
            ("anna.@example.com", Some("anna.@example.com")),
            ("o'neil+x=y@example.com", Some("o'neil+x=y@example.com")),
            ("anna@bücher.example", Some("anna@xn--bcher-kva.example")),
            ("jürgen@example.com", Some("jürgen@example.com")),
            ("\"a b\"@example.com", Some("\"a b\"@example.com")),
            ("anna@[192.0.2.1]", Some("anna@[192.0.2.1]")),
            ("anna@[IPv6:2001:db8::1]", Some("anna@[IPv6:2001:db8::1]")),
            ("inbox@localhost", Some("inbox@localhost")),
            ("anna", None),
            ("", None),
            ("@example.com", None),
            ("anna@", None),
            ("anna@exa mple.com", None),
            ("anna@a..b", None),
            ("anna@[192.0.2.1\r\n]", None),
            ("a b@example.com", None),
            ("anna@example.com>\r\nDATA", None),
            ("a@b\r\nBcc: c@d", None),
            ("an\rna@example.com", None),
            ("an\0na@example.com", None),
            ("<anna@example.com", None),
            ("anna@example.com, eve@example.com", None),
            ("anna@exa(mple).com", None),
            ("\"a\"b\"@example.com", None),
        ];
        for (text, expected) in cases {
            assert_eq!(address(text).as_deref(), expected, "{text:?}");
        }
        assert_eq!(address(&format!("{}@example.com", "a".repeat(300))), None);
    }

    #[test]
    fn domains_and_what_is_none() {
        let cases = [
            ("Example.COM.", Some("example.com")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("localhost", Some("localhost")),
            ("../../etc/passwd", None),
            ("a@example.com", None),
            ("[192.0.2.1]", None),
            ("a b.com", None),
            ("", None),
            (".", None),
        ];
        for (text, expected) in cases {
            assert_eq!(domain(text).as_deref(), expected, "{text:?}");
        }
    }
}
