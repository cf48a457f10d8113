//! The readable parts: text and HTML from the templates of the mail's kind.

use serde::Serialize;

use super::{Line, Link, Outgoing};
use crate::render::{Error, Millis, Templates, Voice};

/// Characters of one quoted message that are kept; the rest is in the mail it was.
const LONGEST_QUOTE: usize = 20_000;

/// Both readable parts, with LF line ends.
pub struct Bodies {
    pub text: String,
    pub html: String,
}

/// What the templates see.
#[derive(Serialize)]
struct View<'a> {
    subject: &'a str,
    text: &'a str,
    company: &'a str,
    marker: &'a str,
    lines: Vec<Row<'a>>,
    links: &'a [Link],
    links_until: Millis,
    links_clock: String,
}

/// One quoted message.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    at: Millis,
    /// The zone `at` is told in, as people write it: `CET`, `UTC`.
    clock: String,
    ours: bool,
    text: String,
    /// The text with `> ` before each line.
    quoted: String,
    files: &'a [String],
}

pub fn render(outgoing: &Outgoing, templates: &Templates, voice: &Voice) -> Result<Bodies, Error> {
    let text = clean(&outgoing.text);
    let view = View {
        subject: &outgoing.subject,
        text: text.trim_end(),
        company: &outgoing.company,
        marker: &outgoing.marker,
        lines: outgoing
            .history
            .iter()
            .map(|line| row(line, voice))
            .collect(),
        links: &outgoing.links,
        links_until: outgoing.links_until,
        links_clock: clock(outgoing.links_until, voice),
    };
    let folder = outgoing.kind.folder();
    Ok(Bodies {
        text: templates.render(&format!("mail/{folder}/text.txt"), voice, &view)?,
        html: templates.render(&format!("mail/{folder}/html"), voice, &view)?,
    })
}

fn row<'a>(line: &'a Line, voice: &Voice) -> Row<'a> {
    let text = shortened(clean(&line.text).trim());
    Row {
        name: &line.name,
        at: line.at,
        clock: clock(line.at, voice),
        ours: line.ours,
        quoted: quoted(&text),
        text,
        files: &line.files,
    }
}

fn clock(at: Millis, voice: &Voice) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    at.to_zoned(voice.zone.clone()).strftime("%Z").to_string()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

fn quoted(text: &str) -> String {
    let line = |line: &str| format!("> {line}").trim_end().to_owned();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// LF line ends, and no control characters but tabs: they have no place in text (RFC 2046 section 4.1.2).
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let harmless = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().filter(harmless).collect()
}
