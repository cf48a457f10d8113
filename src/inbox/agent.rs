//! Agents: our own people.

use super::{Done, Refused};
use crate::rules::addresses::parts;
use casella_index::model::{Agent, AgentId, Role};
use casella_index::{Event, Rows, Tx};

/// What of an agent is given; `None` leaves it as it was. `password` is a PHC string, never the
/// password itself.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub password: Option<String>,
    /// Encrypted; `Some(None)` switches the second factor off.
    pub totp: Option<Option<String>>,
    pub disabled: Option<bool>,
    pub language: Option<String>,
    pub theme: Option<String>,
    pub time_zone: Option<String>,
    pub notify_sound: Option<bool>,
    pub notify_browser: Option<bool>,
    pub signature: Option<String>,
}

/// Makes an agent of that address, or changes the one there is. A new one without a role is an agent.
pub fn put(tx: &mut Tx<'_>, email: &str, edit: Edit) -> Done<Agent> {
    match tx.agent_by_email(email.trim())? {
        Some(known) => save(tx, known, edit, false),
        None => {
            let fresh = Agent {
                id: tx.new_agent()?,
                email: valid_email(email)?,
                role: Role::Agent,
                notify_sound: true,
                created_at: tx.now(),
                ..Agent::default()
            };
            save(tx, fresh, edit, true)
        }
    }
}

/// Changes an agent.
pub fn change(tx: &mut Tx<'_>, id: AgentId, edit: Edit) -> Done<Agent> {
    let known = tx.agent(id)?.ok_or_else(|| Refused::unknown("agent", id))?;
    save(tx, known, edit, false)
}

/// Whether anybody can administer this inbox yet; without one, the first start prints a set-up link.
pub fn has_admin(rows: &impl Rows) -> Done<bool> {
    Ok(rows.agents()?.iter().any(is_working_admin))
}

fn is_working_admin(agent: &Agent) -> bool {
    agent.role == Role::Admin && !agent.disabled && !agent.password.is_empty()
}

fn save(tx: &mut Tx<'_>, mut agent: Agent, edit: Edit, fresh: bool) -> Done<Agent> {
    let was_admin = is_working_admin(&agent);
    let before = agent.clone();
    agent.name = edit.name.map_or(agent.name, |name| {
        name.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    agent.role = edit.role.unwrap_or(agent.role);
    agent.password = edit.password.unwrap_or(agent.password);
    agent.totp = edit.totp.unwrap_or(agent.totp);
    agent.disabled = edit.disabled.unwrap_or(agent.disabled);
    agent.language = edit.language.unwrap_or(agent.language);
    agent.theme = edit.theme.unwrap_or(agent.theme);
    agent.time_zone = edit.time_zone.unwrap_or(agent.time_zone);
    agent.notify_sound = edit.notify_sound.unwrap_or(agent.notify_sound);
    agent.notify_browser = edit.notify_browser.unwrap_or(agent.notify_browser);
    agent.signature = edit.signature.unwrap_or(agent.signature);
    let others = || -> Done<bool> {
        Ok(tx
            .agents()?
            .iter()
            .any(|other| other.id != agent.id && is_working_admin(other)))
    };
    if was_admin && !is_working_admin(&agent) && !others()? {
        return Err(Refused::conflict(
            "last_admin",
            "this is the last admin",
            "make another agent admin first",
        ));
    }
    if fresh || agent != before {
        tx.record(Event::AgentChanged(agent.clone()))?;
    }
    Ok(agent)
}

fn valid_email(email: &str) -> Done<String> {
    let email = email.trim();
    let fine = parts(email).is_some()
        && !email.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,".contains(c));
    if fine {
        Ok(email.to_owned())
    } else {
        Err(Refused::invalid(
            "email",
            format!("{email} is not an address"),
        ))
    }
}
