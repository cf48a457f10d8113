//! What the store knows about a mail, for [`threading::decide`].

use super::Incoming;
use crate::inbox::Done;
use crate::rules::contacts::{is_foreign_list, is_service};
use crate::rules::subject;
use crate::rules::threading::{self, Candidate, Decision, Facts, MatchedBy, Mode};
use casella_index::model::*;
use casella_index::{Event, Rows, Tx};

/// Conversations weighed by reference: a mail that names more is no better matched for it.
const MOST_REFERENCES: usize = 20;
/// A contact's conversations looked at, newest first.
const MOST_CONVERSATIONS: usize = 500;
/// How long the same subject suggests the same matter.
const SUBJECT_DAYS: Millis = 7 * 24 * 3_600_000;

/// Looks up every candidate.
pub(super) fn gather(tx: &Tx<'_>, incoming: &Incoming, contact: Option<&Contact>) -> Done<Facts> {
    let sender = Sender::of(incoming, contact);
    let mail = &incoming.reading.mail;
    let named = incoming.tokens.reply.or(reported_on(tx, incoming)?);
    let token = named.map(|id| tx.living(id)).transpose()?.flatten();
    let number = subject::number(&mail.subject).map(ConversationId);
    let numbered = number.map(|id| tx.living(id)).transpose()?.flatten();
    let own = own_conversations(tx, contact)?;
    Ok(Facts {
        mode: incoming.mode,
        token: token
            .map(|found| sender.candidate(tx, &found))
            .transpose()?,
        references: references(tx, incoming, &sender)?,
        numbered: numbered
            .map(|found| sender.candidate(tx, &found))
            .transpose()?,
        known_contact: contact.is_some(),
        running: running(&own)
            .map(|found| sender.candidate(tx, found))
            .transpose()?,
        same_subject: if incoming.mode == Mode::Thread {
            same_subject(&own, &mail.subject, tx.now())
        } else {
            None
        },
        silent: incoming.silent,
        list: is_foreign_list(mail, &incoming.reading.kind, &incoming.team),
        service: is_service(&incoming.author.address),
        answers: incoming.is_answer(),
    })
}

/// The conversation of the message whose reports go to where this mail was sent: people and machines
/// that know no better answer there.
fn reported_on(tx: &Tx<'_>, incoming: &Incoming) -> Done<Option<ConversationId>> {
    let message = incoming.tokens.bounce.map(|(id, _)| tx.message(id));
    let message = message.transpose()?.flatten();
    Ok(message.map(|message| message.conversation))
}

/// Who writes, as participants are compared: every address of theirs, in lower case.
struct Sender<'a> {
    addresses: Vec<String>,
    contact: Option<ContactId>,
    dkim_domain: Option<&'a str>,
}

impl<'a> Sender<'a> {
    fn of(incoming: &'a Incoming, contact: Option<&Contact>) -> Self {
        let own = contact
            .into_iter()
            .flat_map(|contact| &contact.addresses)
            .map(|known| known.address.as_str());
        let written = [incoming.author.address.as_str()];
        Sender {
            addresses: written
                .into_iter()
                .chain(own)
                .map(|address| address.trim().to_lowercase())
                .collect(),
            contact: contact.map(|contact| contact.id),
            dkim_domain: incoming.proof.dkim_domain.as_deref(),
        }
    }

    fn candidate(&self, tx: &Tx<'_>, found: &Conversation) -> Done<Candidate> {
        let its_contact = self.contact.is_some() && found.contact == self.contact;
        Ok(Candidate {
            conversation: found.id,
            status: found.status,
            spam: found.spam,
            takes_part: its_contact || self.takes_part(tx, found.id)?,
        })
    }

    fn takes_part(&self, tx: &Tx<'_>, id: ConversationId) -> Done<bool> {
        for address in &self.addresses {
            if tx.takes_part(id, address)? {
                return Ok(true);
            }
        }
        if self.dkim_domain.is_none() {
            return Ok(false);
        }
        Ok(threading::takes_part(
            &self.addresses,
            self.dkim_domain,
            &tx.participants(id)?,
        ))
    }
}

/// Conversations holding a mail that bears one of the ids this mail names; then those that merely name
/// one too, or name this mail itself (its answer came before it).
fn references(tx: &Tx<'_>, incoming: &Incoming, sender: &Sender<'_>) -> Done<Vec<Candidate>> {
    let ids = threading::ids(&incoming.reading.mail, incoming.forwarded_by_team);
    let mut bearing = Vec::new();
    let mut sharing = Vec::new();
    for id in &ids {
        for (message, own) in tx.mails_with_id(id)? {
            if own {
                bearing.push(message)
            } else {
                sharing.push(message)
            }
        }
    }
    if let Some(own) = incoming
        .reading
        .mail
        .message_id
        .as_deref()
        .filter(|_| incoming.forwarded_by_team.is_none())
    {
        sharing.extend(
            tx.mails_with_id(own)?
                .into_iter()
                .filter(|(_, own)| !own)
                .map(|(message, _)| message),
        );
    }
    let mut found: Vec<Candidate> = Vec::new();
    for message in bearing.into_iter().chain(sharing) {
        if found.len() >= MOST_REFERENCES {
            break;
        }
        let Some(message) = tx.message(message)? else {
            continue;
        };
        let Some(conversation) = tx.living(message.conversation)? else {
            continue;
        };
        if found
            .iter()
            .all(|known| known.conversation != conversation.id)
        {
            found.push(sender.candidate(tx, &conversation)?);
        }
    }
    Ok(found)
}

/// The contact's conversations, newest activity first.
fn own_conversations(tx: &Tx<'_>, contact: Option<&Contact>) -> Done<Vec<Conversation>> {
    let Some(contact) = contact else {
        return Ok(Vec::new());
    };
    let mut own = Vec::new();
    for id in tx
        .conversations_of(contact.id)?
        .into_iter()
        .rev()
        .take(MOST_CONVERSATIONS)
    {
        own.extend(
            tx.conversation(id)?
                .filter(|conversation| conversation.merged_into.is_none()),
        );
    }
    own.sort_by_key(|conversation| std::cmp::Reverse((conversation.updated_at, conversation.id)));
    Ok(own)
}

/// D7: mail, or a chat whose address is sure. An address typed into a widget proves nobody.
fn running(own: &[Conversation]) -> Option<&Conversation> {
    own.iter().find(|conversation| {
        conversation.messenger.is_none()
            && (conversation.verified || conversation.visitor.is_none())
    })
}

fn same_subject(own: &[Conversation], subject: &str, now: Millis) -> Option<ConversationId> {
    let wanted = threading::subject_key(subject)?;
    let recent = own
        .iter()
        .filter(|conversation| now.saturating_sub(conversation.updated_at) < SUBJECT_DAYS);
    recent
        .take(20)
        .find(|conversation| {
            threading::subject_key(&conversation.subject).as_ref() == Some(&wanted)
        })
        .map(|found| found.id)
}

/// A mail with a chat's token, from its own address, proves that address: from now on other mail of it
/// may join.
pub(super) fn prove_chat(tx: &mut Tx<'_>, id: ConversationId, decision: &Decision) -> Done {
    let Some(mut conversation) = tx.conversation(id)? else {
        return Ok(());
    };
    if decision.matched_by == MatchedBy::Token && !decision.external && !conversation.verified {
        conversation.verified = true;
        tx.record(Event::ConversationChanged(Box::new(conversation)))?;
    }
    Ok(())
}
