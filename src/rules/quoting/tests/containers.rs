//! What HTML says of quotes, by the program that wrote it.

use super::*;
use crate::rules::html_text;

const OLD: &str = "Old words, which are long enough to be a sentence.";

/// A reply's HTML by program: the new words are always `New words.`
const REPLIES: &[(&str, &str)] = &[
    (
        "gmail",
        r#"<div dir="ltr">New words.</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Wed, 3 May 2023 at 09:14, Anna &lt;<a href="mailto:anna@example.com">anna@example.com</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">OLD</blockquote></div>"#,
    ),
    (
        "gmail, before gmail_attr",
        r#"New words.<div class="gmail_extra"><br><div class="gmail_quote">On 11-Apr-2011, at 6:54 PM, Bob &lt;bob@example.com&gt; wrote:<div>OLD</div></div></div>"#,
    ),
    (
        "gmail, attribution in a language nobody knows",
        r#"New words.<div class="gmail_quote"><div class="gmail_attr">Xyz 3 abc Anna qwerty</div><blockquote class="gmail_quote">OLD</blockquote></div>"#,
    ),
    (
        "apple mail",
        r#"New words.<br><div><br><blockquote type="cite"><div>On 3 May 2023, at 09:14, Anna &lt;anna@example.com&gt; wrote:</div><br class="Apple-interchange-newline"><div>OLD</div></blockquote></div>"#,
    ),
    (
        "iphone",
        r#"<html><body dir="auto">New words.<div><br><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">On 3 May 2023, at 09:14, Anna &lt;anna@example.com&gt; wrote:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">OLD</div></blockquote></div></body></html>"#,
    ),
    (
        "thunderbird",
        r#"<p>New words.<br></p><div class="moz-cite-prefix">On 03/05/2023 09:14, Anna wrote:<br></div><blockquote type="cite" cite="mid:x@example.com"><pre class="moz-quote-pre" wrap="">OLD</pre></blockquote>"#,
    ),
    (
        "outlook on the web",
        r#"<div style="font-family:Calibri">New words.</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri"><b>From:</b> Anna &lt;anna@example.com&gt;<br><b>Sent:</b> Wednesday, May 3, 2023 9:14 AM<br><b>To:</b> Bob<br><b>Subject:</b> Hi</font><div>&nbsp;</div></div><div>OLD</div>"#,
    ),
    (
        "outlook, word",
        r#"<div class="WordSection1"><p class="MsoNormal">New words.<o:p></o:p></p><p class="MsoNormal">&nbsp;</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class="MsoNormal"><b>Von:</b> Anna &lt;anna@example.com&gt;<br><b>Gesendet:</b> Mittwoch, 3. Mai 2023 09:14<br><b>An:</b> Bob<br><b>Betreff:</b> Hallo</p></div><p class="MsoNormal">OLD</p></div>"#,
    ),
    (
        "outlook, boxed in blue",
        r#"<div><p class=MsoNormal>New words.</p><div style='border:none;border-left:solid blue 1.5pt;padding:0cm 0cm 0cm 4.0pt'><div><div style='border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>From:</b> Anna [mailto:anna@example.com] <br><b>Sent:</b> 3 May 2023 09:14<br><b>To:</b> Bob<br><b>Subject:</b> Hi</p></div></div><p class=MsoNormal>OLD</p></div></div>"#,
    ),
    (
        "outlook mobile",
        r#"<div dir="ltr">New words.</div><div id="mail-editor-reference-message-container"><hr><div><strong>From:</strong> Anna &lt;anna@example.com&gt;<br><strong>Sent:</strong> Wednesday, May 3, 2023<br><strong>Subject:</strong> Hi</div><div>OLD</div></div>"#,
    ),
    (
        "outlook for mac",
        r#"<div>New words.</div><span id="OLK_SRC_BODY_SECTION"><div><span>From: </span> Anna<br></div><div>OLD</div></span>"#,
    ),
    (
        "hotmail",
        r#"<div dir='ltr'>New words.<br><div><hr id="stopSpelling">Date: Wed, 3 May 2023 09:14:00 +0200<br>From: anna@example.com<br>To: bob@example.com<br>Subject: Hi<br><br>OLD</div></div>"#,
    ),
    (
        "yahoo",
        r#"<div>New words.</div><div id="yahoo_quoted_0033794750" class="yahoo_quoted"><div><div>On Tuesday, June 4, 2019, 5:41:43 PM PDT, John Smith &lt;j@example.com&gt; wrote:</div><div><br></div><div>OLD</div></div></div>"#,
    ),
    (
        "protonmail",
        r#"<div>New words.</div><div class="protonmail_quote">------- Original Message -------<br>On Wednesday, May 3rd, 2023 at 9:14 AM, Anna &lt;anna@example.com&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">OLD</blockquote></div>"#,
    ),
    (
        "zimbra",
        r#"<div>New words.</div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>"Anna"<br></div><div data-marker="__QUOTED_TEXT__">OLD</div>"#,
    ),
    (
        "roundcube",
        r#"<p>New words.</p><p id="reply-intro">On 2023-05-03 09:14, Anna wrote:</p><blockquote type="cite" style="padding: 0 0.4em"><div id="replybody1">OLD</div></blockquote>"#,
    ),
    (
        "gmx and web.de",
        r#"<div>New words.</div><div name="quote" style="margin:10px 5px 5px 10px; border-left:2px solid #C3D9E5;"><div style="margin:0 0 10px 0;"><b>Gesendet:</b> Mittwoch, 03. Mai 2023 um 09:14 Uhr<br/><b>Von:</b> "Anna" &lt;anna@example.com&gt;<br/><b>An:</b> bob@example.com<br/><b>Betreff:</b> Hallo</div><div name="quoted-content">OLD</div></div>"#,
    ),
    (
        "qq",
        r#"<div>New words.</div><div><br></div><div style="font-size: 12px;">------------------&nbsp;原始邮件&nbsp;------------------</div><div style="background:#efefef"><div><b>发件人:</b>&nbsp;"Anna" &lt;anna@example.com&gt;;</div><div><b>发送时间:</b>&nbsp;2023年5月3日(星期三) 上午9:14</div><div><b>主题:</b>&nbsp;Hi</div></div><div>OLD</div>"#,
    ),
    (
        "netease",
        r#"<div>New words.</div><div id="isReplyContent">At 2023-05-03 09:14:00, "Anna" &lt;anna@example.com&gt; wrote:<blockquote>OLD</blockquote></div>"#,
    ),
    (
        "mail.ru",
        r#"<div>New words.</div><br><br>Среда, 3 мая 2023, 9:14 +03:00 от Анна &lt;anna@example.com&gt;:<br><blockquote style="border-left:1px solid #0857A6; margin:10px; padding:0 0 0 10px;">OLD</blockquote>"#,
    ),
    (
        "yandex",
        r#"<div>New words.</div><div> </div><div>03.05.2023, 09:14, "Anna" &lt;anna@example.com&gt;:</div><blockquote><div>OLD</div></blockquote>"#,
    ),
    (
        "spark",
        r#"<div name="messageBodySection">New words.</div><div name="messageReplySection">On 3 May 2023, 09:14 +0200, Anna &lt;anna@example.com&gt;, wrote:<br><blockquote type="cite">OLD</blockquote></div>"#,
    ),
    (
        "zoho",
        r#"<div>New words.</div><div class="zmail_extra" style="border-top:1px solid"><div>---- On Wed, 03 May 2023 09:14:00 +0200 <b>Anna &lt;anna@example.com&gt;</b> wrote ---</div><blockquote>OLD</blockquote></div>"#,
    ),
    (
        "a plain rule and a header block",
        r#"<div>New words.<br><div><hr>From: <a href="mailto:bob@example.com">bob@example.com</a><br>Date: Fri, 23 Mar 2012 12:35:31 -0600<br>To: rob@example.com<br>Subject: Mail!<br><br>OLD</div></div>"#,
    ),
    (
        "an unmarked attribution and quote",
        r#"New words.<div>On 11-Apr-2011, at 6:54 PM, Bob &lt;bob@example.com&gt; wrote:</div><div>OLD</div>"#,
    ),
    (
        "tutanota",
        r#"<div>New words.</div><div>3 May 2023, 09:14 by anna@example.com:</div><blockquote class="tutanota_quote">OLD</blockquote>"#,
    ),
];

#[test]
fn quote_containers_of_all_programs_are_known() {
    let mut wrong = Vec::new();
    for (program, html) in REPLIES {
        let html = html.replace("OLD", OLD);
        let parted = part_html(&html);
        if parted.reply_text != "New words." || !parted.quoted_text.contains(OLD) {
            wrong.push(format!("{program}: {:?}", parted.reply_text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn html_shows_where_the_plain_part_is_silent() {
    for (program, html) in REPLIES {
        let mail = Mail {
            // The plain part has no marks at all, and lines of its own.
            text: "New\nwords.\n\nOld words, which are\nlong enough to be a sentence.\n".to_owned(),
            html: Some(html.replace("OLD", OLD)),
            has_plain: true,
            ..Mail::default()
        };
        if ["qq", "a plain rule", "an unmarked", "mail.ru", "yandex"]
            .iter()
            .any(|unmarked| program.starts_with(unmarked))
        {
            continue;
        }
        assert_eq!(part(&mail).reply_text, "New\nwords.", "{program}");
    }
}

#[test]
fn wrappers_around_the_whole_mail_are_no_quotes() {
    for html in [
        r#"<div>Heather,</div><div class="gmail_quote gmail_quote_container"><div dir="ltr"><div class="gmail_quote"><div>Thank you for applying to our opportunity.</div><div>When may we call?</div></div></div></div>"#,
        r#"<div>Heather,</div><div class="yahoo_quoted" id="yahoo_quoted_1"><div>Thank you for applying to our opportunity.</div><div>When may we call?</div></div>"#,
        r#"<div class="gmail_quote"><div>Thank you for applying to our opportunity.</div></div>"#,
        r#"<blockquote type="cite"><div>Thank you for applying to our opportunity.</div></blockquote>"#,
        r#"<div style="border-top:solid #ccc 1px">Thank you for applying to our opportunity.</div>"#,
    ] {
        assert!(
            part_html(html)
                .reply_text
                .contains("Thank you for applying"),
            "{html}"
        );
    }
}

#[test]
fn answers_inside_html_quotes_stay_in_place() {
    let html = r#"<div>Hi Anna,</div><blockquote type="cite">One?</blockquote><div>Yes.</div><blockquote type="cite">Two?</blockquote><div>No.</div><blockquote type="cite">Three?</blockquote>"#;
    let parted = part_html(html);
    let order: Vec<usize> = ["Hi Anna", "One?", "Yes.", "Two?", "No."]
        .iter()
        .filter_map(|word| parted.reply_text.find(word))
        .collect();
    assert_eq!(order.len(), 5, "{}", parted.reply_text);
    assert!(order.is_sorted());
    assert!(parted.quoted_text.contains("Three?"));
}

#[test]
fn answers_among_gmails_quotes_stay_in_their_place() {
    let html = r#"<div dir="ltr"><br></div><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Wed, 3 May 2023 at 09:14, Anna &lt;anna@example.com&gt; wrote:<br></div><blockquote class="gmail_quote">Which colour?</blockquote><div>Blue.</div><blockquote class="gmail_quote">Which size?</blockquote><div>Large.</div><blockquote class="gmail_quote">Kind regards</blockquote></div>"#;
    let parted = part_html(html);
    let expected = "On Wed, 3 May 2023 at 09:14, Anna <anna@example.com> wrote:\n\n> Which colour?\n\nBlue.\n\n> Which size?\n\nLarge.";
    assert_eq!(parted.reply_text, expected);
    assert_eq!(parted.quoted_text, "> Kind regards");
}

#[test]
fn a_quotation_made_by_hand_is_its_writers_own() {
    let own = r#"<div>The poem goes:</div><blockquote class="gmail_quote" style="border-left:1px solid rgb(204,204,204)">Two roads diverged.</blockquote>"#;
    assert_eq!(
        part_html(own).reply_text,
        "The poem goes:\n\n> Two roads diverged."
    );
    let answer = r#"<div>Yes.</div><div>On Wed, 3 May 2023 at 09:14, Anna &lt;anna@example.com&gt; wrote:</div><blockquote class="gmail_quote">Two roads?</blockquote>"#;
    assert_eq!(part_html(answer).reply_text, "Yes.");
}

const MARKER: &str = "casella_7_mfrggzdfmztwq2lk";

fn new_by_marker(html: &str) -> String {
    let html = html.replace("MARK", MARKER).replace("OLD", OLD);
    let mail = Mail {
        text: html_text::to_text(&html),
        html: Some(html),
        ..Mail::default()
    };
    let thread = Thread {
        marker: Some(MARKER),
        ..Thread::default()
    };
    part_within(&mail, thread).reply_text
}

#[test]
fn below_our_hidden_name_all_is_ours_in_any_program() {
    for (program, html, new) in [
        (
            "kept whole",
            r#"<p>New words.</p><div id="MARK">OLD</div>"#,
            "New words.",
        ),
        (
            "gmail's prefix",
            r#"<p>New words.</p><blockquote><div id="m_-42MARK">OLD</div></blockquote>"#,
            "New words.",
        ),
        (
            "outlook's prefix",
            r#"<p>New words.</p><div id="x_MARK">OLD</div>"#,
            "New words.",
        ),
        (
            "word keeps the anchor alone",
            r#"<p class=MsoNormal>New words.</p><p class=MsoNormal><a name="MARK"></a>OLD</p><p>More OLD</p>"#,
            "New words.",
        ),
        (
            "answered below a quote",
            r#"<blockquote><a name="MARK"></a>OLD</blockquote><p>New words.</p>"#,
            "New words.",
        ),
        (
            "all within it",
            r#"<div id="MARK"><p>New words.</p></div>"#,
            "New words.",
        ),
    ] {
        assert_eq!(new_by_marker(html), new, "{program}");
    }
}

#[test]
fn anothers_hidden_name_says_nothing() {
    let html = r#"<p>New words.</p><div id="casella_8_aaaaaaaaaaaaaaaa">More of them.</div>"#;
    assert_eq!(new_by_marker(html), "New words.\n\nMore of them.");
}

#[test]
fn in_a_forward_only_the_containers_within_the_customers_words_are_old() {
    const WORDS: &str = "The lamp came broken and nobody answers the telephone.";
    for (program, html) in [
        (
            "gmail",
            r#"<div dir=ltr>See below.<br><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: Mario &lt;mario@x.example&gt;<br>Date: Tue, 3 Mar 2026<br>Subject: Lamp<br>To: &lt;anna@shop.example&gt;<br></div><br><div>WORDS</div><div class="gmail_quote"><div class="gmail_attr">Xyz abc Anna qwerty</div><blockquote class="gmail_quote">OLD</blockquote></div></div></div>"#,
        ),
        (
            "apple mail",
            r#"See below.<br><blockquote type="cite"><div>Begin forwarded message:</div><div><b>From: </b>Mario &lt;mario@x.example&gt;</div><div><b>Subject: </b>Lamp</div><br><div>WORDS</div><blockquote type="cite">OLD</blockquote></blockquote>"#,
        ),
        (
            "outlook on the web",
            r#"<div>See below.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Mario &lt;mario@x.example&gt;<br><b>Sent:</b> Tuesday, March 3, 2026 9:14 AM<br><b>To:</b> Anna<br><b>Subject:</b> Lamp</div><div>WORDS</div><div id="divRplyFwdMsg">Xyz abc Anna</div><div>OLD</div>"#,
        ),
    ] {
        let html = html.replace("WORDS", WORDS).replace("OLD", OLD);
        let mail = Mail {
            text: html_text::to_text(&html),
            html: Some(html),
            ..Mail::default()
        };
        let at = mail.text.find(WORDS).expect(program);
        let words = mail.text[at..].replace("\n> ", "\n").replace("\n>> ", "\n");
        let parted = part_forwarded(&mail, &words);
        assert_eq!(parted.reply_text, WORDS, "{program}");
        assert!(parted.quoted_text.contains(OLD), "{program}");
    }
}
