//! What the conversation already holds is old, however it is introduced.

use super::*;

const EARLIER: &str = "Dear Bob,\n\nyour order INV-2024/0031 has left our house this morning and should reach you by Friday.\nPlease tell us if the parcel arrives damaged or late.\n\nAnna Bell\nExample Ltd.";

fn new_of(text: &str) -> String {
    let mail = Mail {
        text: text.to_owned(),
        ..Mail::default()
    };
    part_within(&mail, thread(&[EARLIER])).reply_text
}

#[test]
fn known_words_are_history_in_any_language_and_wrapping() {
    for (text, new) in [
        (
            "It came, thanks!\n\nQapla' 3 jaj, Anna jatlh:\n\nDear Bob,\n\nyour order INV-2024/0031 has left our house this morning and should reach you by Friday.\nPlease tell us if the parcel arrives damaged or late.\n\nAnna Bell\nExample Ltd.",
            "It came, thanks!",
        ),
        (
            "It came, thanks!\n\nyour order INV-2024/0031 has left our house\nthis morning and should reach you by Friday. Please tell\nus if the parcel arrives damaged or late.",
            "It came, thanks!",
        ),
        (
            "It came, thanks!\n\nXfrom: Anna <anna@example.com>\nXdate: 3/5/2023\n\nyour order INV-2024/0031 has left our house this morning and should reach you by Friday.",
            "It came, thanks!",
        ),
        (
            "your order INV-2024/0031 has left our house this morning and should reach you by Friday.\n\nWhich Friday?",
            "Which Friday?",
        ),
    ] {
        assert_eq!(new_of(text), new, "{text}");
    }
}

#[test]
fn a_few_common_words_are_not_history() {
    for text in [
        "Dear Anna Bell,\n\nthe parcel arrives damaged.\n\nBob",
        "Please tell us if the price changed.\n\nAnna Bell",
    ] {
        assert_eq!(new_of(text), text);
    }
}

#[test]
fn the_same_mail_again_is_shown_whole() {
    assert_eq!(new_of(EARLIER), EARLIER);
}

#[test]
fn answers_written_into_quoted_text_without_a_mark_are_found() {
    let quoted = "From: Anna Bell <anna@example.com>\nSent: Wednesday, 3 May 2023 09:14\nTo: Bob\nSubject: Order\n\nDear Bob,\n\nyour order INV-2024/0031 has left our house this morning and should reach you by Friday.\nFriday is too late for me.\nPlease tell us if the parcel arrives damaged or late.\n\nAnna Bell\nExample Ltd.";
    let shown = new_of(&format!("See below.\n\n{quoted}"));
    assert!(shown.starts_with("See below.\n\nFrom: Anna"), "{shown}");
    assert!(shown.ends_with("Friday is too late for me."), "{shown}");
    let untouched = quoted.replace("Friday is too late for me.\n", "");
    assert_eq!(new_of(&format!("See below.\n\n{untouched}")), "See below.");
}

#[test]
fn what_programs_add_between_two_known_messages_is_no_answer() {
    const FIRST: &str =
        "Hello, I have not received the blue lamp that I ordered in your shop last week.\nBob";
    let text = "Thanks, got it.\n\nQapla' 3 jaj, Anna jatlh:\n\nDear Bob,\n\nyour order INV-2024/0031 has left our house this morning and should reach you by Friday.\nPlease tell us if the parcel arrives damaged or late.\n\nAnna Bell\nExample Ltd.\n\nQapla' 2 jaj 2023, Bob jatlh:\n\nHello, I have not received the blue lamp that I ordered in your shop last week.\nBob";
    let mail = Mail {
        text: text.to_owned(),
        ..Mail::default()
    };
    let parted = part_within(&mail, thread(&[EARLIER, FIRST]));
    assert_eq!(parted.reply_text, "Thanks, got it.");
}
