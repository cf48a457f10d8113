//! `winmail.dat` (MS-OXTNEF): the attachments and the body Outlook hides in it.
//!
//! Every read is bounds-checked; what is cut short gives what is there. Messages attached inside are
//! dissolved into their own files.

use super::charset::{self, Hint};
use super::rtf;

const SIGNATURE: u32 = 0x223e_9f78;
/// Messages within messages beyond this are not opened.
const DEPTH: usize = 5;
/// More files than this are not unpacked.
const FILES: usize = 500;

/// A file found inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub content_type: Option<String>,
    pub content_id: Option<String>,
    pub content: Vec<u8>,
}

/// What a TNEF stream holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unpacked {
    pub files: Vec<File>,
    pub text: Option<String>,
    pub html: Option<String>,
    pub subject: Option<String>,
    /// The stream ended early or made no sense somewhere.
    pub damaged: bool,
}

/// Unpacks a stream; `None` if it is no TNEF.
pub fn unpack(data: &[u8]) -> Option<Unpacked> {
    unpack_at(data, 0)
}

pub fn is_tnef(data: &[u8]) -> bool {
    data.starts_with(&SIGNATURE.to_le_bytes())
}

fn unpack_at(data: &[u8], depth: usize) -> Option<Unpacked> {
    let mut input = Input(data);
    if input.u32()? != SIGNATURE {
        return None;
    }
    input.u16()?;
    let mut stream = Stream {
        depth,
        ..Stream::default()
    };
    while !input.0.is_empty() {
        if attribute(&mut input, &mut stream).is_none() {
            stream.out.damaged = true;
            break;
        }
    }
    Some(stream.finish())
}

/// Level, id, length, data, checksum (MS-OXTNEF section 2.1.3.1).
fn attribute(input: &mut Input, stream: &mut Stream) -> Option<()> {
    let _level = input.u8()?;
    let id = input.u32()?;
    let length = input.u32()? as usize;
    let cut_short = length > input.0.len();
    let data = input.take(length.min(input.0.len()))?;
    stream.take(id, data);
    if cut_short {
        return None;
    }
    input.u16()?;
    Some(())
}

#[derive(Default)]
struct Stream {
    depth: usize,
    out: Unpacked,
    code_page: Option<u32>,
    open: Option<File>,
    rtf: Option<Vec<u8>>,
    html: Option<Vec<u8>>,
    text: Option<Vec<u8>>,
}

impl Stream {
    fn take(&mut self, id: u32, data: &[u8]) {
        match id & 0xffff {
            0x9007 => self.code_page = Input(data).u32(),
            0x8004 => self.out.subject = Some(self.string(data)),
            0x800c => self.text = Some(data.to_vec()),
            0x9003 => self.message(data),
            0x9002 => {
                self.close();
                self.open = Some(File::default());
            }
            0x8010 => {
                let name = self.string(data);
                let file = self.open.get_or_insert_default();
                if file.name.is_empty() {
                    file.name = name;
                }
            }
            0x800f => self.open.get_or_insert_default().content = data.to_vec(),
            0x9005 => self.attachment(data),
            _ => {}
        }
    }

    fn string(&self, data: &[u8]) -> String {
        decoded(data, self.code_page)
    }

    fn message(&mut self, data: &[u8]) {
        for (id, value) in properties(data) {
            match (id, value) {
                (0x0037, value) => self.out.subject = Some(value.text(self.code_page)),
                (0x1000, value) => self.out.text = Some(value.text(self.code_page)),
                (0x1013, Value::Unicode(text)) => self.out.html = Some(text),
                (0x1013, Value::Bytes(bytes)) => self.html = Some(bytes.to_vec()),
                (0x1009, Value::Bytes(bytes)) => self.rtf = rtf::decompress(bytes),
                (0x3fde, Value::Number(page)) => self.code_page = Some(page),
                _ => {}
            }
        }
    }

    fn attachment(&mut self, data: &[u8]) {
        let code_page = self.code_page;
        let mut nested = None;
        let file = self.open.get_or_insert_default();
        for (id, value) in properties(data) {
            match (id, value) {
                (0x3707, value) => file.name = value.text(code_page),
                (0x3704 | 0x3001, value) if file.name.is_empty() => {
                    file.name = value.text(code_page)
                }
                (0x370e, value) => file.content_type = Some(value.text(code_page).to_lowercase()),
                (0x3712, value) => file.content_id = Some(value.text(code_page)),
                (0x3701, Value::Bytes(bytes)) => match bytes.get(16..) {
                    Some(inner) if is_tnef(inner) => nested = Some(inner.to_vec()),
                    _ if file.content.is_empty() => file.content = bytes.to_vec(),
                    _ => {}
                },
                _ => {}
            }
        }
        if let Some(inner) = nested {
            self.nested(&inner);
        }
    }

    /// An attached message: its files, and its text as a file.
    fn nested(&mut self, inner: &[u8]) {
        let title = self.open.take().map(|f| f.name).unwrap_or_default();
        let Some(message) = unpack_at(inner, self.depth + 1).filter(|_| self.depth < DEPTH) else {
            self.out.files.push(File {
                name: "message.tnef".into(),
                content: inner.to_vec(),
                ..File::default()
            });
            return;
        };
        let stem = message
            .subject
            .filter(|s| !s.trim().is_empty())
            .unwrap_or(title);
        let stem = if stem.is_empty() {
            "message".to_owned()
        } else {
            stem.replace(['/', '\\'], "-")
        };
        let body = match (message.html, message.text) {
            (Some(html), _) => Some((html, "html")),
            (None, Some(text)) => Some((text, "txt")),
            (None, None) => None,
        };
        self.out.files.extend(body.map(|(text, ending)| {
            File {
                name: format!("{stem}.{ending}"),
                content_type: Some(
                    if ending == "html" {
                        "text/html"
                    } else {
                        "text/plain"
                    }
                    .into(),
                ),
                content: text.into_bytes(),
                content_id: None,
            }
        }));
        self.out.files.extend(message.files);
        self.out.damaged |= message.damaged;
    }

    fn close(&mut self) {
        let file = self
            .open
            .take()
            .filter(|f| !f.name.is_empty() || !f.content.is_empty());
        if self.out.files.len() < FILES {
            self.out.files.extend(file);
        }
    }

    fn finish(mut self) -> Unpacked {
        self.close();
        if self.out.html.is_none() {
            self.out.html = self
                .html
                .take()
                .map(|bytes| decoded(&bytes, self.code_page));
        }
        if self.out.text.is_none() {
            self.out.text = self
                .text
                .take()
                .map(|bytes| decoded(&bytes, self.code_page));
        }
        match self.rtf.take().map(|rtf| rtf::read(&rtf)) {
            Some(rtf::Body::Html(html)) if self.out.html.is_none() => self.out.html = Some(html),
            Some(rtf::Body::Text(text)) if self.out.text.is_none() => self.out.text = Some(text),
            _ => {}
        }
        let said = |text: &String| !text.trim().is_empty();
        self.out.text = self.out.text.filter(said);
        self.out.html = self.out.html.filter(said);
        self.out
    }
}

fn decoded(bytes: &[u8], code_page: Option<u32>) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let label = code_page.map(|page| {
        if page == 65001 {
            "utf-8".to_owned()
        } else {
            format!("cp{page}")
        }
    });
    let label = label.filter(|l| charset::is_known(l));
    charset::decode(&bytes[..end], label.as_deref(), &Hint::default()).text
}

/// A MAPI property's value, as far as any is of use here.
enum Value<'a> {
    Number(u32),
    Unicode(String),
    Bytes(&'a [u8]),
    Other,
}

impl Value<'_> {
    fn text(&self, code_page: Option<u32>) -> String {
        match self {
            Self::Unicode(text) => text.clone(),
            Self::Bytes(bytes) => decoded(bytes, code_page),
            Self::Number(_) | Self::Other => String::new(),
        }
    }
}

/// The properties of a list, up to where it makes no sense any more (MS-OXTNEF section 2.1.3.4).
fn properties(data: &[u8]) -> Vec<(u16, Value<'_>)> {
    let mut input = Input(data);
    let count = input.u32().unwrap_or(0);
    let mut found = Vec::new();
    for _ in 0..count.min(5_000) {
        match property(&mut input) {
            Some(property) => found.push(property),
            None => break,
        }
    }
    found
}

fn property<'a>(input: &mut Input<'a>) -> Option<(u16, Value<'a>)> {
    let kind = input.u16()?;
    let id = input.u16()?;
    if id >= 0x8000 {
        name(input)?;
    }
    let variable = matches!(kind & 0x0fff, 0x1e | 0x1f | 0x0d | 0x102);
    let count = if variable || kind & 0x1000 != 0 {
        input.u32()?
    } else {
        1
    };
    let mut first = None;
    // Every value takes bytes, so a false count runs out of them.
    for _ in 0..count {
        let value = if variable {
            sized(input, kind)?
        } else {
            fixed(input, kind)?
        };
        first.get_or_insert(value);
    }
    // Properties with names of their own mean nothing here.
    let id = if id >= 0x8000 { 0 } else { id };
    Some((id, first.unwrap_or(Value::Other)))
}

/// A named property: GUID, then a number or a name.
fn name(input: &mut Input) -> Option<()> {
    input.take(16)?;
    if input.u32()? == 0 {
        input.u32()?;
    } else {
        let length = input.u32()? as usize;
        input.padded(length)?;
    }
    Some(())
}

fn sized<'a>(input: &mut Input<'a>, kind: u16) -> Option<Value<'a>> {
    let length = input.u32()? as usize;
    let bytes = input.padded(length)?;
    if kind & 0x0fff != 0x1f {
        return Some(Value::Bytes(bytes));
    }
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|u| u16::from_le_bytes([u[0], u[1]]))
        .take_while(|u| *u != 0)
        .collect();
    Some(Value::Unicode(String::from_utf16_lossy(&units)))
}

fn fixed<'a>(input: &mut Input<'a>, kind: u16) -> Option<Value<'a>> {
    match kind & 0x0fff {
        0x02 | 0x03 | 0x04 | 0x0a | 0x0b => input.u32().map(Value::Number),
        0x05 | 0x06 | 0x07 | 0x14 | 0x40 => input.take(8).map(|_| Value::Other),
        0x48 => input.take(16).map(|_| Value::Other),
        _ => None,
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Values fill whole groups of four bytes; the last may not.
    fn padded(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.take(length)?;
        let padding = (4 - length % 4) % 4;
        self.0 = self.0.get(padding..).unwrap_or_default();
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|b| u16::from_le_bytes([b[0], b[1]]))
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }
}
