//! The recorded payloads of restfb (MIT, github.com/restfb/restfb at ca24c19d,
//! src/test/resources/json/webhooks) and the shapes that broke other people's readers.

use super::*;

const PAGE: &str = "12345654332";
const PSID: &str = "987654321432";
const AT: Millis = 1_457_764_197_627;

fn recorded(name: &str) -> Happening {
    let path = format!(
        "{}/src/tests/messenger/restfb-{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let body = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut all = read(&body).unwrap();
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
    let cases = [
        ("message-basic", PAGE, Some(PSID), AT, "numeric ids"),
        (
            "message-basic-echo",
            PAGE,
            Some(PSID),
            AT,
            "the sender is the user",
        ),
        (
            "optin-basic",
            PAGE,
            Some(PSID),
            1_234_567_890_000,
            "seconds",
        ),
        (
            "pass-thread-control",
            "1234567890321",
            Some("USER_ID"),
            1_473_204_787_206,
            "",
        ),
        (
            "policy-callback-block",
            PAGE,
            None,
            1_458_692_752_478,
            "no sender",
        ),
        (
            "postback-chat",
            PAGE,
            None,
            1_458_692_752_478,
            "a user_ref alone",
        ),
        (
            "delivery-basic",
            PAGE,
            Some(PSID),
            1_458_668_856_451,
            "the entry's time",
        ),
        (
            "message-product-template",
            "682498302938465",
            Some("<PSID>"),
            1_518_479_195_308,
            "",
        ),
    ];
    for (name, page, psid, at, why) in cases {
        let event = recorded(name);
        assert_eq!(
            (event.page.as_str(), event.psid.as_deref(), event.timestamp),
            (page, psid, at),
            "{name}: {why}"
        );
    }
}

#[test]
fn every_recorded_kind_is_known() {
    type Expected = fn(&What) -> bool;
    let cases: [(&str, Expected); 17] = [
        (
            "message-basic",
            |w| matches!(w, What::Message(s) if s.text == "hello, world!"),
        ),
        (
            "message-basic-echo",
            |w| matches!(w, What::Echo { app_id: Some(app), .. } if app == "1517776481860111"),
        ),
        ("standby-message-basic-echo", |w| {
            matches!(
                w,
                What::Echo {
                    metadata: Some(_),
                    ..
                }
            )
        }),
        (
            "message-edits",
            |w| matches!(w, What::Edited { text, .. } if text == "hello, world!"),
        ),
        (
            "message-isdeleted",
            |w| matches!(w, What::Unsent { mid } if mid == "message_id"),
        ),
        (
            "message-isunsupported",
            |w| matches!(w, What::Unsupported { mid } if mid == "message_id"),
        ),
        ("optin-userref", |w| matches!(w, What::OptIn)),
        ("take-thread-control", |w| {
            matches!(w, What::Ownership { .. })
        }),
        ("request-thread-control", |w| {
            matches!(w, What::Ownership { .. })
        }),
        ("approles", |w| matches!(w, What::Ownership { .. })),
        (
            "policy-callback-block",
            |w| matches!(w, What::Policy { action, .. } if action == "block"),
        ),
        (
            "postback-basic",
            |w| matches!(w, What::Postback { payload, .. } if payload == "USER_DEFINED_PAYLOAD"),
        ),
        (
            "reaction-1",
            |w| matches!(w, What::Reacted { emoji: Some(e), .. } if e == "😢"),
        ),
        ("reaction-2", |w| {
            matches!(w, What::Reacted { emoji: None, .. })
        }),
        ("referral-basic", |w| matches!(w, What::Referral { .. })),
        ("accountlinking-linked", |w| matches!(w, What::Ignored)),
        ("payment", |w| matches!(w, What::Ignored)),
    ];
    for (name, expected) in cases {
        let event = recorded(name);
        assert!(expected(&event.what), "{name}: {:?}", event.what);
    }
    assert!(recorded("standby-message-basic-echo").standby);
}

#[test]
fn watermarks_are_read() {
    let delivered = What::Delivered {
        watermark: 1_458_668_856_253,
        mids: vec!["mid.1458668856218:ed81099e15d3f4f233".into()],
    };
    assert_eq!(recorded("delivery-basic").what, delivered);
    assert_eq!(
        recorded("read-basic").what,
        What::Read {
            watermark: 1_458_668_856_253
        }
    );
}

#[test]
fn what_a_message_carries_is_read() {
    assert_eq!(
        said("message-quickreply").quick_reply.as_deref(),
        Some("PAYLOAD_QUICK_REPLY")
    );
    let reply = said("message-reply-1").reply_to_mid;
    assert_eq!(
        reply.as_deref(),
        Some("very_long_id_representing_the_original_message")
    );
    assert_eq!(
        said("message-reply-2").reply_to_mid,
        None,
        "a reply to a story"
    );
    assert_eq!(said("message-prior").text, "Thanks for messaging me!");
}

#[test]
fn files_are_read_in_every_shape() {
    let only = |name: &str| said(name).files.remove(0);
    let fallback = only("message-fallback-attachment");
    assert_eq!(
        (fallback.kind, fallback.title.as_str()),
        (FileKind::Link, "Legacy Attachment"),
        "beside a string"
    );
    assert_eq!(fallback.url.as_deref(), Some("https://www.messenger.com/"));
    assert_eq!(
        only("message-location-attachment").place,
        Some((12.34, 43.21))
    );
    let image = only("message-media-attachment");
    assert_eq!(
        (image.kind, image.url.as_deref()),
        (FileKind::Media, Some("IMAGE_URL"))
    );
    let sticker = only("message-sticker-thumbup");
    assert_eq!(
        (sticker.kind, sticker.sticker_id.as_deref()),
        (FileKind::Sticker, Some("369239263222822"))
    );
    assert_eq!(only("message-product-template").type_name, "template");
    assert_eq!(only("button-template").kind, FileKind::Link);
}

#[test]
fn one_bad_event_never_costs_its_neighbours() {
    let body = br#"{"object":"page","entry":[{"id":"1","messaging":[
        17, {"sender":"odd","message":"not an object"}, {"sender":{"id":"7"},"recipient":{"id":"1"},"timestamp":1,
        "message":{"mid":"m1","text":"good"}}, {"sender":{"id":"7"},"telepathy":{"x":1}}]},
        null, {"id":1,"messaging":[{"sender":{"id":7},"message":{"mid":"m2","text":"also good"}}]}]}"#;
    let texts: Vec<_> = read(body)
        .unwrap()
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
        match read(body.as_bytes()).unwrap().remove(0).what {
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

#[test]
fn any_bytes_are_an_answer_or_an_error() {
    for body in [
        &b""[..],
        b"null",
        b"[]",
        b"{\"entry\":7}",
        b"\xff\xfe",
        b"{\"entry\":[[[[]]]]}",
        b"\\ud8",
    ] {
        let _ = read(body);
    }
    assert!(
        read("[".repeat(100_000).as_bytes()).is_err(),
        "too deep to read, and no crash"
    );
}
