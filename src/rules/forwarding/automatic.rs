//! Mail passed on by a rule of a mail system: From is still the author's (MAIL.md E7).
//!
//! Each system leaves its own trace; the strongest is looked for first. The envelope never
//! identifies anyone but the forwarder.

use crate::rules::addresses::{addresses_in, is_ours, parts};
use crate::rules::contacts::same;
use crate::rules::mail::{Address, ForwardKind, Forwarded, Mail, Team};

/// The forward a mail system made, with the mailbox it came through where that is known.
pub fn find(mail: &Mail, team: &Team) -> Option<Forwarded> {
    let foreign = |address: &String| !is_ours(&team.inboxes, address);
    let marked = marked_by_header(mail);
    let by = marked
        .clone()
        .flatten()
        .or_else(|| gmail_sender(mail))
        .or_else(|| chained(mail, team))
        .or_else(|| srs_mailbox(mail))
        .filter(foreign);
    let traced = marked.is_some() || srs_domain(mail).is_some();
    (traced || by.is_some()).then(|| Forwarded {
        kind: ForwardKind::Automatic,
        by: by.map(|address| Address {
            name: String::new(),
            address,
        }),
        ..Forwarded::default()
    })
}

/// Headers that name the forwarding mailbox, or only say that there was one.
const NAMING: &[&str] = &[
    // Gmail: the mailbox, then where to; web mail of old put IP addresses here.
    "X-Forwarded-For",
    "Resent-From",
    "Resent-Sender",
    // Exchange and Outlook.com.
    "X-MS-Exchange-Inbox-Rules-Loop",
    "X-MS-Exchange-ForwardingLoop",
    // Dovecot's Sieve, Yahoo.
    "X-Sieve-Redirected-From",
    "X-Yahoo-Forwarded",
    "X-Forwarded-By",
    "X-Forwarder",
    "X-Redirected-From",
];
const SAYING: &[&str] = &[
    "X-Forwarded-To",
    "Resent-To",
    "X-MS-Exchange-Organization-AutoForwarded",
    "Auto-Forwarded",
    "Autoforwarded",
    "X-Yandex-Forward",
    "X-Mail-Forwarded",
];

/// `Some(None)`: forwarded, by nobody named.
fn marked_by_header(mail: &Mail) -> Option<Option<String>> {
    let named = NAMING.iter().find_map(|name| {
        mail.headers_named(name)
            .find_map(|value| addresses_in(value).next())
    });
    if named.is_some() {
        return Some(named);
    }
    let denies = |value: &str| matches!(value.trim(), "" | "false" | "no" | "0");
    let said = SAYING
        .iter()
        .any(|name| mail.headers_named(name).any(|value| !denies(value)));
    let by_rule = mail
        .header("X-MS-Exchange-Generated-Message-Source")
        .is_some_and(|source| source.contains("Mailbox Rules Agent"));
    (said || by_rule).then_some(None)
}

/// Gmail's envelope sender `anna+caf_=inbox=company.example@gmail.com`.
fn gmail_sender(mail: &Mail) -> Option<String> {
    envelope_senders(mail).find_map(|sender| {
        let (local, domain) = sender.rsplit_once('@')?;
        let (mailbox, _) = local.split_once("+caf_=")?;
        Some(format!("{mailbox}@{domain}"))
    })
}

fn envelope_senders(mail: &Mail) -> impl Iterator<Item = String> {
    ["Return-Path", "X-Envelope-From", "X-Original-Return-Path"]
        .into_iter()
        .flat_map(|name| mail.headers_named(name))
        .flat_map(addresses_in)
}

/// The domain that rewrote the sender (Sender Rewriting Scheme).
fn srs_domain(mail: &Mail) -> Option<String> {
    envelope_senders(mail).find_map(|sender| {
        let (local, domain) = sender.rsplit_once('@')?;
        let local = local.to_ascii_lowercase();
        let rewritten = ["srs0", "srs1"].iter().any(|scheme| {
            local
                .strip_prefix(scheme)
                .is_some_and(|rest| rest.starts_with(['=', '+', '-']))
        });
        // Exchange Online: `bounces+srs=hash=tag@company.example`.
        (rewritten || local.contains("+srs=")).then(|| domain.to_ascii_lowercase())
    })
}

/// The recipient of the domain that rewrote the sender.
fn srs_mailbox(mail: &Mail) -> Option<String> {
    let domain = srs_domain(mail)?;
    let written = mail.to.iter().chain(&mail.cc).map(|to| to.address.clone());
    trace(mail).chain(written).find(|address| {
        parts(address)
            .is_some_and(|(_, host)| host == domain || domain.ends_with(&format!(".{host}")))
    })
}

/// Every address a mail was delivered to on its way, newest first.
fn trace(mail: &Mail) -> impl Iterator<Item = String> {
    [
        "Delivered-To",
        "X-Original-To",
        "X-Delivered-To",
        "Envelope-To",
    ]
    .into_iter()
    .flat_map(|name| mail.headers_named(name))
    .filter(|value| !value.contains("mailing list"))
    .flat_map(addresses_in)
}

/// A mail delivered to one mailbox and then to another: aliases, `.forward` files, hosting panels.
/// Lists leave the same trace and are not meant.
fn chained(mail: &Mail, team: &Team) -> Option<String> {
    if is_list(mail) {
        return None;
    }
    let delivered: Vec<String> = trace(mail).collect();
    let earlier = delivered
        .iter()
        .skip(1)
        .find(|address| !same_mailbox(address, &delivered[0]));
    earlier
        .cloned()
        .or_else(|| received_for_another(mail, team))
}

fn is_list(mail: &Mail) -> bool {
    let headers = [
        "List-Id",
        "List-Post",
        "List-Unsubscribe",
        "Mailing-List",
        "X-Mailing-List",
        "X-BeenThere",
    ];
    let bulk = mail
        .header("Precedence")
        .is_some_and(|value| matches!(value.trim(), "list" | "bulk"));
    bulk || headers.iter().any(|name| mail.header(name).is_some())
}

/// Whether two addresses are one mailbox, tags left aside.
fn same_mailbox(a: &str, b: &str) -> bool {
    let untagged = |address: &str| {
        let (local, host) = parts(address)?;
        let local = local.split('+').next().unwrap_or_default().to_owned();
        Some((local, host))
    };
    same(a, b) || untagged(a) == untagged(b)
}

/// The recipient of an early hop, if To or Cc names it, and the last hop was for one of our inboxes
/// that they do not name. Anyone else's last hop may as well be a subscriber's.
fn received_for_another(mail: &Mail, team: &Team) -> Option<String> {
    let hops: Vec<String> = mail
        .headers_named("Received")
        .filter_map(|value| {
            let (_, after) = value.split_once(" for ")?;
            addresses_in(after.split(';').next()?).next()
        })
        .collect();
    let written = |address: &String| {
        mail.to
            .iter()
            .chain(&mail.cc)
            .any(|to| same(&to.address, address))
    };
    let (newest, oldest) = (hops.first()?, hops.last()?);
    let ours = is_ours(&team.inboxes, newest);
    let moved = ours && !same_mailbox(newest, oldest) && written(oldest) && !written(newest);
    moved.then(|| oldest.clone())
}
