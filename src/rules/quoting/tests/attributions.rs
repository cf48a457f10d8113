//! One line per attribution, by language and program, and one per line that only looks like it.

use super::*;

/// Certain by themselves: dated or addressed.
const STRONG: &str = include_str!("../../../tests/mail/quotes/attributions-certain.txt");

/// Only together with quoted lines below.
const WEAK: &str = include_str!("../../../tests/mail/quotes/attributions-above-quotes.txt");

/// Somebody's own words.
const PROSE: &str = include_str!("../../../tests/mail/quotes/prose-like-attributions.txt");

fn cases(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.is_empty())
}

#[test]
fn dated_or_addressed_attributions_are_certain_in_any_language() {
    let missed: Vec<_> = cases(STRONG)
        .filter(|line| judge(line) != Some(Strength::Strong))
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_bare_name_and_verb_needs_a_quote_below() {
    let wrong: Vec<_> = cases(WEAK)
        .filter(|line| judge(line) != Some(Strength::Weak))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn prose_is_nobodys_attribution() {
    let wrong: Vec<_> = cases(PROSE).filter(|line| judge(line).is_some()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_attribution_cuts_what_stands_below_it_quoted_or_not() {
    for line in cases(STRONG).filter(|line| !line.starts_with('>')) {
        for below in ["> old words", "old words"] {
            let parted = part_text(&format!("New words.\n\n{line}\n\n{below}\n"));
            assert_eq!(parted.reply_text, "New words.", "{line}");
            assert!(parted.quoted_text.starts_with(line.trim()), "{line}");
        }
    }
}

#[test]
fn attributions_wrap_over_several_lines() {
    for wrapped in [
        "On Fri, May 6, 2011 at 6:03 PM, Roman from Hacker News\n<roman@example.com> wrote:",
        "On Nov 30, 2011, at 12:47 PM, Somebody <\n416ffd3258d4d2fa@somebody.example.com>\nwrote:",
        "On Tue, Apr 11, 2017 at 10:07 PM John Smith\n\n<\nmailto:John Smith <johnsmith@example.com>\n> wrote:",
        "On Wed, 3 May 2023 at 09:14, Anna Bell <\nanna.with.a.long.address@mail.example.com>\nwrote:",
        "Il giorno mer 3 mag 2023 alle ore 09:14 Anna Bell\n<anna@example.com> ha scritto:",
        "Am Mi., 3. Mai 2023 um 09:14 Uhr schrieb Anna Bell\n<anna@example.com>:",
        "W dniu 28 stycznia 2015 01:53 użytkownik Zoe <zoe@example.com>\nnapisał:",
        "Le mer. 3 mai 2023 à 09:14, Anna Bell <anna@example.com> a\nécrit :",
        "El mié, 3 may 2023 a las 9:14, Anna Bell (<\nanna@example.com>) escribió:",
        "2014-10-17 11:28 GMT+03:00 Postmaster <\npostmaster@sandbox.example.org>:",
        "Aa Bb Cc <abc@example.org> schrieb am So., 23.\nJuni 2024, 21:08:",
        "On Jun 17, 2017, at 14:15, Anna - Acme <anna@example.com<\nmailto:anna@example.com>> wrote:",
        "On Tue, Sep 25, 2012 at 8:59 AM, Chris\n<notifications@example.com>wrote:",
        "Den mån 15 jan. 2025 17:03 Anna Andersson <anna@example.com>\nskrev:",
        "Am Mo., 15. Jan. 2025, 17:03 schrieb Anna Andersson <\nanna@example.com>:",
        "Em qua., 3 de mai. de 2023 às 09:14, Anna Bell\n<anna@example.com> escreveu:",
    ] {
        for above in ["Hello.\n\n", "Hello.\n"] {
            let parted = part_text(&format!("{above}{wrapped}\n\n> old\n> words\n"));
            assert_eq!(parted.reply_text, "Hello.", "{wrapped}");
        }
    }
}
