//! `/healthz` and `/metrics`: for this machine, and for the addresses of `[metrics] allow`.

use super::App;
use crate::http::{Answer, Refusal, Request, Router, respond};
use casella_index::Rows;
use hyper::StatusCode;
use serde_json::json;
use std::fmt::Write;
use std::sync::atomic::Ordering;

pub fn routes() -> Router<App> {
    Router::new()
        .get("/healthz", healthz)
        .get("/metrics", metrics)
}

fn admit(app: &App, request: &Request) -> Result<(), Refusal> {
    match app.inbox.config.metrics.allows(request.client) {
        true => Ok(()),
        false => Err(
            Refusal::forbidden("health and metrics are not for this address")
                .remedy("list it in `metrics.allow`"),
        ),
    }
}

/// 200 while mail and messages are taken, 503 once the store has stopped.
async fn healthz(app: App, request: Request) -> Answer {
    admit(&app, &request)?;
    let stopped = app.inbox.store.stopped();
    let full = app.inbox.disk_is_nearly_full();
    let status = match stopped {
        Some(_) => StatusCode::SERVICE_UNAVAILABLE,
        None => StatusCode::OK,
    };
    let word = match (&stopped, full) {
        (Some(_), _) => "stopped",
        (None, true) => "disk_nearly_full",
        (None, false) => "ok",
    };
    let health = json!({
        "status": word,
        "reason": stopped,
        "journal": app.inbox.store.last_seq(),
        "search": {
            "state": app.serving.state().to_string(),
            "documents": app.serving.documents(),
            "journal": app.serving.reached(),
        },
        "disk_free": app.inbox.free_bytes(),
    });
    Ok(respond::json(status, &health))
}

/// The text format of Prometheus.
async fn metrics(app: App, request: Request) -> Answer {
    admit(&app, &request)?;
    let mut page = String::new();
    for (name, kind, help, value) in figures(&app)? {
        let _ = writeln!(page, "# HELP casella_{name} {help}");
        let _ = writeln!(page, "# TYPE casella_{name} {kind}");
        let _ = writeln!(page, "casella_{name} {value}");
    }
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(respond::bytes(StatusCode::OK, kind, page))
}

type Figure = (&'static str, &'static str, &'static str, u64);

fn figures(app: &App) -> Result<Vec<Figure>, Refusal> {
    let inbox = &app.inbox;
    let jobs = inbox.read().and_then(|rows| rows.jobs());
    let jobs = jobs.map_err(Refusal::internal)?;
    let held = jobs.iter().filter(|job| job.held.is_some()).count();
    let late = jobs.iter().filter(|job| job.attempts > 0).count();
    let mut figures = vec![
        (
            "journal_sequence",
            "counter",
            "Newest event on disk.",
            inbox.store.last_seq(),
        ),
        (
            "search_sequence",
            "counter",
            "Newest event in the search index.",
            app.serving.reached(),
        ),
        (
            "search_documents",
            "gauge",
            "Messages in the search index.",
            app.serving.documents(),
        ),
        (
            "conversations_unread",
            "gauge",
            "Open conversations nobody has read.",
            inbox.store.board().unread() as u64,
        ),
        (
            "outbox_jobs",
            "gauge",
            "Deliveries not yet done.",
            jobs.len() as u64,
        ),
        (
            "outbox_retried",
            "gauge",
            "Deliveries tried at least once and not done.",
            late as u64,
        ),
        (
            "outbox_held",
            "gauge",
            "Deliveries that wait for a person.",
            held as u64,
        ),
        (
            "visitors_online",
            "gauge",
            "Chat visitors connected.",
            inbox.presence.visitors_online() as u64,
        ),
        (
            "disk_free_bytes",
            "gauge",
            "Room left on the data folder's disk.",
            inbox.free_bytes().unwrap_or(0),
        ),
    ];
    if let Some(http) = app.counters.get() {
        let load = |n: &std::sync::atomic::AtomicU64| n.load(Ordering::Relaxed);
        figures.extend([
            (
                "http_requests_total",
                "counter",
                "Requests answered.",
                load(&http.requests),
            ),
            (
                "http_failures_total",
                "counter",
                "Requests answered with 5xx.",
                load(&http.failures),
            ),
            (
                "http_connections",
                "gauge",
                "Connections open.",
                load(&http.open),
            ),
        ]);
    }
    Ok(figures)
}
