//! A mail made ready for its write: what it answers looked up, its texts parted against the
//! conversation's, its origin put in the words of the rules.

use super::{history, recipients};
use crate::channel::email::authentication::{Authentication, Outcome, Verdict};
use crate::channel::email::read::{self, Unreadable};
use crate::config::Threading;
use crate::inbox::Inbox;
use crate::inbox::receive::{Arrival, Incoming, Proof};
use crate::rules::contacts::is_team;
use crate::rules::mail::{Reading, Team};
use crate::rules::quoting;
use crate::rules::threading::Mode;
use crate::rules::token;
use crate::rules::{addresses, bounce, kind};
use casella_index::model::MailPath;
use casella_index::{Rows, StoreError};

/// How a mail came, and who we were then.
#[derive(Debug, Clone)]
pub struct Way {
    /// `None` where there was no session to judge.
    pub authentication: Option<Authentication>,
    pub path: MailPath,
    pub team: Team,
    pub imported: bool,
}

/// Who is ours now: agents' addresses, the company's own, the inboxes.
///
/// # Errors
/// The store's.
pub fn team(inbox: &Inbox) -> Result<Team, StoreError> {
    let config = &inbox.config.inbox;
    let agents = inbox.read()?.agents()?;
    let agents = agents
        .into_iter()
        .filter(|agent| !agent.disabled)
        .map(|agent| agent.email.to_lowercase());
    let own = [config.from.address.to_lowercase()];
    Ok(Team {
        addresses: agents.chain(own).collect(),
        inboxes: config.addresses.clone(),
    })
}

/// Makes a mail ready. Blocks: it reads the store and compresses.
pub fn prepare(
    inbox: &Inbox,
    raw: &[u8],
    reading: Result<Reading, Unreadable>,
    way: Way,
) -> Incoming {
    let (mut reading, unreadable) = match reading {
        Ok(reading) => (reading, false),
        Err(why) => (read::unread(raw, why), true),
    };
    let config = &inbox.config.inbox;
    let tokens = recipients::tokens(inbox, &way.path.recipients, &reading.mail);
    if tokens.bounce.is_some() {
        let mail_from = way.path.mail_from.as_deref();
        reading.kind = kind::at_report_address(reading.kind, mail_from);
        reading.bounce = bounce::read(&reading.mail, &reading.kind);
    }
    let earlier = history::texts(inbox, tokens.reply, &reading);
    let marker = quoted_marker(inbox, &reading);
    if !earlier.is_empty() || marker.is_some() {
        let earlier: Vec<&str> = earlier.iter().map(String::as_str).collect();
        let thread = quoting::Thread {
            earlier: &earlier,
            marker: marker.as_deref(),
        };
        reading.parted = quoting::part_within(&reading.mail, thread);
    }
    let enveloped = way
        .path
        .recipients
        .iter()
        .find(|to| addresses::accepts(&config.addresses, to))
        .cloned();
    let arrival = Arrival {
        inbox: enveloped
            .or_else(|| addresses::from_headers(&config.addresses, &reading.mail))
            .unwrap_or_default(),
        tokens,
        proof: match &way.authentication {
            Some(judged) => proof(judged),
            None => vouched(&way, &reading),
        },
        team: way.team,
        mode: mode(config.threading),
        imported: way.imported,
        path: way.path,
    };
    if unreadable {
        Incoming::unreadable(raw, reading, arrival)
    } else {
        Incoming::new(raw, reading, arrival)
    }
}

/// The name hidden in our mail that this one quotes, if it is one we signed (MAIL.md F2).
fn quoted_marker(inbox: &Inbox, reading: &Reading) -> Option<String> {
    let html = reading.mail.html.as_deref()?;
    let (at, _) = token::find_marker(&inbox.keys, html)?;
    let name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    Some(html[at..].chars().take_while(name).collect())
}

fn mode(threading: Threading) -> Mode {
    match threading {
        Threading::Contact => Mode::Contact,
        Threading::Thread => Mode::Thread,
    }
}

/// An archive has no session, so nothing of a stranger's mail in it is proven. Whoever owns it vouches
/// for the mail in their own name: those are our answers.
fn vouched(way: &Way, reading: &Reading) -> Proof {
    Proof {
        dmarc_pass: way.imported && is_team(&way.team, &reading.mail.from.address),
        ..Proof::default()
    }
}

fn proof(judged: &Authentication) -> Proof {
    let passed = |outcome: Outcome| outcome == Outcome::Pass;
    let signer = Some(judged.dkim.domain.clone())
        .filter(|domain| passed(judged.dkim.outcome) && *domain == judged.sender_domain);
    Proof {
        dmarc_pass: judged.verdict == Verdict::Verified,
        dmarc_fail: judged.verdict == Verdict::Failed,
        dkim_domain: signer.filter(|domain| !domain.is_empty()),
        facts: serde_json::to_value(judged).ok(),
    }
}
