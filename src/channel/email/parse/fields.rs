//! A header block cut into its fields, and where the body begins (RFC 5322 section 2.2).
//!
//! Takes any line end, an mbox "From " line, lines that are no fields, and a missing blank line.

/// A field as it stands: the value is raw, folds included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    pub name: &'a str,
    pub value: &'a [u8],
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block<'a> {
    pub fields: Vec<Field<'a>>,
    /// Offset of the body.
    pub body: usize,
    /// A line was no field, or the blank line was missing.
    pub malformed: bool,
}

impl<'a> Block<'a> {
    /// The values of every field of that name, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |f| f.name.eq_ignore_ascii_case(name))
            .map(|f| f.value)
    }

    /// The first such value that is not blank.
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).find(|value| !value.trim_ascii().is_empty())
    }
}

/// Later fields are not read; nothing a person needs stands so far down.
const MOST_FIELDS: usize = 10_000;
/// Longer values are cut.
const LONGEST_VALUE: usize = 256 * 1024;
/// How far a stray line looks ahead for a real field before it is taken for the body.
const LOOK_AHEAD: usize = 20;

/// Cuts the header block `raw` begins with.
pub fn split(raw: &[u8]) -> Block<'_> {
    let lines = Lines::new(raw);
    let mut block = Block::default();
    // Where the open field's value begins.
    let mut open = None;
    // A line of blanks ends the header like an empty one, unless more of it follows.
    let mut at = if raw.starts_with(&[0xef, 0xbb, 0xbf]) {
        3
    } else {
        0
    };
    while at < raw.len() {
        let (line, next) = lines.at(at);
        if line.is_empty() || (line.trim_ascii().is_empty() && !lines.fields_follow(next)) {
            at = next;
            break;
        }
        if let Some(start) = open.filter(|_| matches!(line[0], b' ' | b'\t')) {
            let end = (at + line.len()).min(start + LONGEST_VALUE);
            if let Some(field) = block
                .fields
                .last_mut()
                .filter(|f| start + f.value.len() < end)
            {
                field.value = &raw[start..end];
            }
        } else if let Some(field) = field(line) {
            open = Some(at + line.len() - field.value.len());
            keep(&mut block, field);
        } else if !(block.fields.is_empty() && is_mbox_line(line)) {
            block.malformed = true;
            if !lines.fields_follow(next) {
                break;
            }
            open = None;
        }
        at = next;
    }
    block.body = at.min(raw.len());
    block
}

fn keep<'a>(block: &mut Block<'a>, field: Field<'a>) {
    if block.fields.len() < MOST_FIELDS {
        let value = &field.value[..field.value.len().min(LONGEST_VALUE)];
        block.fields.push(Field { value, ..field });
    }
}

struct Lines<'a> {
    raw: &'a [u8],
    /// LF, or CR in a mail that has no LF at its beginning.
    end: u8,
}

impl<'a> Lines<'a> {
    fn new(raw: &'a [u8]) -> Self {
        let end = match raw.contains(&b'\n') {
            true => b'\n',
            false => b'\r',
        };
        Self { raw, end }
    }

    /// The line at `at` without its end, and where the next begins.
    fn at(&self, at: usize) -> (&'a [u8], usize) {
        let rest = &self.raw[at..];
        let length = rest.iter().position(|b| *b == self.end);
        let line = &rest[..length.unwrap_or(rest.len())];
        let returns = line.iter().rev().take_while(|b| **b == b'\r').count();
        (
            &line[..line.len() - returns],
            at + length.map_or(rest.len(), |l| l + 1),
        )
    }

    /// Whether a line before the next blank one is a field mail software writes.
    fn fields_follow(&self, mut at: usize) -> bool {
        for _ in 0..LOOK_AHEAD {
            if at >= self.raw.len() {
                return false;
            }
            let (line, next) = self.at(at);
            if line.is_empty() {
                return false;
            }
            if field(line).is_some_and(|f| is_usual(f.name)) {
                return true;
            }
            at = next;
        }
        false
    }
}

/// `Name: value`; blanks before the colon are forgiven (RFC 5322 section 4.5).
fn field(line: &[u8]) -> Option<Field<'_>> {
    let colon = line.iter().position(|b| *b == b':')?;
    let name = line[..colon].trim_ascii_end();
    let fits = !name.is_empty() && name.len() <= 200 && name.iter().all(u8::is_ascii_graphic);
    let name = std::str::from_utf8(name).ok().filter(|_| fits)?;
    Some(Field {
        name,
        value: &line[colon + 1..],
    })
}

fn is_mbox_line(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ")
}

fn is_usual(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "received",
        "message-id",
        "mime-version",
        "reply-to",
        "in-reply-to",
        "references",
        "return-path",
        "delivered-to",
        "sender",
    ];
    const PREFIXES: [&str; 5] = ["content-", "x-", "dkim-", "list-", "arc-"];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || PREFIXES.iter().any(|p| name.starts_with(p))
}

#[cfg(test)]
mod tests;
