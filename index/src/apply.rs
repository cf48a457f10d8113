//! Event to rows: the only writer of the derived tables.
//!
//! Applying decides nothing: same events, same tables. A test replays the journal into an empty store
//! and compares.

mod delivery;

use crate::error::StoreError;
use crate::event::{Entry, Event};
use crate::model::*;
use crate::rows::{Rows, place_in_time};
use crate::segment::hash16;
use crate::tables::*;
use crate::writer::Tx;
use delivery::{compose, queue_again, queue_reply, release, report, try_delivery};

type Done = Result<(), StoreError>;

/// References kept per mail for matching: the newest answer and the oldest root matter, not the middle.
const REFERENCES_KEPT: usize = 20;

pub(crate) fn apply(tx: &mut Tx<'_>, seq: u64, entry: &Entry) -> Done {
    match &entry.event {
        Event::BlobKept(row) => {
            tx.put(&BLOBS, &row.id, row)?;
            tx.count("blob", row.id.0)
        }
        Event::BlobErased(id) => edit_blob(tx, *id),
        Event::ContactCreated(contact) | Event::ContactChanged(contact) => put_contact(tx, contact),
        Event::ContactsMerged { from, into } => merge_contacts(tx, from, into),
        Event::AddressSuppressed { key, suppression } => tx.put(&SUPPRESSIONS, key, suppression),
        Event::AddressFreed { key } => tx.delete(&SUPPRESSIONS, key),
        Event::ConversationOpened(conversation) => {
            tx.count("conversation", conversation.id.0)?;
            put_conversation(tx, conversation)
        }
        Event::MessageAdded {
            message,
            reopens,
            unread,
        } => {
            add_message(tx, message)?;
            lift(tx, message, *reopens, *unread)
        }
        Event::ReplyQueued {
            message,
            jobs,
            carried,
            idempotency_key,
        } => queue_reply(tx, message, jobs, carried, idempotency_key.as_ref()),
        Event::DeliveryQueued { message, jobs, .. } => queue_again(tx, *message, jobs),
        Event::PathAdded { message, path, .. } => edit_message(tx, *message, |m| {
            if let Some(email) = &mut m.email {
                email.paths.push(path.clone());
            }
        }),
        Event::MessageChanged(message) => change_message(tx, message),
        Event::MessageForetold { mid, note } => tx.put(&MID_NOTES, mid, note),
        Event::MessageMoved {
            message,
            to,
            seq,
            matched_by,
            ..
        } => move_message(tx, *message, *to, *seq, matched_by),
        Event::MailComposed { message, job, raw } => compose(tx, *message, *job, *raw),
        Event::DeliveryTried {
            message,
            job,
            outcome,
            ..
        } => try_delivery(tx, *message, *job, outcome),
        Event::JobReleased { job, next_at } => release(tx, *job, *next_at),
        Event::DeliveryReported {
            message,
            recipient,
            state,
            detail,
            ..
        } => edit_message(tx, *message, |m| {
            report(m, recipient.as_deref(), *state, detail)
        }),
        Event::ChatSeen {
            conversation,
            visitor,
            seq,
        } => see_chat(tx, *conversation, *visitor, *seq),
        Event::ConversationCompleted { conversation, by } => {
            edit_conversation(tx, *conversation, |c| {
                c.status = Status::Complete;
                c.closure = Some(Closure {
                    by: *by,
                    at: entry.at,
                });
            })
        }
        Event::ConversationReopened { conversation } => {
            edit_conversation(tx, *conversation, reopen)
        }
        Event::ConversationRead { conversation } => {
            edit_conversation(tx, *conversation, |c| c.read = true)
        }
        Event::ConversationUnread { conversation } => {
            edit_conversation(tx, *conversation, |c| c.read = false)
        }
        Event::ConversationAssigned { conversation, to } => {
            edit_conversation(tx, *conversation, |c| c.assignee = *to)
        }
        Event::ConversationChanged(conversation) => put_conversation(tx, conversation),
        Event::ConversationsMerged { from, into } => merge_conversations(tx, *from, *into),
        Event::VisitorCreated { visitor, key_hash } => {
            tx.put(&VISITOR_KEYS, key_hash, &visitor.id)?;
            put_visitor(tx, visitor)
        }
        Event::VisitorChanged(visitor) => put_visitor(tx, visitor),
        Event::AgentChanged(agent) => {
            tx.count("agent", agent.id.0)?;
            tx.put(&AGENTS, &agent.id, agent)
        }
        Event::SavedReplyChanged(reply) => {
            tx.count("saved_reply", reply.id.0)?;
            tx.put(&SAVED_REPLIES, &reply.id, reply)
        }
        Event::SavedReplyDeleted(id) => tx.delete(&SAVED_REPLIES, id),
        Event::TokenChanged(token) => {
            tx.count("token", token.id.0)?;
            tx.put(&TOKENS, &token.id, token)
        }
        Event::SettingChanged {
            name,
            value: Some(value),
        } => tx.put(&SETTINGS, name, value),
        Event::SettingChanged { name, value: None } => tx.delete(&SETTINGS, name),
        Event::Audited(audit) => tx.put(&AUDITS, &seq, audit),
    }
}

fn edit_blob(tx: &mut Tx<'_>, id: BlobId) -> Done {
    if let Some(mut row) = tx.get(&BLOBS, &id)? {
        row.erased = true;
        tx.put(&BLOBS, &id, &row)?;
    }
    Ok(())
}

fn put_contact(tx: &mut Tx<'_>, contact: &Contact) -> Done {
    tx.count("contact", contact.id.0)?;
    let old = tx.contact(contact.id)?;
    for gone in old.iter().flat_map(|old| &old.addresses) {
        let stays = contact.addresses.iter().any(|kept| kept.key == gone.key);
        if !stays && tx.get(&CONTACT_ADDRESSES, &gone.key)? == Some(contact.id) {
            tx.delete(&CONTACT_ADDRESSES, &gone.key)?;
        }
    }
    for address in &contact.addresses {
        tx.put(&CONTACT_ADDRESSES, &address.key, &contact.id)?;
    }
    tx.put(&CONTACTS, &contact.id, contact)
}

fn merge_contacts(tx: &mut Tx<'_>, from: &Contact, into: &Contact) -> Done {
    put_contact(tx, from)?;
    put_contact(tx, into)?;
    for id in tx.conversations_of(from.id)? {
        tx.delete(&CONTACT_CONVERSATIONS, &(from.id, id))?;
        tx.put(&CONTACT_CONVERSATIONS, &(into.id, id), &())?;
        edit_conversation(tx, id, |c| c.contact = Some(into.id))?;
    }
    Ok(())
}

fn put_visitor(tx: &mut Tx<'_>, visitor: &Visitor) -> Done {
    tx.count("visitor", visitor.id.0)?;
    tx.put(&VISITORS, &visitor.id, visitor)
}

fn put_conversation(tx: &mut Tx<'_>, conversation: &Conversation) -> Done {
    let before = tx
        .conversation(conversation.id)?
        .and_then(|old| old.contact);
    if before != conversation.contact {
        if let Some(contact) = before {
            tx.delete(&CONTACT_CONVERSATIONS, &(contact, conversation.id))?;
        }
        if let Some(contact) = conversation.contact {
            tx.put(&CONTACT_CONVERSATIONS, &(contact, conversation.id), &())?;
        }
    }
    if let Some(person) = &conversation.messenger {
        let key = format!("{}/{}", person.page, person.psid);
        let newest = tx.get(&MESSENGER_THREADS, &key)?;
        if newest.is_none_or(|newest| newest < conversation.id) {
            tx.put(&MESSENGER_THREADS, &key, &conversation.id)?;
        }
    }
    tx.touch(conversation);
    tx.put(&CONVERSATIONS, &conversation.id, conversation)
}

fn edit_conversation(
    tx: &mut Tx<'_>,
    id: ConversationId,
    edit: impl FnOnce(&mut Conversation),
) -> Done {
    let Some(mut conversation) = tx.conversation(id)? else {
        return Ok(());
    };
    edit(&mut conversation);
    put_conversation(tx, &conversation)
}

fn reopen(conversation: &mut Conversation) {
    conversation.status = Status::Open;
    conversation.closure = None;
}

fn edit_message(tx: &mut Tx<'_>, id: MessageId, edit: impl FnOnce(&mut Message)) -> Done {
    let Some(mut message) = tx.message(id)? else {
        return Ok(());
    };
    edit(&mut message);
    tx.put(&MESSAGES, &id, &message)
}

fn change_message(tx: &mut Tx<'_>, message: &Message) -> Done {
    index_mail(tx, message)?;
    index_mid(tx, message)?;
    tx.put(&MESSAGES, &message.id, message)?;
    let shown = |c: &Conversation| c.newest == Some(message.id);
    edit_conversation(tx, message.conversation, |c| {
        if shown(c) {
            c.snippet = message.snippet.clone();
        }
    })
}

fn add_message(tx: &mut Tx<'_>, message: &Message) -> Done {
    tx.count("message", message.id.0)?;
    tx.put(&MESSAGES, &message.id, message)?;
    tx.put(&THREAD, &(message.conversation, message.seq), &message.id)?;
    if let Some(chat) = &message.chat
        && !chat.client_id.is_empty()
    {
        tx.put(
            &CHAT_LINES,
            &(chat.visitor, chat.client_id.clone()),
            &message.id,
        )?;
    }
    index_mail(tx, message)?;
    index_mid(tx, message)?;
    fulfil(tx, message)
}

/// What was foretold of it stands in the message itself now.
fn fulfil(tx: &mut Tx<'_>, message: &Message) -> Done {
    let facts = message.messenger.as_ref();
    match facts.and_then(|facts| Some((&facts.page, facts.mid.as_ref()?))) {
        Some((page, mid)) => tx.delete(&MID_NOTES, &format!("{page}/{mid}")),
        None => Ok(()),
    }
}

/// Makes a mail findable by its ids and those it refers to, and its people participants.
fn index_mail(tx: &mut Tx<'_>, message: &Message) -> Done {
    let Some(email) = &message.email else {
        return Ok(());
    };
    let older = email
        .references
        .iter()
        .rev()
        .take(REFERENCES_KEPT)
        .chain(email.references.first());
    for reference in email.in_reply_to.iter().chain(older) {
        tx.put(
            &MAIL_IDS,
            &(hash16(reference.as_bytes()), message.id),
            &false,
        )?;
    }
    for own in std::iter::once(&email.message_id)
        .chain(&email.other_ids)
        .filter(|id| !id.is_empty())
    {
        tx.put(&MAIL_IDS, &(hash16(own.as_bytes()), message.id), &true)?;
    }
    if !email.external {
        let people = std::iter::once(&email.from)
            .chain(&email.reply_to)
            .chain(&email.to)
            .chain(&email.cc);
        for key in people
            .map(|person| address_key(&person.address))
            .filter(|key| !key.is_empty())
        {
            tx.put(&PARTICIPANTS, &(message.conversation, key), &())?;
        }
    }
    Ok(())
}

/// As a participant an address is compared in lower case; what makes a *contact* unique is a rule's matter.
fn address_key(address: &str) -> String {
    address.trim().to_lowercase()
}

fn index_mid(tx: &mut Tx<'_>, message: &Message) -> Done {
    let Some(facts) = &message.messenger else {
        return Ok(());
    };
    for mid in facts.mid.iter().chain(&facts.mids) {
        tx.put(&MIDS, &format!("{}/{mid}", facts.page), &message.id)?;
    }
    Ok(())
}

/// A message lifts its conversation in the list and sets what the rules decided.
fn lift(tx: &mut Tx<'_>, message: &Message, reopens: bool, unread: bool) -> Done {
    let late = came_late(tx, message)?;
    edit_conversation(tx, message.conversation, |c| {
        c.messages_count += 1;
        c.next_seq = c.next_seq.max(message.seq + 1);
        if reopens {
            reopen(c);
        }
        if unread {
            c.read = false;
        }
        match message.direction {
            Direction::Event => {}
            Direction::Note => c.updated_at = c.updated_at.max(message.at),
            Direction::In | Direction::Out if late => open_window(c, message),
            Direction::In | Direction::Out => show(c, message),
        }
    })
}

/// Messenger's webhooks come in any order: an older line does not replace what the list shows of a newer.
fn came_late(tx: &Tx<'_>, message: &Message) -> Result<bool, StoreError> {
    let Some(conversation) = tx.conversation(message.conversation)? else {
        return Ok(false);
    };
    let newest = match conversation.newest {
        Some(id) if message.messenger.is_some() => tx.message(id)?,
        _ => None,
    };
    let comes_first = |newest: &Message| place_in_time(message) < place_in_time(newest);
    Ok(newest.is_some_and(|newest| newest.messenger.is_some() && comes_first(&newest)))
}

fn show(conversation: &mut Conversation, message: &Message) {
    conversation.updated_at = conversation.updated_at.max(message.at);
    conversation.newest = Some(message.id);
    conversation.snippet = message.snippet.clone();
    if let Some(channel) = message.channels.last() {
        conversation.channel = *channel;
    }
    if !message.subject.is_empty() {
        conversation.subject = message.subject.clone();
    }
    open_window(conversation, message);
}

/// What the person says lets us answer, for as long as Meta's window goes.
fn open_window(conversation: &mut Conversation, message: &Message) {
    if let (Some(person), Some(facts)) = (&mut conversation.messenger, &message.messenger)
        && message.direction == Direction::In
        && !facts.opens_no_window
    {
        // A late one is older than Meta's refusal.
        if facts.timestamp >= person.last_inbound {
            person.locked = None;
        }
        person.last_inbound = person.last_inbound.max(facts.timestamp);
    }
}

fn move_message(
    tx: &mut Tx<'_>,
    id: MessageId,
    to: ConversationId,
    seq: u32,
    matched_by: &str,
) -> Done {
    let Some(mut message) = tx.message(id)? else {
        return Ok(());
    };
    let from = message.conversation;
    tx.delete(&THREAD, &(from, message.seq))?;
    message.conversation = to;
    message.seq = seq;
    message.matched_by = Some(matched_by.to_owned());
    tx.put(&THREAD, &(to, seq), &id)?;
    tx.put(&MESSAGES, &id, &message)?;
    index_mail(tx, &message)?;
    edit_conversation(tx, to, |c| {
        c.messages_count += 1;
        c.next_seq = c.next_seq.max(seq + 1);
    })?;
    edit_conversation(tx, from, |c| {
        c.messages_count = c.messages_count.saturating_sub(1)
    })?;
    recount(tx, from)?;
    recount(tx, to)
}

/// After a move: what the list shows of a conversation comes from its newest remaining message.
fn recount(tx: &mut Tx<'_>, id: ConversationId) -> Done {
    let spoken = |m: &Message| matches!(m.direction, Direction::In | Direction::Out);
    let newest = tx.thread_back(id, u32::MAX, 200)?.into_iter().find(spoken);
    edit_conversation(tx, id, |c| match &newest {
        Some(message) => {
            c.updated_at = message.at;
            show(c, message);
        }
        None => {
            c.newest = None;
            c.snippet.clear();
        }
    })
}

fn merge_conversations(tx: &mut Tx<'_>, from: ConversationId, into: ConversationId) -> Done {
    for key in tx.participants(from)? {
        tx.put(&PARTICIPANTS, &(into, key), &())?;
    }
    edit_conversation(tx, from, |c| {
        c.merged_into = Some(into);
        c.status = Status::Complete;
    })
}

fn see_chat(tx: &mut Tx<'_>, conversation: ConversationId, visitor: VisitorId, seq: u32) -> Done {
    let Some(mut row) = tx.visitor(visitor)? else {
        return Ok(());
    };
    let fresh = tx.range(
        &THREAD,
        (conversation, row.seen + 1)..=(conversation, seq),
        usize::MAX,
    )?;
    for (_, id) in fresh {
        edit_message(tx, id, |m| {
            if m.direction == Direction::Out && m.channels.contains(&Channel::Chat) {
                m.delivery.state = DeliveryState::Seen;
            }
        })?;
    }
    row.seen = row.seen.max(seq);
    tx.put(&VISITORS, &visitor, &row)
}
