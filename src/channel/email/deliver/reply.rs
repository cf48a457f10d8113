//! A server's answer as values (RFC 5321 section 4.2), and what it means for the mail.

use super::Failure;

/// One complete answer, its lines joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    /// The text of each line, without code and separator, control characters made blanks.
    pub lines: Vec<String>,
}

impl Reply {
    /// Reads one line: its code, whether more follow, its text. `None` if it is no answer at all.
    pub fn line(line: &[u8]) -> Option<(u16, bool, String)> {
        let (code, rest) = line.split_at_checked(3)?;
        let code: u16 = std::str::from_utf8(code).ok()?.parse().ok()?;
        let (more, text) = match rest.split_first() {
            None => (false, rest),
            Some((b' ', text)) => (false, text),
            Some((b'-', text)) => (true, text),
            Some(_) => return None,
        };
        let text = String::from_utf8_lossy(text)
            .replace(|c: char| c.is_control(), " ")
            .trim()
            .to_owned();
        (200..=599).contains(&code).then_some((code, more, text))
    }

    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// Code and text on one line, as it is shown to people.
    pub fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
            .trim_end()
            .to_owned()
    }

    /// What this answer to `step` means when it is not the hoped-for one.
    pub fn failure(&self, host: &str, step: &str) -> Failure {
        let said = self.text();
        match self.code / 100 {
            5 => Failure::refused(format!("{host} refused {step}: {said}")),
            4 => Failure::later(format!("{host} put off {step}: {said}")),
            _ => Failure::later(format!("{host} gave an odd answer to {step}: {said}")),
        }
    }

    /// The server wants a login, or other rights, before it takes mail from us (RFC 4954 section 6).
    pub fn wants_login(&self) -> bool {
        matches!(self.code, 530 | 534 | 535 | 538)
    }
}

#[cfg(test)]
mod tests {
    use super::super::End;
    use super::*;

    type Line<'a> = Option<(u16, bool, &'a str)>;

    #[test]
    fn lines_that_are_answers_and_lines_that_are_not() {
        let cases: [(&[u8], Line); 11] = [
            (b"250 ok", Some((250, false, "ok"))),
            (b"250-SIZE 1000", Some((250, true, "SIZE 1000"))),
            (b"250", Some((250, false, ""))),
            (b"250-", Some((250, true, ""))),
            (
                b"550 5.1.1 no \x07bell",
                Some((550, false, "5.1.1 no  bell")),
            ),
            (
                b"550 gr\xfc\xdfe",
                Some((550, false, "gr\u{fffd}\u{fffd}e")),
            ),
            (b"250ok", None),
            (b"25", None),
            (b"+OK", None),
            (b"999 odd", None),
            (b"", None),
        ];
        for (line, expected) in cases {
            let expected = expected.map(|(code, more, text)| (code, more, text.to_owned()));
            assert_eq!(Reply::line(line), expected, "{:?}", line.escape_ascii());
        }
    }

    #[test]
    fn four_waits_and_five_fails() {
        let reply = |code| Reply {
            code,
            lines: vec!["no".into()],
        };
        assert_eq!(reply(450).failure("mx", "the mail").end, End::TryLater);
        assert_eq!(reply(550).failure("mx", "the mail").end, End::Refused);
        assert_eq!(reply(354).failure("mx", "the mail").end, End::TryLater);
    }
}
