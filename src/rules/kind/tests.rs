use super::*;
use crate::rules::mail::{Address, Header, Report};

/// A mail from `Field: value` lines.
fn mail(lines: &str) -> Mail {
    let mut mail = Mail::default();
    mail.from.address = "mario@x.example".into();
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
            "From" => {
                mail.from = Address {
                    name: String::new(),
                    address: value.into(),
                }
            }
            "Subject" => mail.subject = value.into(),
            "Text" => mail.text = value.into(),
            "In-Reply-To" => mail.in_reply_to = vec![value.into()],
            _ => {}
        }
    }
    mail
}

const PERSON: &str = "";
const SILENT: &str = "no_auto_answer";
const AUTO: &str = "auto_reply no_auto_answer";

fn told(kind: &Kind) -> String {
    let flags = [
        (kind.auto_reply, "auto_reply"),
        (kind.bounce, "bounce"),
        (kind.complaint, "complaint"),
        (kind.read_receipt, "read_receipt"),
        (kind.no_auto_answer, "no_auto_answer"),
    ];
    flags
        .iter()
        .filter(|(set, _)| *set)
        .map(|(_, name)| *name)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
#[rustfmt::skip] // a line per case
fn kinds() {
    let some = Some("mario@x.example");
    for (lines, path, expected, why) in [
        ("Subject: Hello", some, PERSON, "a person"),
        ("Subject: Hello", None, PERSON, "a person, envelope unknown"),
        ("Auto-Submitted: no", some, PERSON, "says it is none"),
        ("Auto-Submitted: No; owner-email=\"x@y\"", some, PERSON, "with a parameter"),
        ("Auto-Submitted: auto-replied", some, AUTO, "RFC 3834"),
        ("Auto-Submitted: auto-replied; owner-email=\"x@y\"", some, AUTO, "with a parameter"),
        ("Auto-Submitted: auto-replied (vacation)", some, AUTO, "with a comment"),
        ("Auto-Submitted: auto-generated", some, AUTO, "any keyword but no"),
        ("Auto-Submitted: auto-generated\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent", some, SILENT, "an Exchange rule forwards a person's mail"),
        ("X-Autoreply: yes", some, AUTO, "older marks"),
        ("X-Autorespond: Re: hello", some, AUTO, "older marks"),
        ("X-Autoresponder: 1", some, AUTO, "older marks"),
        ("X-Auto-Reply: no", some, PERSON, "an older mark that says no"),
        ("Precedence: auto_reply", some, AUTO, "older marks"),
        ("Precedence: AUTO-REPLY", some, AUTO, "in any spelling"),
        ("Delivered-To: Autoresponder", some, AUTO, "Lotus"),
        // Vacation subjects need a second trace.
        ("Subject: Out of office", some, PERSON, "people write this too"),
        ("Subject: Absence de mon colis", some, PERSON, "and this"),
        ("Subject: Re: Automatic reply: Order\nIn-Reply-To: a@b", some, PERSON, "a person answers a vacation note"),
        ("Subject: Automatic reply: Order\nIn-Reply-To: a@b", some, AUTO, "it answers a mail"),
        ("Subject: Automatic reply: Order", Some(""), AUTO, "null path"),
        ("Subject: Automatic reply: Order\nReturn-Path: <>", None, AUTO, "null path told by Return-Path"),
        ("Subject: Abwesenheitsnotiz\nPrecedence: bulk", some, AUTO, "bulk"),
        ("Subject: Risposta automatica: Ordine\nX-Auto-Response-Suppress: All", some, AUTO, "suppresses answers"),
        ("Subject: Order\nIn-Reply-To: a@b", some, PERSON, "an ordinary answer"),
        ("Subject: AUTO: Mario Rossi is out of the office (returning 05/01/2026)", some, PERSON, "Notes, no trace"),
        ("Subject: AUTO: Mario Rossi is out of the office (returning 05/01/2026)\nText: Note: This is an automated response to your message", some, AUTO, "Notes, and the text says so"),
        ("Subject: Out of office\nText: > This is an automated response\n", some, PERSON, "a quoted line says it of another mail"),
        ("Subject: Order\nText: This is an automated response", some, PERSON, "the text alone proves nothing"),
        ("Subject: Thank you for your mail\nPrecedence: bulk", Some(""), AUTO, "an acknowledgement from nobody"),
        ("Subject: News\nPrecedence: bulk\nList-Unsubscribe: <https://x.example>", Some(""), SILENT, "a newsletter from nobody"),
        // No automatic answer, still a person's mail.
        ("Subject: Hello", Some(""), SILENT, "null path alone"),
        ("Subject: Hello", Some("<>"), SILENT, "null path with brackets"),
        ("Precedence: list", some, SILENT, "a list"),
        ("Precedence: Bulk", some, SILENT, "bulk"),
        ("Precedence: normal", some, PERSON, "no precedence"),
        ("List-Unsubscribe: <https://x.example>", some, SILENT, "a newsletter"),
        ("list-id: <l.x.example>", some, SILENT, "a list"),
        ("Listing: none", some, PERSON, "not a List- header"),
        ("X-Auto-Response-Suppress: OOF", some, SILENT, "suppresses answers"),
        ("X-Auto-Response-Suppress: None", some, PERSON, "suppresses nothing"),
        ("X-Loop: me", some, SILENT, "a loop mark"),
        ("From: no-reply@x.example", some, SILENT, "a no-reply sender"),
    ] {
        assert_eq!(told(&of(&mail(lines), path)), expected, "{why}: {lines}");
    }
}

#[test]
fn reports_are_told_apart() {
    let report = |kind: &str, auto: bool| {
        let mut mail = mail(if auto {
            "Auto-Submitted: auto-replied"
        } else {
            ""
        });
        mail.report = Some(Report {
            kind: kind.into(),
            ..Report::default()
        });
        told(&of(&mail, Some("")))
    };
    assert_eq!(
        report("delivery-status", true),
        "bounce no_auto_answer",
        "a bounce before an auto-reply"
    );
    assert_eq!(report("feedback-report", true), "complaint no_auto_answer");
    assert_eq!(
        report("disposition-notification", true),
        "read_receipt no_auto_answer"
    );
    assert_eq!(report("tlsrpt", false), "no_auto_answer");
}

#[test]
fn vacation_subjects() {
    for subject in [
        "Automatic reply: Order",
        "Out of Office: Order",
        "AutoReply: x",
        "Risposta automatica: Ordine",
        "Fuori sede: ordine",
        "Automatische Antwort: Bestellung",
        "自动答复: 订单",
        "Аутоматски одговор: поруџбина",
        "Sjálfvirkt svar: pöntun",
        "Abwesenheitsnotiz: Bestellung",
        "Réponse automatique : commande",
        "Absence du bureau : commande",
        "Respuesta automática: pedido",
        "Fuera de la oficina: pedido",
        "Resposta automática: pedido",
        "Automatisch antwoord: bestelling",
        "Automatisk svar: ordre",
        "Automatiskt svar: order",
        "Autosvar: ordre",
        "Automaattinen vastaus: tilaus",
        "Automatyczna odpowiedź: zamówienie",
        "Automatická odpověď: objednávka",
        "Automatická odpoveď: objednávka",
        "Automatikus válasz: rendelés",
        "Автоматический ответ: заказ",
        "Автоматична відповідь: замовлення",
        "Автоматичен отговор: поръчка",
        "Răspuns automat: comandă",
        "Automatski odgovor: narudžba",
        "Samodejni odgovor: naročilo",
        "Αυτόματη απάντηση: παραγγελία",
        "Otomatik yanıt: sipariş",
        "Automatinis atsakymas: užsakymas",
        "Automātiska atbilde: pasūtījums",
        "Automaatvastus: tellimus",
        "رد تلقائي: طلب",
        "תשובה אוטומטית: הזמנה",
        "自动回复：订单",
        "自動回覆: 訂單",
        "自動返信: 注文",
        "【自動返信】ご注文",
        "자동 회신: 주문",
        "ตอบกลับอัตโนมัติ: คำสั่งซื้อ",
        "Trả lời tự động: đơn hàng",
        "Balasan otomatis: pesanan",
        "Mario Rossi is out of the office",
        "[Auto-Reply] Order",
    ] {
        assert!(vacation::subject(subject), "{subject}");
    }
    for subject in [
        "Order 12",
        "Re: Out of office",
        "Fwd: Automatic reply",
        "My automatic door",
        "",
        "Question about absence",
    ] {
        assert!(!vacation::subject(subject), "{subject}");
    }
}

#[test]
fn list_ids() {
    for (lines, id) in [
        (
            "List-Id: Friends <Friends.list.example>",
            Some("friends.list.example"),
        ),
        ("List-Id: <a.b>", Some("a.b")),
        ("List-Id: a.b", Some("a.b")),
        ("List-Id: \"a < b\" <c.d>", Some("c.d")),
        ("List-Post: <mailto:L@list.example>", Some("l@list.example")),
        (
            "Mailing-List: list l@list.example; contact o@list.example",
            Some("l@list.example"),
        ),
        ("List-Post: NO", None),
        ("List-Unsubscribe: <https://x.example>", None),
    ] {
        assert_eq!(list_id(&mail(lines)).as_deref(), id, "{lines}");
    }
}

#[test]
fn a_machines_first_word_is_no_answer() {
    assert!(!is_answer(&mail(
        "Auto-Submitted: auto-generated\nSubject: Disk full"
    )));
    assert!(is_answer(&mail(
        "Auto-Submitted: auto-replied\nIn-Reply-To: a@b"
    )));
    assert!(is_answer(&mail("Subject: Automatic reply: Order")));
}

#[test]
fn at_an_address_for_reports_the_null_path_reports_in_any_words() {
    let person = Kind::default();
    let vacation = Kind {
        auto_reply: true,
        ..Kind::default()
    };
    for (kind, mail_from, bounce) in [
        (&person, Some(""), true),
        (&person, Some("mario@x.example"), false),
        (&person, None, false),
        (&vacation, Some(""), false),
    ] {
        let judged = at_report_address(kind.clone(), mail_from);
        assert_eq!(judged.bounce, bounce, "{kind:?} {mail_from:?}");
    }
}
