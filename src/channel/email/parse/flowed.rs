//! `format=flowed` (RFC 3676): soft line breaks taken back out, quote depth kept.

/// Unwraps a flowed text. `delete_space` is the `DelSp` parameter.
pub fn unwrap(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The depth of the paragraph that still flows.
    let mut flowing = None;
    for line in text.split('\n') {
        let (depth, content) = quoted(line);
        let signature = content == "-- ";
        // An empty line ends a paragraph even where a stray blank says it flows on.
        if flowing != Some(depth) || signature || content.is_empty() {
            begin_line(&mut out, depth, content);
        }
        let flows = content.ends_with(' ') && !signature;
        let kept = if flows && delete_space {
            &content[..content.len() - 1]
        } else {
            content
        };
        out.push_str(kept);
        flowing = flows.then_some(depth);
    }
    out.strip_prefix('\n').map(str::to_owned).unwrap_or(out)
}

/// Section 4.4 and 4.5: the quote marks, then one stuffed space.
fn quoted(line: &str) -> (usize, &str) {
    let content = line.trim_start_matches('>');
    let depth = line.len() - content.len();
    (depth, content.strip_prefix(' ').unwrap_or(content))
}

fn begin_line(out: &mut String, depth: usize, content: &str) {
    // The very first line break is taken off again at the end.
    out.push('\n');
    out.extend(std::iter::repeat_n('>', depth));
    if depth > 0 && !content.is_empty() {
        out.push(' ');
    }
}

#[cfg(test)]
mod tests;
