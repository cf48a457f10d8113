use super::*;

fn keys(secrets: &[u8]) -> Keys {
    let secrets: Vec<_> = secrets.iter().map(|byte| [*byte; 32]).collect();
    Keys::new(&secrets).unwrap()
}

fn reply(conversation: u64, recipient: u32) -> Token {
    Token::Reply {
        conversation,
        recipient,
    }
}

fn bounce(message: u64, recipient: u32) -> Token {
    Token::Bounce { message, recipient }
}

#[test]
fn an_address_comes_back_as_what_it_was_made_for() {
    let keys = keys(&[1]);
    for (id, recipient) in [
        (0, 0),
        (1, 1),
        (7, 300),
        (255, 256),
        (1 << 40, 3),
        (u64::MAX, u32::MAX),
    ] {
        for token in [reply(id, recipient), bounce(id, recipient)] {
            let local = local_part(&keys, token);
            assert!(local.len() <= 41, "{local}");
            assert_eq!(local, local.to_ascii_lowercase());
            assert_eq!(read_local_part(&keys, &local), Signed::Right(token));
        }
    }
}

#[test]
fn case_does_not_matter() {
    let keys = keys(&[1]);
    let local = local_part(&keys, reply(12, 34));
    let upper = local.to_ascii_uppercase();
    assert_ne!(upper, local);
    assert_eq!(read_local_part(&keys, &upper), Signed::Right(reply(12, 34)));
}

#[test]
fn every_flipped_bit_is_refused() {
    let keys = keys(&[1, 2]);
    let local = local_part(&keys, reply(1234, 99_999));
    let bytes = BASE32_NOPAD_NOCASE.decode(&local.as_bytes()[2..]).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let flipped = format!("r+{}", base32(&bytes));
        assert_eq!(read_local_part(&keys, &flipped), Signed::Wrong, "bit {bit}");
    }
}

#[test]
fn every_changed_character_is_refused() {
    let keys = keys(&[1]);
    let local = local_part(&keys, bounce(5, 6));
    for at in 2..local.len() {
        for other in "abcdefghijklmnopqrstuvwxyz234567".chars() {
            let mut changed = local.clone();
            changed.replace_range(at..=at, &other.to_string());
            if changed != local {
                assert_eq!(read_local_part(&keys, &changed), Signed::Wrong, "{changed}");
            }
        }
    }
}

#[test]
fn local_parts_that_are_none_or_wrong() {
    let keys = keys(&[1]);
    let right = local_part(&keys, reply(1, 2));
    let cases = [
        ("inbox", Signed::No),
        ("", Signed::No),
        ("r", Signed::No),
        ("inbox+r+abc", Signed::No),
        ("è+", Signed::No),
        ("r+", Signed::Wrong),
        ("r+a", Signed::Wrong),
        ("r+è", Signed::Wrong),
        ("b+hello-world", Signed::Wrong),
        (&right[..right.len() - 1], Signed::Wrong),
        (&format!("{right}a"), Signed::Wrong),
        (&format!("{right}aaaaaaaa"), Signed::Wrong),
        // A reply address turned into a bounce address: the purpose is signed too.
        (&right.replacen("r+", "b+", 1), Signed::Wrong),
    ];
    for (local, expected) in cases {
        assert_eq!(read_local_part(&keys, local), expected, "{local}");
    }
}

#[test]
fn an_old_key_stays_right_and_a_strange_one_never_is() {
    let old = keys(&[1]);
    let grown = keys(&[1, 2]);
    let strange = keys(&[9]);
    let local = local_part(&old, reply(3, 4));
    assert_eq!(read_local_part(&grown, &local), Signed::Right(reply(3, 4)));
    assert_eq!(read_local_part(&strange, &local), Signed::Wrong);
    let newer = local_part(&grown, reply(3, 4));
    assert_eq!(read_local_part(&old, &newer), Signed::Wrong);

    let id = message_id(&old, 77, "example.com");
    assert_eq!(read_message_id(&grown, &id), Some(77));
    assert_eq!(read_message_id(&strange, &id), None);
    let html = marker(&old, 77);
    assert_eq!(find_marker(&grown, &html), Some((0, 77)));
    assert_eq!(find_marker(&strange, &html), None);
}

#[test]
fn a_ring_needs_a_key() {
    assert!(Keys::new(&[]).is_none());
    assert!(Keys::new(&[[0; 32]; 257]).is_none());
    assert!(Keys::new(&[[0; 32]; 256]).is_some());
}

#[test]
fn message_ids_that_are_ours_and_that_are_not() {
    let keys = keys(&[1]);
    let id = message_id(&keys, 4711, "example.com");
    assert!(
        id.starts_with("m.4711.") && id.ends_with("@example.com"),
        "{id}"
    );
    let mac = &id["m.4711.".len()..id.find('@').unwrap()];
    assert_eq!(mac.len(), MAC_CHARS);
    let cases = [
        (id.clone(), Some(4711)),
        (format!("<{id}>"), Some(4711)),
        (id.to_ascii_uppercase(), Some(4711)),
        // Relays put their own domain there.
        (format!("m.4711.{mac}@relay.example.net"), Some(4711)),
        (format!("m.4712.{mac}@example.com"), None),
        (format!("m.04711.{mac}@example.com"), None),
        (format!("m.+4711.{mac}@example.com"), None),
        (format!("m.4711.{}@example.com", &mac[1..]), None),
        ("m.4711.@example.com".into(), None),
        ("m.4711@example.com".into(), None),
        (format!("m.4711.{mac}"), None),
        ("CAF=abc@mail.gmail.com".into(), None),
        ("".into(), None),
    ];
    for (id, expected) in cases {
        assert_eq!(read_message_id(&keys, &id), expected, "{id}");
    }
    let flipped: Vec<_> = (0..MAC_CHARS)
        .map(|at| {
            let mut mac = mac.to_owned();
            let other = if mac.as_bytes()[at] == b'a' { "b" } else { "a" };
            mac.replace_range(at..=at, other);
            format!("m.4711.{mac}@example.com")
        })
        .collect();
    assert!(
        flipped
            .iter()
            .all(|id| read_message_id(&keys, id).is_none())
    );
}

#[test]
fn a_marker_is_found_wherever_a_client_left_it() {
    let keys = keys(&[1]);
    let marker = marker(&keys, 12);
    assert!(marker.len() <= 40);
    assert!(
        marker
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_')
    );
    let cases = [
        (
            format!("<p>Thanks</p><div id=\"{marker}\">Hi"),
            Some((22, 12)),
        ),
        (format!("<div id=\"m_-42{marker}\">"), Some((14, 12))),
        (
            format!("<a name=\"casella_99_abc\"><a name=\"{marker}\">"),
            Some((34, 12)),
        ),
        (marker.replace("casella_12", "casella_13"), None),
        ("casella_".into(), None),
        ("casella_12_è".into(), None),
        ("nothing".into(), None),
    ];
    for (html, expected) in cases {
        assert_eq!(find_marker(&keys, &html), expected, "{html}");
    }
}

#[test]
fn a_marker_stays_short_enough_for_word() {
    assert!(marker(&keys(&[1]), 999_999_999_999_999).len() <= 40);
}
