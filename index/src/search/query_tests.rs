//! A line per case: what was typed, how it is read, and what is said about it.

use super::*;

#[test]
fn a_question_is_read() {
    for (typed, read) in [
        ("", ""),
        ("   ", ""),
        ("invoice", "invoice*"),
        ("late invoice", "late invoice*"),
        ("late invoice ", "late invoice"),
        ("\"late invoice\"", "\"late invoice\""),
        ("“late invoice”", "\"late invoice\""),
        ("«in ritardo» fattura", "\"in ritardo\" fattura*"),
        ("ord* late", "ord* late*"),
        ("INV-2024/0031", "INV-2024/0031*"),
        (
            "mario.rossi@shop.example.com",
            "mario.rossi@shop.example.com*",
        ),
        ("from:mario late", "from:mario late*"),
        ("from:\"Mario Rossi\"", "from:\"Mario Rossi\""),
        ("FROM:mario", "from:mario*"),
        ("to:info@ cc:anna x", "to:info@ to:anna x*"),
        ("subject:offer file:pdf x", "subject:offer file:pdf x*"),
        ("channel:email", "channel:email"),
        (
            "channel:Mail channel:webchat channel:facebook",
            "channel:email channel:chat channel:messenger",
        ),
        (
            "is:open is:complete is:unread",
            "is:open is:complete is:unread",
        ),
        ("is:read", "-is:unread"),
        ("-is:read", "is:unread"),
        ("has:attachment", "has:attachment"),
        ("tag:VIP assignee:Me", "tag:vip assignee:me"),
        ("tag:\"late payer\"", "tag:late payer"),
        ("before:2024-03-01", "before:1709251200000"),
        ("after:2024-03", "after:1709251200000"),
        ("after:2024", "after:1704067200000"),
        ("-spam", "-spam*"),
        ("late -spam offer", "late -spam offer*"),
        ("-\"not this\" x", "-\"not this\" x*"),
        ("-from:boss x", "-from:boss x*"),
        ("NOT spam x", "-spam x*"),
        ("e-mail", "e-mail*"),
        ("a - b", "a b*"),
        ("red OR blue car", "red OR blue car*"),
        ("car red OR blue OR green", "car red OR blue OR green*"),
        ("from:a OR is:open", "from:a OR is:open"),
        ("OR red", "red*"),
        ("red OR", "red"),
        ("red OR OR blue", "red OR blue*"),
        ("this AND that", "this that*"),
        ("this or that", "this or that*"),
        ("(red OR blue) car", "(red OR blue) car*"),
        ("https://shop.example.com/x", "https://shop.example.com/x*"),
        ("at 10:30", "at 10:30*"),
        ("late\"now\"", "late \"now\""),
    ] {
        let query = Query::parse(typed);
        assert_eq!(query.to_string(), read, "{typed}");
        assert!(query.notes.is_empty(), "{typed}: {:?}", query.notes);
    }
}

#[test]
fn an_odd_question_gets_the_best_reading_and_a_note() {
    for (typed, read, note) in [
        ("\"late invoice", "\"late invoice\"", "open-quote"),
        ("order:4711", "order:4711*", "unknown-filter"),
        ("Re: offer", "re: offer*", "unknown-filter"),
        ("from: late", "late*", "no-value"),
        ("from:", "", "no-value"),
        ("is:purple x", "x*", "unknown-value"),
        ("has:wings x", "x*", "unknown-value"),
        ("channel:fax x", "x*", "unknown-value"),
        ("before:tomorrow x", "x*", "bad-date"),
        ("after:2024-13 x", "x*", "bad-date"),
        ("after:2023-02-29 x", "x*", "bad-date"),
        ("??? x", "x*", "nothing-in"),
        ("from:@@ x", "x*", "nothing-in"),
    ] {
        let query = Query::parse(typed);
        assert_eq!(query.to_string(), read, "{typed}");
        let codes: Vec<_> = query.notes.iter().map(Note::code).collect();
        assert_eq!(codes, [note], "{typed}");
        assert!(!query.notes[0].to_string().is_empty());
    }
}

#[test]
fn a_pasted_book_is_cut() {
    let words = Query::parse(&"word ".repeat(100));
    assert_eq!(words.parts.len(), MOST_PARTS);
    assert_eq!(words.notes, [Note::TooLong]);
    let letters = Query::parse(&"é".repeat(5_000));
    assert_eq!(letters.parts.len(), 1);
    assert_eq!(letters.notes, [Note::TooLong]);
}

#[test]
fn no_bytes_upset_the_reader() {
    for typed in [
        "\"", "-", "--", "-\"", ":", "::", "-:", "a:\"", "*", "-*", "\u{0}", "from:\"", "OR",
        "NOT", "\"\"", "|| &&", "é:ü", "-é",
    ] {
        let query = Query::parse(typed);
        assert!(query.parts.len() <= 1, "{typed}");
    }
}

#[test]
fn spam_is_left_out_unless_asked_for() {
    for (typed, read) in [
        ("late", "late* -is:spam"),
        ("late is:spam", "late is:spam"),
        ("is:spam OR late", "is:spam OR late*"),
        ("-is:spam", "-is:spam"),
    ] {
        assert_eq!(Query::parse(typed).without_spam().to_string(), read);
    }
}

#[test]
fn what_is_excluded_is_not_highlighted() {
    let query = Query::parse("red OR blue -green subject:x is:open");
    let wanted: Vec<_> = query.wanted().iter().map(|w| w.text.as_str()).collect();
    assert_eq!(wanted, ["red", "blue", "x"]);
}
