//! What admins look into: mail that waits, and who did what.

use super::{audited, done, frame};
use crate::channel::email::dkim::Keyring;
use crate::config::Via;
use crate::http::{Answer, Refusal, Request, respond};
use crate::inbox::{forwarding_requests, release};
use crate::web::App;
use crate::web::pages::guard::Viewer;
use crate::web::pages::show;
use crate::web::view::settings::{AuditPage, AuditView, DkimKey, JobView, MailOut};
use crate::web::view::{Fact, Words};
use casella_index::Rows;
use casella_index::model::{Job, JobId, MessageId};
use casella_index::tables::AUDITS;

/// Deliveries shown; more would hide the first.
const JOBS_SHOWN: usize = 200;
/// Audit rows on a page.
const AUDITS_SHOWN: usize = 100;

pub async fn mail(app: App, viewer: Viewer, request: Request) -> Answer {
    let words = viewer.words(&app);
    let jobs = app.inbox.read().and_then(|rows| rows.jobs());
    let mut jobs = jobs.map_err(|e| viewer.refuse(&app, e.into()))?;
    jobs.sort_by_key(|job| job.next_at);
    jobs.truncate(JOBS_SHOWN);
    let from = &app.inbox.config.inbox.from.address;
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
    let view = MailOut {
        frame: frame(&app, &viewer, &request.query(), "mail", None),
        facts: way(&app),
        keys: keys(&app, domain).map_err(Refusal::internal)?,
        domain: domain.to_owned(),
        jobs: jobs.into_iter().map(|job| job_view(words, job)).collect(),
    };
    show(&app, &viewer, "pages/settings_mail", &view)
}

fn way(app: &App) -> Vec<Fact> {
    let via = match &app.inbox.config.outbound.via {
        Via::Smarthost(host) => format!("{}:{}", host.host, host.port),
        Via::Mx => "mx".into(),
        Via::Hold => "hold".into(),
    };
    vec![Fact::new("outbound.via", via)]
}

fn keys(app: &App, domain: &str) -> Result<Vec<DkimKey>, crate::channel::email::dkim::KeyError> {
    let records = Keyring::new(&app.inbox.folder).records(domain)?;
    let key = |record: crate::channel::email::dkim::Record| DkimKey {
        domain: domain.to_owned(),
        selector: record.name.split('.').next().unwrap_or_default().to_owned(),
        record: format!("{} TXT \"{}\"", record.name, record.value),
    };
    Ok(records.into_iter().map(key).collect())
}

fn job_view(words: Words<'_>, job: Job) -> JobView {
    let soon = (job.next_at - words.voice.now).max(0);
    JobView {
        id: job.id.0,
        url: format!(
            "/conversations/{}?status=all#m-{}",
            job.conversation, job.message
        ),
        recipient: job.recipient,
        detail: job.held.clone().unwrap_or(job.detail),
        next: match job.held {
            Some(_) => words.t("outbox.held"),
            None => crate::web::view::person::left(words, soon),
        },
    }
}

pub async fn release_job(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: JobId = request.param("id")?;
    let target = id.to_string();
    let released = audited(&app, &viewer, &request, "job_released", target, move |tx| {
        release(tx, id)
    });
    released.await.map_err(|e| viewer.refuse(&app, e))?;
    done("mail", "saved")
}

/// The provider's question was answered, or is nobody's business: the banner goes, the mail stays.
pub async fn dismiss_forwarding(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: MessageId = request.param("id")?;
    let target = id.to_string();
    let what = "forwarding_dismissed";
    let dismissed = audited(&app, &viewer, &request, what, target, move |tx| {
        forwarding_requests::dismiss(tx, id)
    });
    dismissed.await.map_err(|e| viewer.refuse(&app, e))?;
    Ok(respond::redirect("/inbox?done=dismissed"))
}

pub async fn audits(app: App, viewer: Viewer, request: Request) -> Answer {
    let query = request.query();
    let before: u64 = query.get("before").parse().unwrap_or(u64::MAX);
    let rows = app.inbox.read();
    let found = rows.and_then(|rows| rows.range_back(&AUDITS, 0..before, AUDITS_SHOWN + 1));
    let found = found.map_err(|e| viewer.refuse(&app, e.into()))?;
    let words = viewer.words(&app);
    let more = found.len() > AUDITS_SHOWN;
    let last = found.get(AUDITS_SHOWN - 1).filter(|_| more);
    let view = AuditPage {
        frame: frame(&app, &viewer, &query, "audit", None),
        next: last.map(|(seq, _)| format!("/settings/audit?before={seq}")),
        audits: found
            .into_iter()
            .take(AUDITS_SHOWN)
            .map(|(_, audit)| AuditView {
                at: audit.at,
                actor: audit.actor,
                what: words.t(&format!("audit.{}", audit.what)),
                target: audit.target,
                ip: audit.ip,
            })
            .collect(),
    };
    show(&app, &viewer, "pages/settings_audit", &view)
}
