//! What the conversation already holds is old, however it is introduced.

use super::*;

const EARLIER: &str = "Dear Bob,\n\nyour order INV-2024/0031 has left our house this morning and should reach you by Friday.\nPlease tell us if the parcel arrives damaged or late.\n\nAnna Bell\nExample Ltd.";

fn new_of(text: &str) -> String {
    let mail = Mail {
        text: text.to_owned(),
        ..Mail::default()
    };
    part_against(&mail, &[EARLIER]).reply_text
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
