//! The way out: jobs queued, tried and ended, and what that makes of their messages.

use super::*;

pub(super) fn queue_reply(
    tx: &mut Tx<'_>,
    message: &Message,
    jobs: &[Job],
    carried: &[MessageId],
    idempotency_key: Option<&String>,
) -> Done {
    add_message(tx, message)?;
    lift(tx, message, false, false)?;
    put_jobs(tx, jobs)?;
    for id in carried {
        edit_message(tx, *id, |m| {
            if !m.channels.contains(&Channel::Email) {
                m.channels.push(Channel::Email);
            }
        })?;
    }
    match idempotency_key {
        Some(key) => tx.put(&IDEMPOTENCY, key, &message.id),
        None => Ok(()),
    }
}

fn put_jobs(tx: &mut Tx<'_>, jobs: &[Job]) -> Done {
    for job in jobs {
        tx.count("job", job.id.0)?;
        tx.put(&JOBS, &job.id, job)?;
    }
    Ok(())
}

pub(super) fn queue_again(tx: &mut Tx<'_>, message: MessageId, jobs: &[Job]) -> Done {
    put_jobs(tx, jobs)?;
    edit_message(tx, message, |m| {
        for job in jobs {
            report(m, Some(&job.recipient), DeliveryState::Queued, "");
        }
        if let Some(facts) = &mut m.messenger {
            facts.job = jobs.last().map(|job| job.id);
        }
    })
}

pub(super) fn compose(tx: &mut Tx<'_>, message: MessageId, job: JobId, raw: BlobId) -> Done {
    if let Some(mut row) = tx.get(&JOBS, &job)? {
        row.composed = Some(raw);
        tx.put(&JOBS, &job, &row)?;
    }
    edit_message(tx, message, |m| {
        if let Some(email) = &mut m.email {
            email.raw.get_or_insert(raw);
        }
    })
}

pub(super) fn release(tx: &mut Tx<'_>, job: JobId, next_at: Millis) -> Done {
    if let Some(mut row) = tx.get(&JOBS, &job)? {
        row.held = None;
        row.next_at = next_at;
        row.created_at = next_at;
        row.attempts = 0;
        row.ambiguous = 0;
        row.noticed = false;
        tx.put(&JOBS, &job, &row)?;
    }
    Ok(())
}

pub(super) fn try_delivery(
    tx: &mut Tx<'_>,
    message: MessageId,
    job: JobId,
    outcome: &Outcome,
) -> Done {
    let Some(mut row) = tx.get(&JOBS, &job)? else {
        return Ok(());
    };
    row.attempts += u32::from(!matches!(outcome, Outcome::Held { .. }));
    let (state, detail) = outcome_state(outcome);
    edit_message(tx, message, |m| {
        m.delivery.attempts = m.delivery.attempts.max(row.attempts);
        report(m, Some(&row.recipient), state, detail);
    })?;
    match outcome {
        Outcome::Sent { ids, .. } => {
            tx.delete(&JOBS, &job)?;
            learn_ids(tx, message, ids)
        }
        Outcome::Failed { .. } => tx.delete(&JOBS, &job),
        Outcome::Held { detail } => {
            row.held = Some(detail.clone());
            tx.put(&JOBS, &job, &row)
        }
        Outcome::Later {
            detail,
            next_at,
            ambiguous,
            notice,
        } => {
            row.detail.clone_from(detail);
            row.next_at = *next_at;
            row.ambiguous += u32::from(*ambiguous);
            row.noticed |= notice;
            tx.put(&JOBS, &job, &row)
        }
    }
}

fn outcome_state(outcome: &Outcome) -> (DeliveryState, &str) {
    match outcome {
        Outcome::Sent { detail, .. } => (DeliveryState::Sent, detail),
        Outcome::Later { detail, .. } => (DeliveryState::Delayed, detail),
        Outcome::Held { detail } => (DeliveryState::Queued, detail),
        Outcome::Failed { detail } => (DeliveryState::Failed, detail),
    }
}

/// A provider's Message-ID, or Meta's mid: answers may name it.
fn learn_ids(tx: &mut Tx<'_>, message: MessageId, ids: &[String]) -> Done {
    let Some(mut row) = tx.message(message)? else {
        return Ok(());
    };
    if let Some(email) = &mut row.email {
        email.other_ids.extend(ids.iter().cloned());
    }
    if let Some(facts) = &mut row.messenger {
        facts.mid = ids.first().cloned().or(facts.mid.take());
        facts.mids = ids.to_vec();
    }
    index_mail(tx, &row)?;
    index_mid(tx, &row)?;
    tx.put(&MESSAGES, &message, &row)
}

/// Notes one recipient's state and what an agent should see first of all of them.
pub(super) fn report(
    message: &mut Message,
    recipient: Option<&str>,
    state: DeliveryState,
    detail: &str,
) {
    let delivery = &mut message.delivery;
    let same = |address: &str| recipient.is_none_or(|r| r.eq_ignore_ascii_case(address));
    for copy in delivery
        .recipients
        .iter_mut()
        .filter(|copy| same(&copy.address))
    {
        copy.state = state;
        copy.detail = detail.to_owned();
    }
    let worst = delivery
        .recipients
        .iter()
        .max_by_key(|copy| urgency(copy.state));
    let (state, detail) = worst.map_or((state, detail.to_owned()), |copy| {
        (copy.state, copy.detail.clone())
    });
    delivery.state = state;
    delivery.detail = detail;
}

/// Trouble first; among the rest, what is least far.
fn urgency(state: DeliveryState) -> u8 {
    match state {
        DeliveryState::Bounced => 7,
        DeliveryState::Failed => 6,
        DeliveryState::Delayed => 5,
        DeliveryState::Queued => 4,
        DeliveryState::Sent => 3,
        DeliveryState::Delivered => 2,
        DeliveryState::Seen => 1,
        DeliveryState::None => 0,
    }
}
