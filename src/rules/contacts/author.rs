//! Whose mail it is.

use super::{is_service, is_team, key, same, same_organisation};
use crate::rules::addresses::{self, addresses_in, parts};
use crate::rules::mail::{Address, ForwardKind, Forwarded, Kind, Mail, Team};

/// By which rule the author was found; told under "Why here?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribution {
    /// As written in From.
    From,
    /// A mailing list had put itself in From (E1).
    BehindList,
    /// A contact form wrote on this person's behalf (E2).
    Form,
    /// One of us passed the mail on (E4, E5).
    ForwardedByTeam,
    /// A copy of our own mail: its first foreign recipient (E8).
    OwnCopy,
}

/// Who the conversation belongs to; see [`attribute`].
pub fn author(mail: &Mail, forwarded: &Forwarded, team: &Team) -> Address {
    attribute(mail, forwarded, team).0
}

/// Who the conversation belongs to, and why. First match wins: a list's true sender, what one of us
/// forwarded, a contact form's visitor, the recipient of our own copy, From.
pub fn attribute(mail: &Mail, forwarded: &Forwarded, team: &Team) -> (Address, Attribution) {
    let from = sender(mail);
    behind_list(mail, &from, team)
        .map(|found| (found, Attribution::BehindList))
        .or_else(|| {
            by_team(mail, forwarded, &from, team).map(|found| (found, Attribution::ForwardedByTeam))
        })
        .or_else(|| through_form(mail, &from, team).map(|found| (found, Attribution::Form)))
        .or_else(|| own_copy(mail, &from, team).map(|found| (found, Attribution::OwnCopy)))
        .unwrap_or((from, Attribution::From))
}

/// From, or what stands in where it holds no address: Sender, then Reply-To.
fn sender(mail: &Mail) -> Address {
    let usable = |address: &&Address| parts(&address.address).is_some();
    let others = mail.sender.iter().chain(&mail.reply_to);
    std::iter::once(&mail.from)
        .chain(others)
        .find(usable)
        .unwrap_or(&mail.from)
        .clone()
}

/// Whether a mail came through a list that is not ours: such mail never joins "the contact's
/// conversation" (D7). A group that is itself our inbox is no list in this sense.
pub fn is_foreign_list(mail: &Mail, kind: &Kind, team: &Team) -> bool {
    kind.list_id.is_some()
        && !list_addresses(mail).any(|list| addresses::is_ours(&team.inboxes, &list))
}

/// Whether `address` is that of the list the mail came through.
pub(super) fn is_list_address(mail: &Mail, address: &str) -> bool {
    Lists::of(mail).hold(address)
}

/// The lists a mail came through.
struct Lists {
    keys: Vec<String>,
    /// The id of one, in the form of an address's.
    id: Option<String>,
}

impl Lists {
    fn of(mail: &Mail) -> Self {
        let id = mail.header("List-Id").and_then(|id| id.rsplit_once('<'));
        Self {
            keys: list_addresses(mail).filter_map(|list| key(&list)).collect(),
            id: id.map(|(_, id)| id.trim_end_matches('>').trim().to_lowercase()),
        }
    }

    fn hold(&self, address: &str) -> bool {
        let as_id = parts(address).map(|(local, domain)| format!("{local}.{domain}"));
        key(address).is_some_and(|key| self.keys.contains(&key))
            || (self.id.is_some() && self.id == as_id)
    }
}

fn list_addresses(mail: &Mail) -> impl Iterator<Item = String> + '_ {
    let names = [
        "List-Post",
        "X-BeenThere",
        "X-Mailing-List",
        "Mailing-List",
        "X-Google-Group-Address",
    ];
    names
        .into_iter()
        .flat_map(|name| mail.headers_named(name))
        .flat_map(|value| {
            let value = value.replace("mailto:", "").replace('?', " ");
            addresses_in(&value).collect::<Vec<_>>()
        })
}

/// E1: Google Groups and Mailman put the list in From where the true sender's DMARC would fail.
/// Where the original header repeats From, a colleague truly wrote.
fn behind_list(mail: &Mail, from: &Address, team: &Team) -> Option<Address> {
    let original_from = mail.header("X-Original-From").and_then(named_address);
    let lists = Lists::of(mail);
    let listed = lists.hold(&from.address) || via(&from.name).is_some();
    if !listed && original_from.is_none() {
        return None;
    }
    let original_sender = mail.header("X-Original-Sender").and_then(named_address);
    if original_from.is_none()
        && original_sender
            .as_ref()
            .is_some_and(|sender| same(&sender.address, &from.address))
    {
        return None;
    }
    let reply_to = mail
        .reply_to
        .iter()
        .find(|to| !lists.hold(&to.address) && !is_team(team, &to.address));
    let found = original_from
        .or(original_sender)
        .or_else(|| reply_to.filter(|to| parts(&to.address).is_some()).cloned())?;
    if lists.hold(&found.address) {
        return None;
    }
    let name = if found.name.is_empty() {
        without_via(&from.name)
    } else {
        without_via(&found.name)
    };
    Some(Address { name, ..found })
}

/// The person in `'Mario Rossi' via Support`.
fn via(name: &str) -> Option<&str> {
    name.rsplit_once(" via ")
        .map(|(person, _)| person)
        .filter(|person| !person.trim().is_empty())
}

fn without_via(name: &str) -> String {
    via(name)
        .unwrap_or(name)
        .trim()
        .trim_matches(['\'', '"'])
        .to_owned()
}

/// An address in a header value that reading left as text: `Name <address>` or bare.
fn named_address(value: &str) -> Option<Address> {
    let value = value.trim();
    let (name, address) = match value.rsplit_once('<') {
        Some((name, rest)) => (
            name.trim().trim_matches('"').trim(),
            rest.split('>').next().unwrap_or(rest),
        ),
        None => ("", value),
    };
    let address = address.trim();
    let whole = parts(address).is_some() && !address.contains(char::is_whitespace);
    whole.then(|| Address {
        name: name.to_owned(),
        address: address.to_owned(),
    })
}

/// E4, E5: one of us passed on what a customer wrote. The block's Reply-To wins over its From,
/// unless it leads to us or to nobody. A copy of our own mail inside belongs to its recipient (E8).
fn by_team(mail: &Mail, forwarded: &Forwarded, from: &Address, team: &Team) -> Option<Address> {
    let by_person = matches!(forwarded.kind, ForwardKind::Manual | ForwardKind::Attached);
    if !by_person || !is_team(team, &from.address) {
        return None;
    }
    let foreign =
        |address: &&Address| parts(&address.address).is_some() && !is_team(team, &address.address);
    let author = forwarded.author.as_ref();
    let reply_to = forwarded
        .reply_to
        .as_ref()
        .filter(foreign)
        .filter(|to| !is_service(&to.address));
    if let Some(found) = reply_to {
        let name = if found.name.is_empty() {
            author.map(|a| a.name.clone()).unwrap_or_default()
        } else {
            found.name.clone()
        };
        return Some(Address {
            name,
            ..found.clone()
        });
    }
    author.filter(foreign).cloned().or_else(|| {
        let inner = (forwarded.kind == ForwardKind::Attached).then(|| mail.attached.first())??;
        own_copy(&inner.1, &inner.1.from, team)
    })
}

/// E2: a form or a no-reply sender writes for a visitor, who stands in Reply-To.
fn through_form(mail: &Mail, from: &Address, team: &Team) -> Option<Address> {
    let for_others = is_team(team, &from.address)
        || addresses::in_our_domain(&team.inboxes, &from.address)
        || is_service(&from.address);
    let lists = Lists::of(mail);
    let visitor = |to: &&Address| {
        parts(&to.address).is_some_and(|(_, domain)| domain != "unknown")
            && !is_team(team, &to.address)
            && !is_service(&to.address)
            && !lists.hold(&to.address)
            && !same_organisation(&to.address, &from.address)
    };
    let found = mail.reply_to.iter().find(visitor).filter(|_| for_others)?;
    let name = if found.name.is_empty() {
        from.name.clone()
    } else {
        found.name.clone()
    };
    Some(Address {
        name,
        ..found.clone()
    })
}

/// E8: From is an inbox of ours, so the mail is a copy of what we sent.
fn own_copy(mail: &Mail, from: &Address, team: &Team) -> Option<Address> {
    if !addresses::is_ours(&team.inboxes, &from.address) {
        return None;
    }
    let foreign = |to: &&Address| parts(&to.address).is_some() && !is_team(team, &to.address);
    mail.to.iter().chain(&mail.cc).find(foreign).cloned()
}
