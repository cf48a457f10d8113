//! The orders there are, and who carries each out.

use super::{House, Tell};
use crate::cli::{agent, backup, token};
use crate::error::Outcome;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Something for the inbox to do. Paths in it are absolute: the server has a folder of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    AgentPut(agent::Put),
    AgentList,
    AgentDisable { email: String },
    TokenAdd { name: String },
    TokenList,
    TokenRevoke { name: String },
    Backup { file: PathBuf },
}

impl House {
    /// Carries an order out. Takes as long as it takes: not for an async thread.
    pub fn obey(&self, order: Order, tell: &dyn Tell) -> Outcome {
        match order {
            Order::AgentPut(put) => agent::put(self, put, tell),
            Order::AgentList => agent::list(self, tell),
            Order::AgentDisable { email } => agent::disable(self, &email, tell),
            Order::TokenAdd { name } => token::add(self, name, tell),
            Order::TokenList => token::list(self, tell),
            Order::TokenRevoke { name } => token::revoke(self, name, tell),
            Order::Backup { file } => backup::write(self, &file, tell),
        }
    }
}
