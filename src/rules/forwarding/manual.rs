//! Mail passed on by a person, the original in the body.
//!
//! Separator lines that announce a forward prove one. A bare header block or attribution is what
//! replies have too: subject, ids and recipients then decide, and in doubt it is no forward.

use super::dates::{self, Hint};
use super::{mailbox, some};
use crate::rules::mail::{Address, ForwardKind, Forwarded, Mail, Millis};
use crate::rules::quoting::Field;
use crate::rules::quoting::attribution::{Strength, attribution_at, quote_follows};
use crate::rules::quoting::headers::{Block, announced_at, block_at, glued};
use crate::rules::quoting::lines::{depth, is_blank, unquote};
use crate::rules::quoting::separators::{Separator, separator};
use crate::rules::subject;

/// Lines looked through for the block; a note above it is shorter.
const MAX_NOTE_LINES: usize = 2_000;

/// What introduces the older mail in the body.
enum Opening {
    /// A header block below a separator, or alone.
    Headers { block: Block, announced: bool },
    /// "On …, Anna wrote:"
    Attribution { text: String, depth: usize },
}

/// The first opening: where it begins, where the older text begins.
struct Found {
    start: usize,
    body: usize,
    opening: Opening,
}

/// The forward in this text of the mail, if it is one.
pub fn find(mail: &Mail, text: &str) -> Option<Forwarded> {
    let lines: Vec<&str> = text.lines().collect();
    let found = (0..lines.len().min(MAX_NOTE_LINES)).find_map(|at| opening_at(&lines, at))?;
    let start = above(&lines, found.start);
    let note = some(&lines[..start].join("\n"));
    let mut forwarded = match &found.opening {
        Opening::Headers { block, announced } => {
            let author = block.get(Field::From).and_then(mailbox::first);
            if !announced && !is_forward(mail, author.as_ref()) {
                return None;
            }
            let mut forwarded = from_block(block, author, mail.date);
            let above = lines[start..found.start].iter();
            forwarded.date = forwarded.date.or_else(|| {
                above
                    .rev()
                    .find_map(|line| dates::parse(line, hint_of(block, mail.date)))
            });
            forwarded
        }
        Opening::Attribution { text, .. } => {
            if !says_forward(mail) {
                return None;
            }
            from_attribution(text, mail)?
        }
    };
    let after = past_closing(&lines, found.body);
    let (text, below) = body(&lines[after..], &found.opening);
    forwarded.kind = ForwardKind::Manual;
    forwarded.by = Some(mail.from.clone());
    forwarded.text = some(&text);
    forwarded.note = match (note, some(&below)) {
        (Some(above), Some(below)) => Some(format!("{above}\n\n{below}")),
        (above, below) => above.or(below),
    };
    Some(forwarded)
}

/// Quoted lines right above a quoted block are its own: "> Message du 03/05/23".
fn above(lines: &[&str], start: usize) -> usize {
    let quoted = |n: &usize| depth(lines[*n]) > 0 && !is_blank(lines[*n]);
    let own = |_: &usize| lines.get(start).is_some_and(|line| depth(line) > 0);
    let begins = (0..start).rev().take_while(|n| own(n) && quoted(n)).last();
    begins.unwrap_or(start)
}

/// Zoho closes the header block with the line that opened it.
fn past_closing(lines: &[&str], body: usize) -> usize {
    let next = (body..lines.len().min(body + 2)).find(|&n| !is_blank(lines[n]));
    let closing = next.filter(|&n| {
        let frame = lines[n].trim().starts_with("====");
        frame && separator(lines[n]).is_some_and(|(kind, _)| kind == Separator::Forward)
    });
    closing.map_or(body, |n| n + 1)
}

fn opening_at(lines: &[&str], at: usize) -> Option<Found> {
    if is_blank(lines[at]) {
        return None;
    }
    if let Some((kind, rest)) = separator(lines[at]) {
        let found = below_separator(lines, at, kind, rest);
        if found.is_some() || kind != Separator::Rule {
            return found;
        }
    }
    if let Some(block) = block_at(lines, at)
        && block.convinces(false)
    {
        return Some(Found {
            start: at,
            body: block.end,
            opening: Opening::Headers {
                block,
                announced: false,
            },
        });
    }
    let attribution = attribution_at(lines, at)?;
    let body = at + attribution.lines;
    let certain = attribution.strength == Strength::Strong || quote_follows(lines, body);
    certain.then_some(Found {
        start: at,
        body,
        opening: Opening::Attribution {
            text: attribution.text,
            depth: depth(lines[at]),
        },
    })
}

fn below_separator(lines: &[&str], at: usize, kind: Separator, rest: &str) -> Option<Found> {
    let announced = kind == Separator::Forward;
    let headers = |block: Block| {
        let body = block.end;
        let opening = Opening::Headers { block, announced };
        Found {
            start: at,
            body,
            opening,
        }
    };
    if let Some(fields) = glued(rest) {
        return Some(headers(Block {
            start: at,
            end: at + 1,
            depth: depth(lines[at]),
            fields,
        }));
    }
    let next = (at + 1..lines.len().min(at + 5)).find(|&n| !is_blank(lines[n]))?;
    if let Some(block) = announced_at(lines, next) {
        return Some(headers(block));
    }
    let introduced = attribution_at(lines, next).filter(|_| announced)?;
    Some(Found {
        start: at,
        body: next + introduced.lines,
        opening: Opening::Attribution {
            text: introduced.text,
            depth: depth(lines[next]),
        },
    })
}

/// Whether the subject calls this a forward, and nothing but a forward.
fn says_forward(mail: &Mail) -> bool {
    subject::is_forward(&mail.subject)
}

/// Whether a header block that no separator explains is forwarded rather than answered.
fn is_forward(mail: &Mail, author: Option<&Address>) -> bool {
    let forwards = subject::is_forward(&mail.subject);
    let answers = subject::is_answer(&mail.subject);
    if forwards != answers {
        return forwards;
    }
    let Some(author) = author.filter(|author| !author.address.is_empty()) else {
        return false;
    };
    let same = |other: &Address| other.address.eq_ignore_ascii_case(&author.address);
    let answers_author = mail.to.iter().chain(&mail.cc).any(same) || same(&mail.from);
    let in_thread = !mail.in_reply_to.is_empty() || !mail.references.is_empty();
    !answers_author && !in_thread
}

fn from_block(block: &Block, author: Option<Address>, sent: Option<Millis>) -> Forwarded {
    let hint = hint_of(block, sent);
    Forwarded {
        author,
        reply_to: block.get(Field::ReplyTo).and_then(mailbox::first),
        subject: block.get(Field::Subject).and_then(some),
        date: block
            .get(Field::Date)
            .and_then(|date| dates::parse(date, hint)),
        ..Forwarded::default()
    }
}

fn hint_of(block: &Block, sent: Option<Millis>) -> Hint {
    let says = |label: &str| block.fields.iter().any(|found| found.label == label);
    let korean = |c: char| ('\u{ac00}'..='\u{d7af}').contains(&c);
    Hint {
        day_first: block.is_localised(),
        croatian: says("šalje") || says("prima") || (says("poslano") && says("predmet")),
        year_first: block
            .fields
            .iter()
            .any(|found| found.label.contains(korean)),
        sent,
    }
}

/// Outlook 2019 forwards with an attribution alone; the subject is the outer one.
fn from_attribution(text: &str, mail: &Mail) -> Option<Forwarded> {
    let author = mailbox::in_attribution(text)?;
    let dated = text
        .replace(&author.address, " ")
        .replace(&author.name, " ");
    let english = text.trim_start().starts_with("On ");
    let hint = Hint {
        day_first: !english,
        sent: mail.date,
        ..Hint::default()
    };
    Some(Forwarded {
        date: dates::parse(&dated, hint),
        author: Some(author),
        subject: some(&subject::bare(&mail.subject)),
        ..Forwarded::default()
    })
}

/// The older text freed of the marks and the indent the forward put before it, and what the
/// forwarder wrote below.
fn body(lines: &[&str], opening: &Opening) -> (String, String) {
    let quoted = match opening {
        Opening::Headers { block, .. } => block.depth,
        Opening::Attribution { depth, .. } => *depth,
    };
    let readable = || lines.iter().filter(|line| !line.trim().is_empty());
    let all_quoted = readable().all(|line| depth(line) > quoted) && readable().next().is_some();
    let levels = if all_quoted { quoted + 1 } else { quoted };
    let end = if levels == 0 {
        lines.len()
    } else {
        end_of_quote(lines)
    };
    let text: Vec<&str> = lines[..end]
        .iter()
        .map(|line| unquote(line, levels))
        .collect();
    (dedent(&text), lines[end..].join("\n"))
}

/// Where the quoted part ends for good, if a blank line and then only unquoted ones follow it.
fn end_of_quote(lines: &[&str]) -> usize {
    let last = lines
        .iter()
        .rposition(|line| line.trim_start().starts_with('>'));
    let after = last.map_or(0, |n| n + 1);
    let apart = lines.get(after).is_some_and(|line| line.trim().is_empty());
    if apart { after } else { lines.len() }
}

/// Outlook 2019 indents by four blanks.
fn dedent(lines: &[&str]) -> String {
    let readable = || lines.iter().filter(|line| !line.trim().is_empty());
    let indented = readable().all(|line| line.starts_with("    ")) && readable().next().is_some();
    let cut = |line: &&str| match line.strip_prefix("    ") {
        Some(inner) if indented => inner.to_owned(),
        _ => (*line).to_owned(),
    };
    let lines: Vec<String> = lines
        .iter()
        .map(cut)
        .map(|line| line.trim_end().to_owned())
        .collect();
    let text = lines.join("\n");
    // Yahoo sets one blank before the first line.
    text.trim_matches('\n').trim_start_matches(' ').to_owned()
}
