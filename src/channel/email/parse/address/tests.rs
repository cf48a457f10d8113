use super::*;

fn shown(value: &str) -> String {
    let show = |a: Address| {
        if a.name.is_empty() {
            format!("<{}>", a.address)
        } else {
            format!("{} <{}>", a.name, a.address)
        }
    };
    list(value, &Hint::default())
        .into_iter()
        .map(show)
        .collect::<Vec<_>>()
        .join(" | ")
}

#[test]
fn mailboxes_as_they_come() {
    for (value, wanted, why) in [
        ("a@b.c", "<a@b.c>", "bare"),
        ("<a@b.c>", "<a@b.c>", "angles"),
        ("Anna <a@b.c>", "Anna <a@b.c>", "named"),
        (
            "\"Rossi, Anna\" <a@b.c>",
            "Rossi, Anna <a@b.c>",
            "comma in quotes",
        ),
        (
            "Rossi, Anna <a@b.c>",
            "Rossi, Anna <a@b.c>",
            "comma without quotes",
        ),
        (
            "=?iso-8859-1?Q?B=FCrle, =20Bob?= <smith@example.com>",
            "Bürle, Bob <smith@example.com>",
            "zammad#1749",
        ),
        (
            "\"Anna \\\"Ann\\\" R\" <a@b.c>",
            "Anna Ann R <a@b.c>",
            "escaped quotes",
        ),
        ("'Anna' <a@b.c>", "Anna <a@b.c>", "Outlook's single quotes"),
        ("\"'a@b.c'\" <a@b.c>", "<a@b.c>", "the name is the address"),
        ("a@b.c (Anna)", "Anna <a@b.c>", "comment as name"),
        (
            "Anna (Sales) <a@b.c>",
            "Anna (Sales) <a@b.c>",
            "comment in the name",
        ),
        ("=?utf-8?Q?Andr=C3=A9?= <a@b.c>", "André <a@b.c>", "encoded"),
        (
            "\"=?utf-8?Q?Andr=C3=A9?=\" <a@b.c>",
            "André <a@b.c>",
            "encoded in quotes",
        ),
        (
            "=?utf-8?Q?Rossi=2C_Anna?= <a@b.c>",
            "Rossi, Anna <a@b.c>",
            "encoded comma",
        ),
        (
            "=?utf-8?Q?Anna_=3Ca=40b=2Ec=3E?=",
            "Anna <a@b.c>",
            "all in one word",
        ),
        ("André <a@b.c>", "André <a@b.c>", "raw"),
        ("a@b.c, d@e.f", "<a@b.c> | <d@e.f>", "two"),
        ("a@b.c; d@e.f;", "<a@b.c> | <d@e.f>", "Outlook's semicolons"),
        (
            "Anna <a@b.c>,\r\n Bob <d@e.f>",
            "Anna <a@b.c> | Bob <d@e.f>",
            "folded",
        ),
        (
            "Anna <a@b.c>, , Bob <d@e.f>,",
            "Anna <a@b.c> | Bob <d@e.f>",
            "empty ones",
        ),
        (
            "Team: a@b.c, Bob <d@e.f>;",
            "<a@b.c> | Bob <d@e.f>",
            "group",
        ),
        ("undisclosed-recipients:;", "", "empty group"),
        (
            "undisclosed-recipients: ;, a@b.c",
            "<a@b.c>",
            "empty group and more",
        ),
        ("\"Undisclosed recipients\":;", "", "quoted group name"),
        ("<@x.y,@z.w:a@b.c>", "<a@b.c>", "route"),
        ("Anna <mailto:a@b.c>", "Anna <a@b.c>", "mailto"),
        ("Anna [mailto:a@b.c]", "Anna <a@b.c>", "Outlook's brackets"),
        (
            "Fabian <smlarua@supermedic.example",
            "Fabian <smlarua@supermedic.example>",
            "zammad#3066",
        ),
        (
            "Ahana Shetty<sales@tech.example",
            "Ahana Shetty <sales@tech.example>",
            "zammad#3066",
        ),
        (
            "\"Millions Lottery Spain transfer\"@example.com>",
            "<MillionsLotterySpaintransfer@example.com>",
            "zammad#2254",
        ),
        (
            "some name, some name2@example.com",
            "some name <> | some <name2@example.com>",
            "zammad#1790",
        ),
        ("Anna <a @ b.c>", "Anna <a@b.c>", "blanks inside"),
        ("a @b.c", "<a@b.c>", "blank before the at"),
        ("Anna <<a@b.c>>", "Anna <a@b.c>", "doubled angles"),
        ("<Anna <a@b.c>>", "Anna <a@b.c>", "angles around all"),
        ("\"Anna <a@b.c>", "Anna <a@b.c>", "quote never closed"),
        ("Anna\" <a@b.c>", "Anna <a@b.c>", "quote never opened"),
        ("Anna <a@b.c.>", "Anna <a@b.c>", "closing dot"),
        ("Anna <'a@b.c'>", "Anna <a@b.c>", "quoted address"),
        ("Anna <a@b.c> (work)", "Anna <a@b.c>", "comment behind"),
        ("Anna a@b.c", "Anna <a@b.c>", "no angles"),
        ("\"John Doe\"", "John Doe <>", "zammad#4452"),
        (
            "<\"System Administrator\"@example.com>",
            "<\"System Administrator\"@example.com>",
            "a blank that the quotes allow",
        ),
        (
            "<\"anna\"@example.com>",
            "<anna@example.com>",
            "quotes nobody needs",
        ),
        (
            "\"a b\"@example.com",
            "<\"a b\"@example.com>",
            "quoted local part",
        ),
        (
            "\"b@x.y\" <a@b.c>",
            "b@x.y <a@b.c>",
            "another address as name",
        ),
        (
            "Anna at b@x.y <a@b.c>",
            "Anna at b@x.y <a@b.c>",
            "at sign in the name",
        ),
        (
            "\"Anna <old@x.y>\" <a@b.c>",
            "Anna <old@x.y> <a@b.c>",
            "angles in the name",
        ),
        ("<a@b.c> Anna", "Anna <a@b.c>", "name behind"),
        ("用户@例え.jp", "<用户@例え.jp>", "international"),
        ("<>", "", "null"),
        ("", "", "nothing"),
        (" , ; ", "", "only separators"),
        (
            "Smith: Anna <a@b.c>",
            "Anna <a@b.c>",
            "colon taken for a group",
        ),
        ("a@b.c\u{202e}", "<a@b.c>", "direction mark"),
    ] {
        assert_eq!(shown(value), wanted, "{why}: {value}");
    }
}
