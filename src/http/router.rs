//! Which handler answers: by path, then by method.
//!
//! A pattern is a path whose segments may be `{name}` (one segment, not empty) or, at its end,
//! `{name*}` (all that is left). Where several patterns fit, the one with the earlier literal wins.

use super::refusal::Refusal;
use super::request::Request;
use super::respond::{self, Response};
use super::{Answer, body::Body};
use futures_util::future::BoxFuture;
use hyper::{Method, StatusCode};
use std::fmt;
use std::sync::Arc;

type Handler<S> = Arc<dyn Fn(S, Request) -> BoxFuture<'static, Answer> + Send + Sync>;
type Shower<S> = Arc<dyn Fn(&S, &Asked, &Refusal) -> Response + Send + Sync>;

/// What is left of a request once its handler has it: enough to show a refusal fittingly.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub headers: hyper::HeaderMap,
}

/// The table of routes over a state `S` that every handler gets a clone of.
pub struct Router<S> {
    routes: Vec<Route<S>>,
    shower: Shower<S>,
}

struct Route<S> {
    method: Method,
    /// Only there to say no in words of its own.
    refuses: bool,
    pattern: &'static str,
    handler: Handler<S>,
}

/// What the table says of a path and method.
pub(super) enum Found<S> {
    Route {
        pattern: &'static str,
        handler: Handler<S>,
        params: Vec<(String, String)>,
    },
    /// The same path, but for the slash at its end.
    Elsewhere(String),
    Refused(Refusal),
}

impl<S: 'static> Default for Router<S> {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            shower: Arc::new(|_, _, refusal| refusal.json()),
        }
    }
}

impl<S: 'static> Router<S> {
    pub fn new() -> Self {
        Self::default()
    }

    /// GET, and HEAD with it.
    pub fn get<F, R>(self, pattern: &'static str, handler: F) -> Self
    where
        F: Fn(S, Request) -> R + Send + Sync + 'static,
        R: Future<Output = Answer> + Send + 'static,
    {
        self.on(Method::GET, pattern, handler)
    }

    pub fn post<F, R>(self, pattern: &'static str, handler: F) -> Self
    where
        F: Fn(S, Request) -> R + Send + Sync + 'static,
        R: Future<Output = Answer> + Send + 'static,
    {
        self.on(Method::POST, pattern, handler)
    }

    pub fn patch<F, R>(self, pattern: &'static str, handler: F) -> Self
    where
        F: Fn(S, Request) -> R + Send + Sync + 'static,
        R: Future<Output = Answer> + Send + 'static,
    {
        self.on(Method::PATCH, pattern, handler)
    }

    pub fn delete<F, R>(self, pattern: &'static str, handler: F) -> Self
    where
        F: Fn(S, Request) -> R + Send + Sync + 'static,
        R: Future<Output = Answer> + Send + 'static,
    {
        self.on(Method::DELETE, pattern, handler)
    }

    pub fn on<F, R>(self, method: Method, pattern: &'static str, handler: F) -> Self
    where
        F: Fn(S, Request) -> R + Send + Sync + 'static,
        R: Future<Output = Answer> + Send + 'static,
    {
        self.add(false, method, pattern, handler)
    }

    /// A method that is only there to say no in words of its own: it is never named among those allowed.
    pub fn refusing<F, R>(self, method: Method, pattern: &'static str, handler: F) -> Self
    where
        F: Fn(S, Request) -> R + Send + Sync + 'static,
        R: Future<Output = Answer> + Send + 'static,
    {
        self.add(true, method, pattern, handler)
    }

    fn add<F, R>(mut self, refuses: bool, method: Method, pattern: &'static str, handler: F) -> Self
    where
        F: Fn(S, Request) -> R + Send + Sync + 'static,
        R: Future<Output = Answer> + Send + 'static,
    {
        let handler: Handler<S> = Arc::new(move |state, request| Box::pin(handler(state, request)));
        let route = Route {
            method,
            refuses,
            pattern,
            handler,
        };
        let place = self
            .routes
            .partition_point(|r| rank(r.pattern) <= rank(pattern));
        self.routes.insert(place, route);
        self
    }

    /// Takes over all routes of another table.
    pub fn merge(mut self, other: Self) -> Self {
        for route in other.routes {
            let place = self
                .routes
                .partition_point(|r| rank(r.pattern) <= rank(route.pattern));
            self.routes.insert(place, route);
        }
        self
    }

    /// Says how refusals look: JSON for programs, a page for people. Without it, JSON.
    pub fn refusals(
        mut self,
        shower: impl Fn(&S, &Asked, &Refusal) -> Response + Send + Sync + 'static,
    ) -> Self {
        self.shower = Arc::new(shower);
        self
    }

    pub(super) fn show(&self, state: &S, asked: &Asked, refusal: &Refusal) -> Response {
        (self.shower)(state, asked, refusal)
    }

    pub(super) fn find(&self, method: &Method, path: &str) -> Found<S> {
        let fitting: Vec<_> = self
            .routes
            .iter()
            .filter_map(|r| fit(r.pattern, path).map(|params| (r, params)))
            .collect();
        if fitting.is_empty() {
            return self.elsewhere(path);
        }
        let wanted = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        match fitting.iter().find(|(r, _)| r.method == *wanted) {
            Some((route, params)) => Found::Route {
                pattern: route.pattern,
                handler: route.handler.clone(),
                params: params.clone(),
            },
            None => Found::Refused(Refusal::method_not_allowed(&allowed(
                fitting
                    .iter()
                    .filter(|(r, _)| !r.refuses)
                    .map(|(r, _)| &r.method),
            ))),
        }
    }

    fn elsewhere(&self, path: &str) -> Found<S> {
        let other = match path.strip_suffix('/') {
            Some(shorter) => shorter.to_owned(),
            None => format!("{path}/"),
        };
        let known = self.routes.iter().any(|r| fit(r.pattern, &other).is_some());
        if known && !other.starts_with("//") {
            return Found::Elsewhere(other);
        }
        Found::Refused(Refusal::not_found(format!("`{path}`")))
    }
}

impl<S> fmt::Debug for Router<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self
            .routes
            .iter()
            .map(|r| format!("{} {}", r.method, r.pattern));
        f.debug_list().entries(lines).finish()
    }
}

/// Literals before names before rests, segment by segment.
fn rank(pattern: &'static str) -> Vec<(u8, &'static str)> {
    let kind = |segment: &'static str| match segment.strip_prefix('{') {
        None => (0, segment),
        Some(name) if name.ends_with("*}") => (2, ""),
        Some(_) => (1, ""),
    };
    pattern.split('/').map(kind).collect()
}

fn fit(pattern: &str, path: &str) -> Option<Vec<(String, String)>> {
    let mut params = Vec::new();
    let mut rest = Some(path);
    for segment in pattern.split('/') {
        let left = rest?;
        if let Some(name) = segment.strip_prefix('{').and_then(|s| s.strip_suffix("*}")) {
            params.push((name.to_owned(), decoded(left)?));
            return Some(params);
        }
        let (here, next) = match left.split_once('/') {
            Some((here, next)) => (here, Some(next)),
            None => (left, None),
        };
        match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            Some(_) if here.is_empty() => return None,
            Some(name) => params.push((name.to_owned(), decoded(here)?)),
            None if segment != here => return None,
            None => {}
        }
        rest = next;
    }
    rest.is_none().then_some(params)
}

fn decoded(segment: &str) -> Option<String> {
    if !segment.contains('%') {
        return Some(segment.to_owned());
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = tail;
            continue;
        }
        let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(hex, 16).ok()?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).ok()
}

fn allowed<'a>(methods: impl Iterator<Item = &'a Method>) -> String {
    let mut names: Vec<&str> = methods.map(Method::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

/// The redirect to the same address with or without the slash at its end.
pub(super) fn elsewhere(path: &str, query: Option<&str>) -> Response {
    let to = match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut response = respond::moved(StatusCode::PERMANENT_REDIRECT, &to);
    *response.body_mut() = Body::empty();
    response
}
