//! Whatever comes: no panic, and a block is found or it is not.

use super::*;

const PIECES: &[&str] = &[
    "From: Anna <anna@example.com>",
    "Von: <",
    "Date: 3. 5. 2023 25:99 +99",
    "Datum: ३/५/२०२३ ٩:١٤ ص",
    "日付：2022年99月99日",
    "Subject: ׳באוק 27 d’oct. 2021",
    "To: a@b",
    "---------- Forwarded message ---------",
    "   ----- Forwarded Message ----- From: A <a@b.c>To: b@c.dSent: 2 ноября 2021 г.Subject: İx",
    "On 28/10/2021 12:46, \"İ\" <g@client.example> wrote:",
    "> Begin forwarded message:",
    "> words",
    "    indented",
    "@",
    "\u{202b}<\u{202c}é@é.é[",
    "",
];

#[test]
fn any_pieces_in_any_order_are_survived() {
    let mut chance: u64 = 0x5eed;
    for _ in 0..3_000 {
        let mut lines = Vec::new();
        for _ in 0..8 {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            lines.push(PIECES[(chance % PIECES.len() as u64) as usize]);
        }
        let mut mail = mail(lines[0], &lines[1..].join("\n"));
        mail.html = Some(lines.join("<p>"));
        let found = find(&mail, &Team::default());
        let silent = found.kind == ForwardKind::None;
        assert_eq!(silent, found == Forwarded::default(), "{lines:?}");
        confirmation::recognise(&mail);
    }
}
