//! No rule panics, whatever a stranger writes: random mails from a fixed seed, made of the pieces the
//! rules look for and of plain noise.

use super::mail::{Address, DeliveryStatus, Forwarded, Header, Mail, Report, Team};
use super::{addresses, bounce, contacts, kind, loops, subject, threading};

/// Mails tried. Each seed gives the same mail for ever, so a failure can be run again.
const MAILS: u64 = 5_000;

/// A small generator (xorshift64*): the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides.max(1)
    }

    fn text(&mut self, most: usize) -> String {
        (0..self.roll(most))
            .map(|_| PIECES[self.roll(PIECES.len())])
            .collect()
    }

    fn maybe(&mut self) -> Option<String> {
        (self.roll(3) > 0).then(|| self.text(6))
    }

    fn list(&mut self) -> Vec<String> {
        (0..self.roll(4)).map(|_| self.text(4)).collect()
    }

    fn address(&mut self) -> Address {
        Address {
            name: self.text(4),
            address: self.text(4),
        }
    }

    fn addresses(&mut self) -> Vec<Address> {
        (0..self.roll(4)).map(|_| self.address()).collect()
    }

    fn headers(&mut self) -> Vec<Header> {
        (0..self.roll(8))
            .map(|_| Header {
                name: NAMES[self.roll(NAMES.len())].into(),
                value: self.text(8),
            })
            .collect()
    }

    fn report(&mut self) -> Option<Report> {
        let kinds = [
            "delivery-status",
            "feedback-report",
            "disposition-notification",
            "",
        ];
        (self.roll(3) == 0).then(|| Report {
            kind: kinds[self.roll(kinds.len())].into(),
            recipients: (0..self.roll(3)).map(|_| self.status()).collect(),
            envelope_id: self.maybe(),
            fields: self.headers(),
        })
    }

    fn status(&mut self) -> DeliveryStatus {
        DeliveryStatus {
            final_recipient: self.maybe(),
            original_recipient: self.maybe(),
            action: self.maybe(),
            status: self.maybe(),
            diagnostic: self.maybe(),
            remote_mta: self.maybe(),
        }
    }

    fn mail(&mut self, depth: usize) -> Mail {
        let attached = if depth > 0 && self.roll(3) == 0 {
            vec![(1, self.mail(depth - 1))]
        } else {
            Vec::new()
        };
        Mail {
            headers: self.headers(),
            message_id: self.maybe(),
            from: self.address(),
            sender: (self.roll(2) == 0).then(|| self.address()),
            reply_to: self.addresses(),
            to: self.addresses(),
            cc: self.addresses(),
            subject: self.text(8),
            in_reply_to: self.list(),
            references: self.list(),
            text: self.text(60),
            content_type: self.text(2),
            report: self.report(),
            attached,
            ..Mail::default()
        }
    }
}

#[rustfmt::skip]
const PIECES: &[&str] = &[
    "a", "ü", "漢", "é", "\u{301}", "\u{0}", "\u{feff}", "\u{202e}", "😀", " ", "\n", "\n\n", "\t",
    "\r", "@", "@x.example", "mario@x.example", "<", ">", "<>", ":", "：", ";", ",", ".", "-", "--",
    "=", "+", "[", "]", "[#", "[#7]", "(", ")", "\"", "'", "|", "*", "Re: ", "Fwd:", "(fwd)",
    "rfc822;", "smtp; ", "550", "550 5.1.1", "5.", "4.4.7", "user unknown", "quota", "RCPT TO:<",
    "Message-ID:", "Received: from", "----- Original message -----\n", "could not be delivered",
    "following recipients", " via ", "noreply", "mailer-daemon", "postmaster", "xn--", "xn--a",
    "gmail.com", "auto-replied", "no", "list", "Out of office", "ſ", "İ", "ß",
];

#[rustfmt::skip]
const NAMES: &[&str] = &[
    "Auto-Submitted", "Precedence", "List-Id", "List-Post", "X-Failed-Recipients",
    "X-Original-From", "X-Original-Sender", "X-Loop", "Return-Path", "Received", "Delivered-To",
    "X-Auto-Response-Suppress", "X-Casella-Loop", "Final-Recipient", "Disposition",
    "Original-Message-ID", "X-Forwarded-For", "", "ü",
];

fn judge(mail: &Mail, dice: &mut Dice) {
    let inboxes = vec![
        "inbox@shop.example".to_owned(),
        "@x.example".to_owned(),
        dice.text(3),
    ];
    let team = Team {
        addresses: vec!["anna@shop.example".into(), dice.text(3)],
        inboxes,
    };
    let forwarded = Forwarded {
        author: Some(dice.address()),
        reply_to: Some(dice.address()),
        ..Forwarded::default()
    };
    let path = dice.maybe();
    let kind = kind::of(mail, path.as_deref());
    if let Some(told) = bounce::read(mail, &kind) {
        bounce::reason(told.status.as_deref(), told.diagnostic.as_deref());
    }
    let author = contacts::author(mail, &forwarded, &team);
    contacts::answer_address(mail, &author, &team, dice.roll(2) == 0);
    contacts::resemblance(&author, &mail.from);
    contacts::same_organisation(&author.address, &mail.from.address);
    addresses::accepts(&team.inboxes, &author.address);
    addresses::from_headers(&team.inboxes, mail);
    loops::came_back(mail, &author.address);
    subject::answer(&mail.subject);
    subject::number(&mail.subject);
    threading::ids(mail, Some(forwarded.kind));
    threading::subject_key(&mail.subject);
}

#[test]
fn no_rule_panics() {
    for seed in 1..=MAILS {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mail = dice.mail(2);
        let judged =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge(&mail, &mut dice)));
        assert!(judged.is_ok(), "seed {seed}: {mail:?}");
    }
}

#[test]
fn keys_and_subjects_are_stable() {
    for seed in 1..=MAILS {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let text = dice.text(6);
        if let Some(key) = contacts::key(&text) {
            assert_eq!(
                contacts::key(&key).as_ref(),
                Some(&key),
                "the key of a key is itself: {text:?}"
            );
        }
        let bare = subject::bare(&text);
        assert_eq!(subject::bare(&bare), bare, "{text:?}");
        let answer = subject::answer(&text);
        assert_eq!(subject::answer(&answer), answer, "{text:?}");
    }
}
