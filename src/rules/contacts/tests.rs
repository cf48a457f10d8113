use super::*;
use crate::rules::mail::{ForwardKind, Forwarded, Header};

fn address(text: &str) -> Address {
    match text.split_once('<') {
        Some((name, rest)) => Address {
            name: name.trim().into(),
            address: rest.trim_end_matches('>').into(),
        },
        None => Address {
            name: String::new(),
            address: text.into(),
        },
    }
}

fn team() -> Team {
    Team {
        addresses: vec!["anna@shop.example".into(), "bruno@elsewhere.example".into()],
        inboxes: vec!["support@shop.example".into()],
    }
}

/// A mail from `Field: value` lines.
fn mail(lines: &str) -> Mail {
    let mut mail = Mail::default();
    for line in lines
        .split('\n')
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let (name, value) = line.split_once(": ").expect("a header line");
        mail.headers.push(Header {
            name: name.into(),
            value: value.into(),
        });
        match name {
            "From" => mail.from = address(value),
            "Sender" => mail.sender = Some(address(value)),
            "Reply-To" => mail.reply_to = value.split(", ").map(address).collect(),
            "To" => mail.to = value.split(", ").map(address).collect(),
            "Cc" => mail.cc = value.split(", ").map(address).collect(),
            _ => {}
        }
    }
    mail
}

#[test]
fn keys() {
    for (address, expected) in [
        ("Mario@Shop.Example", Some("mario@shop.example")),
        (" <mario@shop.example> ", Some("mario@shop.example")),
        ("mario@MÜLLER.example", Some("mario@xn--mller-kva.example")),
        ("Ma.Rio+news@Gmail.com", Some("mario@gmail.com")),
        ("m.a.r.i.o@googlemail.com", Some("mario@gmail.com")),
        ("...@gmail.com", Some("...@gmail.com")),
        ("ma.rio+news@shop.example", Some("ma.rio+news@shop.example")),
        ("\"a@b\"@shop.example", Some("\"a@b\"@shop.example")),
        ("mario", None),
        ("@shop.example", None),
        ("mario@", None),
        ("", None),
    ] {
        assert_eq!(key(address).as_deref(), expected, "{address:?}");
    }
}

#[test]
fn services() {
    for (address, service) in [
        ("noreply@x.example", true),
        ("No-Reply@x.example", true),
        ("no_reply+123@x.example", true),
        ("do-not-reply@x.example", true),
        ("shop-noreply@x.example", true),
        ("ne-pas-repondre@x.example", true),
        ("non.rispondere@x.example", true),
        ("MAILER-DAEMON@x.example", true),
        ("bounces+abc=x@x.example", true),
        ("wordpress@x.example", true),
        ("reply@x.example", false),
        ("noreen@x.example", false),
        ("mario@noreply.example", false),
        ("bouncer@club.example", false),
        ("", false),
    ] {
        assert_eq!(is_service(address), service, "{address}");
    }
}

#[test]
fn organisations() {
    for (a, b, same) in [
        ("a@firm.example", "b@firm.example", true),
        ("a@mail.firm.example", "b@firm.example", true),
        ("a@firm.example", "b@otherfirm.example", false),
        ("a@gmail.com", "b@gmail.com", false),
        ("a@yahoo.co.uk", "b@yahoo.co.uk", false),
        ("a@hotmail.it", "b@hotmail.it", false),
        ("a@com", "b@firm.com", false),
        ("a", "b", false),
    ] {
        assert_eq!(same_organisation(a, b), same, "{a} {b}");
    }
}

#[test]
#[rustfmt::skip] // a line per case
fn authors_without_a_forward() {
    use Attribution::*;
    for (lines, expected, rule, why) in [
        ("From: Mario <mario@x.example>", "Mario <mario@x.example>", From, "the plain case"),
        ("From: Mario <mario@x.example>\nReply-To: other@y.example", "Mario <mario@x.example>", From, "Reply-To is where to answer, not who wrote"),
        ("From: Mario <mario@x.example>\nResent-From: anna@shop.example", "Mario <mario@x.example>", From, "a redirect leaves From"),
        ("From: undisclosed\nSender: mario@x.example", "mario@x.example", From, "Sender where From holds no address"),
        ("From: nobody here\nReply-To: mario@x.example", "mario@x.example", From, "then Reply-To"),
        ("From: nobody here", "nobody here", From, "nothing better"),
        // Lists.
        ("From: 'Mario Rossi' via Support <support@shop.example>\nX-Original-From: Mario Rossi <mario@x.example>\nX-Original-Sender: mario@x.example\nList-Post: <mailto:support@shop.example>", "Mario Rossi <mario@x.example>", BehindList, "Google Groups put itself in From"),
        ("From: Mario Rossi via Lista <lista@list.example>\nReply-To: Mario Rossi <mario@x.example>, lista@list.example\nList-Post: <mailto:lista@list.example>", "Mario Rossi <mario@x.example>", BehindList, "Mailman: the true sender stands in Reply-To"),
        ("From: 'Mario' via Sales <sales@shop.example>\nX-Original-Sender: mario@x.example\nList-Id: <sales.shop.example>", "Mario <mario@x.example>", BehindList, "the name of From without via, the address of X-Original-Sender"),
        ("From: Support <support@shop.example>\nX-Original-Sender: support@shop.example\nList-Post: <mailto:support@shop.example>\nTo: mario@x.example", "mario@x.example", OwnCopy, "a colleague truly wrote from the group's address"),
        ("From: Mario <mario@x.example>\nX-Original-Sender: mario@x.example\nList-Post: <mailto:lista@list.example>\nReply-To: lista@list.example", "Mario <mario@x.example>", From, "an ordinary list mail"),
        ("From: Flights via Paris <tickets@air.example>", "Flights via Paris <tickets@air.example>", From, "via alone, with nobody behind it"),
        // Contact forms.
        ("From: Website <support@shop.example>\nReply-To: Mario <mario@x.example>\nTo: support@shop.example", "Mario <mario@x.example>", Form, "our form"),
        ("From: Mario Rossi <forms@shop.example>\nReply-To: mario@x.example", "Mario Rossi <mario@x.example>", Form, "the name stands in From"),
        ("From: Forms <noreply@forms.example>\nReply-To: mario@x.example", "Forms <mario@x.example>", Form, "a form service"),
        ("From: wordpress@blog.example\nReply-To: Mario <mario@gmail.com>", "Mario <mario@gmail.com>", Form, "a blog's own form"),
        ("From: GitHub <noreply@github.example>\nReply-To: reply+abc@reply.github.example", "GitHub <noreply@github.example>", From, "a service's own answer address is no visitor"),
        ("From: noreply@forms.example\nReply-To: visitor@unknown", "noreply@forms.example", From, "Reply-To made up by the form"),
        ("From: noreply@forms.example\nReply-To: support@shop.example", "noreply@forms.example", From, "Reply-To is us"),
        ("From: noreply@forms.example\nReply-To: not an address", "noreply@forms.example", From, "Reply-To malformed"),
        // Our own copies.
        ("From: support@shop.example\nTo: anna@shop.example, Mario <mario@x.example>", "Mario <mario@x.example>", OwnCopy, "the first foreign recipient"),
        ("From: Support+123@Shop.example\nTo: support@shop.example\nCc: mario@x.example", "mario@x.example", OwnCopy, "Cc too"),
        ("From: support@shop.example\nTo: anna@shop.example", "support@shop.example", From, "nobody foreign"),
        ("From: anna@shop.example\nTo: support@shop.example, mario@x.example", "anna@shop.example", From, "an agent is not the inbox"),
    ] {
        let expected = address(expected);
        assert_eq!(
            attribute(&mail(lines), &Forwarded::default(), &team()),
            (expected, rule),
            "{why}: {lines}"
        );
    }
}

#[test]
#[rustfmt::skip] // a line per case
fn authors_of_forwards() {
    use ForwardKind::{Attached, Automatic, Manual};
    for (from, kind, author, reply_to, expected, why) in [
        ("anna@shop.example", Manual, Some("Mario <mario@x.example>"), None, "Mario <mario@x.example>", "an agent forwards"),
        ("ANNA@shop.example", Manual, Some("mario@x.example"), None, "mario@x.example", "in any case of letters"),
        ("support@shop.example", Attached, Some("mario@x.example"), None, "mario@x.example", "the company's own address"),
        ("anna@shop.example", Manual, Some("Mario <form@web.example>"), Some("mario@x.example"), "Mario <mario@x.example>", "the block's Reply-To wins"),
        ("anna@shop.example", Manual, Some("mario@x.example"), Some("support@shop.example"), "mario@x.example", "not where it leads to us"),
        ("anna@shop.example", Manual, Some("mario@x.example"), Some("noreply@x.example"), "mario@x.example", "nor to nobody"),
        ("anna@shop.example", Manual, Some("bruno@elsewhere.example"), None, "anna@shop.example", "a colleague's mail passed on"),
        ("anna@shop.example", Manual, Some("no address"), None, "anna@shop.example", "no address in the block"),
        ("anna@shop.example", Automatic, Some("mario@x.example"), None, "anna@shop.example", "an automatic forward keeps From"),
        ("anna@shop.example", ForwardKind::None, None, None, "anna@shop.example", "no forward at all"),
        ("Customer <c@x.example>", Manual, Some("mario@x.example"), None, "Customer <c@x.example>", "anyone else's forward is theirs"),
        ("Customer <c@x.example>", Attached, Some("mario@x.example"), Some("mario@x.example"), "Customer <c@x.example>", "attached too"),
    ] {
        let forwarded = Forwarded {
            kind,
            author: author.map(address),
            reply_to: reply_to.map(address),
            ..Forwarded::default()
        };
        let found = super::author(&mail(&format!("From: {from}")), &forwarded, &team());
        assert_eq!(found, address(expected), "{why}");
    }
}

#[test]
fn an_attached_copy_of_our_own_mail_belongs_to_its_recipient() {
    let mut outer = mail("From: anna@shop.example");
    outer.attached = vec![(
        1,
        mail("From: support@shop.example\nTo: Mario <mario@x.example>"),
    )];
    let forwarded = Forwarded {
        kind: ForwardKind::Attached,
        author: Some(address("support@shop.example")),
        ..Forwarded::default()
    };
    assert_eq!(
        author(&outer, &forwarded, &team()),
        address("Mario <mario@x.example>")
    );
}

#[test]
#[rustfmt::skip] // a line per case
fn where_to_answer() {
    for (lines, dmarc, reply_to, suspicious, why) in [
        ("From: m@x.example", true, None, false, "no Reply-To"),
        ("From: m@x.example\nReply-To: m@x.example", false, None, false, "Reply-To repeats From"),
        ("From: m@x.example\nReply-To: n@y.example", true, Some("n@y.example"), false, "proven by DMARC"),
        ("From: m@x.example\nReply-To: n@y.example", false, None, true, "forged From with the attacker's Reply-To"),
        ("From: m@x.example\nReply-To: team@mail.x.example", false, Some("team@mail.x.example"), false, "the same organisation"),
        ("From: m@gmail.com\nReply-To: n@gmail.com", false, None, true, "a freemail domain is nobody's"),
        ("From: m@x.example\nReply-To: list@l.example\nList-Post: <mailto:list@l.example>", true, None, false, "a list"),
        ("From: m@x.example\nReply-To: support+1@shop.example", true, None, false, "an inbox of ours"),
        ("From: m@x.example\nReply-To: m@unknown", true, None, false, "made up"),
        ("From: m@x.example\nReply-To: nonsense", true, None, false, "malformed"),
        ("From: m@x.example\nReply-To: nonsense, n@y.example", true, Some("n@y.example"), false, "the first that is usable"),
    ] {
        let mail = mail(lines);
        let answer = answer_address(&mail, &mail.from, &team(), dmarc);
        assert_eq!(
            (answer.reply_to.map(|a| a.address).as_deref(), answer.suspicious),
            (reply_to, suspicious),
            "{why}"
        );
    }
}

#[test]
fn lists_of_others() {
    use crate::rules::mail::Kind;
    let listed = Kind {
        list_id: Some("l.list.example".into()),
        ..Kind::default()
    };
    assert!(is_foreign_list(
        &mail("List-Post: <mailto:l@list.example>"),
        &listed,
        &team()
    ));
    assert!(
        !is_foreign_list(
            &mail("List-Post: <mailto:support@shop.example>"),
            &listed,
            &team()
        ),
        "our own group"
    );
    assert!(!is_foreign_list(
        &mail("From: a@b.example"),
        &Kind::default(),
        &team()
    ));
}

#[test]
#[rustfmt::skip] // a line per case
fn look_alikes() {
    use Resemblance::*;
    for (sender, known, found) in [
        ("Mario Rossi <mario@x.example>", "Mario Rossi <MARIO@x.example>", None),
        ("Mario Rossi <mario@y.example>", "Mario Rossi <mario@x.example>", Some(SameName)),
        ("Rossi, Mario <m@y.example>", "Mario Rossi <mario@x.example>", Some(SameName)),
        ("Mаrio Rossi <m@y.example>", "Mario Rossi <mario@x.example>", Some(SameName)),
        ("Mario <m@y.example>", "Mario <mario@x.example>", None),
        ("M <mario@firrn.example>", "Mario <mario@firm.example>", Some(LookAlikeAddress)),
        ("M <mari0@firm.example>", "Mario <mario@firm.example>", Some(LookAlikeAddress)),
        ("M <mario@fіrm.example>", "Mario <mario@firm.example>", Some(LookAlikeAddress)),
        ("M <ma-rio@firm.example>", "Mario <mario@firm.example>", Some(LookAlikeAddress)),
        ("mario@firm.example <evil@y.example>", "Mario <mario@firm.example>", Some(NamedAsAddress)),
        ("Anna <anna@y.example>", "Mario <mario@x.example>", None),
        ("<>", "Mario <mario@x.example>", None),
    ] {
        assert_eq!(
            resemblance(&address(sender), &address(known)),
            found,
            "{sender} and {known}"
        );
    }
}
