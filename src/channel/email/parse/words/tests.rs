use super::*;

#[test]
fn encoded_words_as_they_come() {
    for (value, text, why) in [
        ("plain", "plain", "nothing to do"),
        ("=?utf-8?Q?Caf=C3=A9?=", "Café", "Q"),
        ("=?UTF-8?b?Q2Fmw6k=?=", "Café", "lower-case b"),
        (
            "=?iso-8859-1?q?Gr=FC=DFe?= aus Berlin",
            "Grüße aus Berlin",
            "text behind",
        ),
        (
            "Re: =?utf-8?Q?a?= =?utf-8?Q?b?=",
            "Re: ab",
            "blank between words goes",
        ),
        (
            "=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=",
            "ab",
            "fold between words goes",
        ),
        (
            "=?utf-8?Q?a?= and =?utf-8?Q?b?=",
            "a and b",
            "text between words stays",
        ),
        ("=?utf-8?Q?a_b?=", "a b", "underscore"),
        (
            "=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=",
            "café",
            "split inside a character",
        ),
        (
            "=?utf-8?B?5pel?= =?utf-8?B?5pysw?= =?utf-8?B?6k=?=",
            "日本é",
            "split inside a quantum",
        ),
        ("=?utf-8?B?4piD?==?utf-8?B?4piD?=", "☃☃", "glued together"),
        ("Fwd:=?utf-8?Q?=C3=A9?=", "Fwd:é", "glued to text"),
        ("=?utf-8?Q?hello world?=", "hello world", "spaces inside"),
        (
            "=?utf-8?Q?hello wor\r\n ld?=",
            "hello world",
            "folded inside",
        ),
        ("=?utf-8?B?Y2Fm\r\n w6k=?=", "café", "folded inside base64"),
        (
            "=?utf-8?Q?Really?=20yes?=",
            "Really? yes",
            "question mark inside",
        ),
        (
            "=?utf-8?Q?Why?no?=",
            "Why?no",
            "question mark inside, alone",
        ),
        ("=?utf-8?Q?caf=C3=A9", "café", "no end"),
        ("=?utf-8?B?Y2Fmw6k=", "café", "no end, base64"),
        ("=?utf-8?Q?caf=C3=A9? more", "café more", "half an end"),
        ("=?utf-8?Q?a =?utf-8?Q?b?=", "ab", "first without an end"),
        ("=?utf-8?B?Y2Fmw6k?=", "café", "no padding"),
        ("=?utf-8*de?Q?=C3=BC?=", "ü", "language"),
        ("=?gb2312?B?1tDOxA==?=", "中文", "gb2312"),
        ("=?gb2312?B?kX2HTw==?=", "憓嘜", "characters only GBK has"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本", "iso-2022-jp"),
        (
            "=?ISO-2022-JP?B?GyRCRnwbKEI=?= =?ISO-2022-JP?B?GyRCS1wbKEI=?=",
            "日本",
            "two stateful words",
        ),
        ("=?ks_c_5601-1987?B?x9GxuQ==?=", "한국", "Outlook's Korean"),
        (
            "=?windows-1251?Q?=CF=F0=E8=E2=E5=F2?=",
            "Привет",
            "Cyrillic",
        ),
        ("=?unknown-8bit?Q?Caf=C3=A9?=", "Café", "no charset, UTF-8"),
        (
            "=?x-nonsense?Q?Caf=C3=A9?=",
            "Café",
            "unknown charset, UTF-8",
        ),
        ("=?us-ascii?Q?Caf=C3=A9?=", "Café", "wrong charset"),
        ("=?utf-8?Q?Caf=E9?=", "Café", "says UTF-8, is Latin-1"),
        ("=?utf-7?Q?Caf+AOk-?=", "Café", "UTF-7"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?=", "no such encoding"),
        ("=?utf-8?Q?=3D=3Fa=3F=3D?=", "=?a?=", "not decoded twice"),
        ("a =? b", "a =? b", "no word at all"),
        ("=?=?=?", "=?=?=?", "noise"),
        ("=?utf-8?Q??=", "", "empty"),
        ("=?utf-8?Q?a=?=", "a=", "lone equals sign"),
        ("=?utf-8?Q?a=0D=0Ab?=", "a b", "no line break gets in"),
        ("a\r\n\tb", "a b", "tab fold"),
        ("\"=?utf-8?Q?=C3=A9?=\"", "\"é\"", "inside quotes"),
    ] {
        assert_eq!(decode(value, &Hint::default()), text, "{why}: {value}");
    }
}
