//! The settings of Messenger: the pages as Meta sees them, and the way to connect one.

use super::settings::Frame;
use crate::render::Millis;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct Messenger {
    #[serde(flatten)]
    pub frame: Frame,
    pub pages: Vec<PageView>,
    /// Where the Graph is asked.
    pub graph: String,
    /// The address of the app in Meta's dashboard, once its number is known.
    pub dashboard: Option<String>,
    pub app: AppStep,
    pub webhook: WebhookStep,
    pub page: PageStep,
    pub test: TestStep,
    pub human_agent: bool,
    pub human_agent_fixed: bool,
}

/// The app's number and secret; what was wrong with either.
#[derive(Debug, Default, Serialize)]
pub struct AppStep {
    pub done: bool,
    pub id: String,
    pub id_problem: Option<String>,
    pub secret_known: bool,
    /// Set in the configuration file.
    pub secret_fixed: bool,
    pub secret_problem: Option<String>,
}

/// What Meta must be told.
#[derive(Debug, Serialize)]
pub struct WebhookStep {
    pub callback: String,
    /// Why Meta will not accept the address.
    pub problem: Option<String>,
    /// `None`: it stands in the configuration file.
    pub verify_token: Option<String>,
    pub fields: String,
    /// When the handshake came.
    pub shaken: Option<Millis>,
    /// When one came with another token, where none of ours came since.
    pub refused: Option<Millis>,
}

#[derive(Debug, Default, Serialize)]
pub struct PageStep {
    pub done: bool,
    pub id: String,
    pub id_problem: Option<String>,
    pub name: String,
    pub token_problem: Option<String>,
}

/// Whether anything arrives.
#[derive(Debug, Default, Serialize)]
pub struct TestStep {
    pub heard: Option<Millis>,
    /// When something came that our secret did not sign, where nothing signed came since.
    pub unsigned: Option<Millis>,
}

/// A page, and how Meta found it.
#[derive(Debug, Serialize)]
pub struct PageView {
    pub id: String,
    pub name: String,
    pub tone: &'static str,
    pub state: String,
    /// What is wrong, and what to do about it.
    pub detail: Option<String>,
    pub checked: Option<Millis>,
    /// Named in the configuration file.
    pub fixed: bool,
    /// Its token is what is wrong: the form for another stands open.
    pub reconnect: bool,
}
