//! Calendar objects (RFC 5545) as far as a reader of mail wants them: what, when, where, from whom,
//! and in a reply, who answers how (RFC 5546).

use crate::rules::mail::{Address, Invite};

/// One content line: name, parameters, value. Names are upper-case.
struct Line<'a> {
    name: String,
    params: Vec<(String, &'a str)>,
    value: &'a str,
}

/// The first event, to-do or free-busy object of a calendar. `method` is the one its media type names.
pub fn parse(text: &str, method: &str) -> Option<Invite> {
    let unfolded = text
        .replace("\r\n", "\n")
        .replace("\n ", "")
        .replace("\n\t", "");
    let mut invite = Invite {
        method: method.trim().to_uppercase(),
        ..Invite::default()
    };
    let mut open: Vec<String> = Vec::new();
    let mut found = false;
    for line in unfolded.lines().filter_map(Line::read) {
        match line.name.as_str() {
            "BEGIN" => open.push(line.value.trim().to_uppercase()),
            "END" => {
                let closed = open.pop();
                if closed.is_some_and(|c| is_object(&c)) {
                    break;
                }
            }
            "METHOD" if open.len() <= 1 => invite.method = line.value.trim().to_uppercase(),
            _ if open.len() == 2 && is_object(&open[1]) => {
                found = true;
                take(&mut invite, &line);
            }
            _ => {}
        }
    }
    found.then_some(invite)
}

fn is_object(name: &str) -> bool {
    matches!(name, "VEVENT" | "VTODO" | "VFREEBUSY" | "VJOURNAL")
}

fn take(invite: &mut Invite, line: &Line) {
    let text = || Some(unescaped(line.value)).filter(|t| !t.trim().is_empty());
    match line.name.as_str() {
        "SUMMARY" => invite.summary = text().unwrap_or_default(),
        "LOCATION" => invite.location = text(),
        "DESCRIPTION" => invite.description = text(),
        "DTSTART" => {
            invite.starts = moment(line.value);
            invite.zone = zone(line);
        }
        "DTEND" | "DUE" => invite.ends = moment(line.value),
        "ORGANIZER" => invite.organizer = Some(line.person()),
        "ATTENDEE" if invite.answer.is_none() && invite.method == "REPLY" => {
            let answer = line.param("PARTSTAT").unwrap_or_default().to_uppercase();
            invite.answer = Some((line.person(), answer));
        }
        _ => {}
    }
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let colon = outside_quotes(line, ':')?;
        let (head, value) = (&line[..colon], &line[colon + 1..]);
        let mut pieces = split_outside_quotes(head, ';').into_iter();
        let name = pieces.next()?.trim().to_uppercase();
        let params = pieces
            .filter_map(|p| p.split_once('='))
            .map(|(n, v)| (n.trim().to_uppercase(), v.trim().trim_matches('"')))
            .collect();
        Some(Self {
            name,
            params,
            value,
        })
    }

    fn param(&self, name: &str) -> Option<&'a str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }

    fn person(&self) -> Address {
        let value = self.value.trim();
        let scheme = value
            .get(..7)
            .is_some_and(|s| s.eq_ignore_ascii_case("mailto:"));
        let address = if scheme { &value[7..] } else { value };
        Address {
            name: self.param("CN").unwrap_or_default().to_owned(),
            address: address.to_owned(),
        }
    }
}

fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == wanted && !quoted).then_some(at)
    })
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = outside_quotes(rest, separator) {
        pieces.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    pieces.push(rest);
    pieces
}

/// RFC 5545 section 3.3.11.
fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// `20260305T100000` as `2026-03-05 10:00`, `20260305` as `2026-03-05`.
fn moment(value: &str) -> Option<String> {
    let value = value.trim();
    let digits = |from: usize, to: usize| {
        value
            .get(from..to)
            .filter(|d| d.bytes().all(|b| b.is_ascii_digit()))
    };
    let date = format!("{}-{}-{}", digits(0, 4)?, digits(4, 6)?, digits(6, 8)?);
    match (digits(9, 11), digits(11, 13)) {
        (Some(hour), Some(minute)) => Some(format!("{date} {hour}:{minute}")),
        _ => Some(date),
    }
}

fn zone(line: &Line) -> Option<String> {
    match line.param("TZID") {
        Some(zone) => Some(zone.to_owned()),
        None => line.value.trim().ends_with('Z').then(|| "UTC".to_owned()),
    }
}

/// The object as text, for a mail that says nothing else: what, when, where, from whom, then its
/// own description. It needs no words of ours.
pub fn card(invite: &Invite) -> String {
    let mut lines = vec![invite.summary.clone()];
    lines.extend(when(invite));
    lines.extend(invite.location.clone());
    lines.extend(invite.organizer.as_ref().map(person));
    if let Some(description) = &invite.description {
        lines.extend([String::new(), description.clone()]);
    }
    lines.retain(|line| !line.trim().is_empty() || line.is_empty());
    lines.join("\n").trim().to_owned()
}

fn when(invite: &Invite) -> Option<String> {
    let starts = invite.starts.as_deref()?;
    let same_day = |ends: &str| ends.get(..10) == starts.get(..10);
    let ends = invite
        .ends
        .as_deref()
        .filter(|ends| *ends != starts)
        .map(|ends| match ends.get(11..) {
            Some(time) if same_day(ends) => format!("–{time}"),
            _ => format!(" – {ends}"),
        });
    let zone = invite.zone.as_deref().map(|z| format!(" ({z})"));
    Some(format!(
        "{starts}{}{}",
        ends.unwrap_or_default(),
        zone.unwrap_or_default()
    ))
}

fn person(who: &Address) -> String {
    match who.name.is_empty() {
        true => who.address.clone(),
        false => format!("{} <{}>", who.name, who.address),
    }
}
