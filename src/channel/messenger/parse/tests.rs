//! Every shape of an event, a file each, and the shapes that broke other people's readers.

use super::*;

const PAGE: &str = "440011223344";
const PSID: &str = "7700112233445566";
const AT: Millis = 1_781_000_000_123;

/// The one event of `src/tests/messenger/NAME.json`.
fn recorded(name: &str) -> Happening {
    let path = format!(
        "{}/src/tests/messenger/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let body = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut all = read(&body).events;
    assert_eq!(all.len(), 1, "{name}");
    all.remove(0)
}

fn said(name: &str) -> Said {
    match recorded(name).what {
        What::Message(said) => said,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn ids_times_and_sides_are_read_whatever_their_form() {
    #[rustfmt::skip] // a line per case
    let cases = [
        ("numeric-ids", Some(PSID), AT, "numbers"),
        ("echo", Some(PSID), AT, "the sender is the page"),
        ("echo-reversed", Some(PSID), AT, "the sender is the user"),
        ("optin-in-seconds", Some(PSID), 1_781_000_000_000, "seconds"),
        ("policy-with-a-hyphen", None, AT, "no sender"),
        ("postback-user-ref", None, AT, "a user_ref alone"),
        ("optin-user-ref", None, 1_781_000_000_000, "no sender at all"),
        ("delivery-without-time", Some(PSID), AT + 400, "the entry's time"),
    ];
    for (name, psid, at, why) in cases {
        let event = recorded(name);
        assert_eq!(
            (event.page.as_str(), event.psid.as_deref(), event.timestamp),
            (PAGE, psid, at),
            "{name}: {why}"
        );
    }
    assert!(recorded("standby-echo").standby);
    assert!(recorded("reaction-by-the-page").by_page);
    assert!(!recorded("reaction").by_page);
}

#[test]
fn every_kind_is_known() {
    let mid = |mid: &str| mid.to_owned();
    let ownership = |kind: &str, new_owner: Option<&str>| What::Ownership {
        kind: kind.into(),
        new_owner: new_owner.map(str::to_owned),
    };
    let answer = Said {
        mid: mid("m_2"),
        text: "We do, in three days.".into(),
        ..Said::default()
    };
    let echo = |metadata: Option<&str>| What::Echo {
        said: answer.clone(),
        app_id: Some("5566".into()),
        metadata: metadata.map(str::to_owned),
    };
    let postback = |mid: Option<&str>, title: &str, payload: &str| What::Postback {
        mid: mid.map(str::to_owned),
        title: title.into(),
        payload: payload.into(),
    };
    let reacted = |mid: &str, emoji: Option<&str>| What::Reacted {
        mid: mid.into(),
        emoji: emoji.map(str::to_owned),
    };
    #[rustfmt::skip] // a line per case
    let cases = [
        ("echo", echo(Some("from elsewhere"))),
        ("echo-reversed", echo(None)),
        ("standby-echo", echo(None)),
        ("edit", What::Edited { mid: mid("m_1"), text: "Do you ship to Gozo?".into(), count: 2 }),
        ("unsent", What::Unsent { mid: mid("m_1") }),
        ("unsupported", What::Unsupported { mid: mid("m_3") }),
        ("optin-in-seconds", What::OptIn),
        ("optin-user-ref", What::OptIn),
        ("pass-thread-control", ownership("pass_thread_control", Some("5566"))),
        ("take-thread-control", ownership("take_thread_control", None)),
        ("request-thread-control", ownership("request_thread_control", None)),
        ("app-roles", ownership("app_roles", None)),
        ("policy-with-a-hyphen", What::Policy { action: "warning".into(), reason: "Too many messages".into() }),
        ("postback", postback(None, "", "ORDER_STATUS")),
        ("postback-user-ref", postback(None, "", "hey")),
        ("postback-referral", postback(Some("m_12"), "Get started", "START")),
        ("reaction", reacted("m_2", Some("❤"))),
        ("reaction-taken-back", reacted("m_2", None)),
        ("reaction-by-the-page", reacted("m_1", Some("👍"))),
        ("read", What::Read { watermark: AT - 5_000 }),
        ("delivery-without-time", What::Delivered { watermark: AT - 6_000, mids: vec![mid("m_2")] }),
        ("referral", What::Referral { source: "SHORTLINK".into() }),
        ("account-linking", What::Ignored),
        ("payment", What::Ignored),
    ];
    for (name, expected) in cases {
        assert_eq!(recorded(name).what, expected, "{name}");
    }
}

#[test]
fn what_a_message_carries_is_read() {
    assert_eq!(said("numeric-ids").text, "Do you ship to Malta?");
    assert_eq!(said("quick-reply").quick_reply.as_deref(), Some("SIZE_M"));
    assert_eq!(said("reply").reply_to_mid.as_deref(), Some("m_2"));
    assert_eq!(said("reply-to-story").reply_to_mid, None);
    assert_eq!(said("prior-message").text, "Hello from the form");
}

#[test]
fn files_are_read_in_every_shape() {
    let sticker = Some("https://media.example/s.png?oe=6A000000");
    #[rustfmt::skip] // a line per case
    let cases = [
        ("fallback-beside-a-string", FileKind::Link, Some("https://shop.example/hours"), "Opening hours"),
        ("fallback-without-address", FileKind::Link, None, "Attachment Unavailable"),
        ("location", FileKind::Location, None, "Ada's Location"),
        ("image", FileKind::Media, Some("PLACEHOLDER"), ""),
        ("sticker", FileKind::Sticker, sticker, ""),
        ("sticker-before-2026", FileKind::Sticker, sticker, ""),
        ("template-buttons", FileKind::Link, Some("https://shop.example/sizes"), "Choose"),
        ("template-product", FileKind::Link, None, "Blue jumper"),
    ];
    for (name, kind, url, title) in cases {
        let file = said(name).files.remove(0);
        assert_eq!(
            (file.kind, file.url.as_deref(), file.title.as_str()),
            (kind, url, title),
            "{name}"
        );
    }
    assert_eq!(said("location").files[0].place, Some((35.9, 14.51)));
    let id = said("sticker-before-2026").files[0].sticker_id.clone();
    assert_eq!(id.as_deref(), Some("42"));
}

#[test]
fn one_bad_event_never_costs_its_neighbours() {
    let body = br#"{"object":"page","entry":[{"id":"1","messaging":[
        17, {"sender":"odd","message":"not an object"}, {"sender":{"id":"7"},"recipient":{"id":"1"},"timestamp":1,
        "message":{"mid":"m1","text":"good"}}, {"sender":{"id":"7"},"telepathy":{"x":1}}]},
        null, {"id":1,"messaging":[{"sender":{"id":7},"message":{"mid":"m2","text":"also good"}}]}]}"#;
    let reading = read(body);
    assert!(reading.odd);
    let texts: Vec<_> = reading
        .events
        .into_iter()
        .filter_map(|event| match event.what {
            What::Message(said) => Some(said.text),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["good", "also good"]);
}

#[test]
fn broken_text_is_read_as_far_as_it_goes() {
    let with = |text: &str| {
        let body = format!(
            r#"{{"entry":[{{"id":"1","messaging":[{{"sender":{{"id":"7"}},"message":{{"mid":"m","text":"{text}"}}}}]}}]}}"#
        );
        match read(body.as_bytes()).events.remove(0).what {
            What::Message(said) => said.text,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        with(r"a \ud83d b"),
        "a \u{fffd} b",
        "half of a pair, cut by a length limit"
    );
    assert_eq!(with(r"a \udc00"), "a \u{fffd}");
    assert_eq!(with(r"\ud83d\ud83d\ude22"), "\u{fffd}😢");
    assert_eq!(
        with(r"\\ud83d"),
        r"\ud83d",
        "an escaped backslash is no escape"
    );
    assert_eq!(with(r"\u00e4 \/ \u003C"), "ä / <");
}

/// A webhook of one good event on each side of this one.
fn between(event: &str) -> Reading {
    let good = |mid: &str| {
        format!(
            r#"{{"sender":{{"id":"7"}},"timestamp":1,"message":{{"mid":"{mid}","text":"good"}}}}"#
        )
    };
    let (before, after) = (good("a"), good("b"));
    read(
        format!(
            r#"{{"object":"page","entry":[{{"id":"1","messaging":[{before},{event},{after}]}}]}}"#
        )
        .as_bytes(),
    )
}

#[test]
fn an_event_no_parser_reads_costs_only_itself() {
    let deep = format!(
        r#"{{"sender":{}1{}}}"#,
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    for broken in [
        deep.as_str(),
        r#"{"timestamp":1e999}"#,
        r#"{"timestamp":NaN}"#,
        r#"{"timestamp":01}"#,
        r#"{"sender":"}]}]","x":tru}"#,
        "{\"message\":\"raw\nline\"}",
        "null",
        "7",
    ] {
        let reading = between(broken);
        let good =
            |event: &&Happening| matches!(&event.what, What::Message(said) if said.text == "good");
        let events = &reading.events;
        assert_eq!(
            events.iter().filter(good).count(),
            2,
            "{}",
            &broken[..broken.len().min(40)]
        );
        assert!(reading.odd || broken == "7", "{broken}");
    }
}

#[test]
fn odd_numbers_and_repeated_keys_are_read() {
    let event = r#"{"sender":{"id":9,"id":70.0},"recipient":{"id":1.0},"timestamp":"1781000000123",
        "timestamp":1781000000123.0,"message":{"mid":17,"text":5}}"#;
    let event = &between(event).events[1];
    assert_eq!((event.psid.as_deref(), event.timestamp), (Some("70"), AT));
    let What::Message(said) = &event.what else {
        panic!("{event:?}");
    };
    assert_eq!((said.mid.as_str(), said.text.as_str()), ("17", "5"));
    for (time, expected) in [
        ("-5", 0),
        ("0", 0),
        ("\"soon\"", 0),
        ("null", 0),
        ("1781000000", 1_781_000_000_000),
        ("99999999999999999999999", i64::MAX),
    ] {
        let event = format!(
            r#"{{"sender":{{"id":"7"}},"timestamp":{time},"message":{{"mid":"c","text":"x"}}}}"#
        );
        assert_eq!(between(&event).events[1].timestamp, expected, "{time}");
    }
}

#[test]
fn an_id_beyond_all_measure_is_known_by_its_hash() {
    let long = "m".repeat(100_000);
    let event = format!(r#"{{"sender":{{"id":"7"}},"message":{{"mid":"{long}","text":"x"}}}}"#);
    let mid = |reading: &Reading| match &reading.events[1].what {
        What::Message(said) => said.mid.clone(),
        other => panic!("{other:?}"),
    };
    let (first, again) = (between(&event), between(&event));
    assert!(mid(&first).len() < 100);
    assert_eq!(mid(&first), mid(&again));
}

#[test]
fn a_list_may_be_missing_around_what_is_one() {
    let event = r#"{"sender":{"id":"7"},"message":{"mid":"m","text":"x"}}"#;
    for body in [
        format!(r#"{{"entry":{{"id":"1","messaging":{event}}}}}"#),
        format!(r#"[{{"entry":[{{"id":"1","messaging":[{event}]}}]}}]"#),
        format!("\u{feff}{{\"entry\":[{{\"id\":\"1\",\"messaging\":[{event}]}}]}}"),
    ] {
        assert_eq!(read(body.as_bytes()).events.len(), 1, "{body}");
    }
}

#[test]
fn what_was_not_understood_is_odd_and_the_dashboards_test_is_not() {
    for body in [
        &b""[..],
        b"null",
        b"[]",
        b"7",
        b"{}",
        b"{\"entry\":7}",
        b"{\"entry\":null}",
        b"{\"entry\":[{\"id\":\"1\"}]}",
        b"{\"entry\":[{\"id\":\"1\",\"messaging\":null}]}",
        b"{\"entry\":[{\"id\":\"1\",\"messaging\":[{}]}]}",
        b"\xff\xfe",
        b"{\"entry\":[[[[]]]]}",
        b"\\ud8",
        b"{\"entry\":[{\"messaging\":[{\"message",
    ] {
        assert!(read(body).odd, "{}", String::from_utf8_lossy(body));
    }
    assert!(read("[".repeat(100_000).as_bytes()).odd, "and no crash");
    let test =
        br#"{"object":"page","entry":[{"id":"0","time":1,"changes":[{"field":"messages"}]}]}"#;
    assert_eq!(read(test), Reading::default());
}
