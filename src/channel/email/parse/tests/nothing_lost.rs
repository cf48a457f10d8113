//! Mails put together at random, each of whose leaves bears a word of its own: wherever a leaf stands
//! and whatever it claims to be, its word is shown, or stands in a file that is listed.

use super::mutations::Dice;
use crate::channel::email::parse::{attachment, mail};

/// Mails tried.
const MAILS: usize = 1_000;

/// What grows one mail.
struct Growth {
    dice: Dice,
    leaves: usize,
    boundaries: usize,
}

impl Growth {
    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.dice.roll(of.len())]
    }

    fn word(&mut self) -> String {
        self.leaves += 1;
        format!("word{}end", self.leaves)
    }

    /// A whole mail.
    fn mail(&mut self, depth: usize) -> String {
        let entity = self.entity(depth);
        format!("From: Anna <anna@x.example>\r\nSubject: Order 12\r\nMIME-Version: 1.0\r\n{entity}")
    }

    /// Header fields of a part and what is below them.
    fn entity(&mut self, depth: usize) -> String {
        match self.dice.roll(10) {
            0..4 if depth < 4 => self.multipart(depth),
            4 if depth < 4 => {
                let inner = self.mail(depth + 1);
                format!("Content-Type: message/rfc822\r\n\r\n{inner}")
            }
            _ => self.leaf(),
        }
    }

    fn multipart(&mut self, depth: usize) -> String {
        let kind = self.pick(&[
            "mixed",
            "alternative",
            "related",
            "signed",
            "digest",
            "report",
            "parallel",
            "x-odd",
            "appledouble",
            "form-data",
            "encrypted",
        ]);
        self.boundaries += 1;
        let boundary = format!("=_{}", self.boundaries);
        let mut text = format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n");
        for _ in 0..=self.dice.roll(4) {
            let part = self.entity(depth + 1);
            text.push_str(&format!("--{boundary}\r\n{part}\r\n"));
        }
        if self.dice.roll(8) > 0 {
            text.push_str(&format!("--{boundary}--\r\n"));
        }
        text
    }

    fn leaf(&mut self) -> String {
        let kind = self.pick(&[
            "text/plain",
            "text/plain; charset=utf-8; format=flowed",
            "text/html",
            "text/enriched",
            "text/calendar; method=REQUEST",
            "text/csv",
            "text/x-odd",
            "image/png",
            "audio/wav",
            "application/pdf",
            "application/octet-stream",
            "application/pgp-signature",
            "application/pkcs7-signature",
            "message/delivery-status",
            "message/partial",
            "odd",
            "",
        ]);
        let named = self.pick(&[
            "",
            "; name=a.txt",
            "; name=\"b b.pdf\"",
            "; name*=utf-8''%C3%A4",
        ]);
        let disposition = self.pick(&[
            "",
            "Content-Disposition: inline\r\n",
            "Content-Disposition: attachment\r\n",
            "Content-Disposition: attachment; filename=c.bin\r\n",
            "Content-Disposition: inline; filename=d.eml\r\n",
        ]);
        let id = self.pick(&["", "Content-ID: <part@x>\r\n"]);
        let word = self.word();
        let content = match kind {
            "text/html" => format!("<p>{word}</p><img src=\"cid:part@x\">"),
            _ => word,
        };
        let (encoding, content) = match self.dice.roll(4) {
            0 => (
                "Content-Transfer-Encoding: base64\r\n",
                data_encoding::BASE64.encode(content.as_bytes()),
            ),
            1 => (
                "Content-Transfer-Encoding: quoted-printable\r\n",
                content.replace('=', "=3D"),
            ),
            2 => ("Content-Transfer-Encoding: x-odd\r\n", content),
            _ => ("", content),
        };
        let typed = match kind {
            "" => String::new(),
            kind => format!("Content-Type: {kind}{named}\r\n"),
        };
        format!("{typed}{disposition}{id}{encoding}\r\n{content}\r\n")
    }
}

/// Everything of a mail that a person can read or save, mails within included.
fn reachable(raw: &[u8], depth: usize) -> String {
    let read = mail(raw);
    let mut all = format!("{}\n{}\n", read.text, read.html.unwrap_or_default());
    for listed in &read.attachments {
        let (_, content) = attachment(raw, listed.part).expect("what is listed can be had");
        all.push_str(&String::from_utf8_lossy(&content));
        all.push('\n');
        if depth < 8 && (listed.content_type.contains("rfc822") || content.starts_with(b"From: ")) {
            all.push_str(&reachable(&content, depth + 1));
        }
    }
    all
}

#[test]
fn every_leaf_is_shown_or_listed() {
    for seed in 0..MAILS {
        let mut growth = Growth {
            dice: Dice(seed as u64),
            leaves: 0,
            boundaries: 0,
        };
        let raw = growth.mail(0);
        let all = reachable(raw.as_bytes(), 0);
        for leaf in 1..=growth.leaves {
            let word = format!("word{leaf}end");
            assert!(
                all.contains(&word),
                "mail {seed}: {word} is lost in\n{raw}\n---\n{all}"
            );
        }
    }
}
