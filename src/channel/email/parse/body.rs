//! The readable content of a mail's parts, and how several parts make one.

use super::text;
use std::collections::HashSet;

/// The readable content of one node.
#[derive(Debug, Clone, Default)]
pub struct Body {
    pub text: String,
    pub html: Option<String>,
    /// `text` came from a plain part.
    pub plain: bool,
}

impl Body {
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.html.is_none()
    }
}

/// Of alternatives the plain one is text, the last HTML one HTML. Those that say something else than
/// both are no alternatives but more of the mail.
pub fn one_of(bodies: Vec<Body>) -> Body {
    let bodies: Vec<Body> = bodies.into_iter().filter(|b| !b.is_empty()).collect();
    let mut chosen = Body::default();
    for body in &bodies {
        let better = (body.plain && !chosen.plain) || chosen.text.trim().is_empty();
        if better && !body.text.trim().is_empty() {
            chosen.text.clone_from(&body.text);
            chosen.plain = body.plain;
        }
        if let Some(html) = &body.html {
            chosen.html = Some(html.clone());
        }
    }
    if bodies.len() < 2 {
        return prefer_real_text(chosen);
    }
    let shown = |body: &&Body| {
        body.text == chosen.text || (body.html.is_some() && body.html == chosen.html)
    };
    let shown: Vec<&str> = bodies
        .iter()
        .filter(shown)
        .map(|b| b.text.as_str())
        .collect();
    let shown = words(&shown.join(" "));
    let others = bodies.iter().filter(|body| says_else(&body.text, &shown));
    let others: Vec<Body> = others.cloned().collect();
    let chosen = prefer_real_text(chosen);
    match others.is_empty() {
        true => chosen,
        false => joined(std::iter::once(chosen).chain(others).collect()),
    }
}

fn words(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether most words of a text are not among those shown.
fn says_else(text: &str, shown: &HashSet<String>) -> bool {
    let words = words(text);
    let known = words.iter().filter(|word| shown.contains(*word)).count();
    known * 2 < words.len()
}

/// "Your mail program cannot show HTML" is no text.
fn prefer_real_text(mut body: Body) -> Body {
    let Some(html) = &body.html else { return body };
    let says_html = body.text.len() < 400 && body.text.to_ascii_lowercase().contains("html");
    if body.plain && says_html {
        let text = text::from_html(html);
        if text.len() > body.text.len() * 3 {
            body.text = text;
            body.plain = false;
        }
    }
    body
}

/// Parts one after the other.
pub fn joined(bodies: Vec<Body>) -> Body {
    let mut bodies: Vec<Body> = bodies.into_iter().filter(|b| !b.is_empty()).collect();
    if bodies.len() < 2 {
        return bodies.pop().unwrap_or_default();
    }
    if let Some(one) = same_twice(&mut bodies) {
        return one;
    }
    let any_html = bodies.iter().any(|b| b.html.is_some());
    let mut all = Body {
        plain: bodies.iter().any(|b| b.plain),
        ..Body::default()
    };
    let mut html = String::new();
    for body in bodies {
        if !all.text.is_empty() && !body.text.is_empty() {
            all.text.truncate(all.text.trim_end_matches('\n').len());
            all.text.push_str("\n\n");
        }
        all.text.push_str(&body.text);
        if any_html {
            html.push_str(&body.html.unwrap_or_else(|| text::to_html(&body.text)));
        }
    }
    all.html = any_html.then_some(html);
    all
}

/// "mixed" where "alternative" was meant: the same words, plain and HTML.
fn same_twice(bodies: &mut Vec<Body>) -> Option<Body> {
    let [first, second] = bodies.as_slice() else {
        return None;
    };
    let forms = (
        first.plain && first.html.is_none(),
        second.html.is_some() && !second.plain,
    );
    if forms != (true, true) || letters(&first.text) != letters(&second.text) {
        return None;
    }
    let html = bodies.pop()?.html;
    let text = bodies.pop()?.text;
    Some(Body {
        text,
        html,
        plain: true,
    })
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}
