//! Whatever comes: nothing is lost, and nothing takes longer than its length is worth. Anything
//! quadratic on these inputs would take minutes, so the tests' own length is the check.

use super::*;
use crate::rules::html_text;

/// Pieces that mean something here, to be put together at random.
const PIECES: &[&str] = &[
    "On Wed, 3 May 2023 at 09:14, Anna <anna@example.com> wrote:",
    "On Fri, May 6, 2011 at 6:03 PM, Roman from Hacker News",
    "<roman@example.com> wrote:",
    "wrote:",
    "> quoted",
    ">> more",
    ">",
    "",
    "-- ",
    "--",
    "Sent from my iPhone",
    "-----Original Message-----",
    "---------- Forwarded message ---------",
    "________________________________",
    "From: Anna <anna@example.com>",
    "Sent: Monday, 3 May 2021 10:02",
    "To: Bob",
    "Subject: Hello",
    "*Von:* Anna",
    "words of one's own",
    "more words",
    "\u{200b}\u{feff}",
    "   ----- Forwarded Message ----- From: A <a@b.c>To: b@c.dSent: todaySubject: x",
    "2014-10-17 11:28 GMT+03:00 Postmaster <",
    "写道：",
    "____",
    "<div>",
    "&nbsp;",
    "\u{202b}מאת\u{202c}:",
];

/// A small generator of repeatable chance (xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

#[track_caller]
fn assert_nothing_lost(text: &str, parted: &Parted) {
    let kept = |line: &str| {
        let stands = |part: &str| part.lines().any(|l| l.trim() == line.trim());
        stands(&parted.reply_text) || stands(&parted.quoted_text)
    };
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        assert!(kept(line), "lost {line:?} of\n{text}\n---\n{parted:#?}");
    }
    let readable = text.chars().any(char::is_alphanumeric);
    let shown = parted.reply_text.chars().any(char::is_alphanumeric);
    let signed = parted.signature.is_some();
    assert!(!readable || shown || signed, "all hidden of\n{text}");
}

#[test]
fn no_line_is_ever_lost() {
    let mut chance = Chance(0x5eed);
    for _ in 0..2_000 {
        let lines: Vec<&str> = (0..chance.next(14))
            .map(|_| PIECES[chance.next(PIECES.len())])
            .collect();
        let text = lines.join("\n");
        assert_nothing_lost(&text, &part_text(&text));
        let mail = Mail {
            text: text.clone(),
            html: Some(format!("<div>{}</div>", lines.join("<br>"))),
            ..Mail::default()
        };
        assert_nothing_lost(
            &text,
            &part_within(
                &mail,
                thread(&["words of one's own more words words of one's own"]),
            ),
        );
    }
}

#[track_caller]
fn assert_words_kept(text: &str, parted: &Parted) {
    let letters = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).count();
    let kept = letters(&parted.reply_text) + letters(&parted.quoted_text);
    assert_eq!(kept, letters(text));
}

#[test]
fn much_of_anything_is_sorted_in_linear_time() {
    for piece in PIECES.iter().chain(&[
        ">",
        "> ",
        "on ",
        "@",
        "a@",
        "--",
        "<",
        "On 1:1 ",
        "From:",
        "x\n>",
        "1.1.20 ",
        "Cc: a@b.c",
        "Message-ID: <a@b.c>",
        "Xyz: Anna <a@b.c>",
        "a@b.c (3):",
    ]) {
        for glue in ["\n", "", " "] {
            let line = format!("{piece}{glue}");
            let text = line.repeat(30_000 / line.len().max(1));
            let parted = part_text(&text);
            assert!(
                parted.reply_text.len() + parted.quoted_text.len() + 64 > text.trim().len() / 4
            );
        }
    }
}

#[test]
fn a_hundred_thousand_quote_marks_are_nothing() {
    for line in [">\n", "\n", ">>\n\n", "x\n>\n"] {
        let text = line.repeat(100_000);
        part_text(&format!("New words.\n{text}"));
    }
}

#[test]
fn hostile_html_is_sorted_in_linear_time() {
    for piece in [
        "<div class=gmail_quote>",
        "<blockquote type=cite>",
        "<div style='border-top:solid 1px'>x",
        "<table><tr><td>",
        "<div class=yahoo_quoted>x</div>",
        "<p>From: a<br>",
        "<",
        "&amp;",
    ] {
        let html = piece.repeat(60_000 / piece.len());
        let words = html_text::to_text(&html);
        assert_words_kept(&words, &part_html(&html));
    }
}

#[test]
fn a_label_within_a_label_is_none() {
    let text = "From: A <a@b.c>Sender:Reply-To:Content-ID:Content-Description;To: b@c.dSubject: x";
    assert_nothing_lost(text, &part_text(text));
}
