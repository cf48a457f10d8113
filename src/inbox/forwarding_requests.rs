//! Providers that ask whether a mailbox may forward to us: shown to admins until they are dismissed.

use super::Done;
use super::settings::Setting;
use crate::rules::forwarding::confirmation::Confirmation;
use casella_index::Tx;
use casella_index::model::{MessageId, Millis};
use serde::{Deserialize, Serialize};

/// More at a time would be somebody's game; the oldest give way.
const MOST: usize = 20;

/// One provider's question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForwardingRequest {
    /// The mail that asks.
    pub message: MessageId,
    pub at: Millis,
    /// "Gmail", "Yahoo Mail", …
    pub provider: String,
    /// To be typed in at the provider's.
    pub code: Option<String>,
    /// To be opened by an admin; leads to the provider itself.
    pub link: Option<String>,
    /// The mailbox that wants to forward.
    pub address: Option<String>,
    /// DMARC proved that the provider wrote it.
    pub proven: bool,
}

/// Those nobody has dismissed yet, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForwardingRequests {
    pub waiting: Vec<ForwardingRequest>,
}

impl Setting for ForwardingRequests {
    const NAME: &'static str = "forwarding_requests";
}

/// Keeps a question; a newer one about the same mailbox takes the older one's place, as its code does.
pub(super) fn ask(tx: &mut Tx<'_>, message: MessageId, asked: &Confirmation, proven: bool) -> Done {
    let mut requests = ForwardingRequests::get(tx)?;
    let same = |known: &ForwardingRequest| {
        known.provider == asked.provider && known.address == asked.address
    };
    requests.waiting.retain(|known| !same(known));
    requests.waiting.push(ForwardingRequest {
        message,
        at: tx.now(),
        provider: asked.provider.to_owned(),
        code: asked.code.clone(),
        link: asked.link.clone(),
        address: asked.address.clone(),
        proven,
    });
    let beyond = requests.waiting.len().saturating_sub(MOST);
    requests.waiting.drain(..beyond);
    requests.set(tx)
}

/// Takes the question of that mail off the banner.
pub fn dismiss(tx: &mut Tx<'_>, message: MessageId) -> Done {
    let mut requests = ForwardingRequests::get(tx)?;
    requests.waiting.retain(|known| known.message != message);
    requests.set(tx)
}
