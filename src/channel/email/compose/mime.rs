//! The parts of a mail, nested only as deep as it needs:
//! mixed( related( alternative( text, html ), images of the HTML ), files ).
//!
//! mail-builder chooses the transfer encoding of each: 7-bit, else the shorter of quoted-printable
//! and base64, and writes names by RFC 2231.

use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::message_id::MessageId;
use mail_builder::mime::MimePart;

use super::body::Bodies;
use super::headers::{Fields, checked};
use super::{ComposeError, File, Outgoing};

/// The body as one part.
pub fn tree(outgoing: &Outgoing, bodies: Bodies) -> Result<MimePart<'static>, ComposeError> {
    let mut boundaries = Boundaries::of(&outgoing.message_id);
    let alternative = boundaries.multipart(
        "multipart/alternative",
        vec![
            MimePart::new("text/plain", crlf(&bodies.text)),
            MimePart::new("text/html", crlf(&bodies.html)),
        ],
    );
    let (images, files): (Vec<_>, Vec<_>) =
        outgoing.files.iter().partition(|f| f.content_id.is_some());
    let related = boundaries.around("multipart/related", alternative, &images)?;
    boundaries.around("multipart/mixed", related, &files)
}

/// The whole mail.
pub fn write(fields: Fields, body: MimePart<'_>) -> Vec<u8> {
    let mut builder = MessageBuilder::new().body(body);
    for (name, value) in fields {
        builder = builder.header(name, value);
    }
    let mut bytes = Vec::new();
    builder.serialize(&mut bytes);
    bytes
}

/// Boundaries made from the Message-ID: the same at every composing, and as hard to guess as its
/// signature, so that no text can hold one.
struct Boundaries {
    stem: String,
    given: usize,
}

impl Boundaries {
    fn of(message_id: &str) -> Self {
        let stem = message_id.split('@').next().unwrap_or_default();
        let stem: String = stem
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '.')
            .take(50)
            .collect();
        Self { stem, given: 0 }
    }

    fn multipart(
        &mut self,
        kind: &'static str,
        parts: Vec<MimePart<'static>>,
    ) -> MimePart<'static> {
        self.given += 1;
        let boundary = format!("=_{}_{}", self.stem, self.given);
        MimePart::new(
            ContentType::new(kind).attribute("boundary", boundary),
            parts,
        )
    }

    /// The part with files beside it; itself where there are none.
    fn around(
        &mut self,
        kind: &'static str,
        part: MimePart<'static>,
        files: &[&File],
    ) -> Result<MimePart<'static>, ComposeError> {
        if files.is_empty() {
            return Ok(part);
        }
        let mut parts = vec![part];
        for file in files {
            parts.push(file_part(file)?);
        }
        Ok(self.multipart(kind, parts))
    }
}

fn file_part(file: &File) -> Result<MimePart<'static>, ComposeError> {
    let name = checked("Content-Disposition", &file.name)?;
    let kind = ContentType::new(media_type(&file.content_type)).attribute("name", name.clone());
    let disposition = match file.content_id {
        Some(_) => "inline",
        None => "attachment",
    };
    let mut part = MimePart::new(kind, file.bytes.clone()).header(
        "Content-Disposition",
        HeaderType::ContentType(ContentType::new(disposition).attribute("filename", name)),
    );
    if let Some(id) = &file.content_id {
        let sound = id
            .chars()
            .all(|c| c.is_ascii_graphic() && !"<>".contains(c));
        match sound {
            true => part = part.header("Content-ID", MessageId::new(id.clone())),
            false => {
                return Err(ComposeError::Header {
                    name: "Content-ID",
                    value: id.clone(),
                });
            }
        }
    }
    // Whatever the file claims to be, its bytes travel unchanged.
    Ok(base64(part))
}

/// mail-builder would treat a binary part of type text/* as text and normalise its line ends.
fn base64(part: MimePart<'static>) -> MimePart<'static> {
    let MimePart { headers, contents } = part;
    let encoded = match contents {
        mail_builder::mime::BodyPart::Binary(bytes) => lines(&data_encoding::BASE64.encode(&bytes)),
        other => {
            return MimePart {
                headers,
                contents: other,
            };
        }
    };
    let part = MimePart {
        headers,
        contents: encoded.into_bytes().into(),
    };
    part.transfer_encoding("base64")
}

/// Lines of 76 characters (RFC 2045 section 6.8).
fn lines(encoded: &str) -> String {
    let mut out = String::with_capacity(encoded.len() + encoded.len() / 38 + 2);
    for line in encoded.as_bytes().chunks(76) {
        out.extend(line.iter().map(|byte| char::from(*byte)));
        out.push_str("\r\n");
    }
    out
}

/// The type without parameters, or that of any bytes where it is none.
fn media_type(text: &str) -> String {
    let bare = text.split(';').next().unwrap_or_default().trim();
    let token = |t: &str| {
        !t.is_empty()
            && t.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let known = bare
        .split_once('/')
        .is_some_and(|(kind, sub)| token(kind) && token(sub) && kind != "multipart");
    match known {
        true => bare.to_ascii_lowercase(),
        false => "application/octet-stream".into(),
    }
}

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}
