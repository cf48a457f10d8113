//! What mail-auth says, in our words.

use mail_auth::{
    ArcOutput, DkimOutput, DkimResult, DmarcOutput, DmarcResult, SpfOutput, SpfResult,
};

use super::{Check, Outcome, covers, relay};

pub(super) fn spf_check(output: &SpfOutput) -> Check {
    let outcome = match output.result() {
        SpfResult::Pass => Outcome::Pass,
        SpfResult::Fail => Outcome::Fail,
        SpfResult::SoftFail => Outcome::SoftFail,
        SpfResult::Neutral => Outcome::Neutral,
        SpfResult::TempError => Outcome::TempError,
        SpfResult::PermError => Outcome::PermError,
        SpfResult::None => Outcome::None,
    };
    (outcome, output.domain().to_lowercase()).into()
}

/// The signature that says most: one of the sender's own domain before others, one that passes
/// before one that fails.
pub(super) fn dkim_check(outputs: &[DkimOutput<'_>], sender_domain: &str) -> Check {
    let checks = outputs.iter().map(|output| {
        let signature = output.signature();
        let domain = signature.map_or(String::new(), |s| s.d.to_lowercase());
        Check::from((dkim_outcome(output.result()), domain))
    });
    let worth = |check: &Check| {
        (
            check.outcome == Outcome::Pass,
            covers(&check.domain, sender_domain),
        )
    };
    checks.max_by_key(worth).unwrap_or_default()
}

pub(super) fn arc_check(output: &ArcOutput<'_>) -> Check {
    let sealer = output
        .sets()
        .last()
        .map(|set| set.seal.header.d.to_lowercase());
    (dkim_outcome(output.result()), sealer.unwrap_or_default()).into()
}

/// Who sealed last, and what it said, if the chain is whole.
pub(super) fn last_results(output: &ArcOutput<'_>) -> Option<(String, relay::Results)> {
    let set = output
        .sets()
        .last()
        .filter(|_| output.result() == &DkimResult::Pass)?;
    let value = String::from_utf8_lossy(set.results.value);
    let (_instance, results) = value.split_once(';')?;
    Some((set.seal.header.d.to_lowercase(), relay::parse(results)?))
}

fn dkim_outcome(result: &DkimResult) -> Outcome {
    match result {
        DkimResult::Pass => Outcome::Pass,
        DkimResult::Fail(_) => Outcome::Fail,
        DkimResult::Neutral(_) => Outcome::Neutral,
        DkimResult::PermError(_) => Outcome::PermError,
        DkimResult::TempError(_) => Outcome::TempError,
        DkimResult::None => Outcome::None,
    }
}

pub(super) fn dmarc_check(output: &DmarcOutput) -> Check {
    let outcome = match output.result() {
        DmarcResult::Pass => Outcome::Pass,
        DmarcResult::Fail(_) => Outcome::Fail,
        DmarcResult::TempError(_) => Outcome::TempError,
        DmarcResult::PermError(_) => Outcome::PermError,
        DmarcResult::None => Outcome::None,
    };
    (outcome, output.domain().to_lowercase()).into()
}
