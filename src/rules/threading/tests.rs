use super::*;

fn at(id: u64) -> Candidate {
    Candidate {
        conversation: ConversationId(id),
        status: Status::Open,
        spam: false,
        takes_part: true,
    }
}

fn stranger(id: u64) -> Candidate {
    Candidate {
        takes_part: false,
        ..at(id)
    }
}

fn complete(id: u64) -> Candidate {
    Candidate {
        status: Status::Complete,
        ..at(id)
    }
}

/// The decision in a few words: where, why, and what is unusual about it.
fn told(decision: Decision) -> String {
    let place = match decision.place {
        Place::Existing(id) => format!("#{id}"),
        Place::New => "new".to_owned(),
    };
    let mut words = vec![place, decision.matched_by.as_str().to_owned()];
    let flags = [
        (decision.effect.reopens, "reopened"),
        (!decision.effect.unread, "read"),
        (decision.external, "external"),
    ];
    words.extend(
        flags
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, word)| (*word).to_owned()),
    );
    words.extend(decision.suggestion.map(|id| format!("perhaps #{id}")));
    words.join(" ")
}

#[test]
#[rustfmt::skip] // a line per case
fn where_a_mail_lands() {
    let facts = Facts::default;
    let contact = || Facts { known_contact: true, running: Some(at(7)), ..Facts::default() };
    for (facts, expected, why) in [
        (facts(), "new new", "nothing known"),
        (contact(), "#7 contact", "a known contact's running conversation"),
        (Facts { running: Some(complete(7)), ..contact() }, "#7 contact reopened", "whatever its status"),
        // Tokens.
        (Facts { token: Some(at(1)), ..contact() }, "#1 token", "a token beats all"),
        (Facts { token: Some(complete(1)), ..facts() }, "#1 token reopened", "and reopens"),
        (Facts { token: Some(stranger(1)), ..facts() }, "#1 token external", "a stranger with a token"),
        (Facts { token: Some(stranger(1)), references: vec![at(2)], ..contact() }, "#1 token external", "even one known elsewhere"),
        (Facts { token: Some(complete(1)), silent: true, ..facts() }, "#1 token read", "a vacation note neither reopens nor lights the dot"),
        // References.
        (Facts { references: vec![at(2)], ..contact() }, "#2 reference", "an id we know"),
        (Facts { references: vec![stranger(2), at(3)], ..facts() }, "#3 reference", "the first where the sender takes part"),
        (Facts { references: vec![complete(2)], ..facts() }, "#2 reference reopened", "reopened by an answer"),
        (Facts { references: vec![stranger(2)], ..facts() }, "new new perhaps #2", "a stranger who names a known id"),
        (Facts { references: vec![stranger(2)], ..contact() }, "#7 contact", "a known contact who does"),
        (Facts { references: vec![stranger(2), stranger(3)], ..facts() }, "new new perhaps #2", "the most telling id is suggested"),
        (Facts { references: vec![at(2)], silent: true, answers: true, ..facts() }, "#2 reference read", "a vacation note joins"),
        // Subject numbers.
        (Facts { numbered: Some(at(4)), ..contact() }, "#4 subject", "a participant names the number"),
        (Facts { numbered: Some(stranger(4)), ..facts() }, "new new", "anybody can type a number"),
        (Facts { numbered: Some(stranger(4)), ..contact() }, "#7 contact", "a contact who types another's number"),
        (Facts { references: vec![at(2)], numbered: Some(at(4)), ..facts() }, "#2 reference", "an id before a number"),
        // What does not gather in the contact's conversation.
        (Facts { list: true, ..contact() }, "new new", "a list"),
        (Facts { service: true, ..contact() }, "new new", "a no-reply sender"),
        (Facts { silent: true, answers: true, ..contact() }, "new new read", "a vacation note about nothing we know"),
        (Facts { silent: true, ..contact() }, "new new", "an alert wants to be seen"),
        (Facts { list: true, references: vec![at(2)], ..contact() }, "#2 reference", "a list's thread still threads"),
        (Facts { same_subject: Some(ConversationId(5)), ..contact() }, "#7 contact", "the subject plays no part"),
        (Facts { running: Some(Candidate { spam: true, ..complete(7) }), ..contact() }, "#7 contact read", "spam stays where it was put"),
        // One conversation per thread.
        (Facts { mode: Mode::Thread, ..contact() }, "new new", "a known contact, another thread"),
        (Facts { mode: Mode::Thread, same_subject: Some(ConversationId(5)), ..contact() }, "new new perhaps #5", "the same subject is a suggestion"),
        (Facts { mode: Mode::Thread, references: vec![at(2)], ..contact() }, "#2 reference", "an id we know"),
        (Facts { mode: Mode::Thread, references: vec![stranger(2)], same_subject: Some(ConversationId(5)), ..contact() }, "new new perhaps #2", "an id before a subject"),
        (Facts { mode: Mode::Thread, token: Some(at(1)), ..contact() }, "#1 token", "a token beats all"),
    ] {
        assert_eq!(told(decide(&facts)), expected, "{why}");
    }
}

fn mail(in_reply_to: &[&str], references: &[&str]) -> Mail {
    let owned = |ids: &[&str]| ids.iter().map(|id| id.to_string()).collect();
    Mail {
        in_reply_to: owned(in_reply_to),
        references: owned(references),
        ..Mail::default()
    }
}

#[test]
fn ids_in_the_order_they_tell() {
    assert_eq!(ids(&mail(&["c"], &["a", "b", "c"]), None), ["c", "b", "a"]);
    assert_eq!(ids(&mail(&[], &["a", "b"]), None), ["b", "a"]);
    assert!(ids(&mail(&[], &[]), None).is_empty());
    let many: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let kept = mail(&[], &many);
    let kept = ids(&kept, None);
    assert_eq!(
        (kept.len(), kept[0], kept[19]),
        (20, "999", "0"),
        "the newest, and the root"
    );
}

#[test]
fn a_teams_forward_never_threads_by_its_own_references() {
    let mut outer = mail(&["agents-thread"], &["agents-thread"]);
    outer.attached.push((
        1,
        Mail {
            message_id: Some("customers".into()),
            ..mail(&["before"], &[])
        },
    ));
    assert!(ids(&outer, Some(ForwardKind::Manual)).is_empty());
    assert_eq!(
        ids(&outer, Some(ForwardKind::Attached)),
        ["customers", "before"]
    );
}

#[test]
fn who_takes_part() {
    for (sender, dkim, participants, takes_part, why) in [
        (
            &["m@x.example"][..],
            None,
            &["a@b.example", "m@x.example"][..],
            true,
            "the address itself",
        ),
        (
            &["new@x.example", "m@x.example"],
            None,
            &["m@x.example"],
            true,
            "another of the contact's addresses",
        ),
        (
            &["n@x.example"],
            None,
            &["m@x.example"],
            false,
            "a colleague, unproven",
        ),
        (
            &["n@x.example"],
            Some("X.example"),
            &["m@x.example"],
            true,
            "a colleague, proven by DKIM",
        ),
        (
            &["n@x.example"],
            Some("mailer.example"),
            &["m@x.example"],
            false,
            "DKIM of somebody else",
        ),
        (
            &["n@gmail.com"],
            Some("gmail.com"),
            &["m@gmail.com"],
            false,
            "freemail makes no colleagues",
        ),
        (
            &["n@x.example"],
            Some("x.example"),
            &["m@sub.x.example"],
            false,
            "another domain",
        ),
        (&[], Some("x.example"), &["m@x.example"], false, "no sender"),
        (&["m@x.example"], None, &[], false, "nobody there"),
    ] {
        let owned = |list: &[&str]| list.iter().map(|a| a.to_string()).collect::<Vec<_>>();
        assert_eq!(
            super::takes_part(&owned(sender), dkim, &owned(participants)),
            takes_part,
            "{why}"
        );
    }
}
