//! Inline styles: declarations that colour, size and space are kept, everything else is dropped.

/// The harmless declarations of a `style` attribute; `None` if none is left.
pub fn harmless(style: &str) -> Option<String> {
    let kept: Vec<String> = style.split(';').take(100).filter_map(declaration).collect();
    (!kept.is_empty()).then(|| kept.join("; "))
}

fn declaration(text: &str) -> Option<String> {
    let (name, value) = text.split_once(':')?;
    let name = name.trim().to_ascii_lowercase();
    let value = value.trim().trim_end_matches("!important").trim_end();
    (fits(&name, value) && is_plain(value)).then(|| format!("{name}: {value}"))
}

/// Whether a property is one of ours, and may have such a value.
fn fits(name: &str, value: &str) -> bool {
    match name {
        "color" | "background-color" | "text-align" | "vertical-align" | "line-height"
        | "white-space" | "list-style-type" | "text-decoration" | "text-transform"
        | "letter-spacing" | "direction" | "word-break" | "overflow-wrap" | "word-wrap"
        | "table-layout" | "caption-side" | "empty-cells" => true,
        "font" | "font-family" | "font-size" | "font-style" | "font-weight" | "font-variant"
        | "font-stretch" => true,
        // The shorthand may hold an image; alone, a colour.
        "background" => !value.contains(char::is_whitespace),
        "width" | "height" | "max-width" | "min-width" | "max-height" | "text-indent" => {
            is_not_negative(value)
        }
        "float" | "clear" => true,
        "display" => matches!(
            value.to_ascii_lowercase().as_str(),
            "none"
                | "block"
                | "inline"
                | "inline-block"
                | "table"
                | "table-row"
                | "table-cell"
                | "list-item"
        ),
        _ => {
            let spacing = name == "margin"
                || name == "padding"
                || name.starts_with("margin-")
                || name.starts_with("padding-");
            let border =
                (name == "border" || name.starts_with("border-")) && !name.contains("image");
            (spacing || border) && is_not_negative(value)
        }
    }
}

fn is_not_negative(value: &str) -> bool {
    let mut words = value.split(|c: char| c.is_whitespace() || c == ',');
    !words.any(|word| word.starts_with('-'))
}

/// Letters, numbers, colours, quoted font names; the only functions are colours. No escapes, which
/// could spell anything, and no comments.
fn is_plain(value: &str) -> bool {
    let allowed = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                ' ' | '#' | '%' | '.' | ',' | '-' | '+' | '\'' | '"' | '(' | ')' | '/' | '_'
            )
    };
    let functions = value
        .match_indices('(')
        .all(|(at, _)| is_colour_function(&value[..at]));
    !value.is_empty()
        && value.len() <= 500
        && value.chars().all(allowed)
        && functions
        && !value.contains("/*")
        && !value.contains("//")
}

fn is_colour_function(before: &str) -> bool {
    let name = before
        .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .next()
        .unwrap_or_default();
    matches!(
        name.to_ascii_lowercase().as_str(),
        "rgb" | "rgba" | "hsl" | "hsla"
    )
}
