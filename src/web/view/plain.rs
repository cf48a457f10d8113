//! Pages without the shell: login, set-up, errors.

use super::{Notice, Shell};
use serde::Serialize;

#[derive(Debug, Clone, Default, Serialize)]
pub struct Login {
    pub shell: Shell,
    pub notice: Option<Notice>,
    /// A local path to go to afterwards.
    pub next: String,
    pub email: String,
}

/// The second step of a login.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LoginCode {
    pub shell: Shell,
    pub notice: Option<Notice>,
    pub next: String,
    /// Proof that the first step was passed.
    pub ticket: String,
}

/// The first admin's form.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Setup {
    pub shell: Shell,
    pub notice: Option<Notice>,
    pub action: String,
    pub name: String,
    pub email: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct ErrorPage {
    pub shell: Shell,
    pub heading: String,
    pub reason: String,
    pub remedy: String,
    pub id: Option<String>,
}
