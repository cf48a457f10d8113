//! Reports about our own mail: bounces, complaints, read receipts (MAIL.md B1-B3, C).
//!
//! A report is bound to the message it is about, whose delivery it changes, and joins that thread,
//! folded. It never makes a contact, never reopens; only a final failure makes the thread unread,
//! for then the customer got no answer.

use super::{Incoming, Received, known};
use crate::inbox::Done;
use crate::rules::bounce::{self, Reason};
use crate::rules::contacts::{key, same};
use crate::rules::lifecycle::Effect;
use crate::rules::threading::{Decision, MatchedBy, Place};
use casella_index::model::*;
use casella_index::tables::SUPPRESSIONS;
use casella_index::{Event, Rows, Tx};

const DAY: Millis = 24 * 3_600_000;
/// How long after our last mail to an address a report that names nothing else is taken to be about it.
const RECENT: Millis = 5 * DAY;
/// This many soft failures within [`SOFT_SPAN`] stop our automations from writing there.
const MOST_SOFT: usize = 3;
const SOFT_SPAN: Millis = 14 * DAY;

/// The message of ours a report is about, and how sure that is.
pub(super) struct About {
    message: Message,
    recipient: Option<String>,
    /// Bound by our token or an id, not merely by an address.
    sure: bool,
}

/// What a report is about; `None` if the mail is none, or is about nothing of ours.
pub(super) fn subject_of(tx: &Tx<'_>, incoming: &Incoming) -> Done<Option<About>> {
    let kind = &incoming.reading.kind;
    if !(kind.bounce || kind.complaint || kind.read_receipt) {
        return Ok(None);
    }
    if let Some((id, number)) = incoming.tokens.bounce
        && let Some(message) = tx.message(id)?
    {
        let recipient = message
            .delivery
            .recipients
            .get(number as usize)
            .map(|copy| copy.address.clone());
        return Ok(Some(About {
            message,
            recipient,
            sure: true,
        }));
    }
    for id in ids(incoming) {
        let ours = known::bearing(tx, &id)?
            .into_iter()
            .find(|message| message.direction == Direction::Out);
        if let Some(message) = ours {
            return Ok(Some(About {
                recipient: recipient_of(incoming, &message),
                message,
                sure: true,
            }));
        }
    }
    if let Some(conversation) = incoming.tokens.reply {
        let ours = last_sent(tx, conversation, |_| true)?;
        return Ok(ours.map(|message| About {
            recipient: recipient_of(incoming, &message),
            message,
            sure: true,
        }));
    }
    recently_written_to(tx, incoming)
}

/// The ids a report names, most telling first.
fn ids(incoming: &Incoming) -> Vec<String> {
    let mail = &incoming.reading.mail;
    let told = incoming
        .reading
        .bounce
        .iter()
        .filter_map(|bounce| bounce.original_message_id.clone());
    let fields = mail.report.iter().flat_map(|report| &report.fields);
    let receipt = fields.filter(|field| field.name.eq_ignore_ascii_case("Original-Message-ID"));
    let receipt = receipt.map(|field| field.value.trim().trim_matches(['<', '>']).to_owned());
    let attached = mail
        .attached
        .iter()
        .filter_map(|(_, attached)| attached.message_id.clone());
    told.chain(receipt)
        .chain(attached)
        .chain(mail.in_reply_to.iter().cloned())
        .chain(mail.references.iter().rev().cloned())
        .take(50)
        .collect()
}

/// Which copy of our message it is about: the address it names, if we sent there, else the only one.
fn recipient_of(incoming: &Incoming, message: &Message) -> Option<String> {
    let copies = &message.delivery.recipients;
    let named = named_recipient(incoming);
    // Behind an alias another address failed than the one we wrote to; the report may name both.
    let told = incoming
        .reading
        .mail
        .report
        .iter()
        .flat_map(|report| &report.recipients);
    let written_to = told.filter_map(|told| told.original_recipient.clone());
    let mut names = named.into_iter().chain(written_to);
    let sent = names.find_map(|name| copies.iter().find(|copy| same(&name, &copy.address)));
    sent.or(if copies.len() == 1 {
        copies.first()
    } else {
        None
    })
    .map(|copy| copy.address.clone())
}

fn named_recipient(incoming: &Incoming) -> Option<String> {
    let reading = &incoming.reading;
    let field = |name: &str| {
        let fields = reading.mail.report.iter().flat_map(|report| &report.fields);
        fields
            .into_iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value.clone())
    };
    let address = |value: String| crate::rules::addresses::addresses_in(&value).next();
    let bounced = reading
        .bounce
        .as_ref()
        .and_then(|bounce| bounce.recipient.clone());
    bounced
        .or_else(|| field("Original-Rcpt-To").and_then(address))
        .or_else(|| field("Final-Recipient").and_then(address))
        .or_else(|| {
            reading
                .mail
                .attached
                .first()
                .and_then(|(_, mail)| mail.to.first())
                .map(|to| to.address.clone())
        })
}

/// A report that names an address alone is about our last mail there, if that is recent.
fn recently_written_to(tx: &Tx<'_>, incoming: &Incoming) -> Done<Option<About>> {
    let Some(named) = named_recipient(incoming) else {
        return Ok(None);
    };
    let contact = key(&named)
        .map(|key| tx.contact_of(&key))
        .transpose()?
        .flatten();
    let Some(contact) = contact else {
        return Ok(None);
    };
    let since = tx.now().saturating_sub(RECENT);
    for id in tx.conversations_of(contact.id)?.into_iter().rev().take(20) {
        let sent_there = |message: &Message| {
            message.at >= since
                && message
                    .delivery
                    .recipients
                    .iter()
                    .any(|copy| same(&copy.address, &named))
        };
        if let Some(message) = last_sent(tx, id, sent_there)? {
            return Ok(Some(About {
                recipient: recipient_of(incoming, &message),
                message,
                sure: false,
            }));
        }
    }
    Ok(None)
}

fn last_sent(
    tx: &Tx<'_>,
    conversation: ConversationId,
    wanted: impl Fn(&Message) -> bool,
) -> Done<Option<Message>> {
    let Some(conversation) = tx.living(conversation)? else {
        return Ok(None);
    };
    let newest = tx.thread_back(conversation.id, u32::MAX, 50)?;
    Ok(newest.into_iter().find(|message| {
        message.direction == Direction::Out && message.email.is_some() && wanted(message)
    }))
}

/// Changes the delivery of the message a report is about, and joins its thread.
pub(super) fn join(tx: &mut Tx<'_>, incoming: &Incoming, about: About) -> Done<Received> {
    let told = told(incoming);
    if let Some((state, detail)) = &told.delivery {
        tx.record(Event::DeliveryReported {
            conversation: about.message.conversation,
            message: about.message.id,
            recipient: about.recipient.clone(),
            state: *state,
            detail: detail.clone(),
        })?;
    }
    if let (Some(address), true) = (&about.recipient, about.sure) {
        suppress(tx, address, &told)?;
    }
    let conversation = tx
        .living(about.message.conversation)?
        .map_or(about.message.conversation, |living| living.id);
    let effect = Effect {
        reopens: false,
        unread: told.is_final && !incoming.imported,
    };
    let decision = Decision {
        place: Place::Existing(conversation),
        matched_by: MatchedBy::Bounce,
        effect,
        suggestion: None,
        external: false,
    };
    super::join(tx, incoming, conversation, &decision)
}

/// What a report comes down to.
struct Told {
    delivery: Option<(DeliveryState, String)>,
    /// The mail will not arrive.
    is_final: bool,
    reason: Option<Reason>,
    complaint: bool,
    detail: String,
}

fn told(incoming: &Incoming) -> Told {
    let kind = &incoming.reading.kind;
    let Some(report) = &incoming.reading.bounce else {
        let delivery = kind
            .read_receipt
            .then(|| (DeliveryState::Seen, String::new()));
        return Told {
            delivery,
            is_final: false,
            reason: None,
            complaint: kind.complaint,
            detail: incoming.draft.subject.clone(),
        };
    };
    let reason = bounce::reason(report.status.as_deref(), report.diagnostic.as_deref());
    let detail = match &report.status {
        Some(status) => format!("{} ({status})", reason.sentence()),
        None => reason.sentence().to_owned(),
    };
    let state = if report.delayed {
        DeliveryState::Delayed
    } else {
        DeliveryState::Bounced
    };
    Told {
        delivery: Some((state, detail.clone())),
        is_final: !report.delayed,
        reason: Some(reason),
        complaint: false,
        detail,
    }
}

/// Remembers that an address does not want or take our mail: at once where that is certain, after
/// three soft failures in a fortnight otherwise.
fn suppress(tx: &mut Tx<'_>, address: &str, told: &Told) -> Done {
    let Some(key) = key(address).filter(|_| told.complaint || told.is_final) else {
        return Ok(());
    };
    let now = tx.now();
    let known = tx.get(&SUPPRESSIONS, &key)?.unwrap_or_default();
    let mut soft: Vec<Millis> = known
        .soft
        .into_iter()
        .filter(|at| now.saturating_sub(*at) < SOFT_SPAN)
        .collect();
    let certain = told.complaint || told.reason.is_some_and(Reason::is_hard);
    if !certain {
        soft.push(now);
    }
    let suppression = Suppression {
        reason: if told.complaint {
            "complaint"
        } else {
            "bounce"
        }
        .to_owned(),
        detail: told.detail.clone(),
        at: now,
        hard: known.hard || certain || soft.len() >= MOST_SOFT,
        soft,
    };
    tx.record(Event::AddressSuppressed { key, suppression })?;
    Ok(())
}
