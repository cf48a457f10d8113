//! The rich text Outlook sends: compressed RTF (MS-OXRTFCP) and the HTML or plain text folded into
//! it (MS-OXRTFEX). Formatting is not kept; words are.

use super::charset::{self, Hint};

/// Larger bodies are cut.
const LARGEST: usize = 8 * 1024 * 1024;
/// Deeper groups are read as if they did not nest further.
const DEPTH: usize = 200;

const PRIMER: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// What an RTF body turned out to hold.
#[derive(Debug, PartialEq, Eq)]
pub enum Body {
    Html(String),
    Text(String),
}

/// Undoes LZFu compression. `None` if it is none.
pub fn decompress(data: &[u8]) -> Option<Vec<u8>> {
    let raw_size = u32::from_le_bytes(data.get(4..8)?.try_into().ok()?) as usize;
    let limit = raw_size.min(LARGEST);
    match data.get(8..12)? {
        b"MELA" => Some(
            data[16.min(data.len())..]
                .iter()
                .copied()
                .take(limit)
                .collect(),
        ),
        b"LZFu" => Some(inflate(data.get(16..)?, limit)),
        _ => None,
    }
}

fn inflate(mut input: &[u8], limit: usize) -> Vec<u8> {
    let mut window = [0u8; 4096];
    window[..PRIMER.len()].copy_from_slice(PRIMER);
    let mut write = PRIMER.len();
    let mut out = Vec::with_capacity(limit.min(1 << 20));
    let mut put = |byte: u8, window: &mut [u8; 4096], out: &mut Vec<u8>| {
        out.push(byte);
        window[write] = byte;
        write = (write + 1) % 4096;
        write
    };
    let mut position = PRIMER.len();
    while let Some((&flags, rest)) = input.split_first() {
        input = rest;
        for bit in 0..8 {
            if out.len() >= limit {
                return out;
            }
            if flags >> bit & 1 == 0 {
                let Some((&byte, rest)) = input.split_first() else {
                    return out;
                };
                input = rest;
                position = put(byte, &mut window, &mut out);
                continue;
            }
            let [high, low, rest @ ..] = input else {
                return out;
            };
            input = rest;
            let reference = usize::from(*high) << 4 | usize::from(*low >> 4);
            if reference == position {
                return out;
            }
            for i in 0..usize::from(low & 0x0f) + 2 {
                position = put(window[(reference + i) % 4096], &mut window, &mut out);
            }
        }
    }
    out
}

/// Reads RTF as the HTML or text it carries.
pub fn read(rtf: &[u8]) -> Body {
    let mut reader = Reader::new(rtf);
    reader.run();
    let text = reader.finish();
    if reader.html {
        Body::Html(text)
    } else {
        Body::Text(text.trim().to_owned())
    }
}

/// What holds inside one group.
#[derive(Clone, Copy)]
struct Group {
    /// Not shown: fonts, colours, pictures, unknown destinations.
    hidden: bool,
    /// A piece of the original HTML.
    html_tag: bool,
    /// RTF that only stands in for HTML.
    rtf_only: bool,
    /// Characters that follow a `\u` for readers who do not know it.
    fallback: usize,
}

struct Reader<'a> {
    input: &'a [u8],
    at: usize,
    stack: Vec<Group>,
    group: Group,
    /// `\fromhtml1` was seen.
    html: bool,
    code_page: u32,
    /// Fallback characters still to skip.
    skip: usize,
    surrogate: Option<u16>,
    bytes: Vec<u8>,
    out: String,
}

impl<'a> Reader<'a> {
    fn new(input: &'a [u8]) -> Self {
        let group = Group {
            hidden: false,
            html_tag: false,
            rtf_only: false,
            fallback: 1,
        };
        Self {
            input,
            at: 0,
            stack: Vec::new(),
            group,
            html: false,
            code_page: 1252,
            skip: 0,
            surrogate: None,
            bytes: Vec::new(),
            out: String::new(),
        }
    }

    fn run(&mut self) {
        while let Some(&byte) = self.input.get(self.at) {
            self.at += 1;
            match byte {
                b'{' if self.stack.len() < DEPTH => self.stack.push(self.group),
                b'}' => self.group = self.stack.pop().unwrap_or(self.group),
                b'\\' => self.control(),
                b'\r' | b'\n' | b'{' | 0 => {}
                byte => self.byte(byte),
            }
        }
    }

    fn finish(&mut self) -> String {
        self.flush();
        std::mem::take(&mut self.out)
    }

    fn visible(&self) -> bool {
        let shown = !self.html || self.group.html_tag || !self.group.rtf_only;
        shown && !self.group.hidden && self.out.len() < LARGEST
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.visible() {
            self.bytes.push(byte);
        }
    }

    fn text(&mut self, text: &str) {
        if self.visible() {
            self.flush();
            self.out.push_str(text);
        }
    }

    /// Bytes wait for each other: characters of two bytes come as two escapes.
    fn flush(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let label = match self.code_page {
            65001 => "utf-8".to_owned(),
            10000 => "macintosh".to_owned(),
            page => format!("cp{page}"),
        };
        let label = if charset::is_known(&label) {
            label
        } else {
            "windows-1252".to_owned()
        };
        let bytes = std::mem::take(&mut self.bytes);
        self.out
            .push_str(&charset::decode(&bytes, Some(&label), &Hint::default()).text);
    }

    fn control(&mut self) {
        let Some(&first) = self.input.get(self.at) else {
            return;
        };
        if first.is_ascii_alphabetic() {
            return self.word();
        }
        self.at += 1;
        match first {
            b'\'' => self.hex(),
            b'*' => self.destination(),
            b'~' => self.text("\u{a0}"),
            b'_' => self.text("-"),
            b'\r' | b'\n' => self.text("\n"),
            b'\\' | b'{' | b'}' => self.byte(first),
            _ => {}
        }
    }

    fn hex(&mut self) {
        let rest = &self.input[self.at.min(self.input.len())..];
        if let Some(byte) = super::transfer::hex_pair(rest) {
            self.at += 2;
            self.byte(byte);
        }
    }

    /// `\*\name`: only the HTML's own pieces are known.
    fn destination(&mut self) {
        let rest = &self.input[self.at.min(self.input.len())..];
        if rest.starts_with(b"\\htmltag") {
            self.flush();
            self.group.html_tag = true;
        } else {
            self.group.hidden = true;
        }
    }

    fn word(&mut self) {
        let rest = &self.input[self.at..];
        let letters = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let (name, after) = rest.split_at(letters);
        let sign = usize::from(after.first() == Some(&b'-'));
        let digits = after[sign..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
            .min(10);
        let length = if digits > 0 { sign + digits } else { 0 };
        let number = std::str::from_utf8(&after[..length])
            .ok()
            .and_then(|n| n.parse::<i64>().ok());
        self.at += letters + length;
        if self.input.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        self.apply(name, number);
    }

    fn apply(&mut self, name: &[u8], number: Option<i64>) {
        match name {
            b"fromhtml" => self.html = number != Some(0),
            b"htmlrtf" => {
                self.flush();
                self.group.rtf_only = number != Some(0);
            }
            b"ansicpg" => {
                self.code_page = number.and_then(|n| u32::try_from(n).ok()).unwrap_or(1252)
            }
            b"uc" => {
                self.group.fallback = number
                    .and_then(|n| usize::try_from(n).ok())
                    .unwrap_or(1)
                    .min(8)
            }
            b"u" => self.unicode(number.unwrap_or(0)),
            b"bin" => {
                self.at += number
                    .and_then(|n| usize::try_from(n).ok())
                    .unwrap_or(0)
                    .min(self.input.len())
            }
            b"fonttbl" | b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"object"
            | b"header" | b"footer" => {
                self.group.hidden = true;
            }
            b"par" | b"line" | b"row" => self.text("\n"),
            b"tab" | b"cell" => self.text("\t"),
            b"lquote" => self.text("‘"),
            b"rquote" => self.text("’"),
            b"ldblquote" => self.text("“"),
            b"rdblquote" => self.text("”"),
            b"bullet" => self.text("•"),
            b"endash" => self.text("–"),
            b"emdash" => self.text("—"),
            _ => {}
        }
    }

    fn unicode(&mut self, number: i64) {
        // Negative numbers are the upper half of sixteen bits.
        let unit = u16::try_from(number.rem_euclid(0x1_0000)).unwrap_or(0xfffd);
        let pair: Vec<u16> = self.surrogate.take().into_iter().chain([unit]).collect();
        if pair.len() == 1 && (0xd800..0xdc00).contains(&unit) {
            self.surrogate = Some(unit);
        } else {
            self.text(&String::from_utf16_lossy(&pair));
        }
        self.skip = self.group.fallback;
    }
}

#[cfg(test)]
mod tests;
