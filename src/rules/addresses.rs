//! Which recipients are ours: `[inbox] addresses` against the envelope, and the order in which
//! headers stand in where no envelope tells (MAIL.md A2, A3).
//!
//! Signed reply and bounce addresses are judged before this, by their own signature.

use super::mail::Mail;

/// An address cut in two, both halves in the form they are compared by: lower-case, the domain in
/// its ASCII form (UTS 46). `None` unless both halves are there and hold nothing odd.
pub fn parts(address: &str) -> Option<(String, String)> {
    let address = address
        .trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim();
    let (local, domain) = address.rsplit_once('@')?;
    let domain = self::domain(domain);
    let odd = |c: char| c.is_whitespace() || c.is_control();
    let whole = !local.is_empty() && !domain.is_empty();
    (whole && !domain.contains(odd) && !local.contains(char::is_control))
        .then(|| (local.to_lowercase(), domain))
}

/// A domain as it is compared: ASCII (UTS 46), lower-case, without a final dot.
pub fn domain(domain: &str) -> String {
    let domain = domain.trim().trim_end_matches('.');
    idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase())
}

/// Whether mail for `recipient` is for us. `inboxes` are exact addresses or `@domain`.
/// `inbox+anything@` counts as `inbox@`; `postmaster` and `postmaster@` of each of our domains are
/// accepted (RFC 5321 section 4.5.1).
pub fn accepts(inboxes: &[String], recipient: &str) -> bool {
    if recipient
        .trim_matches(['<', '>', ' '])
        .eq_ignore_ascii_case("postmaster")
    {
        return true;
    }
    let Some((local, host)) = parts(recipient) else {
        return false;
    };
    inboxes.iter().any(|inbox| covers(inbox, &local, &host))
        || (local == "postmaster" && domains(inboxes).any(|own| own == host))
}

/// Whether `address` is one of our inboxes, `postmaster@` left out: such an address is never a customer.
pub fn is_ours(inboxes: &[String], address: &str) -> bool {
    parts(address)
        .is_some_and(|(local, host)| inboxes.iter().any(|inbox| covers(inbox, &local, &host)))
}

/// Whether `address` lies in a domain of one of our inboxes.
pub fn in_our_domain(inboxes: &[String], address: &str) -> bool {
    parts(address).is_some_and(|(_, host)| domains(inboxes).any(|own| own == host))
}

/// The inbox a mail was meant for when the envelope does not tell (a pipe, an archive): the first
/// address that is ours among [`recipients_named`].
pub fn from_headers(inboxes: &[String], mail: &Mail) -> Option<String> {
    recipients_named(mail).find(|address| accepts(inboxes, address))
}

/// Whom a mail's headers name as its recipients: Delivered-To, X-Original-To, Envelope-To,
/// X-Forwarded-To, X-Forwarded-For, To, Cc, in this order (MAIL.md A3).
pub fn recipients_named(mail: &Mail) -> impl Iterator<Item = String> + '_ {
    let trace = [
        "Delivered-To",
        "X-Original-To",
        "Envelope-To",
        "X-Forwarded-To",
        "X-Forwarded-For",
    ];
    let traced = trace
        .into_iter()
        .flat_map(|name| mail.headers_named(name))
        .flat_map(addresses_in);
    let written = mail.to.iter().chain(&mail.cc).map(|to| to.address.clone());
    traced.chain(written)
}

/// Every word with an `@` in a header value, brackets and commas taken off.
pub fn addresses_in(value: &str) -> impl Iterator<Item = String> + '_ {
    value
        .split(|c: char| c.is_whitespace() || ",;<>\"()".contains(c))
        .filter(|word| parts(word).is_some())
        .map(str::to_owned)
}

fn domains(inboxes: &[String]) -> impl Iterator<Item = String> + '_ {
    inboxes
        .iter()
        .filter_map(|inbox| inbox.rsplit_once('@'))
        .map(|(_, host)| domain(host))
}

fn covers(inbox: &str, local: &str, host: &str) -> bool {
    let Some((own_local, own_host)) = inbox.trim().rsplit_once('@') else {
        return false;
    };
    let own_local = own_local.to_lowercase();
    let untagged = local.split('+').next().unwrap_or(local);
    domain(own_host) == host
        && (own_local.is_empty() || own_local == local || own_local == untagged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::mail::{Address, Header};

    fn ours(list: &[&str]) -> Vec<String> {
        list.iter().map(|a| a.to_string()).collect()
    }

    #[test]
    #[rustfmt::skip] // a line per case
    fn recipients() {
        for (inboxes, recipient, accepted) in [
            (&["inbox@shop.example"][..], "inbox@shop.example", true),
            (&["inbox@shop.example"], "INBOX@Shop.Example", true),
            (&["inbox@shop.example"], "<inbox@shop.example>", true),
            (&["inbox@shop.example"], "inbox+orders@shop.example", true),
            (&["inbox@shop.example"], "inbox+@shop.example", true),
            (&["inbox@shop.example"], "inbox@shop.example.", true),
            (&["Inbox@Shop.Example"], "inbox@shop.example", true),
            (&["inbox@shop.example"], "postmaster@shop.example", true),
            (&["inbox@shop.example"], "Postmaster@SHOP.example", true),
            (&["inbox@shop.example"], "postmaster", true),
            (&["@shop.example"], "anyone@shop.example", true),
            (&["@shop.example", "b@c.example"], "b@c.example", true),
            (&["info+eu@shop.example"], "info+eu@shop.example", true),
            (&["hallo@müller.example"], "hallo@xn--mller-kva.example", true),
            (&["hallo@xn--mller-kva.example"], "hallo@MÜLLER.example", true),
            // Not ours.
            (&["inbox@shop.example"], "inbo@shop.example", false),
            (&["inbox@shop.example"], "inboxx@shop.example", false),
            (&["inbox@shop.example"], "+inbox@shop.example", false),
            (&["inbox@shop.example"], "inbox@sub.shop.example", false),
            (&["@shop.example"], "anyone@evilshop.example", false),
            (&["inbox@shop.example"], "postmaster@other.example", false),
            (&["info+eu@shop.example"], "info@shop.example", false),
            (&["inbox@shop.example"], "inbox@shop.example@evil.example", false),
            (&["inbox@shop.example"], "inbox", false),
            (&["inbox@shop.example"], "@shop.example", false),
            (&["inbox@shop.example"], "", false),
            (&[], "inbox@shop.example", false),
        ] {
            assert_eq!(
                accepts(&ours(inboxes), recipient),
                accepted,
                "{inboxes:?} {recipient:?}"
            );
        }
    }

    #[test]
    #[rustfmt::skip] // a line per case
    fn headers_stand_in_for_a_lost_envelope_in_order() {
        let mail = |headers: &[(&str, &str)], to: &str| Mail {
            headers: headers
                .iter()
                .map(|(n, v)| Header {
                    name: n.to_string(),
                    value: v.to_string(),
                })
                .collect(),
            to: vec![Address {
                name: String::new(),
                address: to.to_owned(),
            }],
            ..Mail::default()
        };
        let inboxes = ours(&["a@shop.example", "b@shop.example"]);
        for (headers, to, found) in [
            (&[("Delivered-To", "a@shop.example")][..], "b@shop.example", Some("a@shop.example")),
            (&[("X-Original-To", "a@shop.example"), ("Envelope-To", "b@shop.example")], "x@y", Some("a@shop.example")),
            (&[("Delivered-To", "me@gmail.com"), ("X-Forwarded-For", "me@gmail.com, b@shop.example")], "x@y", Some("b@shop.example")),
            (&[], "b@shop.example", Some("b@shop.example")),
            (&[("Delivered-To", "nobody")], "stranger@else.example", None),
        ] {
            assert_eq!(
                from_headers(&inboxes, &mail(headers, to)).as_deref(),
                found,
                "{headers:?} {to}"
            );
        }
    }
}
