//! A case per mail system and symptom. The texts are in the systems' forms, with people of our own.

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

#[test]
fn prose_of_mail_systems() {
    let wrong = CASES.iter().filter_map(|(system, written, expected)| {
        let told = told(&mail(written));
        (told != *expected).then(|| format!("{system}: {told}, not {expected}"))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
}

const CASES: &[(&str, &str, &str)] = &[
    (
        "Postfix, unknown user",
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>\nSubject: Undelivered Mail Returned to Sender\n\n\
         This is the mail system at host mx.example.\n\nI'm sorry to have to inform you that your message could not\n\
         be delivered to one or more recipients. It's attached below.\n\n<mario@x.example>: host mail.x.example[192.0.2.9] said: 550 5.1.1\n\
         <mario@x.example>: Recipient address rejected: User unknown in virtual\n    mailbox table (in reply to RCPT TO command)\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "Postfix, delay",
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>\nSubject: Delayed Mail (still being retried)\n\n\
         ####################################################################\n# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #\n\
         ####################################################################\n\nYour message could not be delivered for more than 4 hour(s).\n\
         It will be retried until it is 5 day(s) old.\n\n<mario@x.example>: connect to mail.x.example[192.0.2.9]:25: Connection timed out\n",
        "mario@x.example 4.4.1 passing delayed",
    ),
    (
        "Exim, the returned mail below",
        "From: Mail Delivery System <Mailer-Daemon@mx.example>\nSubject: Mail delivery failed: returning message to sender\nX-Failed-Recipients: mario@x.example\n\n\
         This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\n\
         recipients. This is a permanent error. The following address(es) failed:\n\n  mario@x.example\n    host mail.x.example [192.0.2.9]\n\
         \x20   SMTP error from remote mail server after RCPT TO:<mario@x.example>:\n    550 No such user here\n\n\
         ------ This is a copy of the message, including all the headers. ------\n\nReturn-path: <inbox@shop.example>\nMessage-ID: <m.7@shop.example>\n",
        "mario@x.example 5.1.1 permanent <m.7@shop.example>",
    ),
    (
        "Exim, an alias hides the address",
        "From: Mail Delivery System <Mailer-Daemon@mx.example>\nSubject: Mail delivery failed: returning message to sender\n\n\
         A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n\
         \x20 an undisclosed address\n    (generated from mario@x.example)\n    mailbox is full: retry timeout exceeded\n",
        "mario@x.example 5.2.2 permanent",
    ),
    (
        "Exim, delay",
        "From: Mail Delivery System <Mailer-Daemon@mx.example>\nSubject: Warning: message 1abcde-000123-AB delayed 24 hours\n\n\
         A message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.example.\n\n\
         The address to which the message has not yet been delivered is:\n\n  mario@x.example\n    Delay reason: Connection timed out\n\n\
         No action is required on your part. Delivery attempts will continue for\nsome time.\n",
        "mario@x.example 4.4.1 passing delayed",
    ),
    (
        "qmail",
        "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.example.\n\
         I'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n\
         <mario@x.example>:\n192.0.2.9 does not like recipient.\nRemote host said: 552 Quota exceeded\nGiving up on 192.0.2.9.\n\n\
         --- Below this line is a copy of the message.\n\nReturn-Path: <inbox@shop.example>\nMessage-Id: <m.8@shop.example>\n",
        "mario@x.example 5.2.2 permanent <m.8@shop.example>",
    ),
    (
        "Sendmail, in the old way",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>\nSubject: Returned mail: see transcript for details\n\n\
         The original message was received at Fri, 2 Jan 2026 03:04:05 GMT\nfrom localhost\n\n   ----- The following addresses had permanent fatal errors -----\n\
         <mario@x.example>\n    (reason: 550 5.1.1 <mario@x.example>... User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mail.x.example.:\n\
         >>> DATA\n<<< 550 5.1.1 <mario@x.example>... User unknown\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "Sendmail, delay",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>\nSubject: Warning: could not send message for past 4 hours\n\n\
         \x20   **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n\
         \x20   **********************************************\n\n   ----- The following addresses had transient non-fatal errors -----\n<mario@x.example>\n\n\
         451 4.1.8 mario@x.example: Name server: x.example: host name lookup failure\n",
        "mario@x.example 4.1.8 passing delayed",
    ),
    (
        "Exchange 5.5",
        "From: System Administrator <postmaster@x.example>\nSubject: Undeliverable: Order 12\n\nYour message\n\n  To:      Mario\n  Subject: Order 12\n\
         \x20 Sent:    Fri, 2 Jan 2026 03:04:05 -0000\n\ndid not reach the following recipient(s):\n\nc=US;a= ;p=X;o=Y;dda:SMTP=mario@x.example; on Fri, 2 Jan 2026 03:05:00 -0000\n\
         \x20   The recipient name is not recognized\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "Exchange Online, prose only",
        "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@x.example>\nSubject: Undeliverable: Order 12\n\n\
         Your message to mario@x.example couldn't be delivered.\n\nmario wasn't found at x.example.\n\nOriginal Message Details\nCreated Date: 1/2/2026 3:04:05 AM\n\
         Sender Address: inbox@shop.example\nRecipient Address: mario@x.example\n\nError Details\nReported error: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient mario@x.example not found by SMTP address lookup\n\n\
         Original Message Headers\nReceived: from a by b\nMessage-ID: <m.9@shop.example>\n",
        "mario@x.example 5.1.10 permanent <m.9@shop.example>",
    ),
    (
        "Exchange, German",
        "From: Microsoft Outlook <postmaster@x.example>\nSubject: Unzustellbar: Bestellung 12\n\nFehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\n\
         mario@x.example\nDas Postfach des Empfängers ist voll und kann zurzeit keine Nachrichten annehmen. Postfach ist voll.\n",
        "mario@x.example 5.2.2 permanent",
    ),
    (
        "Exchange, Italian",
        "From: Microsoft Outlook <postmaster@x.example>\nSubject: Non recapitabile: Ordine 12\n\nImpossibile recapitare il messaggio ai seguenti destinatari o gruppi:\n\n\
         mario@x.example\nL'indirizzo di posta elettronica immesso non è stato trovato.\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "Exchange, French",
        "From: System Administrator <postmaster@x.example>\nSubject: Non remis : Commande 12\n\nÉchec de la remise pour ces destinataires ou groupes :\n\n\
         mario@x.example\nL'adresse de messagerie que vous avez entrée est introuvable.\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "Gmail",
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)\nIn-Reply-To: m.10@shop.example\n\n\
         ** Address not found **\n\nYour message wasn't delivered to mario@x.example because the address couldn't be found, or is unable to receive mail.\n\n\
         The response from the remote server was:\n550 5.1.1 The email account that you tried to reach does not exist. Learn more at https://support.google.com/mail/?p=NoSuchUser a1-2.3 - gsmtp\n",
        "mario@x.example 5.1.1 permanent <m.10@shop.example>",
    ),
    (
        "Gmail, before 2016",
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)\nX-Failed-Recipients: mario@x.example\n\n\
         Delivery to the following recipient failed permanently:\n\n     mario@x.example\n\nTechnical details of permanent failure:\nGoogle tried to deliver your message, but it was rejected by the recipient domain. \
         The error that the other server returned was: 552 552 5.2.2 The mailbox is over quota (state 14).\n\n----- Original message -----\n\nMessage-ID: <m.11@shop.example>\n",
        "mario@x.example 5.2.2 permanent <m.11@shop.example>",
    ),
    (
        "Yahoo",
        "From: MAILER-DAEMON@yahoo.com\nSubject: Failure Notice\n\nSorry, we were unable to deliver your message to the following address.\n\n<mario@yahoo.com>:\n\
         554: delivery error: dd This user doesn't have a yahoo.com account (mario@yahoo.com) [0] - mta1.yahoo.com\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <inbox@shop.example>\n",
        "mario@yahoo.com 5.1.1 permanent",
    ),
    (
        "GMX",
        "From: \"GMX Mailer Daemon\" <mailer-daemon@gmx.de>\nSubject: Mail delivery failed: returning message to sender\n\n\
         This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. This is a permanent error. The following address\nfailed:\n\n\
         \"mario@gmx.de\":\nSMTP error from remote server after RCPT command:\nhost: mx00.gmx.net\n5.1.1 Requested action not taken: mailbox unavailable\n\n--- The header of the original message is following. ---\n\n\
         Received: from a by b\nMessage-ID: <m.12@shop.example>\n",
        "mario@gmx.de 5.1.1 permanent <m.12@shop.example>",
    ),
    (
        "mail.ru, Russian",
        "From: mailer-daemon@corp.mail.ru\nSubject: Ваше сообщение не доставлено. Mail failure.\n\nЭто письмо создано автоматически сервером Mail.Ru, отвечать на него не нужно.\n\n\
         К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:\n\n**********************\n\nmario@mail.ru\nпользователь не найден\nuser not found\n\n**********************\n",
        "mario@mail.ru 5.1.1 permanent",
    ),
    (
        "Zoho",
        "From: mailer-daemon@mail.zoho.com\nSubject: Undelivered Mail Returned to Sender\n\nThis message was created automatically by mail delivery software.\n A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.\n\n\
         mario@x.example [ERROR CODE :550 - 5.1.1 User unknown]\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "Amazon SES",
        "From: MAILER-DAEMON@amazonses.com\nSubject: Delivery Status Notification (Failure)\n\nAn error occurred while trying to deliver the mail to the following recipients:\nmario@x.example\n\nTechnical report:\n\n\
         smtp; 550 5.4.4 Invalid domain\n",
        "mario@x.example 5.4.4 permanent",
    ),
    (
        "AOL",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@aol.com>\nSubject: Returned mail: User unknown\n\nThe original message was received at Fri, 2 Jan 2026 03:04:05 -0500 (EST)\n\n*** ATTENTION ***\n\nYour e-mail is being returned to you because there was a problem with its\n\
         delivery.\n\n   ----- The following addresses had permanent fatal errors -----\n<mario@aol.com>\n\n   ----- Transcript of session follows -----\n550 MAILBOX NOT FOUND\n",
        "mario@aol.com 5.1.1 permanent",
    ),
    (
        "Lotus Domino",
        "From: Postmaster@x.example\nSubject: DELIVERY FAILURE: User mario (mario@x.example) not listed in Domino Directory\n\nYour message\n\n  Subject: Order 12\n\nwas not delivered to:\n\n  mario@x.example\n\nbecause:\n\n  User mario (mario@x.example) not listed in Domino Directory\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "Mimecast",
        "From: Postmaster <postmaster@x.example>\nSubject: [Postmaster] Email Delivery Failure\n\nThis is a delivery failure notification message indicating that\nan email you addressed to email address :\n-- mario@x.example\n\ncould not be delivered. The problem appears to be :\n-- Recipient email address is possibly incorrect\n\n\
         Additional information follows :\n-- 5.1.1 User Unknown\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "Barracuda",
        "From: Mail Delivery System <MAILER-DAEMON@barracuda.x.example>\nSubject: **Message you sent blocked by our bulk email filter**\n\nYour message to: mario@x.example\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:\n\nSubject: Order 12\n",
        "mario@x.example 5.7.1 permanent",
    ),
    (
        "MailEnable",
        "From: Postmaster <postmaster@x.example>\nSubject: Message Delivery Failure\n\nMailEnable: Message could not be delivered to some recipients.\nThe following recipient(s) could not be reached:\n\n\tRecipient: [SMTP:mario@x.example]\n\tReason: Remote SMTP Server Returned: 550 User unknown\n\nMessage headers follow:\n\nReceived: from a by b\nMessage-ID: <m.13@shop.example>\n",
        "mario@x.example 5.1.1 permanent <m.13@shop.example>",
    ),
    (
        "Courier",
        "From: \"Courier mail server at mx.example\" <postmaster@mx.example>\nSubject: NOTICE: mail delivery status.\n\nThis is a delivery status notification from mx.example,\nrunning the Courier mail server, version 0.65.2.\n\nThe original message was received on Fri, 02 Jan 2026 03:04:05 +0000\n\n\
         ---------------------------------------------------------------------------\n\n                           UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<mario@x.example>:\n    mail.x.example [192.0.2.9]:\n>>> RCPT TO:<mario@x.example>\n<<< 550 5.1.1 User unknown\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "iCloud",
        "From: Internet Mail Delivery <postmaster@mac.com>\nSubject: Delivery Notification: Delivery has failed\n\nThis report relates to a message you sent with the following header fields:\n\n  Message-id: <m.14@shop.example>\n  Date: Fri, 02 Jan 2026 03:04:05 +0000\n  From: inbox@shop.example\n  To: mario@icloud.com\n  Subject: Order 12\n\n\
         Your message cannot be delivered to the following recipients:\n\n  Recipient address: mario@icloud.com\n  Reason: Over quota\n",
        "mario@icloud.com 5.2.2 permanent <m.14@shop.example>",
    ),
    (
        "IMail",
        "From: \"Postmaster\" <postmaster@x.example>\nSubject: Undeliverable Mail\n\nUnknown user: mario@x.example\n\nOriginal message follows.\n\nReceived: from a by b\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "MDaemon",
        "From: MDaemon at x.example <MDaemon@x.example>\nSubject: Warning: x.example - User unknown!\n\nThe following data may contain sections which represent BASE64 encoded files.\n\n--- Session Transcript ---\nThe attached message had errors:\n\n>  mario@x.example - no such user here.\n\nUndeliverable.\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "Yandex",
        "From: mailer-daemon@yandex.ru\nSubject: Недоставленное сообщение\n\nThis is the mail system at host yandex.ru.\n\nYour message could not be delivered to one or more recipients.\n\n<mario@yandex.ru>: host mx.yandex.ru[77.88.21.89] said: 550 5.7.1 No such user! (in reply to RCPT TO command)\n",
        "mario@yandex.ru 5.7.1 permanent",
    ),
    (
        "1&1, in German",
        "From: Mail Delivery System <mailer-daemon@kundenserver.de>\nSubject: Mail delivery failed: returning message to sender\n\nThis message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. The following addresses failed:\n\n    <mario@x.example>\n\n\
         SMTP error from remote server for RCPT TO command, host: mail.x.example (192.0.2.9) reason: 550 unknown user\n\n--- The header of the original message is following. ---\n",
        "mario@x.example 5.1.1 permanent",
    ),
    (
        "an unknown gateway that returns the mail",
        "From: gateway@x.example\nSubject: Delivery failure notification\n\nYour message could not be delivered to the following recipients:\n\nmario@x.example\n\n----- Original message -----\n\nReceived: from a by b\nMessage-ID: <m.15@shop.example>\n",
        "mario@x.example - permanent <m.15@shop.example>",
    ),
    (
        "a report that never names the address",
        "From: MAILER-DAEMON@x.example\nSubject: Undeliverable mail\n\nYour mail could not be delivered.\n",
        "- - permanent",
    ),
    (
        "AOL, a mailbox without its domain",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@aol.com>\nSubject: Mail Delivery Problem\n\n\
         Your mail to the following recipients could not be delivered because they are not accepting mail from shop@list.example:\n\tmariorossi\n",
        "mariorossi@aol.com 5.7.1 permanent",
    ),
    (
        "qmail, no reason given",
        "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.example.\n\
         I'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<mario@x.example>:\n\n\
         --- Below this line is a copy of the message.\n\nReturn-Path: <inbox@shop.example>\n",
        "mario@x.example - permanent",
    ),
    (
        "a scanner under its own name, still trying",
        "From: virus_scanner_gateway@x.example\nSubject: Delivery failure notification\n\n\
         Your message with Subject: Order 12\ncould not be delivered to the following recipients:\n\nmario@x.example\n\nPlease do not resend your original message.\n\nDelivery attempts will continue to be made for 5 day(s).\n",
        "mario@x.example - passing delayed",
    ),
    // What is no report.
    (
        "a customer tells of a mail to somebody else",
        "From: Carla <carla@z.example>\nSubject: Delivery failed\n\nHello, my mail could not be delivered to\nmario@x.example\ndo you know his new address?\n",
        "no bounce",
    ),
    (
        "a customer complains of a parcel",
        "From: Carla <carla@z.example>\nSubject: Delivery failed\n\nMy parcel could not be delivered to me at carla@z.example, why?\n",
        "no bounce",
    ),
    (
        "a customer asks about a bounce",
        "From: Carla <carla@z.example>\nSubject: Re: Undelivered Mail Returned to Sender\nIn-Reply-To: dsn@mx.example\n\nWhat does this mean? could not be delivered\n\n<mario@x.example>: host said: 550 no\n\n--- Original message ---\n",
        "no bounce",
    ),
    (
        "a parcel service",
        "From: Royal Mail Delivery <noreply@post.example>\nSubject: Delivery delayed\n\nYour parcel has been delayed. Track it at https://post.example\n",
        "no bounce",
    ),
    (
        "a postmaster writes",
        "From: Postmaster <postmaster@x.example>\nSubject: DMARC policy\n\nPlease fix your records. Regards, Otto\n",
        "no bounce",
    ),
    (
        "a vacation note by null path",
        "Return-Path: <>\nFrom: Mario <mario@x.example>\nSubject: Out of office\n\nI am away.\n",
        "no bounce",
    ),
];

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
        (vec![with("rfc822; info@x.example", "", fields("rfc822; mario@x.example", "failed", "5.1.1"))], "mario@x.example 5.1.1 permanent", "the last of an alias"),
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
