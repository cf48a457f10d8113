//! Settings made in the pages, and the audit row of every admin act.

use super::Done;
use casella_index::model::Audit;
use casella_index::{Event, Rows, Tx};
use serde_json::Value;

/// Sets a setting, or with `None` takes it back to its default. Secrets are encrypted by the caller.
pub fn set_setting(tx: &mut Tx<'_>, name: &str, value: Option<Value>) -> Done {
    if tx.setting::<Value>(name)? != value {
        tx.record(Event::SettingChanged {
            name: name.to_owned(),
            value,
        })?;
    }
    Ok(())
}

/// Notes an admin's act: `what` is a catalogue key below `audit.`, `target` on whom or what. No
/// message text and no secret may stand in it.
pub fn audit(tx: &mut Tx<'_>, actor: &str, what: &str, target: &str, ip: &str) -> Done {
    let audit = Audit {
        at: tx.now(),
        actor: actor.to_owned(),
        what: what.to_owned(),
        target: target.to_owned(),
        ip: ip.to_owned(),
    };
    tx.record(Event::Audited(audit))?;
    Ok(())
}
