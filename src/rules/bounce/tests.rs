//! What the fields of a report say, and which mail it is about. Whole reports, a file per mail system
//! and symptom, are read in `channel::email::read`.

use super::*;
use crate::rules::kind;
use crate::rules::mail::{Address, DeliveryStatus, Header, Report};

/// A mail whose header lines stand above a blank line.
fn mail(written: &str) -> Mail {
    let (head, text) = written
        .trim_start()
        .split_once("\n\n")
        .expect("a header and a text");
    let mut mail = Mail {
        text: text.to_owned(),
        ..Mail::default()
    };
    mail.to = vec![Address {
        name: String::new(),
        address: "inbox@shop.example".into(),
    }];
    for line in head.lines() {
        let (name, value) = line.split_once(": ").expect("a header line");
        mail.headers.push(Header {
            name: name.into(),
            value: value.into(),
        });
        match name {
            "From" => mail.from = address(value),
            "Subject" => mail.subject = value.into(),
            "In-Reply-To" => mail.in_reply_to = vec![value.into()],
            _ => {}
        }
    }
    mail
}

fn address(text: &str) -> Address {
    match text.split_once(" <") {
        Some((name, rest)) => Address {
            name: name.into(),
            address: rest.trim_end_matches('>').into(),
        },
        None => Address {
            name: String::new(),
            address: text.into(),
        },
    }
}

/// `recipient status permanent`, a delay and the original's id added where there are.
fn told(mail: &Mail) -> String {
    let Some(bounce) = read(mail, &kind::of(mail, None)) else {
        return "no bounce".into();
    };
    let known = |value: Option<String>| value.unwrap_or_else(|| "-".into());
    let mut words = vec![
        known(bounce.recipient.clone()),
        known(bounce.status.clone()),
    ];
    words.push(
        if bounce.permanent == Some(true) {
            "permanent"
        } else {
            "passing"
        }
        .into(),
    );
    words.extend(bounce.delayed.then(|| "delayed".into()));
    words.extend(bounce.original_message_id.map(|id| format!("<{id}>")));
    words.join(" ")
}

/// Exchange titles its reports in the language of its server; a gateway may have eaten the rest.
#[test]
#[rustfmt::skip] // a line per language
fn reports_of_exchange_in_its_languages() {
    for subject in [
        "Undeliverable: Order 12", "Unzustellbar: Bestellung 12", "Non remis : Commande 12", "Non recapitabile: Ordine 12",
        "No se puede entregar: Pedido 12", "Não é possível entregar: Pedido 12", "Onbestelbaar: Bestelling 12", "Kan inte levereras: Order 12",
        "Kan ikke leveres: Ordre 12", "Ei voi toimittaa: Tilaus 12", "Niedostarczalne: Zamówienie 12", "Nedoručitelné: Objednávka 12",
        "Nedoručiteľné: Objednávka 12", "Kézbesíthetetlen: Rendelés 12", "Imposibil de livrat: Comanda 12", "Не удается доставить: Заказ 12",
        "Не вдалося доставити: Замовлення 12", "Недоставимо: Поръчка 12", "Δεν είναι δυνατή η παράδοση: Παραγγελία 12", "Teslim Edilemiyor: Sipariş 12",
        "配信不能: 注文 12", "未送达: 订单 12", "無法傳遞: 訂單 12", "배달되지 않음: 주문 12", "לא ניתן למסירה: הזמנה 12", "غير قابل للتسليم: طلب 12",
    ] {
        let written = format!("From: Microsoft Outlook <MicrosoftExchange329e71ec@x.example>\nSubject: {subject}\n\nmario@x.example\n550 5.1.10 RESOLVER.ADR.RecipientNotFound\n");
        assert_eq!(told(&mail(&written)), "mario@x.example 5.1.10 permanent", "{subject}");
    }
}

fn report(recipients: &[DeliveryStatus]) -> Mail {
    let mut mail = mail("From: MAILER-DAEMON@mx.example\nSubject: Delivery report\n\nSee below.");
    mail.report = Some(Report {
        kind: "delivery-status".into(),
        recipients: recipients.to_vec(),
        ..Report::default()
    });
    mail
}

fn fields(last: &str, action: &str, status: &str) -> DeliveryStatus {
    let some = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    DeliveryStatus {
        final_recipient: some(last),
        action: some(action),
        status: some(status),
        ..DeliveryStatus::default()
    }
}

#[test]
#[rustfmt::skip] // a line per case
fn machine_readable_reports() {
    let with = |original: &str, diagnostic: &str, base: DeliveryStatus| DeliveryStatus { original_recipient: Some(original.into()), diagnostic: Some(diagnostic.into()), ..base };
    for (recipients, expected, why) in [
        (vec![fields("rfc822; mario@x.example", "failed", "5.1.1")], "mario@x.example 5.1.1 permanent", "the plain case"),
        (vec![fields("RFC822;<mario@x.example>", "Failed", "5.2.2")], "mario@x.example 5.2.2 permanent", "brackets"),
        (vec![fields("mario@x.example", "failed", "5.1.1 (bad mailbox)")], "mario@x.example 5.1.1 permanent", "no type, a comment"),
        (vec![fields("rfc822; mario@x.example", "delayed", "4.4.1")], "mario@x.example 4.4.1 passing delayed", "a delay"),
        (vec![fields("rfc822; a@x.example", "delivered", "2.0.0"), fields("rfc822; b@x.example", "failed", "5.1.1")], "b@x.example 5.1.1 permanent", "the one that failed"),
        (vec![fields("rfc822; a@x.example", "delayed", "4.4.1"), fields("rfc822; b@x.example", "failed", "5.1.1")], "b@x.example 5.1.1 permanent", "failure before delay"),
        (vec![fields("rfc822; a@x.example", "delivered", "2.0.0")], "no bounce", "good news is no bounce"),
        (vec![fields("rfc822; a@x.example", "relayed", "2.0.0")], "no bounce", "nor is this"),
        (vec![fields("rfc822; mario@x.example", "failed", "4.4.7")], "mario@x.example 4.4.7 passing", "given up, though the fault passes"),
        (vec![with("rfc822; mario@x.example", "smtp; 550 5.1.1 unknown", fields("rfc822; mario@mailhost", "failed", "5.0.0"))], "mario@x.example 5.1.1 permanent", "a private host's name, a vague status"),
        (vec![with("rfc822; info@x.example", "", fields("rfc822; mario@x.example", "failed", "5.1.1"))], "info@x.example 5.1.1 permanent", "behind an alias: whom we wrote to"),
        (vec![with("rfc822; mario@x.example", "smtp; 552 mailbox full", fields("x400; /S=mario/", "failed", ""))], "mario@x.example 5.2.2 permanent", "another address type, no status"),
        (vec![fields("", "failed", "")], "- - permanent", "nothing said"),
    ] {
        let recipients: Vec<_> = recipients.into_iter().map(|mut r| { r.action = r.action.map(|a| a.to_lowercase()); r }).collect();
        assert_eq!(told(&report(&recipients)), expected, "{why}");
    }
}

#[test]
fn the_original_is_named_by_what_is_enclosed_before_what_is_quoted() {
    let mut mail = report(&[fields("rfc822; mario@x.example", "failed", "5.1.1")]);
    mail.message_id = Some("report@mx.example".into());
    mail.in_reply_to = vec!["answered@shop.example".into()];
    let id = |mail: &Mail| {
        read(mail, &kind::of(mail, None))
            .unwrap()
            .original_message_id
    };
    assert_eq!(id(&mail).as_deref(), Some("answered@shop.example"));
    mail.text = "Message-ID: <report@mx.example>\n> Message-Id:\n>  <quoted@shop.example>\n".into();
    assert_eq!(
        id(&mail).as_deref(),
        Some("quoted@shop.example"),
        "not the report's own"
    );
    mail.attached = vec![(
        1,
        Mail {
            message_id: Some("enclosed@shop.example".into()),
            ..Mail::default()
        },
    )];
    assert_eq!(id(&mail).as_deref(), Some("enclosed@shop.example"));
}

#[test]
fn a_report_wrapped_in_another_is_read() {
    let mut outer = mail(
        "From: postmaster@gateway.example\nSubject: Delivery Status Notification (Failure)\n\nSee the attached report.",
    );
    outer.attached = vec![(
        1,
        report(&[fields("rfc822; mario@x.example", "failed", "5.1.1")]),
    )];
    assert_eq!(told(&outer), "mario@x.example 5.1.1 permanent");
}

#[test]
fn a_refusal_dressed_as_a_read_receipt_is_a_bounce() {
    let mut mail = mail(
        "From: Mail Delivery Subsystem <postmaster@x.example>\nSubject: Automatically rejected mail\n\nYour message to <mario@x.example> was automatically rejected:\nQuota exceeded",
    );
    let field = |name: &str, value: &str| Header {
        name: name.into(),
        value: value.into(),
    };
    mail.report = Some(Report {
        kind: "disposition-notification".into(),
        fields: vec![
            field("Final-Recipient", "rfc822; mario@x.example"),
            field("Original-Message-ID", "<m.16@shop.example>"),
            field(
                "Disposition",
                "automatic-action/MDN-sent-automatically; deleted",
            ),
        ],
        ..Report::default()
    });
    assert_eq!(
        told(&mail),
        "mario@x.example 5.2.2 permanent <m.16@shop.example>"
    );
}
