//! Sanitised HTML as a whole document for the sandboxed frame.

use super::pictures::{images, is_pixel};
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
.wide{overflow-x:auto}\
.quotes{margin:10px 0}.quotes summary{cursor:pointer;font-size:13px;opacity:.75}\
.wide:not(:has(.quotes[open])) [data-old]{display:none!important}\
.wide>:first-child{margin-top:0}.wide>:last-child{margin-bottom:0}";

/// Mails are drawn about 600 dots wide. Where there is less room, what was given a width takes what there
/// is; a table that still does not fit is scrolled sideways.
const NARROW: &str = "@media(max-width:660px){\
[width]:not(img),[style*=width]:not(img){min-width:0!important;max-width:100%!important}\
table[width],table[style*=width]{width:100%!important}\
td{overflow-wrap:anywhere}\
div[style*=width],p[style*=width]{width:auto!important}\
img[data-remote-src]{width:auto!important;height:auto!important}}";

const DARK: &str = "@media(prefers-color-scheme:dark){\
html{color-scheme:dark;background:#17181c;color:#e6e7ea}\
a{color:#8ab4f8}blockquote{border-color:#4a4d55}}";

/// Ink without paper: lightness is turned round, hue kept; pictures are turned back, on white in case they
/// can be seen through.
const INVERTED: &str = "@media(prefers-color-scheme:dark){\
html{color-scheme:dark;background:#17181c}\
.wide{color-scheme:light;background:#fff;filter:invert(.91) hue-rotate(180deg)}\
.wide img{background:#fff;filter:invert(1) hue-rotate(180deg)}}";

/// The frame's document. `own` gives the data URI of a content id.
pub fn document(
    sanitised: &str,
    own: impl Fn(&str) -> Option<String>,
    remote: &Remote,
    look: Look,
) -> String {
    let body = with_pictures(sanitised, |tag| {
        if let Some(id) = value(tag, " src=\"cid:") {
            return own(&id).map(|uri| (" src=\"cid:", uri));
        }
        let address = value(tag, REMOTE_ATTRIBUTE)?;
        match remote {
            _ if is_pixel(tag) => Some((REMOTE_ATTRIBUTE, String::new())),
            Remote::Blocked => None,
            Remote::Proxied(proxy) => Some((REMOTE_ATTRIBUTE, proxy(&address))),
        }
    });
    let dark = match look {
        Look::Light => "",
        Look::System => match colours(sanitised) {
            Colours::None => DARK,
            Colours::Ink => INVERTED,
            Colours::Paper => "",
        },
    };
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <style>{STYLE}{NARROW}{dark}</style></head><body><div class=\"wide\">{body}</div></body></html>"
    )
}

/// The HTML with the pictures that `make` gives another source: the beginning of the attribute that goes,
/// and what stands in its place, or nothing for no source at all.
fn with_pictures(html: &str, make: impl Fn(&str) -> Option<(&'static str, String)>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut done = 0;
    for at in images(html) {
        let tag = &html[at.clone()];
        let Some((attribute, source)) = make(tag) else {
            continue;
        };
        let (before, rest) = tag.split_once(attribute).unwrap_or((tag, ""));
        let after = rest.split_once('"').map_or("", |(_, after)| after);
        out.push_str(&html[done..at.start]);
        out.push_str(before);
        if !source.is_empty() {
            out.push_str(&format!(" src=\"{}\"", escaped(&source)));
        }
        out.push_str(after);
        done = at.end;
    }
    out.push_str(&html[done..]);
    out
}

/// What an attribute that begins so holds, unescaped.
fn value(tag: &str, beginning: &str) -> Option<String> {
    let rest = tag.split_once(beginning)?.1;
    rest.split('"').next().map(unescaped)
}

/// What colours a mail sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colours {
    None,
    /// Of letters and lines, meant for white paper.
    Ink,
    /// Of the ground too: it is shown as it was drawn.
    Paper,
}

fn colours(sanitised: &str) -> Colours {
    const GROUNDS: [&str; 3] = ["bgcolor=\"", "background:", "background-color:"];
    const INKS: [&str; 2] = ["color=\"", "color:"];
    let mut found = Colours::None;
    for tag in tags(sanitised) {
        let values = |pattern: &'static str| {
            let declared = tag.match_indices(pattern);
            declared.map(move |(at, _)| &tag[at + pattern.len()..])
        };
        if GROUNDS.into_iter().flat_map(values).any(|v| !is_white(v)) {
            return Colours::Paper;
        }
        if INKS.into_iter().flat_map(values).next().is_some() {
            found = Colours::Ink;
        }
    }
    found
}

/// What stands within angles: text escapes its own.
fn tags(sanitised: &str) -> impl Iterator<Item = &str> {
    let tags = sanitised.split('<').skip(1);
    tags.map(|rest| rest.split('>').next().unwrap_or(rest))
}

/// White, or none at all: what the paper is anyway.
fn is_white(value: &str) -> bool {
    const WHITE: [&str; 9] = [
        "white",
        "#fff",
        "#ffffff",
        "rgb(255,255,255)",
        "rgb(255, 255, 255)",
        "transparent",
        "none",
        "inherit",
        "initial",
    ];
    let value = value.trim_start();
    let end = value.find(['"', ';']).unwrap_or(value.len());
    let value = value[..end].trim().to_ascii_lowercase();
    WHITE.contains(&value.as_str())
}

fn unescaped(value: &str) -> String {
    value
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&")
}
