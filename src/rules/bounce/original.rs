//! Which mail a report is about.

use crate::rules::mail::Mail;

/// Its Message-ID: from the mail or headers enclosed, from a header of the report's own, from headers
/// quoted in the text, and at last from what the report says it answers.
pub(super) fn message_id(mail: &Mail) -> Option<String> {
    let enclosed = mail
        .attached
        .iter()
        .find_map(|(_, enclosed)| enclosed.message_id.clone());
    enclosed
        .or_else(|| reported(mail))
        .or_else(|| quoted(mail))
        .or_else(|| mail.in_reply_to.first().cloned())
        .or_else(|| mail.references.last().cloned())
}

fn reported(mail: &Mail) -> Option<String> {
    let fields = mail.report.iter().flat_map(|report| &report.fields);
    let named = fields
        .filter(|h| h.name.eq_ignore_ascii_case("Original-Message-ID"))
        .map(|h| h.value.as_str());
    let headers = [
        "X-Original-Message-ID",
        "X-MS-Exchange-Parent-Message-Id",
        "X-Microsoft-Original-Message-ID",
    ];
    named
        .chain(headers.into_iter().filter_map(|name| mail.header(name)))
        .find_map(bracketed)
}

/// The last-but-first `Message-ID:` line of the text: below the separator where there is one, for the
/// report may name its own above. The id may stand on the next line.
fn quoted(mail: &Mail) -> Option<String> {
    let lines: Vec<_> = mail
        .text
        .lines()
        .map(|line| line.trim_start_matches(['>', ' ', '\t', '|']))
        .collect();
    let ids = lines.iter().enumerate().filter_map(|(at, line)| {
        let (name, value) = line.split_once(':')?;
        let name = name.trim().trim_start_matches("x-original-");
        let is_id = [
            "message-id",
            "message id",
            "original message id",
            "original-message-id",
            "messageid",
        ]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
        let next = lines.get(at + 1).copied().unwrap_or_default();
        is_id
            .then(|| {
                bracketed(value).or_else(|| value.trim().is_empty().then(|| bracketed(next))?)
            })
            .flatten()
    });
    ids.into_iter()
        .find(|id| Some(id) != mail.message_id.as_ref())
}

fn bracketed(value: &str) -> Option<String> {
    let id = match value.split_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or(rest),
        None => value,
    };
    let id = id.trim();
    (id.contains('@') && !id.contains(char::is_whitespace)).then(|| id.to_owned())
}
