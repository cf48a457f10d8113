use super::{ContactId, ConversationId, Millis, VisitorId};
use serde::{Deserialize, Serialize};

/// A browser that wrote in the widget. Same device, same conversation, for ever.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Visitor {
    pub id: VisitorId,
    pub name: String,
    /// Typed by the visitor: unverified unless `vouched`.
    pub email: Option<String>,
    pub contact: Option<ContactId>,
    pub conversation: Option<ConversationId>,
    /// The site's own id of its logged-in user, once it vouched for them.
    pub vouched: Option<String>,
    pub blocked: bool,
    pub language: String,
    pub user_agent: String,
    pub page: String,
    pub created_at: Millis,
    /// The last agent line (its seq) shown to this visitor.
    pub seen: u32,
}
