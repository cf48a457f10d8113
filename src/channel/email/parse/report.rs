//! Machine-readable reports (RFC 6522): delivery status (RFC 3464), disposition notifications
//! (RFC 8098), feedback reports (RFC 5965). Fields only; what they mean is for the rules.

use super::charset::{self, Hint};
use super::fields;
use super::words;
use crate::rules::mail::{DeliveryStatus, Header, Report};

/// Recipients beyond this are not read.
const MOST: usize = 1_000;

/// Reads a report part of that media type, if it is one.
pub fn parse(media_type: &str, content: &[u8], hint: &Hint) -> Option<Report> {
    let kind = match media_type {
        "message/delivery-status" | "message/global-delivery-status" => "delivery-status",
        "message/disposition-notification" | "message/global-disposition-notification" => {
            "disposition-notification"
        }
        "message/feedback-report" => "feedback-report",
        _ => return None,
    };
    let mut groups = groups(content, hint);
    let mut report = Report {
        kind: kind.to_owned(),
        ..Report::default()
    };
    if kind == "delivery-status" {
        report.recipients = groups
            .iter()
            .filter_map(|g| recipient(g))
            .take(MOST)
            .collect();
        report.envelope_id = groups.iter().find_map(|g| value(g, "original-envelope-id"));
    }
    report.fields = if groups.is_empty() {
        Vec::new()
    } else {
        groups.swap_remove(0)
    };
    Some(report)
}

/// Groups of fields, parted by blank lines.
fn groups(content: &[u8], hint: &Hint) -> Vec<Vec<Header>> {
    let mut groups = Vec::new();
    let mut rest = content;
    while !rest.is_empty() && groups.len() <= MOST {
        let block = fields::split(rest);
        let group: Vec<Header> = block.fields.iter().map(|f| header(f, hint)).collect();
        if !group.is_empty() {
            groups.push(group);
        }
        // A line that is no field ends the block without a blank line: step over it.
        let stray = block.malformed && block.fields.is_empty();
        rest = &rest[block.body..];
        if stray || block.body == 0 {
            let line = rest
                .iter()
                .position(|b| *b == b'\n')
                .map_or(rest.len(), |n| n + 1);
            rest = &rest[line..];
        }
    }
    groups
}

fn header(field: &fields::Field, hint: &Hint) -> Header {
    let value = words::decode(&charset::header(field.value, hint), hint);
    Header {
        name: field.name.to_owned(),
        value: value.trim().to_owned(),
    }
}

fn value(group: &[Header], name: &str) -> Option<String> {
    let found = group.iter().find(|h| h.name.eq_ignore_ascii_case(name));
    found.map(|h| h.value.clone()).filter(|v| !v.is_empty())
}

fn recipient(group: &[Header]) -> Option<DeliveryStatus> {
    let status = DeliveryStatus {
        final_recipient: value(group, "final-recipient").map(|v| typed(&v)),
        original_recipient: value(group, "original-recipient").map(|v| typed(&v)),
        action: value(group, "action").map(|v| first_word(&v).to_lowercase()),
        status: value(group, "status").map(|v| first_word(&v).to_owned()),
        diagnostic: value(group, "diagnostic-code").map(|v| diagnostic(&v)),
        remote_mta: value(group, "remote-mta").map(|v| typed(&v)),
    };
    let says_something = status.final_recipient.is_some()
        || status.original_recipient.is_some()
        || status.action.is_some();
    says_something.then_some(status)
}

fn first_word(value: &str) -> &str {
    value.split([' ', '\t', '(']).next().unwrap_or_default()
}

/// `rfc822; <a@b>` without its type and angles.
fn typed(value: &str) -> String {
    let value = value.split_once(';').map_or(value, |(_, v)| v);
    value
        .trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim()
        .to_owned()
}

/// `smtp; 550 …` without its type, the text as it stands.
fn diagnostic(value: &str) -> String {
    match value.split_once(';') {
        Some((kind, text)) if !kind.trim().contains(' ') => text.trim().to_owned(),
        _ => value.to_owned(),
    }
}
