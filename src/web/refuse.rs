//! A verb's "no" as HTTP says it.

use crate::http::Refusal;
use crate::inbox::Refused;
use casella_index::StoreError;
use hyper::StatusCode;

/// 404 for what is not there, 422 for what makes no sense, 409 for what cannot be now, 507 when the disk
/// is full, 500 with an id for the log otherwise.
pub fn refuse(refused: Refused) -> Refusal {
    let reason = refused.to_string();
    let remedy = refused.remedy().to_owned();
    let refusal = match &refused {
        Refused::Unknown(what) => Refusal::not_found(what),
        Refused::Invalid { .. } => {
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", reason)
        }
        Refused::Conflict { reason: word, .. } => Refusal::conflict(word, reason),
        Refused::Store(StoreError::Full { .. }) => Refusal::disk_full(),
        Refused::Store(error) => Refusal::internal(error),
    };
    refusal.remedy(remedy)
}
