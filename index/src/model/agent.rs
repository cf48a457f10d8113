use super::{AgentId, BlobId, Millis, SavedReplyId, TokenId};
use serde::{Deserialize, Serialize};

/// What an agent may do; checked in one place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads only.
    #[default]
    Viewer,
    /// Reads and answers.
    Agent,
    /// Everything, settings included.
    Admin,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Agent => "agent",
            Role::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Role> {
        [Role::Viewer, Role::Agent, Role::Admin]
            .into_iter()
            .find(|r| r.as_str() == name)
    }
}

/// One of our own people.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Agent {
    pub id: AgentId,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// PHC string of argon2id; empty until a password is set.
    pub password: String,
    /// Encrypted TOTP secret.
    pub totp: Option<String>,
    pub disabled: bool,
    /// `en` or `it`; empty follows the browser.
    pub language: String,
    /// `light`, `dark`; empty follows the browser.
    pub theme: String,
    pub time_zone: String,
    pub notify_sound: bool,
    pub notify_browser: bool,
    pub signature: String,
    pub created_at: Millis,
}

impl Agent {
    /// What to call them: the name, else the address.
    pub fn display(&self) -> &str {
        match self.name.as_str() {
            "" => &self.email,
            name => name,
        }
    }
}

/// A canned answer, kept and sent literally.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedReply {
    pub id: SavedReplyId,
    pub category: String,
    pub title: String,
    pub text: String,
}

/// A program's key. Only its hash is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApiToken {
    pub id: TokenId,
    pub name: String,
    /// Lower-case hex SHA-256 of the token.
    pub hash: String,
    pub created_at: Millis,
    pub revoked: bool,
}

/// A logged-in browser. Kept outside the journal: it is nobody's history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    pub agent: AgentId,
    pub created_at: Millis,
    pub last_seen: Millis,
    pub ip: String,
    pub user_agent: String,
}

/// Where bytes lie: one row per blob.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BlobRow {
    pub id: BlobId,
    pub segment: u32,
    /// Of the payload, past the record's head.
    pub offset: u64,
    /// Bytes on disk.
    pub stored: u64,
    /// Bytes when unpacked.
    pub len: u64,
    pub codec: u8,
    /// First 16 bytes of the SHA-256 of the unpacked bytes.
    pub hash: [u8; 16],
    pub erased: bool,
}

/// An administrative act.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Audit {
    pub at: Millis,
    pub actor: String,
    /// A catalogue key below `audit.`.
    pub what: String,
    /// On whom or what.
    pub target: String,
    pub ip: String,
}
