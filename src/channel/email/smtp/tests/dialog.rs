//! Reads and plays the files of `src/tests/dialogs`.
//!
//! Each line of a dialog is one of these; `*N` before the colon repeats it N times, `#` begins a
//! comment.
//!
//! | line | means |
//! |---|---|
//! | `set: NAME=N` | a limit for this dialog |
//! | `c: TEXT` | the client sends TEXT and CRLF |
//! | `r: TEXT` | the client sends TEXT alone |
//! | `s: PATTERN` | the server's next reply, its lines joined by a bar; a star stands for anything |
//! | `closed:` | the server has hung up |
//! | `kept: N` | messages committed so far |
//! | `from:`, `to:`, `data:` | what the last of them holds |
//!
//! In TEXT `\r \n \0 \\ \xNN` are escapes and `{N*x}` is N times x.

use std::{fs, path::PathBuf, sync::Mutex};

use tokio::net::TcpStream;

use super::{client::Client, desk::Kept};
use crate::channel::email::smtp::SmtpConfig;

/// A dialog as written.
pub struct Dialog {
    pub name: String,
    lines: Vec<Line>,
}

struct Line {
    number: usize,
    word: String,
    times: usize,
    text: String,
}

/// How a dialog is judged.
#[derive(Clone, Copy, PartialEq)]
pub enum Rigour {
    /// Every word of every reply.
    Words,
    /// Reply codes and what was kept: what two servers can be compared by.
    Codes,
}

/// Where a dialog went another way.
pub struct Astray {
    pub line: usize,
    pub expected: String,
    pub got: String,
}

/// Every dialog, by name.
pub fn all() -> Vec<Dialog> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/tests/dialogs");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the dialogs")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "smtp"))
        .collect();
    paths.sort();
    paths.iter().map(read).collect()
}

fn read(path: &PathBuf) -> Dialog {
    let text = fs::read_to_string(path).expect("readable");
    let lines = text.lines().enumerate();
    Dialog {
        name: path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned(),
        lines: lines
            .filter_map(|(at, line)| Line::read(at + 1, line))
            .collect(),
    }
}

impl Line {
    fn read(number: usize, line: &str) -> Option<Self> {
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (head, text) = line.split_once(':').expect("a colon");
        let (word, times) = head.split_once('*').unwrap_or((head, "1"));
        Some(Self {
            number,
            word: word.to_owned(),
            times: times.parse().expect("a number"),
            text: text.strip_prefix(' ').unwrap_or(text).to_owned(),
        })
    }
}

impl Dialog {
    /// Takes up the limits the dialog sets.
    pub fn configure(&self, config: &mut SmtpConfig) {
        for line in self.lines.iter().filter(|line| line.word == "set") {
            let (name, value) = line.text.split_once('=').expect("NAME=N");
            let value: u32 = value.parse().expect("a number");
            match name {
                "max_message" => config.max_message = value.into(),
                "recipients" => config.limits.recipients = value as usize,
                "errors" => config.limits.errors = value,
                _ => panic!("{}: no limit named {name}", self.name),
            }
        }
    }

    /// Plays the client's part.
    pub async fn play(
        &self,
        mut client: Client<TcpStream>,
        kept: &Mutex<Vec<Kept>>,
        rigour: Rigour,
    ) -> Result<(), Astray> {
        for line in &self.lines {
            for _ in 0..line.times {
                line.play(&mut client, kept, rigour).await?;
            }
        }
        Ok(())
    }
}

impl Line {
    async fn play(
        &self,
        client: &mut Client<TcpStream>,
        kept: &Mutex<Vec<Kept>>,
        rigour: Rigour,
    ) -> Result<(), Astray> {
        let last = || kept.lock().expect("whole").last().cloned();
        match &*self.word {
            "set" => Ok(()),
            "c" => {
                let line = [&unescape(&self.text)[..], b"\r\n"].concat();
                client.send(line).await;
                Ok(())
            }
            "r" => {
                client.send(unescape(&self.text)).await;
                Ok(())
            }
            "s" => self.judge_reply(client.reply().await, rigour),
            "closed" => self.judge("", if client.is_closed().await { "" } else { "open" }),
            "kept" => self.judge(&self.text, &kept.lock().expect("whole").len().to_string()),
            "from" => self.judge(&self.text, &last().map_or("none".into(), |m| m.mail_from)),
            "to" => self.judge(
                &self.text,
                &last().map_or("none".into(), |m| m.recipients.join(" ")),
            ),
            "data" => {
                let data = last().map_or(b"none".to_vec(), |m| m.data);
                let wanted = unescape(&self.text);
                self.judge(
                    &wanted.escape_ascii().to_string(),
                    &data.escape_ascii().to_string(),
                )
            }
            word => panic!("no such line: {word}"),
        }
    }

    fn judge_reply(&self, got: String, rigour: Rigour) -> Result<(), Astray> {
        let same = match rigour {
            Rigour::Words => fits(&self.text, &got),
            Rigour::Codes => self.text.get(..3) == got.get(..3),
        };
        match (same, rigour) {
            (true, _) => Ok(()),
            (false, Rigour::Words) => self.judge(&self.text, &got),
            (false, Rigour::Codes) => {
                let code = |reply: &str| reply.split(['-', ' ', '*']).next().map(str::to_owned);
                self.judge(
                    &code(&self.text).unwrap_or_default(),
                    &code(&got).unwrap_or_default(),
                )
            }
        }
    }

    fn judge(&self, expected: &str, got: &str) -> Result<(), Astray> {
        match expected == got {
            true => Ok(()),
            false => Err(Astray {
                line: self.number,
                expected: expected.into(),
                got: got.into(),
            }),
        }
    }
}

/// Whether `text` fits a pattern in which a star stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|text| {
            let mut tails = text.char_indices().map(|(at, _)| &text[at..]).chain([""]);
            tails.any(|tail| fits(rest, tail))
        }),
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (bytes, taken) = match c {
            '\\' => escape(&rest[1..]),
            '{' => repeat(rest),
            c => (c.to_string().into_bytes(), c.len_utf8()),
        };
        out.extend(bytes);
        rest = &rest[taken..];
    }
    out
}

fn escape(rest: &str) -> (Vec<u8>, usize) {
    match rest.as_bytes()[0] {
        b'r' => (vec![b'\r'], 2),
        b'n' => (vec![b'\n'], 2),
        b'0' => (vec![0], 2),
        b'x' => (vec![u8::from_str_radix(&rest[1..3], 16).expect("hex")], 4),
        other => (vec![other], 2),
    }
}

fn repeat(rest: &str) -> (Vec<u8>, usize) {
    let end = rest.find('}').expect("a closing brace");
    let (times, text) = rest[1..end].split_once('*').expect("{N*x}");
    (
        unescape(text).repeat(times.parse().expect("a number")),
        end + 1,
    )
}
