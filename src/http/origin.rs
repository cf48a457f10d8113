//! Did this site's own pages send it? The check of every unsafe method (cross-site request forgery).

use super::refusal::Refusal;
use super::request::Request;
use hyper::header::{COOKIE, ORIGIN};

/// Passes a request that changes nothing, comes from our own origin, or carries nothing a foreign
/// site could abuse. `public_url` is scheme and host without a trailing slash.
pub fn check(request: &Request, public_url: Option<&str>) -> Result<(), Refusal> {
    if request.method.is_safe() || is_ours(request, public_url) || is_harmless(request) {
        return Ok(());
    }
    Err(
        Refusal::forbidden("the request came from another site, or did not say from where")
            .remedy("send it from Casella's own pages, or with an API token"),
    )
}

fn is_ours(request: &Request, public_url: Option<&str>) -> bool {
    if request.header("sec-fetch-site") == Some("same-origin") {
        return true;
    }
    let Some(origin) = request.header(ORIGIN) else {
        return false;
    };
    let came_by = request
        .host()
        .map(|host| format!("{}://{host}", request.scheme()));
    [public_url, came_by.as_deref()]
        .into_iter()
        .flatten()
        .any(|ours| same(origin, ours))
}

/// Browsers name an origin or a site with every unsafe request. What has neither is a program; it
/// may pass unless it brings a cookie without a token.
fn is_harmless(request: &Request) -> bool {
    let site = request.header("sec-fetch-site");
    let named = request.headers.contains_key(ORIGIN) || !matches!(site, None | Some("none"));
    let borrowed = request.headers.contains_key(COOKIE) && request.bearer().is_none();
    !named && !borrowed
}

/// Two origins are the same whatever the case of their letters and whether the usual port is said.
fn same(a: &str, b: &str) -> bool {
    match (url::Url::parse(a), url::Url::parse(b)) {
        (Ok(a), Ok(b)) => a.origin().is_tuple() && a.origin() == b.origin(),
        _ => false,
    }
}
