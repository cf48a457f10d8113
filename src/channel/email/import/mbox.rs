//! Mails out of an mbox, one after another, however its `From ` lines are quoted.
//!
//! An mbox parts its mails by lines that begin with `From `, and its dialects differ in what they do
//! to such lines inside a mail (RFC 4155 appendix A and D. J. Bernstein's names): `mboxrd` puts a `>`
//! before `From `, `>From `, `>>From ` …; `mboxo` before `From ` alone; `mboxcl` does so too and says
//! the length; `mboxcl2` says the length and quotes nothing. A length is believed where it leads to
//! the next `From ` line or the end; elsewhere lines are read. Bytes are kept as they stand, one `>`
//! taken off.

use std::collections::VecDeque;
use std::io::{self, BufRead};

/// A mail longer than this is no mail: the file is something else, and is left. In bytes.
const LONGEST: usize = 512 << 20;

/// Reads mails from an mbox.
pub struct Mbox<R> {
    lines: Lines<R>,
    /// The `From ` line that opens the next mail was read already.
    opened: bool,
    /// Whether this file's `From ` lines bear a date, as told by its first.
    dated: bool,
    /// Whether `Content-Length` was never found wrong here.
    lengths: bool,
}

/// A mail as it lay in the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Without its `From ` line, unquoted.
    pub raw: Vec<u8>,
    /// Where reading can go on: before the next `From ` line, or at the end. In bytes.
    pub end: u64,
}

impl<R: BufRead> Mbox<R> {
    /// `at` says how many bytes of the file `input` has passed already.
    pub fn new(input: R, at: u64) -> Self {
        Mbox {
            lines: Lines::new(input, at),
            opened: false,
            dated: true,
            lengths: true,
        }
    }

    /// The next mail; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read, or is no mbox.
    pub fn next(&mut self) -> io::Result<Option<Found>> {
        if !self.opened && !self.open()? {
            return Ok(None);
        }
        self.opened = false;
        self.mail().map(Some)
    }

    /// Reads the first `From ` line. Blank lines may stand before it.
    fn open(&mut self) -> io::Result<bool> {
        loop {
            let Some(line) = self.lines.next()? else {
                return Ok(false);
            };
            if line.starts_with(b"From ") {
                self.dated = has_date(&line);
                return Ok(true);
            }
            if !is_blank(&line) {
                let what = "it is no mbox: a mail does not begin with a `From ` line";
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
    }

    fn mail(&mut self) -> io::Result<Found> {
        let mut mail = Gathered::default();
        loop {
            let before = self.lines.at;
            let Some(line) = self.lines.next()? else {
                if mail.is_suspended_in_vain() {
                    self.lengths = false;
                    self.lines.give_back(mail.unread());
                    continue;
                }
                return Ok(mail.finish(before, true));
            };
            if mail.may_end() && self.parts(&line)? {
                if mail.lacks(self.lengths) {
                    // Inside the stated length: ours, if the length proves right.
                    mail.suspend();
                } else {
                    self.opened = true;
                    return Ok(mail.finish(before, false));
                }
            } else if mail.overran(self.lengths) {
                self.lengths = false;
                mail.push(line);
                self.lines.give_back(mail.unread());
                continue;
            }
            mail.push(line);
            if mail.size > LONGEST {
                let what = "a mail of more than 512 MiB: it is no mbox";
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
    }

    /// Whether a line, after a blank one, opens a mail: it looks like an envelope, and a header
    /// follows. `From here on …` in an unquoted text does not.
    fn parts(&mut self, line: &[u8]) -> io::Result<bool> {
        if !line.starts_with(b"From ") || (self.dated && !has_date(line)) {
            return Ok(false);
        }
        let next = self.lines.next()?;
        let header = next
            .as_deref()
            .is_none_or(|next| is_header(next) || next.starts_with(b">From "));
        self.lines.give_back(next);
        Ok(header)
    }
}

/// `12:34`, as every date of a `From ` line has it.
fn has_date(line: &[u8]) -> bool {
    line.windows(5).any(|w| {
        let digits = [w[0], w[1], w[3], w[4]];
        w[2] == b':' && digits.iter().all(u8::is_ascii_digit)
    })
}

fn is_header(line: &[u8]) -> bool {
    let name = line
        .iter()
        .take_while(|b| matches!(b, 33..=57 | 59..=126))
        .count();
    name > 0
        && line
            .get(name)
            .is_some_and(|b| matches!(b, b':' | b' ' | b'\t'))
        && line[name..].contains(&b':')
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// The lines of one mail, as far as they were read.
#[derive(Default)]
struct Gathered {
    lines: Vec<Vec<u8>>,
    size: usize,
    /// Where the body begins: its first line, and the size before it.
    body: Option<(usize, usize)>,
    length: Option<usize>,
    /// The first line that would have ended it, had its length not said otherwise.
    suspended: Option<usize>,
    /// The last line was blank, or there is none yet.
    after_blank: bool,
}

impl Gathered {
    fn push(&mut self, line: Vec<u8>) {
        self.after_blank = is_blank(&line);
        self.size += line.len();
        if self.body.is_none() {
            if self.after_blank {
                self.body = Some((self.lines.len() + 1, self.size));
            } else if let Some(length) = stated_length(&line) {
                self.length = Some(length);
            }
        }
        self.lines.push(line);
    }

    fn may_end(&self) -> bool {
        self.after_blank || self.lines.is_empty()
    }

    fn body_size(&self) -> usize {
        self.body.map_or(0, |(_, start)| self.size - start)
    }

    /// Whether its stated length goes beyond what was read. The blank line before `From ` may count.
    fn lacks(&self, believed: bool) -> bool {
        believed
            && self.body.is_some()
            && self.length.is_some_and(|length| length > self.body_size())
    }

    /// Whether a stated length that a `From ` line was passed over for led nowhere.
    fn overran(&self, believed: bool) -> bool {
        believed
            && self.suspended.is_some()
            && self
                .length
                .is_some_and(|length| self.body_size() > length + 4)
    }

    /// The same at the end of the file.
    fn is_suspended_in_vain(&self) -> bool {
        let size = self.body_size();
        self.suspended.is_some()
            && self
                .length
                .is_some_and(|length| !(length..=length + 4).contains(&size))
    }

    fn suspend(&mut self) {
        self.suspended.get_or_insert(self.lines.len());
    }

    /// All that was read after the line it was suspended at, which is to be read again.
    fn unread(&mut self) -> Vec<Vec<u8>> {
        let from = self.suspended.take().unwrap_or(self.lines.len());
        let rest = self.lines.split_off(from);
        self.size -= rest.iter().map(Vec::len).sum::<usize>();
        self.after_blank = self.lines.last().is_none_or(|line| is_blank(line));
        rest
    }

    /// The mail, without the blank line that only parts it from the next.
    fn finish(mut self, end: u64, last: bool) -> Found {
        let quoted = self.suspended.is_none();
        let has_body = self.body.is_some_and(|(first, _)| self.lines.len() > first);
        if has_body && self.after_blank && !(last && self.length == Some(self.body_size())) {
            self.lines.pop();
        }
        let mut raw = Vec::with_capacity(self.size);
        for line in &self.lines {
            raw.extend_from_slice(if quoted { unquoted(line) } else { line });
        }
        Found { raw, end }
    }
}

/// `>From ` and `>>From ` lose one `>`.
fn unquoted(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|b| **b == b'>').count();
    if marks > 0 && line[marks..].starts_with(b"From ") {
        &line[1..]
    } else {
        line
    }
}

fn stated_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    let value = std::str::from_utf8(value).ok()?;
    name.eq_ignore_ascii_case(NAME)
        .then(|| value.trim().parse().ok())?
}

/// Lines of the input, with those given back first.
struct Lines<R> {
    input: R,
    back: VecDeque<Vec<u8>>,
    /// Bytes passed, those given back not counted.
    at: u64,
}

impl<R: BufRead> Lines<R> {
    fn new(input: R, at: u64) -> Self {
        Lines {
            input,
            back: VecDeque::new(),
            at,
        }
    }

    /// The next line with its end; `None` at the end of the file.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let line = match self.back.pop_front() {
            Some(line) => line,
            None => {
                let mut line = Vec::new();
                self.input.read_until(b'\n', &mut line)?;
                line
            }
        };
        self.at += line.len() as u64;
        Ok((!line.is_empty()).then_some(line))
    }

    fn give_back(
        &mut self,
        lines: impl IntoIterator<Item = Vec<u8>, IntoIter: DoubleEndedIterator>,
    ) {
        for line in lines.into_iter().rev() {
            self.at -= line.len() as u64;
            self.back.push_front(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let mut mbox = Mbox::new(text.as_bytes(), 0);
        let mut mails = Vec::new();
        while let Some(found) = mbox.next().unwrap() {
            mails.push(String::from_utf8(found.raw).unwrap());
        }
        mails
    }

    const LINE: &str = "From a@b.example Thu Jan  1 00:00:00 1970\n";

    #[test]
    fn mails_are_parted_and_unquoted() {
        for (name, text, mails) in [
            ("empty", String::new(), vec![]),
            ("blank", "\n\n".into(), vec![]),
            ("one", format!("{LINE}A: 1\n\nx\n\n"), vec!["A: 1\n\nx\n"]),
            (
                "no last blank line",
                format!("{LINE}A: 1\n\nx\n"),
                vec!["A: 1\n\nx\n"],
            ),
            (
                "no last line end",
                format!("{LINE}A: 1\n\nx"),
                vec!["A: 1\n\nx"],
            ),
            (
                "no body",
                format!("{LINE}A: 1\n\n{LINE}B: 2\n\n"),
                vec!["A: 1\n\n", "B: 2\n\n"],
            ),
            (
                "two",
                format!("{LINE}A: 1\n\nx\n\n{LINE}B: 2\n\ny\n\n"),
                vec!["A: 1\n\nx\n", "B: 2\n\ny\n"],
            ),
            (
                "CRLF",
                format!("{LINE}A: 1\r\n\r\nx\r\n\r\n{LINE}B: 2\r\n\r\ny\r\n"),
                vec!["A: 1\r\n\r\nx\r\n", "B: 2\r\n\r\ny\r\n"],
            ),
            (
                "mboxrd quotes",
                format!("{LINE}A: 1\n\n>From x\n>>From y\n"),
                vec!["A: 1\n\nFrom x\n>From y\n"],
            ),
            (
                "a quote that is none",
                format!("{LINE}A: 1\n\n> From x\n>Fromage\n"),
                vec!["A: 1\n\n> From x\n>Fromage\n"],
            ),
            (
                "unquoted From in a text",
                format!("{LINE}A: 1\n\nx\n\nFrom here on: it is y\nz\n"),
                vec!["A: 1\n\nx\n\nFrom here on: it is y\nz\n"],
            ),
            (
                "From with a time in a text",
                format!("{LINE}A: 1\n\n\nFrom 12:30 we eat\nsoup and bread\n"),
                vec!["A: 1\n\n\nFrom 12:30 we eat\nsoup and bread\n"],
            ),
            (
                "From without a blank line before",
                format!("{LINE}A: 1\n\nx\n{LINE}B: 2\n"),
                vec!["A: 1\n\nx\nFrom a@b.example Thu Jan  1 00:00:00 1970\nB: 2\n"],
            ),
            (
                "undated From lines",
                "From a@b\nA: 1\n\nx\n\nFrom a@b\nB: 2\n\ny\n".into(),
                vec!["A: 1\n\nx\n", "B: 2\n\ny\n"],
            ),
        ] {
            assert_eq!(read(&text), mails, "{name}");
        }
    }

    #[test]
    fn a_length_that_leads_somewhere_is_believed() {
        let body = format!("x\n\n{LINE}Quoted: yes\n\nin full\n");
        let long = body.len();
        let first = format!("A: 1\nContent-Length: {long}\n\n{body}");
        let text = format!("{LINE}{first}\n{LINE}B: 2\nContent-Length: 2\n\ny\n\n");
        assert_eq!(
            read(&text),
            [first.as_str(), "B: 2\nContent-Length: 2\n\ny\n"]
        );
        let alone = format!("{LINE}{first}");
        assert_eq!(read(&alone), [first.as_str()]);
    }

    #[test]
    fn a_length_that_leads_nowhere_is_not() {
        for length in ["5", "40", "60", "99999", "x", "-1"] {
            let text = format!(
                "{LINE}A: 1\nContent-Length: {length}\n\nx\n\n{LINE}B: 2\n\ny\n\n{LINE}C: 3\n\nz\n"
            );
            let first = format!("A: 1\nContent-Length: {length}\n\nx\n");
            // A length beyond the end of the file swallows nothing either.
            assert_eq!(
                read(&text),
                [first.as_str(), "B: 2\n\ny\n", "C: 3\n\nz\n"],
                "{length}"
            );
        }
    }

    #[test]
    fn reading_goes_on_where_it_ended() {
        let text = format!("{LINE}A: 1\n\nx\n\n{LINE}B: 2\n\ny\n\n{LINE}C: 3\n\nz\n");
        let mut mbox = Mbox::new(text.as_bytes(), 0);
        let mut ends = vec![0];
        while let Some(found) = mbox.next().unwrap() {
            ends.push(found.end);
        }
        assert_eq!(ends.last().copied(), Some(text.len() as u64));
        for (passed, end) in ends.into_iter().enumerate() {
            let rest = &text.as_bytes()[end as usize..];
            let mut mbox = Mbox::new(rest, end);
            let mut left = 0;
            while let Some(found) = mbox.next().unwrap() {
                assert!(found.end > end);
                left += 1;
            }
            assert_eq!(passed + left, 3);
        }
    }

    #[test]
    fn what_is_no_mbox_is_said_to_be_none() {
        let error = Mbox::new(b"hello\nthere\n".as_slice(), 0)
            .next()
            .unwrap_err();
        assert!(error.to_string().contains("no mbox"), "{error}");
    }

    #[test]
    fn no_bytes_upset_it() {
        for text in [
            "From ",
            "From \n",
            "From \nFrom \nFrom ",
            "\n\nFrom x",
            "From x\n\n\n\n",
            "From 1:00\n\u{0}\n\nFrom 2:00",
        ] {
            let mut mbox = Mbox::new(text.as_bytes(), 0);
            while let Ok(Some(_)) = mbox.next() {}
        }
    }
}
