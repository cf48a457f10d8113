use super::confirmation::{Confirmation, recognise};
use super::*;

fn asked(from: &str, subject: &str, text: &str) -> Option<Confirmation> {
    let mut mail = mail(subject, text);
    mail.from = address(from);
    recognise(&mail)
}

#[test]
fn gmails_own_words() {
    for (subject, text) in [
        (
            "(#123456789) Gmail Forwarding Confirmation - Receive Mail from giulia@client.example",
            "giulia@client.example has requested to automatically forward mail to your email address\ninbox@shop.example.\nConfirmation code: 123456789\n\nTo allow giulia@client.example to automatically forward mail to your address,\nplease click the link below to confirm the request:\n\nhttps://mail-settings.google.com/mail/vf-%5BANGjdJ8%5D-abc\n\nIf you accidentally clicked the link, click here to cancel:\nhttps://mail-settings.google.com/mail/uf-%5BANGjdJ8%5D-xyz",
        ),
        (
            "(#123456789) Conferma dell'inoltro di Gmail - Ricevi email da giulia@client.example",
            "giulia@client.example ha chiesto di inoltrare automaticamente i messaggi al tuo indirizzo\ninbox@shop.example.\nCodice di conferma: 123456789\n\nhttps://mail-settings.google.com/mail/vf-%5BANGjdJ8%5D-abc",
        ),
        (
            "Gmail Forwarding Confirmation - Receive Mail from giulia@client.example",
            "Confirmation code: 123456789\nhttps://mail-settings.google.com/mail/vf-%5BANGjdJ8%5D-abc.",
        ),
    ] {
        let found = asked("Gmail Team <forwarding-noreply@google.com>", subject, text);
        let wanted = Confirmation {
            provider: "Gmail",
            code: Some("123456789".to_owned()),
            link: Some("https://mail-settings.google.com/mail/vf-%5BANGjdJ8%5D-abc".to_owned()),
            address: Some("giulia@client.example".to_owned()),
        };
        assert_eq!(found, Some(wanted), "{subject}");
    }
}

#[test]
fn other_providers() {
    for (from, subject, text, provider, code, link) in [
        (
            "Yahoo <no-reply@cc.yahoo-inc.com>",
            "Please verify your forwarding address",
            "giulia@yahoo.com wants to forward. Verify: https://login.yahoo.com/account/verify?token=abc",
            "Yahoo Mail",
            None,
            Some("https://login.yahoo.com/account/verify?token=abc"),
        ),
        (
            "Zoho <noreply@zoho.com>",
            "Email forwarding confirmation",
            "giulia@client.example asks. Verification code: 482913",
            "Zoho Mail",
            Some("482913"),
            None,
        ),
        (
            "Яндекс <noreply@yandex.ru>",
            "Подтверждение пересылки",
            "Подтвердите: https://mail.yandex.ru/forward?code=abc",
            "Yandex",
            None,
            Some("https://mail.yandex.ru/forward?code=abc"),
        ),
        (
            "Fastmail <support@fastmail.com>",
            "Confirm forwarding of mail",
            "Open https://www.fastmail.com/confirm/abc.",
            "Fastmail",
            None,
            Some("https://www.fastmail.com/confirm/abc"),
        ),
    ] {
        let found = asked(from, subject, text);
        assert_eq!(
            found.as_ref().map(|c| c.provider),
            Some(provider),
            "{subject}"
        );
        assert_eq!(
            found.as_ref().and_then(|c| c.code.as_deref()),
            code,
            "{subject}"
        );
        assert_eq!(
            found.as_ref().and_then(|c| c.link.as_deref()),
            link,
            "{subject}"
        );
    }
}

#[test]
fn nobody_else_confirms_anything() {
    for (from, subject, text) in [
        (
            "G <giulia@client.example>",
            "(#123456789) Gmail Forwarding Confirmation",
            "https://mail-settings.google.com/mail/vf-x",
        ),
        (
            "G <forwarding-noreply@google.com.evil.example>",
            "(#123456789) Gmail Forwarding Confirmation",
            "https://mail-settings.google.com/mail/vf-x",
        ),
        (
            "Google <no-reply@accounts.google.com>",
            "Security alert",
            "code: 123456",
        ),
        ("Yahoo <a@yahoo.com>", "Hello", "I confirm the meeting."),
        (
            "G <giulia@yahoo.com>",
            "Please forward this",
            "I can confirm it works.",
        ),
        (
            "Giulia <giulia@gmx.net>",
            "Weiterleitung bestätigen",
            "Bitte bestätigen: https://www.gmx.net/confirm?token=abc",
        ),
        (
            "Yahoo <no-reply@cc.yahoo-inc.com>",
            "Please verify your forwarding address",
            "Verify: https://login.yahoo.com.evil.example/verify?token=abc",
        ),
    ] {
        assert_eq!(asked(from, subject, text), None, "{from} {subject}");
    }
}
