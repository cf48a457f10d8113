//! The traces of rules, by the system that left them: headers, and the mailbox they name.

use super::*;

fn automatic(headers: &[&str]) -> Forwarded {
    let mail = Mail {
        from: address("Giulia <giulia@client.example>"),
        to: vec![address("info@company.example")],
        headers: headers.iter().map(|line| header(line)).collect(),
        text: "Hello.".to_owned(),
        ..Mail::default()
    };
    let team = Team {
        addresses: Vec::new(),
        inboxes: vec!["inbox@desk.example".to_owned()],
    };
    find(&mail, &team)
}

#[test]
fn every_system_leaves_a_trace() {
    for (system, headers, by) in [
        (
            "gmail",
            &[
                "X-Forwarded-To: inbox@desk.example",
                "X-Forwarded-For: info@company.example inbox@desk.example",
                "Delivered-To: info@company.example",
            ][..],
            Some("info@company.example"),
        ),
        (
            "gmail, envelope only",
            &["Return-Path: <info+caf_=inbox=desk.example@company.example>"],
            Some("info@company.example"),
        ),
        (
            "resent by a program",
            &[
                "Resent-From: Anna <anna@company.example>",
                "Resent-To: inbox@desk.example",
            ],
            Some("anna@company.example"),
        ),
        (
            "resent, nobody named",
            &["Resent-To: inbox@desk.example"],
            None,
        ),
        (
            "exchange inbox rule",
            &[
                "X-MS-Exchange-Inbox-Rules-Loop: info@company.example",
                "Return-Path: <>",
            ],
            Some("info@company.example"),
        ),
        (
            "exchange forwarding",
            &[
                "X-MS-Exchange-ForwardingLoop: info@company.example;6f9619ff-8b86-d011-b42d-00c04fc964ff",
            ],
            Some("info@company.example"),
        ),
        (
            "exchange rules agent",
            &[
                "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
                "Auto-Submitted: auto-generated",
            ],
            None,
        ),
        (
            "exchange online, srs",
            &["Return-Path: <bounces+srs=hf3ta=ab@company.example>"],
            Some("info@company.example"),
        ),
        (
            "srs0",
            &["Return-Path: <SRS0=hash=tt=client.example=giulia@company.example>"],
            Some("info@company.example"),
        ),
        (
            "srs0 of a subdomain",
            &["Return-Path: <srs0+ab=cd=client.example=giulia@srs.company.example>"],
            Some("info@company.example"),
        ),
        (
            "srs1",
            &["Return-Path: <SRS1=x=relay.example==hash=tt=client.example=giulia@other.example>"],
            None,
        ),
        (
            "postfix alias",
            &[
                "X-Original-To: info@company.example",
                "Delivered-To: inbox@desk.example",
            ],
            Some("info@company.example"),
        ),
        (
            "two deliveries",
            &[
                "Delivered-To: inbox@desk.example",
                "Received: x",
                "Delivered-To: anna@company.example",
            ],
            Some("anna@company.example"),
        ),
        (
            "cpanel",
            &[
                "Received: from a by b for <inbox@desk.example>; Wed, 3 May 2023",
                "Received: from c by d for info@company.example; Wed, 3 May 2023",
            ],
            Some("info@company.example"),
        ),
        (
            "sieve redirect",
            &[
                "X-Sieve: Pigeonhole Sieve",
                "X-Sieve-Redirected-From: info@company.example",
            ],
            Some("info@company.example"),
        ),
        (
            "yahoo",
            &["X-Yahoo-Forwarded: from info@company.example to inbox@desk.example"],
            Some("info@company.example"),
        ),
        ("x.400", &["Auto-Forwarded: TRUE"], None),
    ] {
        let found = automatic(headers);
        assert_eq!(found.kind, ForwardKind::Automatic, "{system}");
        assert_eq!(found.by.map(|by| by.address).as_deref(), by, "{system}");
        assert_eq!(found.author, None, "{system}");
    }
}

#[test]
fn ordinary_mail_is_not_forwarded() {
    for (case, headers) in [
        ("no trace", &[][..]),
        ("one delivery", &["Delivered-To: inbox@desk.example"]),
        (
            "the same mailbox twice",
            &[
                "Delivered-To: inbox@desk.example",
                "X-Original-To: inbox+tag@desk.example",
            ],
        ),
        ("web mail's client address", &["X-Forwarded-For: 192.0.2.7"]),
        (
            "a list's deliveries",
            &[
                "List-Id: <users.lists.example>",
                "Delivered-To: inbox@desk.example",
                "Delivered-To: users@lists.example",
            ],
        ),
        (
            "an ezmlm list",
            &[
                "Delivered-To: inbox@desk.example",
                "Delivered-To: mailing list users@lists.example",
            ],
        ),
        (
            "bounce tags",
            &["Return-Path: <prvs=123=giulia@client.example>"],
        ),
        (
            "verp",
            &["Return-Path: <bounces+123-inbox=desk.example@client.example>"],
        ),
        (
            "hops for the same",
            &[
                "Received: from a by b for <info@company.example>; x",
                "Received: from c by d for <info@company.example>; x",
            ],
        ),
        (
            "denied",
            &["X-MS-Exchange-Organization-AutoForwarded: false"],
        ),
    ] {
        assert_eq!(automatic(headers).kind, ForwardKind::None, "{case}");
    }
}
