//! Every program by its own layout: what it puts between new and old words, and around them.

use super::*;

const PLAIN: &str = include_str!("../../../tests/mail/quotes/by-program.txt");
const HTML: &str = include_str!("../../../tests/mail/quotes/by-program.html");
const NEW: &str = "New words,\nand more of them.";

/// The blocks below lines of `=== name`, with their names.
fn cases(table: &str) -> impl Iterator<Item = (&str, &str)> {
    let blocks = table.trim_start_matches("=== ").split("\n=== ");
    blocks.filter_map(|block| block.split_once('\n'))
}

#[test]
fn what_a_program_puts_above_old_words_hides_itself_and_them() {
    let mut wrong = Vec::new();
    for (name, head) in cases(PLAIN) {
        let quoted = head.lines().any(|line| line.starts_with("> "));
        let old = if quoted {
            ""
        } else {
            "\nOld words, a whole sentence.\n\nMore old words.\n"
        };
        for gap in ["\n\n", "\n"] {
            let parted = part_text(&format!("{NEW}{gap}{head}{old}"));
            if parted.reply_text != NEW {
                wrong.push(format!("{name}: {:?}", parted.reply_text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_program_puts_around_old_words_hides_them() {
    let mut wrong = Vec::new();
    for (name, html) in cases(HTML) {
        let parted = part_html(html);
        let new = parted.reply_text == "New words.";
        let old = parted.quoted_text.contains("Old words");
        if !new || !old {
            wrong.push(format!("{name}: {:?}", parted.reply_text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_attribution_on_the_line_of_the_words_above_is_one_all_the_same() {
    for (text, new) in [
        (
            "Thanks! On Wed, May 3, 2023 at 9:14 AM, anna@example.com wrote:\n> Old words",
            "Thanks!",
        ),
        (
            "Danke, passt. Am 03.05.2023 um 09:14 schrieb Anna Bell <anna@example.com>:\nOld words",
            "Danke, passt.",
        ),
        (
            "Reply On Wed, May 3, 2023 at 9:14 AM, anna@example.com wrote:\n> Old words",
            "Reply",
        ),
        (
            "Thanks!--- On Wed, May 3, 2023 at 9:14 AM, anna@example.com wrote:\n> Old words",
            "Thanks!",
        ),
        (
            "Uusi viesti.\n\n Kauppa Oy kirjoitti 20.05.2019 kello 10:26:\n\nVanha viesti.",
            "Uusi viesti.",
        ),
        (
            "Merci ! Le 3 mai 2023 à 09:14, Anna Bell <anna@example.com> a écrit :\n\nOld words",
            "Merci !",
        ),
    ] {
        assert_eq!(part_text(text).reply_text, new, "{text}");
    }
    for own in [
        "We met On Hold Ltd. on 3 May 2023, as anna@example.com wrote. Yours:",
        "Please call On-Site Services by 3.5.2023:",
    ] {
        assert_eq!(part_text(own).reply_text, own);
    }
}
