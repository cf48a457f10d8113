//! Forwards by symptom, and replies that look like forwards.

use super::*;

fn author(forwarded: &Forwarded) -> (&str, &str) {
    forwarded
        .author
        .as_ref()
        .map_or(("", ""), |a| (&a.name, &a.address))
}

#[test]
fn other_clients_by_their_layout() {
    let body = "Hello there.\n\nBye.";
    for (client, subject, block) in [
        (
            "ionos",
            "",
            "> ---------- Original Message ----------\n> From: G <g@client.example>\n> To: \"a@shop.example\" <a@shop.example>\n> Date: 02/10/2023 4:52 PM EST\n> Subject: Broken\n> \u{a0}\n> \u{a0}\n> Hello there.\n> \u{a0}\n> Bye.\n",
        ),
        (
            "mailmate",
            "",
            "Forwarded message:\n\n> From: G <g@client.example>\n> To: a@shop.example\n> Subject: Broken\n> Date: Wed, 27 Oct 2021 09:31:00 +0000\n>\n> Hello there.\n>\n> Bye.\n",
        ),
        (
            "missive",
            "",
            "---------- Forwarded message ----------\nFrom: G <g@client.example>\nDate: July 19, 2022 at 3:09 PM\nTo: a@shop.example\nSubject: Broken\n\n> Hello there.\n>\n> Bye.\n>\n",
        ),
        (
            "hubspot ja",
            "",
            "---------- メッセージを転送 ---------\n送信元：G <g@client.example>\n日付：2022年9月19日月曜日 17:55:44 -0400\n件名：Broken\n送信先：a@shop.example\nCC：W <w@client.example>\n\nHello there.\n\nBye.\n",
        ),
        (
            "hubspot pl",
            "",
            "---------- Wiadomość przesłana dalej ---------\nOd: G <g@client.example>\nData: poniedziałek, 19 września 2022 17:55:44\nTemat: Broken\nDo: a@shop.example\n\nHello there.\n\nBye.\n",
        ),
        (
            "hubspot bold",
            "",
            "---------- Forwarded message ---------\n*From:* G <g@client.example>\n*Date:* Mon, Sep 19, 2022 at 5:55 PM\n*Subject:* Broken\n*To:* a@shop.example\n\nHello there.\n\nBye.\n",
        ),
        (
            "outlook 2013",
            "FW: Broken",
            "From: G [mailto:g@client.example]\nSent: 25 October 2021 11:17\nTo: a@shop.example\nCc: W [mailto:w@client.example]\nSubject: Broken\n\n\nHello there.\n\nBye.\n",
        ),
        (
            "outlook with a signature rule below",
            "Fw: Broken",
            "________________________________\nFrom: G <g@client.example>\nSent: Wednesday, October 27, 2021 15:14\nTo: a@shop.example <a@shop.example>\nSubject: Broken\n\nHello there.\n\nBye.\n",
        ),
        (
            "protonmail",
            "Fw: Broken",
            "------- Forwarded Message -------\nFrom: G <g@client.example>\nDate: On Wednesday, May 3rd, 2023 at 9:14 AM\nSubject: Broken\nTo: a@shop.example <a@shop.example>\n\n\n> Hello there.\n>\n> Bye.\n",
        ),
        (
            "samsung",
            "Fwd: Broken",
            "\n-------- Original message --------\nFrom: G <g@client.example>\nDate: 03/05/2023 09:14 (GMT+01:00)\nTo: a@shop.example\nSubject: Broken\n\nHello there.\n\nBye.\n",
        ),
        (
            "samsung de",
            "Fwd: Broken",
            "-------- Ursprüngliche Nachricht --------\nVon: G <g@client.example>\nDatum: 03.05.23 09:14 (GMT+01:00)\nAn: a@shop.example\nBetreff: Broken\n\nHello there.\n\nBye.\n",
        ),
        (
            "mail.ru",
            "Fwd: Broken",
            "-------- Пересылаемое сообщение --------\nОт: G <g@client.example>\nКому: a@shop.example\nДата: Среда, 3 мая 2023, 9:14 +03:00\nТема: Broken\n\nHello there.\n\nBye.\n",
        ),
        (
            "yandex",
            "Fwd: Broken",
            "-------- Пересылаемое сообщение --------\n03.05.2023, 09:14, \"G\" <g@client.example>:\n\nHello there.\n\nBye.\n",
        ),
        (
            "hotmail",
            "FW: Broken",
            "> Date: Wed, 3 May 2023 09:14:00 +0200\n> From: g@client.example\n> To: a@shop.example\n> Subject: Broken\n> \n> Hello there.\n> \n> Bye.\n",
        ),
        (
            "lotus notes",
            "Fw: Broken",
            "----- Forwarded by Anna/Shop on 03/05/2023 09:14 -----\n\nFrom:   G <g@client.example>\nTo:     a@shop.example\nDate:   03.05.2023 09:12\nSubject:        Broken\n\nHello there.\n\nBye.\n",
        ),
        (
            "zoho",
            "Fwd: Broken",
            "============ Forwarded message ============\nFrom: G <g@client.example>\nTo: \"a\"<a@shop.example>\nDate: Wed, 03 May 2023 09:14:00 +0200\nSubject: Broken\n============ Forwarded message ============\n\nHello there.\n\nBye.\n",
        ),
        (
            "evolution",
            "[Fwd: Broken]",
            "-------- Forwarded Message --------\nFrom: G <g@client.example>\nTo: a@shop.example\nSubject: Broken\nDate: Wed, 03 May 2023 09:14:00 +0200\n\nHello there.\n\nBye.\n",
        ),
        (
            "kmail",
            "Fwd: Broken",
            "----------  Forwarded Message  ----------\n\nSubject: Broken\nDate: Wednesday, 3 May 2023, 09:14:00 CEST\nFrom: G <g@client.example>\nTo: a@shop.example\n\nHello there.\n\nBye.\n-----------------------------------------\n",
        ),
        (
            "qq",
            "转发：Broken",
            "------------------ 原始邮件 ------------------\n发件人: \"G\" <g@client.example>;\n发送时间: 2023年5月3日(星期三) 上午9:14\n收件人: \"a\"<a@shop.example>;\n主题: Broken\n\nHello there.\n\nBye.\n",
        ),
        (
            "netease",
            "Fw:Broken",
            "-------- 转发邮件信息 --------\n发件人：\"G\" <g@client.example>\n发送日期：2023-05-03 09:14:00\n收件人：a@shop.example\n主题：Broken\n\nHello there.\n\nBye.\n",
        ),
        (
            "naver",
            "FW: Broken",
            "-----Original Message-----\nFrom: \"G\" <g@client.example>\nTo: <a@shop.example>;\nCc:\nSent: 2023-05-03 (수) 09:14:00 (GMT+09:00)\nSubject: Broken\n\nHello there.\n\nBye.\n",
        ),
        (
            "spaced paragraphs",
            "Fwd: Broken",
            "From: G <g@client.example>\n\nSent: Wednesday, May 3, 2023 9:14 AM\n\nTo: a@shop.example\n\nSubject: Broken\n\nHello there.\n\nBye.\n",
        ),
        (
            "folded recipients",
            "FW: Broken",
            "From: G <g@client.example>\nSent: 25 October 2021 11:17\nTo: a@shop.example;\n b@shop.example; c@shop.example;\n d@shop.example\nSubject: Broken\n\nHello there.\n\nBye.\n",
        ),
        (
            "linked addresses",
            "FW: Broken",
            "From: G <g@client.example<mailto:g@client.example>>\nDate: Friday, 3 March 2023 at 15:11\nTo: A <a@shop.example<mailto:a@shop.example>>\nSubject: Broken\n\nHello there.\n\nBye.\n",
        ),
        (
            "tagged subject",
            "[EXTERNAL] FW: Broken",
            "From: G <g@client.example>\nSent: 25 October 2021 11:17\nTo: a@shop.example\nSubject: Broken\n\nHello there.\n\nBye.\n",
        ),
    ] {
        let found = found(subject, &format!("See below.\n\n{block}"));
        assert_eq!(found.kind, ForwardKind::Manual, "{client}");
        let name = if client == "hotmail" { "" } else { "G" };
        assert_eq!(author(&found), (name, "g@client.example"), "{client}");
        assert_eq!(found.subject.as_deref(), Some("Broken"), "{client}");
        assert_eq!(
            found.text.as_deref().map(strip_rule),
            Some(body),
            "{client}"
        );
        assert_eq!(found.note.as_deref(), Some("See below."), "{client}");
        assert!(found.date.is_some() || client == "samsung", "{client}");
    }
}

/// Zoho repeats its separator below the headers, KMail closes with a rule.
fn strip_rule(text: &str) -> &str {
    let text = text.trim_start_matches("============ Forwarded message ============");
    text.trim_end_matches('-').trim()
}

#[test]
fn people_are_named_in_many_ways() {
    for (value, name, address) in [
        (
            "John Doe <john@acme.example>",
            "John Doe",
            "john@acme.example",
        ),
        (
            "\"John Doe\" <john@acme.example>",
            "John Doe",
            "john@acme.example",
        ),
        (
            "'John Doe' <john@acme.example>",
            "John Doe",
            "john@acme.example",
        ),
        (
            "\"'John Doe'\" <john@acme.example>",
            "John Doe",
            "john@acme.example",
        ),
        (
            "John Doe [mailto:john@acme.example]",
            "John Doe",
            "john@acme.example",
        ),
        (
            "John Doe <mailto:john@acme.example>",
            "John Doe",
            "john@acme.example",
        ),
        (
            "John Doe [john@acme.example]",
            "John Doe",
            "john@acme.example",
        ),
        (
            "John Doe (john@acme.example)",
            "John Doe",
            "john@acme.example",
        ),
        (
            "John Doe <john@acme.example<mailto:john@acme.example>>",
            "John Doe",
            "john@acme.example",
        ),
        (
            "john@acme.example<mailto:john@acme.example>",
            "",
            "john@acme.example",
        ),
        (
            "john@acme.example <mailto:john@acme.example>",
            "",
            "john@acme.example",
        ),
        ("<john@acme.example>", "", "john@acme.example"),
        ("john@acme.example", "", "john@acme.example"),
        (
            "'john@acme.example' <john@acme.example>",
            "",
            "john@acme.example",
        ),
        (
            "\"Doe, John\" <john@acme.example>",
            "Doe, John",
            "john@acme.example",
        ),
        (
            "Doe, John <john@acme.example>",
            "Doe, John",
            "john@acme.example",
        ),
        (
            "*John Doe* <john@acme.example>",
            "John Doe",
            "john@acme.example",
        ),
        (
            "John Doe&lt;john@acme.example&gt;",
            "John Doe",
            "john@acme.example",
        ),
        (
            "John Doe<john@acme.example>",
            "John Doe",
            "john@acme.example",
        ),
        (
            "john@old.example <john@new.example>",
            "john@old.example",
            "john@new.example",
        ),
        (
            "John O'Neil <john.o'neil@acme.example>",
            "John O'Neil",
            "john.o'neil@acme.example",
        ),
        ("Smith, John", "Smith, John", ""),
        (
            "Jürgen Groß <jürgen@groß.example>",
            "Jürgen Groß",
            "jürgen@groß.example",
        ),
        ("\"G\" <g@client.example>;", "G", "g@client.example"),
    ] {
        let wanted = Address {
            name: name.to_owned(),
            address: address.to_owned(),
        };
        assert_eq!(mailbox::first(value), Some(wanted), "{value}");
    }
    assert_eq!(mailbox::first(" <> "), None);
}

#[test]
fn replies_are_no_forwards_however_they_quote() {
    let outlook = "Fine, thanks.\n\n________________________________\nFrom: G <g@client.example>\nSent: Wednesday, October 27, 2021 15:14\nTo: n@other.example\nSubject: Broken\n\nHow are you?";
    let attributed =
        "Fine, thanks.\n\nOn 28/10/2021 12:46, \"G\" <g@client.example> wrote:\n\n    How are you?";
    for (subject, text) in [
        ("Re: Broken", outlook),
        ("AW: Broken", outlook),
        ("R: Broken", outlook),
        ("SV: Broken", outlook),
        ("Re: Broken", attributed),
        ("Broken", attributed),
        (
            "Re: Fwd: Broken",
            "Yes.\n\nOn 28/10/2021 12:46, \"G\" <g@client.example> wrote:\n> ---------- Forwarded message ---------\n> From: X <x@client.example>\n> Date: Wed, Oct 27, 2021 at 9:31 AM\n> Subject: Broken\n> To: <g@client.example>\n>\n> Hello.",
        ),
        (
            "Re: Fwd: Broken",
            "Yes.\n\n________________________________\nFrom: G <g@client.example>\nSent: Wednesday, October 27, 2021 15:14\nTo: n@other.example\nSubject: Fwd: Broken\n\n---------- Forwarded message ---------\nFrom: X <x@client.example>\nDate: Wed, Oct 27, 2021 at 9:31 AM\nSubject: Broken\nTo: <g@client.example>\n\nHello.",
        ),
        (
            "Re: Broken",
            "> -----Original Message-----\n> From: G <g@client.example>\n> To: a@shop.example\n> Subject: Broken\n>\n> How?\n\nSo.",
        ),
        ("Trip", "From: Rome\nTo: Milan\nDate: 3 May"),
        ("Fwd: nothing", "There is nothing below."),
        ("Hello", "The line\nBegin forwarded message\nis only text."),
    ] {
        assert_eq!(
            found(subject, text).kind,
            ForwardKind::None,
            "{subject}\n{text}"
        );
    }
}

#[test]
fn without_a_prefix_recipients_and_ids_decide() {
    let text = "See below.\n\nFrom: G <g@client.example>\nSent: Wednesday, October 27, 2021 15:14\nTo: anna@shop.example\nSubject: Broken\n\nHow are you?";
    assert_eq!(
        found("Broken", text).kind,
        ForwardKind::Manual,
        "sent to a third party"
    );
    let mut to_author = mail("Broken", text);
    to_author.to = vec![address("g@client.example")];
    assert_eq!(
        find(&to_author, &Team::default()).kind,
        ForwardKind::None,
        "sent to the author"
    );
    let mut in_thread = mail("Broken", text);
    in_thread.in_reply_to = vec!["x@client.example".to_owned()];
    assert_eq!(
        find(&in_thread, &Team::default()).kind,
        ForwardKind::None,
        "sent in a thread"
    );
    let mut announced = mail(
        "Re: Broken",
        &text.replace("From: G", "---------- Forwarded message ---------\nFrom: G"),
    );
    announced.in_reply_to = vec!["x@client.example".to_owned()];
    assert_eq!(
        find(&announced, &Team::default()).kind,
        ForwardKind::Manual,
        "a separator proves"
    );
    // Danish forwards bear the prefix of Finnish answers.
    let danish = text
        .replace("From:", "Fra:")
        .replace("Sent:", "Sendt:")
        .replace("To:", "Til:")
        .replace("Subject:", "Emne:");
    assert_eq!(found("VS: Broken", &danish).kind, ForwardKind::Manual);
}

#[test]
fn the_first_block_is_the_one_and_nested_ones_stay_text() {
    let inner = "---------- Forwarded message ---------\nFrom: Laura <laura@other.example>\nDate: Mon, 27 March 2023 at 15:33\nSubject: RE: Old\nTo: G <g@client.example>\n\nUnicum iter.";
    let text = format!(
        "---------- Forwarded message ---------\nFrom: G <g@client.example>\nDate: Thu, 6 April 2023 at 16:17\nSubject: Broken\nTo: <anna@shop.example>\n\nHello.\n\n{inner}"
    );
    let found = found("Fwd: Broken", &text);
    assert_eq!(author(&found), ("G", "g@client.example"));
    assert_eq!(found.text, Some(format!("Hello.\n\n{inner}")));
}

#[test]
fn reply_to_inside_the_block_is_kept() {
    let found = found(
        "Fwd: x",
        "> Begin forwarded message:\n>\n> From: Form <noreply@site.example>\n> Subject: Broken\n> Date: 26 October 2021 at 14:25:08 EEST\n> To: a@shop.example\n> Reply-To: Giulia <giulia@client.example>\n>\n> Hello.\n",
    );
    assert_eq!(
        found.reply_to,
        Some(address("Giulia <giulia@client.example>"))
    );
    assert_eq!(found.text.as_deref(), Some("Hello."));
}

#[test]
fn a_note_below_the_quoted_block_is_a_note() {
    let found = found(
        "Fwd: x",
        "Above.\n\n> Begin forwarded message:\n>\n> From: G <g@client.example>\n> Subject: Broken\n>\n> Hello.\n\nBelow.\n",
    );
    assert_eq!(found.note.as_deref(), Some("Above.\n\nBelow."));
    assert_eq!(found.text.as_deref(), Some("Hello."));
}

#[test]
fn html_only_forwards_are_found() {
    let html = r#"<div>FYI</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: <strong class="gmail_sendername">G</strong> <span>&lt;<a href="mailto:g@client.example">g@client.example</a>&gt;</span><br>Date: Wed, Oct 27, 2021 at 9:31 AM<br>Subject: Broken<br>To: &lt;<a href="mailto:a@shop.example">a@shop.example</a>&gt;<br></div><br><br><p>Hello.</p></div>"#;
    let mut only_html = mail("Fwd: Broken", &html_text::to_text(html));
    only_html.html = Some(html.to_owned());
    only_html.has_plain = false;
    let mut silent_plain = only_html.clone();
    silent_plain.has_plain = true;
    silent_plain.text = "FYI".to_owned();
    let word = r#"<p class=MsoNormal>FYI</p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>From:</b> G &lt;g@client.example&gt; <br><b>Sent:</b> Wednesday, October 27, 2021 9:31 AM<br><b>To:</b> a@shop.example<br><b>Subject:</b> Broken</p></div></div><p class=MsoNormal>Hello.</p>"#;
    let table = r#"<div>FYI</div><div>-------- Forwarded Message --------</div><table class="moz-email-headers-table"><tr><th>Subject: </th><td>Broken</td></tr><tr><th>Date: </th><td>Wed, 27 Oct 2021 09:31:00 +0000</td></tr><tr><th>From: </th><td>G <a href="mailto:g@client.example">&lt;g@client.example&gt;</a></td></tr><tr><th>To: </th><td>a@shop.example</td></tr></table><br><br>Hello."#;
    for forward in [
        only_html,
        silent_plain,
        mail("FW: Broken", &html_text::to_text(word)),
        mail("Fwd: Broken", &html_text::to_text(table)),
    ] {
        let found = find(&forward, &Team::default());
        assert_eq!(
            author(&found),
            ("G", "g@client.example"),
            "{}",
            forward.text
        );
        assert_eq!(found.subject.as_deref(), Some("Broken"));
        assert_eq!(found.text.as_deref(), Some("Hello."));
        assert_eq!(found.note.as_deref(), Some("FYI"));
        assert!(found.date.is_some());
    }
}

#[test]
fn attached_mails_speak_by_their_headers() {
    let inner = Mail {
        from: address("G <g@client.example>"),
        reply_to: vec![address("g2@client.example")],
        subject: "Broken".to_owned(),
        date: Some(1_635_327_060_000),
        text: "Hello.\n".to_owned(),
        ..Mail::default()
    };
    let mut outer = mail("Fwd: Broken", "FYI\n");
    outer.attached = vec![(1, inner.clone())];
    let found = find(&outer, &Team::default());
    assert_eq!(found.kind, ForwardKind::Attached);
    assert_eq!(author(&found), ("G", "g@client.example"));
    assert_eq!(found.reply_to, Some(address("g2@client.example")));
    assert_eq!(
        (found.subject.as_deref(), found.date),
        (Some("Broken"), Some(1_635_327_060_000))
    );
    assert_eq!(
        (found.text.as_deref(), found.note.as_deref()),
        (Some("Hello."), Some("FYI"))
    );

    let mut bounce = outer.clone();
    bounce.report = Some(crate::rules::mail::Report::default());
    assert_eq!(find(&bounce, &Team::default()).kind, ForwardKind::None);
    let mut answer = outer.clone();
    answer.subject = "Re: Broken".to_owned();
    answer.in_reply_to = vec!["x@y".to_owned()];
    assert_eq!(find(&answer, &Team::default()).kind, ForwardKind::None);
    outer.text = "---------- Forwarded message ---------\nFrom: H <h@client.example>\nSubject: Other\nDate: Wed, 27 Oct 2021 09:31:00 +0000\n\nSee the mail attached.".to_owned();
    assert_eq!(
        author(&find(&outer, &Team::default())),
        ("H", "h@client.example"),
        "the block forwards, the attachment came with it"
    );
}
