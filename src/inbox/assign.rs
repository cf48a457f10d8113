//! Who looks after a conversation.

use super::{Done, Refused, line};
use casella_index::model::{AgentId, ConversationId, Role};
use casella_index::{Event, Rows, Tx};

/// Gives it to an agent, or to nobody. A viewer or a disabled agent cannot own one.
pub fn assign(tx: &mut Tx<'_>, id: ConversationId, to: Option<AgentId>) -> Done {
    let conversation = line::conversation(tx, id)?;
    if let Some(agent) = to {
        let agent = tx
            .agent(agent)?
            .ok_or_else(|| Refused::unknown("agent", agent))?;
        if agent.disabled || agent.role < Role::Agent {
            return Err(Refused::invalid(
                "assignee",
                format!("{} cannot answer conversations", agent.email),
            ));
        }
    }
    if conversation.assignee != to {
        tx.record(Event::ConversationAssigned {
            conversation: conversation.id,
            to,
        })?;
    }
    Ok(())
}

/// The first to answer owns it.
pub fn assign_if_free(tx: &mut Tx<'_>, id: ConversationId, to: AgentId) -> Done {
    match line::conversation(tx, id)?.assignee {
        Some(_) => Ok(()),
        None => assign(tx, id, Some(to)),
    }
}

/// The agent of that address, for callers who know agents by it.
pub fn agent_of(rows: &impl Rows, email: &str) -> Done<AgentId> {
    let agent = rows.agent_by_email(email.trim())?;
    agent
        .map(|agent| agent.id)
        .ok_or_else(|| Refused::invalid("assignee", format!("there is no agent {email}")))
}
