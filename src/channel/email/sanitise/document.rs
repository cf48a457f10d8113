//! Sanitised HTML as a whole document for the sandboxed frame.

use super::{REMOTE_ATTRIBUTE, escaped};

/// What happens to pictures of the web.
pub enum Remote<'a> {
    /// Their place is shown, nothing is loaded.
    Blocked,
    /// Loaded from what the function makes of their address.
    Proxied(&'a dyn Fn(&str) -> String),
}

/// Whether the document may be dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Look {
    /// As the reader's system is, where the mail sets no colours of its own.
    #[default]
    System,
    /// Dark ink on white, always.
    Light,
}

const STYLE: &str = "\
html{color-scheme:light;background:#fff;color:#1c1d20}\
body{margin:12px;font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;overflow-wrap:anywhere}\
img{max-width:100%;height:auto}\
table{max-width:100%;overflow-wrap:normal}\
pre{white-space:pre-wrap;font:13px/1.5 ui-monospace,monospace}\
blockquote{margin:0 0 0 8px;padding-left:10px;border-left:3px solid #c9ccd3}\
img[data-remote-src]{display:inline-block;min-width:16px;min-height:16px;border:1px dashed #9aa0ab;border-radius:3px}\
.wide{overflow-x:auto}";

const DARK: &str = "@media(prefers-color-scheme:dark){\
html{color-scheme:dark;background:#17181c;color:#e6e7ea}\
a{color:#8ab4f8}blockquote{border-color:#4a4d55}}";

/// The frame's document. `images` gives the data URI of a content id.
pub fn document(
    sanitised: &str,
    images: impl Fn(&str) -> Option<String>,
    remote: &Remote,
    look: Look,
) -> String {
    let body = sources(sanitised, " src=\"cid:", |id| {
        images(id).map(|uri| format!(" src=\"{}\"", escaped(&uri)))
    });
    let body = match remote {
        Remote::Blocked => body,
        Remote::Proxied(proxy) => sources(&body, REMOTE_ATTRIBUTE, |url| {
            Some(format!(" src=\"{}\"", escaped(&proxy(url))))
        }),
    };
    let dark = if look == Look::System && !has_colours(sanitised) {
        DARK
    } else {
        ""
    };
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <style>{STYLE}{dark}</style></head><body><div class=\"wide\">{body}</div></body></html>"
    )
}

/// Replaces every attribute that begins with `pattern` by what `make` says of its unescaped rest.
fn sources(html: &str, pattern: &str, make: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(pattern) {
        let value = &rest[at + pattern.len()..];
        let Some(end) = value.find('"') else { break };
        out.push_str(&rest[..at]);
        match make(&unescaped(&value[..end])) {
            Some(attribute) => out.push_str(&attribute),
            None => out.push_str(&rest[at..at + pattern.len() + end + 1]),
        }
        rest = &value[end + 1..];
    }
    out.push_str(rest);
    out
}

/// A mail that sets colours was drawn for white paper.
fn has_colours(sanitised: &str) -> bool {
    let declares = |property: &str| {
        sanitised
            .match_indices(property)
            .any(|(at, _)| inside_tag(&sanitised[..at]))
    };
    ["bgcolor=\"", "color=\"", "color:", "background:"]
        .iter()
        .any(|p| declares(p))
}

/// Text escapes its angles, so the last one tells.
fn inside_tag(before: &str) -> bool {
    before.rfind('<') > before.rfind('>')
}

fn unescaped(value: &str) -> String {
    value
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&")
}
