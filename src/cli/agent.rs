//! `casella agent add | list | disable`: our own people, from the command line.

use super::control::{self, House, Order, Tell, Terminal};
use super::{Setting, misuse};
use crate::error::{Failure, Outcome};
use crate::inbox::access::Passwords;
use crate::inbox::agent::{self, Edit};
use crate::inbox::{Done, Refused, audit};
use casella_index::model::Role;
use casella_index::{Actor, Rows, Tx};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, IsTerminal};

#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Makes an agent, or changes the one there is; asks for the password at the terminal
    Add {
        /// The agent's mail address, which is also the login
        email: String,
        /// The name customers see
        #[arg(long)]
        name: Option<String>,
        /// admin: everything; agent: reads and answers; viewer: reads only [default: agent]
        #[arg(long, value_parser = ["admin", "agent", "viewer"])]
        role: Option<String>,
        /// Reads the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Lists all agents
    List,
    /// Keeps an agent out, at once; what they wrote stays
    Disable {
        /// The agent's mail address
        email: String,
    },
}

/// What `agent add` orders. The password itself never leaves the command: only its hash does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Put {
    email: String,
    name: Option<String>,
    role: Option<Role>,
    /// PHC string of argon2id.
    password: String,
}

/// Runs the command.
pub fn run(setting: &Setting, options: Options) -> Outcome {
    let order = match options.what {
        What::List => Order::AgentList,
        What::Disable { email } => Order::AgentDisable { email },
        What::Add {
            email,
            name,
            role,
            password_stdin,
        } => Order::AgentPut(Put {
            email,
            name,
            role: role.as_deref().and_then(Role::named),
            password: Passwords::hash_blocking(&password(password_stdin)?)?,
        }),
    };
    control::give(setting, &order, &Terminal::default())
}

fn password(from_stdin: bool) -> Outcome<String> {
    let password = match from_stdin {
        true => first_line()?,
        false => asked()?,
    };
    match password.is_empty() {
        true => Err(misuse("the password is empty")),
        false => Ok(password),
    }
}

fn first_line() -> Outcome<String> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|e| Failure::new(e).at("standard input"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn asked() -> Outcome<String> {
    if !std::io::stdin().is_terminal() {
        return Err(misuse("there is no terminal to ask for the password at")
            .remedy("pass --password-stdin and give the password on standard input"));
    }
    let ask = |prompt| rpassword::prompt_password(prompt).map_err(Failure::new);
    let first = ask("Password: ")?;
    match first == ask("The same again: ")? {
        true => Ok(first),
        false => Err(Failure::new("the two passwords differ").remedy("try again")),
    }
}

/// Makes or changes an agent.
pub fn put(house: &House, put: Put, tell: &dyn Tell) -> Outcome {
    let stamp = house.inbox.stamp(Actor::Operator);
    let agent = house
        .inbox
        .store
        .write(stamp, move |tx| record(tx, put))
        .wait()?;
    tell.line(&format!("agent {} ({})", agent.email, agent.role.as_str()))
}

fn record(tx: &mut Tx<'_>, put: Put) -> Done<casella_index::model::Agent> {
    let edit = Edit {
        name: put.name,
        role: put.role,
        password: Some(put.password),
        disabled: Some(false),
        ..Edit::default()
    };
    let agent = agent::put(tx, &put.email, edit)?;
    audit(tx, "operator", "agent_changed", &agent.email, "")?;
    Ok(agent)
}

/// Tells of every agent, a line each: address, role, name.
pub fn list(house: &House, tell: &dyn Tell) -> Outcome {
    let agents = house.inbox.read().and_then(|rows| rows.agents());
    for agent in agents.map_err(Failure::new)? {
        let state = if agent.disabled { "\tdisabled" } else { "" };
        let role = agent.role.as_str();
        tell.line(&format!("{}\t{role}\t{}{state}", agent.email, agent.name))?;
    }
    Ok(())
}

/// Keeps an agent out; their sessions end with the next click.
pub fn disable(house: &House, email: &str, tell: &dyn Tell) -> Outcome {
    let stamp = house.inbox.stamp(Actor::Operator);
    let wanted = email.to_owned();
    let write = house.inbox.store.write(stamp, move |tx| {
        let known = tx.agent_by_email(wanted.trim())?;
        let known = known.ok_or_else(|| Refused::unknown("agent", &wanted))?;
        let edit = Edit {
            disabled: Some(true),
            ..Edit::default()
        };
        let agent = agent::change(tx, known.id, edit)?;
        audit(tx, "operator", "agent_disabled", &agent.email, "")?;
        Ok::<_, Refused>(agent)
    });
    let agent = write.wait()?;
    tell.line(&format!("agent {} is disabled", agent.email))
}
