//! HTML mail as readable text: paragraphs, lists, tables, links, `>` before quoted lines.
//!
//! Used where a mail has no plain part, and by the quote and forward rules, which look at the same
//! lines with a label telling which part of the tree each came from. Sanitising is elsewhere.

use super::html_tree::{Kind, Node, Tree};

/// What an `<hr>` becomes: the same line Outlook writes into its plain parts.
const RULE: &str = "________________________________";

/// Quote marks before a line; nobody counts more, and hostile nesting would multiply the text.
const MOST_MARKS: usize = 32;

/// The whole document as text with LF line ends, at most one blank line in a row.
pub fn to_text(html: &str) -> String {
    let lines = labelled_lines(&Tree::parse(html), |_| ());
    let lines: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    lines.join("\n")
}

/// The document's lines, each with the label of the node its words came from. A change of label
/// always begins a new line.
pub fn labelled_lines<L>(tree: &Tree, label: impl Fn(usize) -> L) -> Vec<(L, String)>
where
    L: Copy + PartialEq,
{
    let mut writer = Writer::new(tree, &label, false);
    writer.children(tree.root());
    let lines = writer.finish();
    if lines.iter().any(|(_, line)| !line.is_empty()) {
        return lines;
    }
    // Nothing but hidden words: better those than nothing.
    let mut writer = Writer::new(tree, &label, true);
    writer.children(tree.root());
    writer.finish()
}

/// The first readable lines of what stands below one node, hidden or not, at most `count`.
pub fn head_below(tree: &Tree, id: usize, count: usize) -> Vec<String> {
    let mut writer = Writer::new(tree, &|_| (), true);
    // Blank lines stand between, one at a time.
    writer.most = 2 * count + 2;
    writer.children(tree.node(id));
    let lines = writer.finish().into_iter().map(|(_, line)| line);
    lines.filter(|line| !line.is_empty()).take(count).collect()
}

/// Elements that stand on lines of their own.
pub fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "html"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tr"
            | "ul"
    )
}

/// What must be written before the next word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Cell,
    Line,
    Blank,
}

struct Writer<'a, L, F> {
    tree: &'a Tree,
    label: &'a F,
    show_hidden: bool,
    /// Lines wanted; what lies beyond is not walked through.
    most: usize,
    lines: Vec<(L, String)>,
    line: String,
    line_label: Option<L>,
    gap: Gap,
    /// A cell has begun and holds no word yet: its first block stays on the row's line.
    cell_opens: bool,
    /// The line the row's first word stands on.
    row_line: Option<usize>,
    quotes: usize,
    pre: bool,
    /// Per open list: the next number, or `None` for bullets.
    lists: Vec<Option<u32>>,
    /// A list item's bullet, waiting for its first word.
    bullet: Option<String>,
}

impl<'a, L: Copy + PartialEq, F: Fn(usize) -> L> Writer<'a, L, F> {
    fn new(tree: &'a Tree, label: &'a F, show_hidden: bool) -> Self {
        Self {
            tree,
            label,
            show_hidden,
            most: usize::MAX,
            lines: Vec::new(),
            line: String::new(),
            line_label: None,
            gap: Gap::None,
            cell_opens: false,
            row_line: None,
            quotes: 0,
            pre: false,
            lists: Vec::new(),
            bullet: None,
        }
    }

    fn children(&mut self, node: &Node) {
        for &child in &node.children {
            if self.lines.len() > self.most {
                return;
            }
            self.node(child);
        }
    }

    fn node(&mut self, id: usize) {
        let tree = self.tree;
        let node = tree.node(id);
        match &node.kind {
            Kind::Text(text) => self.text(text, (self.label)(id)),
            Kind::Element { .. } if self.skips(node) => {}
            Kind::Element { name, .. } => match name.as_str() {
                "br" => self.line_break((self.label)(id)),
                "hr" => self.rule((self.label)(id)),
                "img" => self.image(node, (self.label)(id)),
                "a" => self.link(node, (self.label)(id)),
                "td" | "th" => self.cell(node),
                name if is_block(name) => self.block(name, node),
                _ => self.children(node),
            },
        }
    }

    fn skips(&self, node: &Node) -> bool {
        if matches!(
            node.name(),
            "head" | "style" | "script" | "title" | "template" | "xml" | "datalist" | "iframe"
        ) {
            return true;
        }
        if self.show_hidden {
            return false;
        }
        let style = node.style();
        node.has("hidden") || style.contains("display:none") || style.contains("mso-hide:all")
    }

    fn block(&mut self, name: &str, node: &Node) {
        let gap = margin(name, node);
        self.want(gap);
        match name {
            "blockquote" if is_quote(node) => {
                self.want(Gap::Line);
                self.flush();
                self.quotes += 1;
                self.children(node);
                self.flush();
                self.quotes -= 1;
            }
            "pre" => self.preformatted(node),
            "ul" | "ol" | "menu" => self.list(name, node),
            "li" => self.item(node),
            "tr" => {
                let outer = self.row_line.take();
                self.children(node);
                self.row_line = outer;
            }
            _ if node.style().contains("white-space:pre") => self.preformatted(node),
            _ => self.children(node),
        }
        self.cell_opens = false;
        self.want(gap);
    }

    fn preformatted(&mut self, node: &Node) {
        let outer = std::mem::replace(&mut self.pre, true);
        self.children(node);
        self.pre = outer;
    }

    fn list(&mut self, name: &str, node: &Node) {
        let first = node.attribute("start").parse().unwrap_or(1);
        self.lists.push((name == "ol").then_some(first));
        self.children(node);
        self.lists.pop();
    }

    fn item(&mut self, node: &Node) {
        let indent = "  ".repeat(self.lists.len().saturating_sub(1));
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                format!("{indent}{}. ", *number - 1)
            }
            _ => format!("{indent}- "),
        };
        self.bullet = Some(mark);
        self.children(node);
        self.bullet = None;
    }

    /// A cell goes on on its row's line while that is the only one.
    fn cell(&mut self, node: &Node) {
        if self.row_line == Some(self.lines.len()) {
            self.gap = Gap::Cell;
            self.cell_opens = true;
        } else {
            self.want(Gap::Line);
        }
        self.children(node);
        self.cell_opens = false;
    }

    fn image(&mut self, node: &Node, label: L) {
        let alt = node.attribute("alt").trim();
        if !alt.is_empty() {
            self.text(&format!("[{alt}]"), label);
        }
    }

    fn link(&mut self, node: &Node, label: L) {
        let before = self.line.len();
        let lines_before = self.lines.len();
        self.children(node);
        let shown = if self.lines.len() == lines_before && self.line.len() >= before {
            self.line[before..].trim()
        } else {
            self.line.trim()
        };
        if let Some(address) = worth_showing(node.attribute("href"), shown) {
            self.text(&format!(" <{address}>"), label);
        }
    }

    fn rule(&mut self, label: L) {
        self.want(Gap::Line);
        self.text(RULE, label);
        self.want(Gap::Line);
    }

    fn text(&mut self, text: &str, label: L) {
        if self.pre {
            for (n, part) in text.split('\n').enumerate() {
                if n > 0 {
                    self.line_break(label);
                }
                self.write(part.trim_end_matches('\r'), label);
            }
            return;
        }
        for (n, word) in text.split(is_collapsible).enumerate() {
            if n > 0 {
                self.want(Gap::Space);
            }
            self.write(word, label);
        }
    }

    /// Writes a piece as it stands, after whatever gap is due.
    fn write(&mut self, piece: &str, label: L) {
        let piece: String = piece
            .chars()
            .filter(|c| !matches!(c, '\u{feff}' | '\u{200b}' | '\u{ad}' | '\u{34f}' | '\0'))
            .map(|c| if c == '\u{a0}' { ' ' } else { c })
            .collect();
        if piece.is_empty() {
            return;
        }
        if self.line_label.is_some_and(|known| known != label) {
            self.want(Gap::Line);
        }
        match self.gap {
            Gap::Line | Gap::Blank => self.flush(),
            Gap::Cell if !self.line.is_empty() => self.line.push('\t'),
            Gap::Space if !self.line.is_empty() => self.line.push(' '),
            _ => {}
        }
        self.gap = Gap::None;
        self.line_label = Some(label);
        self.row_line.get_or_insert(self.lines.len());
        if let Some(bullet) = self.bullet.take() {
            self.line.insert_str(0, &bullet);
        }
        self.cell_opens &= piece.trim().is_empty();
        self.line.push_str(&piece);
    }

    fn line_break(&mut self, label: L) {
        if self.gap >= Gap::Line {
            self.flush();
        }
        self.gap = Gap::None;
        let line = std::mem::take(&mut self.line);
        let label = self.line_label.take().unwrap_or(label);
        self.push(label, &line);
    }

    /// Asks for a gap before the next word.
    fn want(&mut self, gap: Gap) {
        let held_by_cell = self.cell_opens && gap >= Gap::Line;
        if !held_by_cell {
            self.gap = self.gap.max(gap);
        }
    }

    /// Ends the line at hand, and leaves a blank one where one is due.
    fn flush(&mut self) {
        if let Some(label) = self.line_label.take() {
            let line = std::mem::take(&mut self.line);
            self.push(label, &line);
        }
        if self.gap == Gap::Blank
            && let Some(&(label, _)) = self.lines.last()
        {
            self.push(label, "");
        }
        self.gap = Gap::None;
    }

    fn push(&mut self, label: L, line: &str) {
        let line = line.trim_end_matches(is_invisible);
        let blank = line.trim_matches(is_invisible).is_empty();
        let after_blank = self
            .lines
            .last()
            .is_none_or(|(_, last)| last.trim_start_matches('>').is_empty());
        if blank && after_blank {
            return;
        }
        let marks = ">".repeat(self.quotes.min(MOST_MARKS));
        let line = match (self.quotes, blank) {
            (_, true) => marks,
            (0, false) => line.to_owned(),
            (_, false) => format!("{marks} {line}"),
        };
        self.lines.push((label, line));
    }

    fn finish(mut self) -> Vec<(L, String)> {
        self.flush();
        while self
            .lines
            .last()
            .is_some_and(|(_, line)| line.trim_start_matches('>').is_empty())
        {
            self.lines.pop();
        }
        self.lines
    }
}

/// The space an element keeps around itself.
fn margin(name: &str, node: &Node) -> Gap {
    match name {
        // Word writes every line as a paragraph without margins.
        "p" if node.attribute("class").starts_with("Mso") => Gap::Line,
        "p" if node.style().contains("margin:0") => Gap::Line,
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "pre" | "blockquote" | "dl" => Gap::Blank,
        "ul" | "ol" => Gap::Blank,
        _ => Gap::Line,
    }
}

/// Whether a blockquote quotes: Gmail, Outlook and Word also use it to indent.
fn is_quote(node: &Node) -> bool {
    let style = node.style();
    let indents = style.contains("border:none") || style.contains("border-left:none");
    node.attribute("type") == "cite" || node.has_class("gmail_quote") || !indents
}

fn is_collapsible(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

/// Blank to the eye: preheaders are padded with these.
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200c}' | '\u{200d}' | '\u{2007}' | '\u{200e}')
}

/// Bytes that words shown may have more than the target they spell out.
const LONGEST_SCHEME: usize = 32;

/// The target of a link, if reading it adds anything to the words shown.
fn worth_showing<'h>(href: &'h str, shown: &str) -> Option<&'h str> {
    let href = href.trim();
    let target = href
        .strip_prefix("mailto:")
        .or_else(|| href.strip_prefix("tel:"));
    let web = href.starts_with("http://") || href.starts_with("https://");
    let target = target.or(web.then_some(href))?;
    let bare = |s: &str| {
        let s = s.trim_start_matches("https://");
        let s = s.trim_start_matches("http://").trim_start_matches("www.");
        s.trim_end_matches('/').to_lowercase()
    };
    let known = target.split('?').next().unwrap_or(target);
    // The same but for its scheme and a final slash; a paragraph is not looked through for it.
    let alike = shown.len() <= target.len() + LONGEST_SCHEME;
    let told = shown.is_empty()
        || alike && bare(target) == bare(shown)
        || alike && bare(known) == bare(shown.trim_matches(['<', '>']))
        || target.contains([' ', '\n', '<', '>']);
    (!told).then_some(target)
}

#[cfg(test)]
mod tests;
