//! Strangers' plain text as HTML: escaped, lines kept, web and mail addresses made into links.

use super::columns::{Block, blocks};

/// Escapes the five characters that mean something in HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    push_escaped(&mut out, text);
    out
}

/// Plain text as HTML: escaped, `\n` as `<br>`, tables as `<pre>`, and `http://` and `https://` addresses
/// as links that tell their target nothing (`noopener noreferrer nofollow`). No other scheme is ever linked.
pub fn rich(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    // Nothing, or the break before the next line.
    let mut between = "";
    for block in blocks(lines) {
        match block {
            Block::Line(line) => {
                out.push_str(between);
                push_line(&mut out, line);
                between = "<br>";
            }
            Block::Columns(lines) => {
                push_columns(&mut out, &lines);
                between = "";
            }
        }
    }
    out
}

fn push_columns(out: &mut String, lines: &[&str]) {
    out.push_str("<pre class=\"drawn\">");
    for (n, line) in lines.iter().enumerate() {
        out.push_str(if n > 0 { "\n" } else { "" });
        push_line(out, line);
    }
    out.push_str("</pre>");
}

fn push_line(out: &mut String, line: &str) {
    let mut rest = line;
    while let Some(start) = next_link(rest) {
        let (before, from) = rest.split_at(start);
        let (link, after) = from.split_at(link_length(from));
        push_escaped(out, before);
        if let Some(url) = linkable(link) {
            push_link(out, &url, link);
        } else {
            push_escaped(out, link);
        }
        rest = after;
    }
    push_escaped(out, rest);
}

/// The `href` of a link text, if it is a web address a URL parser agrees with.
fn linkable(link: &str) -> Option<String> {
    let url = url::Url::parse(link).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| link.to_owned())
}

fn push_link(out: &mut String, url: &str, text: &str) {
    out.push_str("<a href=\"");
    push_escaped(out, url);
    out.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
    push_escaped(out, text);
    out.push_str("</a>");
}

/// Where the next `http://` or `https://` begins that is not the tail of a longer word.
fn next_link(text: &str) -> Option<usize> {
    text.match_indices("http").map(|(at, _)| at).find(|&at| {
        let tail = &text[at..];
        let scheme = tail.starts_with("http://") || tail.starts_with("https://");
        let fresh = text[..at]
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric());
        scheme && fresh
    })
}

/// How far a link reaches: to the next white space, quote or angle bracket, less the punctuation that
/// ends a sentence and a bracket that was opened before the link.
fn link_length(text: &str) -> usize {
    let end = text
        .find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`'))
        .unwrap_or(text.len());
    let mut link = &text[..end];
    while let Some(last) = link.chars().next_back() {
        let closes_outside = match last {
            ')' => link.matches(')').count() > link.matches('(').count(),
            ']' => link.matches(']').count() > link.matches('[').count(),
            _ => false,
        };
        if !closes_outside && !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '…' | '»')
        {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    link.len()
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rich;

    #[test]
    fn plain_text_keeps_its_lines_and_loses_its_markup() {
        let cases = [
            ("a\nb", "a<br>b"),
            ("a\r\nb", "a<br>b"),
            ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"),
            ("javascript:alert(1)", "javascript:alert(1)"),
            ("xhttp://a.example", "xhttp://a.example"),
            ("https://", "https://"),
            ("http://[", "http://["),
            ("http", "http"),
            (
                "a\n| <b> | 1 |\n| c   | 2 |\n\nd",
                "a<pre class=\"drawn\">| &lt;b&gt; | 1 |\n| c   | 2 |</pre><br>d",
            ),
        ];
        for (text, html) in cases {
            assert_eq!(rich(text), html, "{text}");
        }
    }

    #[test]
    fn web_addresses_become_links_without_the_sentence_around_them() {
        let cases = [
            ("see https://a.example/x.", "https://a.example/x", "."),
            ("(https://a.example/x)", "https://a.example/x", ")"),
            ("https://a.example/x_(y)", "https://a.example/x_(y)", ""),
            (
                "https://a.example/?a=1&b=2!",
                "https://a.example/?a=1&amp;b=2",
                "!",
            ),
            ("<https://a.example>", "https://a.example", "&gt;"),
            (
                "http://a.example\"onclick=x",
                "http://a.example",
                "&quot;onclick=x",
            ),
        ];
        for (text, link, after) in cases {
            let expected = format!(
                "<a href=\"{link}\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">{link}</a>{after}"
            );
            assert!(rich(text).ends_with(&expected), "{text}: {}", rich(text));
        }
    }
}
