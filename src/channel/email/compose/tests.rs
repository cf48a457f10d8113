use mail_parser::{MessageParser, MimeHeaders};

use super::*;
use crate::render::Language;

const NOON: Millis = 1_767_355_445_000; // 2026-01-02T12:04:05Z

fn person(name: &str, address: &str) -> MailAddress {
    MailAddress {
        name: name.into(),
        address: address.into(),
    }
}

fn outgoing() -> Outgoing {
    Outgoing {
        kind: Kind::Reply,
        at: NOON,
        from: person("Ada · Shop", "help@shop.example"),
        reply_to: Some("r+abc@shop.example".into()),
        to: vec![person("Anna", "anna@example.com")],
        cc: vec![],
        subject: "Re: Order 12".into(),
        message_id: "m.7.aaaa@shop.example".into(),
        in_reply_to: vec!["in@example.com".into()],
        references: vec!["root@example.com".into(), "in@example.com".into()],
        automatic: None,
        text: "Hello Anna,\nit is on its way.".into(),
        history: vec![line("Anna", "Where is it?\nThanks")],
        marker: "casella_7_abcd".into(),
        company: "Shop".into(),
        files: vec![],
        links: vec![],
        links_until: NOON,
    }
}

fn line(name: &str, text: &str) -> Line {
    Line {
        name: name.into(),
        at: NOON - 60_000,
        text: text.into(),
        ours: false,
        files: vec![],
    }
}

fn file(name: &str, content_type: &str, bytes: &[u8]) -> File {
    File {
        name: name.into(),
        content_type: content_type.into(),
        content_id: None,
        bytes: bytes.into(),
    }
}

fn composed(outgoing: &Outgoing) -> Vec<u8> {
    let templates = Templates::load(None).unwrap();
    let voice = Voice::utc(Language::En, NOON);
    mail(outgoing, &templates, &voice).unwrap().bytes
}

fn refused(outgoing: &Outgoing) -> bool {
    let templates = Templates::load(None).unwrap();
    mail(outgoing, &templates, &Voice::utc(Language::En, NOON)).is_err()
}

/// Both readable parts.
fn texts(bytes: &[u8]) -> (String, String) {
    let mail = MessageParser::new().parse(bytes).unwrap();
    let text = mail.body_text(0).unwrap().replace("\r\n", "\n");
    (text, mail.body_html(0).unwrap().into_owned())
}

/// The nesting of types, written like `mixed(alternative(text/plain, text/html), image/png)`.
fn shape(bytes: &[u8]) -> String {
    fn of(mail: &mail_parser::Message, part: usize) -> String {
        let part = &mail.parts[part];
        let kind = part.content_type().unwrap();
        let (kind, sub) = (kind.ctype(), kind.subtype().unwrap());
        match &part.body {
            mail_parser::PartType::Multipart(inner) => {
                let inner: Vec<_> = inner.iter().map(|n| of(mail, *n as usize)).collect();
                format!("{sub}({})", inner.join(", "))
            }
            _ => format!("{kind}/{sub}"),
        }
    }
    of(&MessageParser::new().parse(bytes).unwrap(), 0)
}

fn header_block(bytes: &[u8]) -> String {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    String::from_utf8(bytes[..end].to_vec()).unwrap()
}

#[test]
fn the_header_says_who_answers_what() {
    let head = header_block(&composed(&outgoing()));
    let lines: Vec<_> = head.lines().take(8).collect();
    assert_eq!(
        lines,
        [
            "From: =?utf-8?Q?Ada_=C2=B7_Shop?= <help@shop.example>",
            "To: \"Anna\" <anna@example.com>",
            "Reply-To: \"Shop\" <r+abc@shop.example>",
            "Subject: Re: Order 12",
            "Date: Fri, 2 Jan 2026 12:04:05 +0000",
            "Message-ID: <m.7.aaaa@shop.example>",
            "In-Reply-To: <in@example.com>",
            "References: <root@example.com> <in@example.com>",
        ]
    );
    for absent in ["Bcc", "Auto-Submitted", "Precedence", "List-"] {
        assert!(!head.contains(absent), "{head}");
    }
}

#[test]
fn the_same_message_is_the_same_bytes() {
    let mut outgoing = outgoing();
    outgoing
        .files
        .push(file("a.pdf", "application/pdf", b"%PDF"));
    assert_eq!(composed(&outgoing), composed(&outgoing));
}

#[test]
fn own_words_come_first_and_the_history_is_quoted_below() {
    let (text, html) = texts(&composed(&outgoing()));
    assert_eq!(
        text.trim_end(),
        "Hello Anna,\nit is on its way.\n\n\
         On 2 January 2026, 12:03 (UTC), Anna wrote:\n> Where is it?\n> Thanks"
    );
    let own = html.find("it is on its way.").unwrap();
    let quote = html.find("<blockquote type=\"cite\"").unwrap();
    assert!(html.find("casella_7_abcd").unwrap() < own && own < quote);
    assert!(html[quote..].contains("Where is it?"));
}

#[test]
fn personalisation_tags_are_sent_as_they_stand() {
    let mut outgoing = outgoing();
    outgoing.text = "Hi {{name}}, {{{subject}}} %FIRSTNAME% {{#if a}}b{{/if}}".into();
    outgoing.subject = "{{company}}".into();
    outgoing.history = vec![line("{{text}}", "{{marker}}")];
    let bytes = composed(&outgoing);
    let (text, html) = texts(&bytes);
    assert!(text.starts_with(&outgoing.text), "{text}");
    assert!(
        html.contains("Hi {{name}}, {{{subject}}} %FIRSTNAME%"),
        "{html}"
    );
    assert!(text.contains("{{text}} wrote:\n> {{marker}}"), "{text}");
    assert!(header_block(&bytes).contains("Subject: {{company}}"));
}

#[test]
fn markup_in_words_stays_words() {
    let mut outgoing = outgoing();
    outgoing.text = "a < b & <script>alert(1)</script>".into();
    let (text, html) = texts(&composed(&outgoing));
    assert!(text.starts_with("a < b & <script>"));
    assert!(
        !html.contains("<script>") && html.contains("&lt;script&gt;"),
        "{html}"
    );
}

#[test]
fn nothing_can_end_a_header() {
    for bad in [
        "a\r\nBcc: x@y.example",
        "a\nb",
        "a\rb",
        "a\0b",
        "a\u{2028}b",
    ] {
        let subject = Outgoing {
            subject: bad.into(),
            ..outgoing()
        };
        let name = Outgoing {
            to: vec![person(bad, "anna@example.com")],
            ..outgoing()
        };
        let id = Outgoing {
            in_reply_to: vec![bad.into()],
            ..outgoing()
        };
        let attached = Outgoing {
            files: vec![file(bad, "text/plain", b"")],
            ..outgoing()
        };
        for outgoing in [subject, name, id, attached] {
            assert!(refused(&outgoing), "{bad:?}");
        }
    }
}

#[test]
fn addresses_that_are_none_are_refused() {
    for bad in [
        "anna",
        "@example.com",
        "anna@",
        "a b@example.com",
        "anna@example.com, eve@example.com",
        "anna@example.com>\r\nX: y",
        "<anna@example.com",
        "anna@exa(mple).com",
    ] {
        let outgoing = Outgoing {
            to: vec![person("", bad)],
            ..outgoing()
        };
        assert!(refused(&outgoing), "{bad}");
    }
}

#[test]
fn names_and_domains_of_any_script() {
    let mut outgoing = outgoing();
    outgoing.to = vec![
        person("Jürgen Müller", "jm@bücher.example"),
        person("山田, 太郎", "taro@example.jp"),
        person("O\"Neil, \\Pat", "pat@example.com"),
    ];
    outgoing.subject = "Re: Größe — 注文 №5 ".trim().into();
    let bytes = composed(&outgoing);
    assert!(header_block(&bytes).is_ascii());
    let mail = MessageParser::new().parse(&bytes).unwrap();
    let names: Vec<_> = mail
        .to()
        .unwrap()
        .iter()
        .map(|a| a.name().unwrap())
        .collect();
    assert_eq!(names, ["Jürgen Müller", "山田, 太郎", "O\"Neil, \\Pat"]);
    let first = mail.to().unwrap().first().unwrap();
    assert_eq!(first.address(), Some("jm@xn--bcher-kva.example"));
    assert_eq!(mail.subject(), Some(outgoing.subject.as_str()));
}

#[test]
fn long_threads_keep_the_first_and_the_newest_ids() {
    let mut outgoing = outgoing();
    outgoing.references = (0..100).map(|n| format!("id{n}@example.com")).collect();
    let bytes = composed(&outgoing);
    let mail = MessageParser::new().parse(&bytes).unwrap();
    let ids = mail.references().as_text_list().unwrap();
    assert_eq!(ids.len(), 21);
    assert_eq!(
        (&*ids[0], &*ids[1], &*ids[20]),
        ("id0@example.com", "id80@example.com", "id99@example.com")
    );
    assert!(header_block(&bytes).lines().all(|line| line.len() <= 78));
}

#[test]
fn parts_nest_only_as_deep_as_needed() {
    let pdf = || file("a.pdf", "application/pdf", b"%PDF");
    let image = || File {
        content_id: Some("logo@shop".into()),
        ..file("logo.png", "image/png", b"\x89PNG")
    };
    let text = "alternative(text/plain, text/html)";
    let cases = [
        (vec![], text.to_owned()),
        (vec![pdf()], format!("mixed({text}, application/pdf)")),
        (vec![image()], format!("related({text}, image/png)")),
        (
            vec![pdf(), image(), pdf()],
            format!("mixed(related({text}, image/png), application/pdf, application/pdf)"),
        ),
    ];
    for (files, expected) in cases {
        let outgoing = Outgoing {
            files,
            ..outgoing()
        };
        assert_eq!(shape(&composed(&outgoing)), expected);
    }
}

#[test]
fn files_arrive_byte_for_byte_under_their_names() {
    let all: Vec<u8> = (0..=255).collect();
    let cases = [
        ("Rechnung März 2026.pdf", "application/pdf", all.as_slice()),
        ("請求書.pdf", "application/pdf", b"x"),
        (
            "quote\".txt",
            "text/plain",
            b"unix\nlines\rand\r\nothers".as_slice(),
        ),
        ("odd", "not a type", b""),
    ];
    for (name, kind, bytes) in cases {
        let outgoing = Outgoing {
            files: vec![file(name, kind, bytes)],
            ..outgoing()
        };
        let composed = composed(&outgoing);
        let mail = MessageParser::new().parse(&composed).unwrap();
        let attachment = mail.attachment(0).unwrap();
        assert_eq!(attachment.attachment_name(), Some(name));
        assert_eq!(attachment.contents(), bytes, "{name}");
    }
}

#[test]
fn every_line_is_short_and_ascii_whatever_the_words() {
    let long = "x".repeat(5_000);
    for text in [
        &long,
        "ὦ ἄνδρες Ἀθηναῖοι\r\nПривет\u{7}",
        ".\n..\nFrom me",
        "",
        "trailing  \n",
    ] {
        let outgoing = Outgoing {
            text: text.into(),
            ..outgoing()
        };
        let bytes = composed(&outgoing);
        assert!(bytes.is_ascii(), "{text}");
        let lines = String::from_utf8(bytes).unwrap();
        assert!(
            lines
                .split("\r\n")
                .all(|l| l.len() <= 78 && !l.contains(['\r', '\n'])),
            "{text}"
        );
    }
}

#[test]
fn a_follow_up_carries_every_chat_line_with_name_time_and_zone() {
    let outgoing = Outgoing {
        kind: Kind::FollowUp,
        history: vec![
            line("Visitor 3", "Do you ship to Malta?"),
            Line {
                ours: true,
                files: vec!["prices.pdf".into()],
                ..line("Ada", "Yes!\nSee the list.")
            },
        ],
        ..outgoing()
    };
    let (text, html) = texts(&composed(&outgoing));
    let expected = "> Visitor 3, 2 January 2026, 12:03 (UTC):\n> Do you ship to Malta?\n>\n\
                    > Ada, 2 January 2026, 12:03 (UTC):\n> Yes!\n> See the list.\n> [prices.pdf]\n>\n";
    assert!(text.starts_with("Hello Anna,"), "{text}");
    assert!(text.contains(expected), "{text}");
    for part in [
        "Visitor 3",
        "Do you ship to Malta?",
        "Yes!<br>See the list.",
        "[prices.pdf]",
    ] {
        assert!(
            html.replace("\r\n", "\n").contains(part),
            "{part} in {html}"
        );
    }
}

#[test]
fn times_are_told_in_the_readers_zone_and_language() {
    let templates = Templates::load(None).unwrap();
    let voice = Voice {
        language: Language::It,
        zone: jiff::tz::TimeZone::get("Europe/Rome").unwrap(),
        now: NOON,
    };
    let bytes = mail(&outgoing(), &templates, &voice).unwrap().bytes;
    let (text, _) = texts(&bytes);
    assert!(
        text.contains("Il 2 gennaio 2026, 13:03 (CET), Anna ha scritto:"),
        "{text}"
    );
}

#[test]
fn what_nobody_sent_says_so() {
    let outgoing = Outgoing {
        kind: Kind::Unseen,
        automatic: Some("help@shop.example".into()),
        text: String::new(),
        ..outgoing()
    };
    let bytes = composed(&outgoing);
    let head = header_block(&bytes);
    for field in [
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "X-Casella-Loop: help@shop.example",
    ] {
        assert!(head.contains(field), "{head}");
    }
    assert!(texts(&bytes).0.starts_with("You left the chat"));
}

#[test]
fn every_kind_has_templates_in_every_language() {
    let templates = Templates::load(None).unwrap();
    for kind in [Kind::Reply, Kind::FollowUp, Kind::Transcript, Kind::Unseen] {
        for language in Language::ALL {
            let outgoing = Outgoing { kind, ..outgoing() };
            let composed = mail(&outgoing, &templates, &Voice::utc(language, NOON)).unwrap();
            let (text, html) = texts(&composed.bytes);
            assert!(text.contains("Where is it?") && html.contains("Where is it?"));
            let keys = [
                "mail.wrote",
                "mail.continue",
                "mail.follow_up",
                "mail.unseen",
            ];
            assert!(!keys.iter().any(|key| text.contains(key)), "{text}");
        }
    }
}

#[test]
fn a_file_too_large_for_a_mail_goes_as_a_link_in_both_bodies() {
    let url = "https://inbox.shop.example/files/abc";
    let links = vec![Link {
        name: "<film>.mp4".into(),
        bytes: 24_000_000,
        url: url.into(),
    }];
    for kind in [Kind::Reply, Kind::FollowUp, Kind::Transcript, Kind::Unseen] {
        let outgoing = Outgoing {
            kind,
            links: links.clone(),
            ..outgoing()
        };
        let (text, html) = texts(&composed(&outgoing));
        assert!(
            text.contains(&format!("<film>.mp4 (24 MB): {url}")),
            "{text}"
        );
        assert!(text.contains("2 January 2026"), "{text}");
        let link = format!("<a href=\"{url}\">&lt;film&gt;.mp4</a>");
        assert!(html.contains(&link), "{html}");
    }
}
