//! The orders there are, and who carries each out.

use super::{House, Tell};
use crate::cli::{agent, backup, contacts, export, import, reindex, search, token};
use crate::error::Outcome;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Something for the inbox to do. Paths in it are absolute: the server has a folder of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    AgentPut(agent::Put),
    AgentList,
    AgentDisable {
        email: String,
    },
    TokenAdd {
        name: String,
    },
    TokenList,
    TokenRevoke {
        name: String,
    },
    Backup {
        file: PathBuf,
    },
    Import {
        paths: Vec<PathBuf>,
        dry_run: bool,
    },
    Export {
        file: PathBuf,
    },
    ContactsImport {
        file: PathBuf,
    },
    ContactsExport,
    Search {
        query: String,
        limit: usize,
        json: bool,
    },
    Reindex,
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
            Order::Import { paths, dry_run } => import::take_in(self, &paths, dry_run, tell),
            Order::Export { file } => export::write(self, &file, tell),
            Order::ContactsImport { file } => contacts::import(self, &file, tell),
            Order::ContactsExport => contacts::export(self, tell),
            Order::Search { query, limit, json } => search::find(self, query, limit, json, tell),
            Order::Reindex => reindex::build(self, tell),
        }
    }
}

#[cfg(test)]
#[path = "orders_tests.rs"]
mod tests;
