//! Header blocks that Outlook and others write above a quoted or forwarded mail, in any of the
//! languages of [`labels`](super::words::labels).
//!
//! A block is what stands on adjacent lines; what it means (reply or forward) is for others to say.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::lines::{content, depth, fold, has_address, is_blank, unquote};
use super::words::labels::{Field, LABELS};

/// Longest label looked for, in characters.
const LONGEST_LABEL: usize = 28;
/// Lines one field may span.
const LONGEST_FIELD: usize = 6;
/// Fields a block may have; what piles up beyond is no mail program's.
const MOST_FIELDS: usize = 16;
/// Programs that put every recipient on a line of its own are rare, and so are long lists of them.
const MOST_COPIES: usize = 6;

static FIELDS: LazyLock<HashMap<&'static str, Field>> = LazyLock::new(|| {
    let pairs = LABELS
        .iter()
        .flat_map(|&(field, labels)| labels.iter().map(move |&label| (label, field)));
    // The first table that knows a label wins.
    let mut fields = HashMap::new();
    for (label, field) in pairs {
        fields.entry(label).or_insert(field);
    }
    fields
});

/// One field as found: its meaning, the label folded, the value on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub field: Field,
    pub label: String,
    pub value: String,
}

/// A header block: lines `start..end`, quoted `depth` levels deep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub start: usize,
    pub end: usize,
    pub depth: usize,
    pub fields: Vec<Found>,
}

impl Block {
    /// The value of the first field of that kind.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.fields
            .iter()
            .find(|found| found.field == field)
            .map(|found| found.value.as_str())
    }

    /// Whether the From label is not the English one: such programs write days before months.
    pub fn is_localised(&self) -> bool {
        self.fields
            .iter()
            .any(|found| found.field == Field::From && found.label != "from")
    }

    fn has(&self, field: Field) -> bool {
        self.get(field).is_some()
    }

    /// Whether one more field of that kind can belong to it.
    fn has_room_for(&self, field: Field, blank_before: bool) -> bool {
        let known = self.fields.iter().filter(|f| f.field == field).count();
        let most = match field {
            _ if blank_before => 1,
            Field::Other => MOST_FIELDS,
            Field::Cc => MOST_COPIES,
            _ => 1,
        };
        known < most && self.fields.len() < MOST_FIELDS
    }

    /// Whether this is a header block and not someone's list of the same words ("From: Rome,
    /// To: Milan"). A separator above it (`announced`) makes two fields enough.
    pub fn convinces(&self, announced: bool) -> bool {
        let core = [Field::From, Field::Date, Field::To, Field::Subject];
        let count = core.iter().filter(|&&field| self.has(field)).count();
        let address = self
            .fields
            .iter()
            .any(|found| found.field != Field::Subject && has_address(&found.value));
        let clock = self.get(Field::Date).is_some_and(has_clock);
        let dated_author = self.has(Field::From) && clock;
        let full = count >= 3 && self.has(Field::From) && self.has(Field::Subject);
        count >= 2 && (announced || address || dated_author || full)
    }
}

/// Whether a time of day stands in the text.
fn has_clock(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(4).any(|w| {
        w[0].is_ascii_digit()
            && matches!(w[1], b':' | b'.')
            && w[2].is_ascii_digit()
            && w[3].is_ascii_digit()
    })
}

/// The header block that begins on line `at`, if its first line is one of its fields.
pub fn block_at(lines: &[&str], at: usize) -> Option<Block> {
    let depth = depth(lines[at]);
    let mut block = Block {
        start: at,
        end: at,
        depth,
        fields: Vec::new(),
    };
    if let Some(fields) = glued(content(lines[at])) {
        block.fields = fields;
        block.end = at + 1;
        return Some(block);
    }
    while let Some((found, end)) = field_at(lines, block.end, &block) {
        if block.fields.is_empty() && found.field == Field::Other {
            return None;
        }
        let blank_before = block.end > at && is_blank(lines[end.first - 1]);
        if !block.has_room_for(found.field, blank_before) {
            break;
        }
        block.fields.push(found);
        block.end = end.after;
    }
    (!block.fields.is_empty()).then_some(block)
}

/// The header block that begins on line `at` below a separator. There the colon may be missing: some
/// programs set labels and values as columns.
pub fn announced_at(lines: &[&str], at: usize) -> Option<Block> {
    let known = block_at(lines, at).filter(|block| block.convinces(true));
    known.or_else(|| columns_at(lines, at))
}

/// `From "Anna" <a@b.c>` and so on: at least three fields, one of them the author's address.
fn columns_at(lines: &[&str], at: usize) -> Option<Block> {
    let fields: Vec<Found> = lines[at..]
        .iter()
        .take(MOST_FIELDS)
        .map_while(|line| column_of(content(line)))
        .collect();
    let author = fields
        .iter()
        .any(|found| found.field == Field::From && has_address(&found.value));
    (author && fields.len() >= 3).then(|| Block {
        start: at,
        end: at + fields.len(),
        depth: depth(lines[at]),
        fields,
    })
}

fn column_of(text: &str) -> Option<Found> {
    let (label, value) = text.split_once([' ', '\t'])?;
    let label = fold(label);
    let &field = FIELDS.get(label.as_str())?;
    let value = value.trim().to_owned();
    Some(Found {
        field,
        label,
        value,
    })
}

/// Where a field's lines are.
struct Extent {
    first: usize,
    after: usize,
}

/// The field at `line`, or after a blank line or two inside a block.
fn field_at(lines: &[&str], line: usize, block: &Block) -> Option<(Found, Extent)> {
    let begun = !block.fields.is_empty();
    let blank = |n: usize| lines.get(n).is_some_and(|line| is_blank(line));
    let blanks = (line..line + 2).take_while(|&n| begun && blank(n)).count();
    let gap = blanks > 0;
    let first = line + blanks;
    let text = *lines.get(first)?;
    let known = label_of(content(text));
    let mut found = known.or_else(|| unknown_label(content(text)).filter(|_| begun && !gap))?;
    if begun && depth(text) != block.depth {
        return None;
    }
    // A paragraph of its own only counts while the block is still incomplete.
    if gap && (found.field == Field::Other || block.fields.len() > 3) {
        return None;
    }
    let mut after = first + 1;
    while after < first + LONGEST_FIELD && continues(lines, after, &found, block) {
        found.value.push(' ');
        found.value.push_str(content(lines[after]));
        after += 1;
    }
    found.value = found.value.trim().to_owned();
    Some((found, Extent { first, after }))
}

/// Whether line `at` goes on with the field before it: a folded list of people, or a line between
/// two labels of the same block.
fn continues(lines: &[&str], at: usize, found: &Found, block: &Block) -> bool {
    let Some(line) = lines.get(at).filter(|line| !is_blank(line)) else {
        return false;
    };
    if field_of(line).is_some() {
        return false;
    }
    let people = matches!(
        found.field,
        Field::From | Field::To | Field::Cc | Field::ReplyTo
    );
    if people {
        let open = found.value.ends_with([',', ';', '<', '[', ':']);
        let indented = unquote(line, block.depth).starts_with([' ', '\t']);
        let lists = has_address(line) && content(line).contains(['<', ';', ',']);
        if open || (indented && has_address(line)) || (lists && found.value.len() > 40) {
            return true;
        }
    }
    found.value.is_empty() && followed_by_label(lines, at, 1, found, block)
        || followed_by_label(lines, at, 3, found, block)
}

/// Whether within `reach` lines, without a blank one, a field comes that the block has not yet.
fn followed_by_label(
    lines: &[&str],
    at: usize,
    reach: usize,
    found: &Found,
    block: &Block,
) -> bool {
    lines[at + 1..]
        .iter()
        .take(reach)
        .take_while(|line| !is_blank(line))
        .find_map(|line| field_of(line))
        .is_some_and(|next| next != found.field && next != Field::Other && !block.has(next))
}

/// `Label: value`, where the label is one we know; bold stars and table bars are looked through.
fn label_of(text: &str) -> Option<Found> {
    let (field, label, value) = labelled(text)?;
    let value = value.trim_start_matches(['*', '_', '|', ' ', '\t', '\u{a0}']);
    Some(Found {
        field,
        label,
        value: value.trim_end_matches(['|', ' ']).trim().to_owned(),
    })
}

/// The field such a line is.
fn field_of(line: &str) -> Option<Field> {
    labelled(content(line)).map(|(field, ..)| field)
}

/// The field, its folded label, and what stands behind the colon.
fn labelled(text: &str) -> Option<(Field, String, &str)> {
    let text = text.trim_start_matches(['*', '_', '|', '•', ' ', '\t']);
    let (colon, mark) = text
        .char_indices()
        .take(LONGEST_LABEL)
        .find(|&(_, c)| is_colon(c))?;
    let label = fold(text[..colon].trim_matches(['*', '_', ' ', '\u{a0}']));
    let &field = FIELDS.get(label.as_str())?;
    Some((field, label, &text[colon + mark.len_utf8()..]))
}

/// A field in a language no table knows, inside a block: `Xyz: Anna <a@b.c>`.
fn unknown_label(text: &str) -> Option<Found> {
    let (label, value) = text.split_once(is_colon)?;
    let label = fold(label.trim_matches(['*', '_', ' ']));
    let people = has_address(value) && !value.trim_start().starts_with("//");
    let short = label.split(' ').count() <= 2 && label.chars().count() <= LONGEST_LABEL / 2;
    (people && short && !has_address(&label)).then(|| Found {
        field: Field::Other,
        label,
        value: value.trim().to_owned(),
    })
}

fn is_colon(c: char) -> bool {
    matches!(c, ':' | '：' | '︰' | '﹕')
}

/// A whole block run together on one line, as Yahoo's plain parts have it:
/// `From: A <a@b.c>To: …Sent: …Subject: …`.
pub fn glued(text: &str) -> Option<Vec<Found>> {
    labelled(text).filter(|(field, ..)| *field == Field::From)?;
    let first = label_of(text)?;
    let mut starts: Vec<(usize, usize)> = text
        .char_indices()
        .filter(|&(at, c)| at > 0 && (c.is_uppercase() || (c.is_alphabetic() && !c.is_lowercase())))
        .filter_map(|(at, _)| glued_label(text, at).map(|len| (at, len)))
        .collect();
    // The end of "Reply-To:" is no label of its own.
    starts.dedup_by(|next, before| next.0 < before.0 + before.1);
    if starts.len() < 2 {
        return None;
    }
    let end = starts[0].0;
    let mut fields = vec![Found {
        value: label_of(&text[..end])?.value,
        ..first
    }];
    for (n, &(at, len)) in starts.iter().enumerate() {
        let until = starts.get(n + 1).map_or(text.len(), |next| next.0);
        let label = fold(text[at..at + len].trim_end_matches([':', ' ', '\u{a0}']));
        let &field = FIELDS.get(label.as_str())?;
        if fields.iter().all(|known| known.field != field) {
            fields.push(Found {
                field,
                label,
                value: text[at + len..until].trim_matches([' ', ':']).to_owned(),
            });
        }
    }
    let subject = fields.iter().any(|found| found.field == Field::Subject);
    (fields.len() >= 3 && subject).then_some(fields)
}

/// The length of a label with its colon, glued to what stands before it at `at`.
fn glued_label(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].chars().next_back()?;
    if before == ' ' {
        return None;
    }
    let rest = &text[at..];
    let colon = rest
        .char_indices()
        .take(LONGEST_LABEL)
        .find(|&(_, c)| is_colon(c));
    if let Some((colon, mark)) = colon
        && FIELDS.contains_key(fold(&rest[..colon]).as_str())
    {
        return Some(colon + mark.len_utf8());
    }
    // Yahoo's Polish page forgets the colon after its word for Cc.
    rest.starts_with("Dw ").then_some(3)
}
