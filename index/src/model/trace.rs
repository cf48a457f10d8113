use super::{MessageId, Millis, TraceId};
use serde::{Deserialize, Serialize};

/// One mail transaction as the receiver saw it, accepted or refused, for the mail trace page.
/// Kept outside the journal and pruned: it is a log, not history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trace {
    pub id: TraceId,
    pub at: Millis,
    pub ip: String,
    pub helo: String,
    pub tls: Option<String>,
    pub mail_from: String,
    pub recipients: Vec<String>,
    pub size: u64,
    pub message_id: String,
    pub header_from: String,
    pub subject: String,
    /// The reply given, e.g. `250 2.0.0` or `550 5.1.1`.
    pub reply: String,
    /// What became of it, in one plain sentence.
    pub decision: String,
    /// The same in one word, below `trace.outcome.` of the catalogues; empty in rows of older versions.
    pub outcome: String,
    /// What kind of mail it was, in words below `trace.mark.`.
    pub marks: Vec<String>,
    pub message: Option<MessageId>,
}
