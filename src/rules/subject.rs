//! Subjects: what is left without "Re:" and its cousins, and the subject an answer bears.
//!
//! A prefix is a hint, never proof: mail is threaded by ids and people, and the bare subject serves
//! suggestions alone.

/// Answer prefixes of mail clients, lower-case, without the colon.
const ANSWER: &[&str] = &[
    "re",
    "aw",
    "antw",
    "antwort",
    "sv",
    "vs",
    "ref",
    "rif",
    "r",
    "res",
    "resp",
    "odp",
    "ynt",
    "yan",
    "vá",
    "vl",
    "bls",
    "atb",
    "ats",
    "απ",
    "σχετ",
    "на",
    "отв",
    "ответ",
    "відп",
    "回复",
    "回覆",
    "答复",
    "答覆",
    "回信",
    "返信",
    "답장",
    "회신",
    "رد",
    "השב",
    "תשובה",
    "trả lời",
    "bal",
    "ตอบกลับ",
];

/// Forward prefixes, lower-case, without the colon.
const FORWARD: &[&str] = &[
    "fw",
    "fwd",
    "videresend",
    "redir.",
    "redir",
    "wg",
    "tr",
    "rv",
    "i",
    "enc",
    "pd",
    "doorst",
    "vb",
    "vl",
    "vm",
    "vs",
    "ilt",
    "i̇lt",
    "ilet",
    "továbbítás",
    "fs",
    "fyi",
    "πρθ",
    "προωθ",
    "пересл",
    "переслано",
    "转发",
    "轉寄",
    "轉發",
    "転送",
    "전달",
    "إعادة توجيه",
    "הועבר",
    "videresendt",
    "vidaresänt",
    "przekazano",
    "inoltra",
    "inoltro",
];

/// The subject without answer and forward prefixes, a trailing "(fwd)" and odd spaces.
/// Upper and lower case are kept.
pub fn bare(subject: &str) -> String {
    let mut rest = spaced(subject);
    while let Some(shorter) =
        without_prefix(&rest, &[ANSWER, FORWARD]).or_else(|| without_fwd_tail(&rest))
    {
        rest = shorter;
    }
    rest
}

/// The key by which two subjects are the same: [`bare`], in lower case.
pub fn key(subject: &str) -> String {
    bare(subject).to_lowercase()
}

/// The subject of an answer: `Re: ` once, whatever prefixes of answers stood there; otherwise
/// unchanged, for Gmail starts a new thread when the words change.
pub fn answer(subject: &str) -> String {
    let mut rest = spaced(subject);
    while let Some(shorter) = without_prefix(&rest, &[ANSWER]) {
        rest = shorter;
    }
    format!("Re: {rest}").trim_end().to_owned()
}

/// The conversation number in `[#123]`, if the subject bears one.
pub fn number(subject: &str) -> Option<u64> {
    subject.match_indices("[#").find_map(|(at, _)| {
        let (digits, _) = subject.get(at + 2..)?.split_once(']')?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
    })
}

/// Whether the subject begins as an answer does.
pub fn is_answer(subject: &str) -> bool {
    without_prefix(&spaced(subject), &[ANSWER]).is_some()
}

/// Whether the subject begins as a forward does, behind tags like "[EXTERNAL]". Some prefixes mean
/// an answer in one language and a forward in another: for those this and [`is_answer`] both hold.
pub fn is_forward(subject: &str) -> bool {
    let mut rest = spaced(subject);
    while let Some((_, behind)) = rest
        .strip_prefix('[')
        .and_then(|inner| inner.split_once(']'))
    {
        rest = behind.trim_start().to_owned();
    }
    without_prefix(&rest, &[FORWARD]).is_some()
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Takes one prefix off: the word, perhaps a count as in `Re[2]` or `Re^3`, and a colon of any script.
fn without_prefix(subject: &str, lists: &[&[&str]]) -> Option<String> {
    let (head, tail) = subject.split_once([':', '：'])?;
    let word = head.to_lowercase();
    let word = word
        .trim()
        .trim_end_matches(|c: char| c.is_ascii_digit() || "[]()^*".contains(c))
        .trim();
    lists
        .iter()
        .any(|list| list.contains(&word))
        .then(|| tail.trim_start().to_owned())
}

fn without_fwd_tail(subject: &str) -> Option<String> {
    let cut = subject.len().checked_sub("(fwd)".len())?;
    let (head, tail) = (subject.get(..cut)?, subject.get(cut..)?);
    tail.eq_ignore_ascii_case("(fwd)")
        .then(|| head.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_subjects() {
        for (given, bared) in [
            ("Order 12", "Order 12"),
            ("Re: Order 12", "Order 12"),
            ("RE: re: Re: Order 12", "Order 12"),
            ("AW: WG: Bestellung", "Bestellung"),
            ("R: I: Ordine", "Ordine"),
            ("SV: VS: Tilaus", "Tilaus"),
            ("Re[2]: Заказ", "Заказ"),
            ("Re^4: Order", "Order"),
            ("Re (3): Order", "Order"),
            ("回复：订单", "订单"),
            ("Odp: Fwd: Zamówienie", "Zamówienie"),
            ("Order   with\t spaces", "Order with spaces"),
            ("Order (fwd)", "Order"),
            ("Fwd:Order", "Order"),
            // What looks like a prefix but is none.
            ("Reply: to me", "Reply: to me"),
            ("Invoice: 12", "Invoice: 12"),
            ("Re Order", "Re Order"),
            ("Rechnung: 12", "Rechnung: 12"),
            ("", ""),
            ("Re:", ""),
            (":", ":"),
        ] {
            assert_eq!(bare(given), bared, "{given:?}");
        }
    }

    #[test]
    fn an_answer_bears_re_once() {
        for (given, answered) in [
            ("Order 12", "Re: Order 12"),
            ("Re: Order 12", "Re: Order 12"),
            ("RE: AW: Order 12", "Re: Order 12"),
            ("R: Ordine", "Re: Ordine"),
            ("Fwd: Order 12", "Re: Fwd: Order 12"),
            ("", "Re:"),
        ] {
            assert_eq!(answer(given), answered, "{given:?}");
        }
    }

    #[test]
    fn numbers() {
        for (given, found) in [
            ("Re: [#42] Order", Some(42)),
            ("[#1] and [#2]", Some(1)),
            ("[#] [#x] [#7]", Some(7)),
            ("[# 42]", None),
            ("#42", None),
            ("[#99999999999999999999999]", None),
            ("[#", None),
        ] {
            assert_eq!(number(given), found, "{given:?}");
        }
    }
}
