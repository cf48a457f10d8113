//! Is this mail from whom it says? SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989) and ARC (RFC
//! 8617), judged from the session as it was and from DNS, within five seconds in all.
//!
//! The outcome is one [`Authentication`]: a verdict for the badge, and what each mechanism said for
//! whoever asks why. What a mail says of itself in Authentication-Results is never believed, unless
//! a relay of our own provably wrote it ([`relay`]). No mail is refused for its verdict; that is
//! not decided here.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{AuthenticatedMessage, DkimOutput, MessageAuthenticator, SpfOutput};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::deliver::Lookup;
use super::dns::{Dns, Pulse};
use outcome::{arc_check, dkim_check, dmarc_check, last_results, spf_check};

mod outcome;
pub mod relay;

#[cfg(test)]
mod tests;

/// How long the judgement may take in all (MAIL.md A1).
const IN_ALL: Duration = Duration::from_secs(5);
/// How long of it may go by waiting for DNS, so that what was found by then can still be told.
const ASKING: Duration = Duration::from_millis(4_500);
/// How long is a long wait: then it is found out whether the resolver is there at all.
const LONG: Duration = Duration::from_secs(1);
/// Bytes that are hashed in less time than handing them to another thread would take.
const SMALL: usize = 64 * 1024;
/// Signatures looked at; more are no one's honest mail.
const MAX_SIGNATURES: usize = 20;

/// What one mechanism said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Pass,
    Fail,
    SoftFail,
    Neutral,
    /// DNS did not tell in time.
    TempError,
    PermError,
    /// Nothing is published, or nothing was signed.
    #[default]
    None,
}

/// One mechanism's outcome and the domain it speaks for, lower-case; empty where it speaks for
/// none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub outcome: Outcome,
    pub domain: String,
}

/// The badge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The domain in From vouches for this mail.
    Verified,
    /// Nobody vouches for it, or nobody could be asked.
    #[default]
    Unverified,
    /// The domain in From asks that such a mail be distrusted.
    Failed,
}

/// What is known of a mail's origin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Authentication {
    pub verdict: Verdict,
    /// The one domain of the From header, lower-case; empty when there is none or more than one.
    pub sender_domain: String,
    pub spf: Check,
    pub dkim: Check,
    pub dmarc: Check,
    pub arc: Check,
    /// The authserv-id of our relay whose results these are, instead of our own.
    pub relay: Option<String>,
}

/// What the session knew of the sender.
#[derive(Debug, Clone)]
pub struct Origin {
    pub ip: IpAddr,
    pub helo: String,
    /// Empty for the null path.
    pub mail_from: String,
}

/// Judges mail; clones share one resolver.
#[derive(Clone)]
pub struct Authenticator(Arc<Inner>);

struct Inner {
    mail: MessageAuthenticator,
    dns: Dns,
    pulse: Pulse,
    hostname: String,
    trusted: Vec<String>,
}

impl Authenticator {
    /// `hostname` is ours; `trusted` are the authserv-ids (RFC 8601) of our own relays.
    pub fn new(dns: Dns, hostname: &str, trusted: &[String]) -> Self {
        Self(Arc::new(Inner {
            mail: MessageAuthenticator(dns.resolver().clone()),
            pulse: Pulse::new(dns.clone()),
            dns,
            hostname: hostname.to_owned(),
            trusted: trusted.to_vec(),
        }))
    }

    /// Judges one mail. Never fails, and never takes longer than five seconds: what is not known by
    /// then is unverified. While the resolver itself is lost, nobody waits for it.
    pub async fn check(&self, origin: Origin, raw: Bytes) -> Authentication {
        let pulse = &self.0.pulse;
        if pulse.is_lost() {
            return unasked(&raw);
        }
        let (inner, runtime, mail) = (self.0.clone(), Handle::current(), raw.clone());
        // A library reading strangers' bytes may panic, so it has a task of its own; and hashing a
        // large mail takes long enough to keep other sessions waiting, so that has a thread.
        let small = mail.len() <= SMALL;
        let judging = async move { inner.examine(&origin, &mail).await };
        let judging = match small {
            true => tokio::spawn(judging),
            false => spawn_blocking(move || runtime.block_on(judging)),
        };
        let mut judging = pin!(timeout(IN_ALL, judging));
        let judged = tokio::select! {
            judged = &mut judging => judged,
            () = sleep(LONG) => {
                pulse.doubt();
                tokio::select! {
                    judged = judging => judged,
                    () = pulse.lost() => return unasked(&raw),
                }
            }
        };
        match judged {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => {
                tracing::error!("judging a mail's origin panicked; it counts as unverified");
                Authentication::default()
            }
            Err(_) => Authentication::default(),
        }
    }
}

/// What is known of a mail when nobody can be asked.
fn unasked(raw: &[u8]) -> Authentication {
    let message = AuthenticatedMessage::parse(raw);
    Authentication {
        sender_domain: message.as_ref().map(sender_domain).unwrap_or_default(),
        spf: late(),
        dkim: late(),
        dmarc: late(),
        arc: late(),
        ..Authentication::default()
    }
}

impl Inner {
    async fn examine(&self, origin: &Origin, raw: &[u8]) -> Authentication {
        let Some(mut message) = AuthenticatedMessage::parse(raw) else {
            return Authentication::default();
        };
        message.dkim_headers.truncate(MAX_SIGNATURES);
        let until = Instant::now() + ASKING;
        let own = self.judge(origin, &message, until).await;
        let relayed = timeout_at(until, self.ask_relay(origin, &message, &own));
        match relayed.await {
            Ok(Some(results)) => results.authentication(own),
            _ => own.found,
        }
    }

    async fn judge(
        &self,
        origin: &Origin,
        message: &AuthenticatedMessage<'_>,
        until: Instant,
    ) -> Own {
        let (spf, dkim, arc) = tokio::join!(
            timeout_at(until, self.spf(origin)),
            timeout_at(until, self.mail.verify_dkim(message)),
            timeout_at(until, self.mail.verify_arc(message)),
        );
        let sender_domain = sender_domain(message);
        let dmarc = timeout_at(until, self.dmarc(origin, message, &spf, &dkim));
        let (dmarc, policy) = dmarc.await.unwrap_or((late(), Policy::None));
        let mut found = Authentication {
            verdict: Verdict::Unverified,
            spf: spf.map_or(late(), |spf| spf_check(&spf)),
            dkim: dkim.map_or(late(), |dkim| dkim_check(&dkim, &sender_domain)),
            arc: arc.as_ref().map_or(late(), arc_check),
            dmarc,
            sender_domain,
            relay: None,
        };
        found.verdict = verdict(&found, policy);
        let sealed = arc.ok().and_then(|arc| last_results(&arc));
        Own {
            found,
            policy,
            sealed,
        }
    }

    async fn spf(&self, origin: &Origin) -> SpfOutput {
        let Origin {
            ip,
            helo,
            mail_from,
        } = origin;
        let parameters = match mail_from.is_empty() {
            true => SpfParameters::verify_ehlo(*ip, helo, &self.hostname),
            false => SpfParameters::verify_mail_from(*ip, helo, &self.hostname, mail_from),
        };
        self.mail.verify_spf(parameters).await
    }

    /// DMARC on what SPF and DKIM found; without one of them its answer could only be wrong.
    async fn dmarc<E>(
        &self,
        origin: &Origin,
        message: &AuthenticatedMessage<'_>,
        spf: &Result<SpfOutput, E>,
        dkim: &Result<Vec<DkimOutput<'_>>, E>,
    ) -> (Check, Policy) {
        let (Ok(spf), Ok(dkim)) = (spf, dkim) else {
            return (late(), Policy::None);
        };
        let path = origin.mail_from.rsplit_once('@');
        let path_domain = path.map_or(&*origin.helo, |(_, domain)| domain);
        let parameters = DmarcParameters::new(message, dkim, path_domain, spf);
        let output = self.mail.verify_dmarc(parameters).await;
        (dmarc_check(&output), output.policy())
    }

    /// The results of a relay of ours, if one provably handed us this mail.
    async fn ask_relay(
        &self,
        origin: &Origin,
        message: &AuthenticatedMessage<'_>,
        own: &Own,
    ) -> Option<relay::Results> {
        if self.trusted.is_empty() {
            return None;
        }
        let by_relay = |(sealer, results): &&(String, relay::Results)| {
            relay::is_trusted(&results.authserv_id, &self.trusted)
                && covers(sealer, &results.authserv_id)
        };
        if let Some((_, results)) = own.sealed.as_ref().filter(by_relay) {
            return Some(results.clone());
        }
        let results = relay::topmost(&message.headers, &self.trusted)?;
        self.came_from(origin, &results.authserv_id)
            .await
            .then_some(results)
    }

    /// Whether this session is the relay's: it stands in our own network, or it has the relay's
    /// name and its address.
    async fn came_from(&self, origin: &Origin, relay: &str) -> bool {
        if !crate::rules::public_address::is_public(origin.ip) {
            return true;
        }
        let named = covers(relay, &origin.helo.to_lowercase());
        let addresses = self.dns.addresses(&origin.helo);
        named
            && addresses
                .await
                .is_ok_and(|found| found.contains(&origin.ip))
    }
}

/// Our own judgement, and what the last sealer of a whole ARC chain said it saw.
struct Own {
    found: Authentication,
    /// What the sender's domain wants done with what fails.
    policy: Policy,
    sealed: Option<(String, relay::Results)>,
}

impl relay::Results {
    /// The relay saw the session and we did not, so its word replaces ours, if it speaks of the
    /// same sender.
    fn authentication(self, own: Own) -> Authentication {
        let (dmarc, from) = self.check("dmarc", "header.from");
        let (own, policy) = (own.found, own.policy);
        if !from.is_empty() && from != own.sender_domain {
            return own;
        }
        let found = Authentication {
            spf: self.check("spf", "smtp.mailfrom").into(),
            dkim: self.check("dkim", "header.d").into(),
            dmarc: (dmarc, own.sender_domain.clone()).into(),
            relay: Some(self.authserv_id),
            ..own
        };
        Authentication {
            verdict: verdict(&found, policy),
            ..found
        }
    }
}

impl From<(Outcome, String)> for Check {
    fn from((outcome, domain): (Outcome, String)) -> Self {
        Self { outcome, domain }
    }
}

/// The badge from the parts. A domain with a DMARC record has said how it wants to be judged; for
/// one without, a signature or an SPF pass of that very domain, or of one it stands under, is as
/// good.
fn verdict(found: &Authentication, policy: Policy) -> Verdict {
    let vouches = |check: &Check| {
        check.outcome == Outcome::Pass && covers(&check.domain, &found.sender_domain)
    };
    match (found.dmarc.outcome, policy) {
        _ if found.sender_domain.is_empty() => Verdict::Unverified,
        (Outcome::Pass, _) => Verdict::Verified,
        (Outcome::Fail, Policy::Quarantine | Policy::Reject) => Verdict::Failed,
        (Outcome::None, _) if vouches(&found.dkim) || vouches(&found.spf) => Verdict::Verified,
        _ => Verdict::Unverified,
    }
}

/// Whether `domain` is `other` or stands above it, and is more than a top-level name.
fn covers(domain: &str, other: &str) -> bool {
    let under = other.strip_suffix(domain);
    domain.contains('.') && under.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn late() -> Check {
    (Outcome::TempError, String::new()).into()
}

fn sender_domain(message: &AuthenticatedMessage<'_>) -> String {
    let domain = |from: &String| {
        from.rsplit_once('@')
            .map(|(_, domain)| domain.to_lowercase())
    };
    let mut domains: Vec<_> = message.from.iter().filter_map(domain).collect();
    domains.dedup();
    match &domains[..] {
        [only] => only.clone(),
        _ => String::new(),
    }
}
