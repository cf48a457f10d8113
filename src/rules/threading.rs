//! Which conversation a mail belongs to (MAIL.md D1-D8): a token of ours, an id of a mail we hold, the
//! contact's running conversation, or a new one.
//!
//! The store fills [`Facts`] with a handful of key look-ups; [`decide`] only weighs them. A mail that
//! matches nothing begins a conversation: none is ever dropped. Subjects never split and never join
//! by themselves, for a third of real answers bear another one than the mail they answer.

use super::contacts::is_freemail;
use super::lifecycle::{self, Effect};
use super::mail::{ForwardKind, Mail};
use super::subject;
use casella_index::model::{ConversationId, Status};

/// How mails of one contact are gathered (`[inbox] threading`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// One running conversation per contact.
    #[default]
    Contact,
    /// One conversation per mail thread.
    Thread,
}

/// A conversation a mail may belong to, merges already followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub conversation: ConversationId,
    pub status: Status,
    pub spam: bool,
    /// The sender takes part there; see [`takes_part`].
    pub takes_part: bool,
}

/// What the store knows about a mail.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub mode: Mode,
    /// Named by a valid token of ours in an envelope recipient, else in a header recipient.
    pub token: Option<Candidate>,
    /// Holding a mail that bears or shares one of [`ids`], in that order.
    pub references: Vec<Candidate>,
    /// Named by `[#number]` in the subject.
    pub numbered: Option<Candidate>,
    /// The author is a contact already.
    pub known_contact: bool,
    /// The contact's conversation with the newest activity; never a chat linked only by an unverified address.
    pub running: Option<Candidate>,
    /// Of the same sender with the same bare subject, active within seven days.
    pub same_subject: Option<ConversationId>,
    /// A machine's answer, a receipt, a report.
    pub silent: bool,
    /// Came through somebody's mailing list.
    pub list: bool,
    /// From a sender that reads no answers.
    pub service: bool,
    /// It reacts to some earlier mail.
    pub answers: bool,
}

/// Where a mail lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Existing(ConversationId),
    New,
}

/// Why it landed there, in one word; shown under "Why here?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedBy {
    Token,
    Reference,
    Subject,
    Contact,
    New,
    Bounce,
}

impl MatchedBy {
    /// The word programs see.
    pub fn as_str(self) -> &'static str {
        match self {
            MatchedBy::Token => "token",
            MatchedBy::Reference => "reference",
            MatchedBy::Subject => "subject",
            MatchedBy::Contact => "contact",
            MatchedBy::New => "new",
            MatchedBy::Bounce => "bounce",
        }
    }
}

/// The decision about one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    pub place: Place,
    pub matched_by: MatchedBy,
    pub effect: Effect,
    /// "May belong to": one click moves it there.
    pub suggestion: Option<ConversationId>,
    /// A stranger who holds a token: shown with a banner, the contact unchanged, never prefilled.
    pub external: bool,
}

/// Weighs the facts; first match wins.
pub fn decide(facts: &Facts) -> Decision {
    by_token(facts)
        .or_else(|| by_reference(facts))
        .or_else(|| by_number(facts))
        .or_else(|| by_contact(facts))
        .unwrap_or_else(|| new(facts))
}

/// D1: whoever holds the token was given it; a stranger with it joins as one.
fn by_token(facts: &Facts) -> Option<Decision> {
    facts.token.map(|found| Decision {
        external: !found.takes_part,
        ..join(found, MatchedBy::Token, facts)
    })
}

/// D2, D4: an id we know, from somebody who takes part there.
fn by_reference(facts: &Facts) -> Option<Decision> {
    facts
        .references
        .iter()
        .find(|found| found.takes_part)
        .map(|found| join(*found, MatchedBy::Reference, facts))
}

/// D6: a number anybody can type counts from a participant alone.
fn by_number(facts: &Facts) -> Option<Decision> {
    facts
        .numbered
        .filter(|found| found.takes_part)
        .map(|found| join(found, MatchedBy::Subject, facts))
}

/// D7, and D3 for a known contact.
fn by_contact(facts: &Facts) -> Option<Decision> {
    let personal = !(facts.list || facts.service || facts.silent);
    facts
        .running
        .filter(|_| facts.mode == Mode::Contact && personal)
        .map(|found| join(found, MatchedBy::Contact, facts))
}

/// D3 for a stranger, D8.
fn new(facts: &Facts) -> Decision {
    let referred = facts.references.first().map(|found| found.conversation);
    let by_subject = facts.same_subject.filter(|_| facts.mode == Mode::Thread);
    Decision {
        place: Place::New,
        matched_by: MatchedBy::New,
        effect: lifecycle::begins(facts.silent, facts.answers),
        suggestion: referred.or(by_subject),
        external: false,
    }
}

fn join(found: Candidate, matched_by: MatchedBy, facts: &Facts) -> Decision {
    Decision {
        place: Place::Existing(found.conversation),
        matched_by,
        effect: lifecycle::joins(found.status, found.spam, facts.silent),
        suggestion: None,
        external: false,
    }
}

/// The ids by which a mail may be matched, most telling first: In-Reply-To, then References newest to
/// oldest. `forwarded_by_team`: one of us passed it on, so the outer references would drag the
/// agent's note to the customer (D5); an attached mail's own ids may still match.
pub fn ids(mail: &Mail, forwarded_by_team: Option<ForwardKind>) -> Vec<&str> {
    match forwarded_by_team {
        None => ids_of(mail),
        Some(ForwardKind::Attached) => {
            let inner = mail.attached.first().map(|(_, inner)| inner);
            inner
                .into_iter()
                .flat_map(|inner| inner.message_id.as_deref().into_iter().chain(ids_of(inner)))
                .collect()
        }
        Some(_) => Vec::new(),
    }
}

/// References kept: the newest and the root tell, the middle does not.
const MOST_IDS: usize = 20;

fn ids_of(mail: &Mail) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::new();
    let newest = mail.references.iter().rev().take(MOST_IDS - 1);
    for id in mail
        .in_reply_to
        .iter()
        .take(MOST_IDS)
        .chain(newest)
        .chain(mail.references.first())
    {
        if !ids.contains(&id.as_str()) {
            ids.push(id);
        }
    }
    ids
}

/// Whether a sender takes part among `participants`: one of the sender's own addresses stands there, or
/// somebody of the same company does and DKIM proved the sender's domain. All lower-case.
pub fn takes_part(sender: &[String], dkim_domain: Option<&str>, participants: &[String]) -> bool {
    let domain = dkim_domain
        .map(str::to_lowercase)
        .filter(|domain| !is_freemail(domain));
    let of_domain = |address: &String| {
        address
            .rsplit_once('@')
            .is_some_and(|(_, host)| Some(host) == domain.as_deref())
    };
    let colleague = domain.is_some() && sender.iter().any(of_domain);
    participants
        .iter()
        .any(|known| sender.contains(known) || (colleague && of_domain(known)))
}

/// The key by which "the same subject" is found; `None` where the subject says nothing.
pub fn subject_key(subject: &str) -> Option<String> {
    Some(subject::key(subject)).filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests;
