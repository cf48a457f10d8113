//! How high a formatted mail will stand. Its sandboxed frame cannot tell, so it is laid out here, roughly: text
//! by the width of its letters, tables by rows and cells, pictures as far as their size is said.

use crate::rules::html_tree::{Kind, Tree};

/// Room for content in the frame, in CSS pixels: beside the list, and on a phone.
const WIDE: f32 = 580.0;
const NARROW: f32 = 295.0;

/// Heights are steps of the style sheet: `.frame-w0` is this high, each further one by this factor.
const FIRST: f32 = 64.0;
const FACTOR: f32 = 1.12;
const STEPS: u8 = 34;

/// Longer mails are not laid out: they are as high as may be.
const LONGEST: usize = 300_000;
/// The frame's own margins, and a hand's breadth for what was guessed too low.
const AROUND: f32 = 36.0;
const SLACK: f32 = 1.04;
/// A picture of which only its bytes know how large it is.
const UNKNOWN: f32 = 240.0;

/// The steps of a frame that shows this sanitised HTML, wide and narrow.
pub fn steps(html: &str) -> (u8, u8) {
    if html.len() > LONGEST {
        return (STEPS, STEPS);
    }
    let tree = Tree::parse(html);
    (step(height(&tree, WIDE)), step(height(&tree, NARROW)))
}

fn step(height: f32) -> u8 {
    let needed = height * SLACK + AROUND;
    let fits = |step: &u8| FIRST * FACTOR.powi(i32::from(*step)) >= needed;
    (0..STEPS).find(fits).unwrap_or(STEPS)
}

fn height(tree: &Tree, width: f32) -> f32 {
    let mut flow = Flow::new(width);
    let text = Text {
        size: 15.0,
        line: 1.5,
    };
    Page(tree).run(0, &mut flow, text);
    flow.end(text)
}

/// How letters are set.
#[derive(Clone, Copy)]
struct Text {
    size: f32,
    /// Of the size.
    line: f32,
}

/// A column that is being filled.
struct Flow {
    width: f32,
    height: f32,
    /// The bottom margin of the block above, which the next one's may swallow.
    margin: f32,
    /// What stands on the lines not yet ended: how long, and how high its highest picture.
    run: f32,
    tall: f32,
}

impl Flow {
    fn new(width: f32) -> Flow {
        Flow {
            width: width.max(20.0),
            height: 0.0,
            margin: 0.0,
            run: 0.0,
            tall: 0.0,
        }
    }

    fn is_empty_line(&self) -> bool {
        self.run == 0.0 && self.tall == 0.0
    }

    /// Ends the lines begun.
    fn flush(&mut self, text: Text) {
        if self.is_empty_line() {
            return;
        }
        let line = text.size * text.line;
        let lines = (self.run / self.width).ceil().max(1.0);
        self.height += self.margin + (lines - 1.0) * line + line.max(self.tall);
        (self.margin, self.run, self.tall) = (0.0, 0.0, 0.0);
    }

    fn line_break(&mut self, text: Text) {
        if self.is_empty_line() {
            self.height += self.margin + text.size * text.line;
            self.margin = 0.0;
        }
        self.flush(text);
    }

    fn block(&mut self, above: f32, height: f32, below: f32) {
        self.height += self.margin.max(above) + height;
        self.margin = below;
    }

    fn picture(&mut self, width: f32, height: f32) {
        let fits = (self.width / width.max(1.0)).min(1.0);
        self.run += width * fits;
        self.tall = self.tall.max(height * fits);
    }

    fn end(mut self, text: Text) -> f32 {
        self.flush(text);
        self.height
    }
}

struct Page<'t>(&'t Tree);

impl Page<'_> {
    /// Lays out what is inside an element.
    fn run(&self, id: usize, flow: &mut Flow, text: Text) {
        for child in &self.0.node(id).children {
            match &self.0.node(*child).kind {
                Kind::Text(words) => self.words(words, flow, text),
                Kind::Element { .. } => self.element(*child, flow, text),
            }
        }
    }

    fn words(&self, words: &str, flow: &mut Flow, text: Text) {
        let words = words.split_whitespace();
        let long: f32 = words.map(|word| 0.3 + advance(word)).sum();
        flow.run += long * text.size;
    }

    fn element(&self, id: usize, flow: &mut Flow, text: Text) {
        let node = self.0.node(id);
        let style = Style(node.attribute("style"));
        if style.get("display") == Some("none") {
            return;
        }
        let name = node.name();
        let text = set(name, &style, text);
        match name {
            "br" => flow.line_break(text),
            "img" => self.picture(id, flow, text),
            "hr" => {
                flow.flush(text);
                flow.block(8.0, 2.0, 8.0);
            }
            "table" => {
                flow.flush(text);
                let height = self.table(id, flow.width, text);
                flow.block(0.0, height, 0.0);
            }
            "pre" => {
                flow.flush(text);
                let height = self.lines(id, flow.width);
                flow.block(13.0, height, 13.0);
            }
            _ if is_inline(name) => self.run(id, flow, text),
            _ => {
                flow.flush(text);
                self.block(id, name, &style, flow, text);
            }
        }
    }

    fn block(&self, id: usize, name: &str, style: &Style<'_>, flow: &mut Flow, text: Text) {
        let (around, beside) = style.around("padding");
        let margin = usual_margin(name) * text.size;
        let above = style.margin("top").unwrap_or(margin);
        let below = style.margin("bottom").unwrap_or(margin);
        let indent = match name {
            "ul" | "ol" | "dir" | "menu" | "dd" => 40.0,
            "blockquote" => 21.0,
            _ => 0.0,
        };
        let said = style.pixels("width").unwrap_or(flow.width);
        let mut inner = Flow::new(said.min(flow.width) - beside - indent);
        self.run(id, &mut inner, text);
        let height = (inner.end(text) + around).max(style.pixels("height").unwrap_or(0.0));
        flow.block(above, height, below);
    }

    fn picture(&self, id: usize, flow: &mut Flow, text: Text) {
        let node = self.0.node(id);
        let style = Style(node.attribute("style"));
        let said = |name: &str| style.pixels(name).or_else(|| pixels(node.attribute(name)));
        let (width, height) = match (said("width"), said("height")) {
            (Some(width), Some(height)) => (width, height),
            (Some(width), None) => (width, width * 0.5),
            (None, Some(height)) => (height, height),
            // A picture of the web that waits is as high as the words in its place.
            (None, None) if node.has("data-remote-src") => {
                return self.words(node.attribute("alt"), flow, text);
            }
            (None, None) => (UNKNOWN, UNKNOWN),
        };
        flow.picture(width, height);
    }

    /// Preformatted lines, in small letters of one width.
    fn lines(&self, id: usize, width: f32) -> f32 {
        let text: String = self.0.subtree(id).map(|id| self.text_of(id)).collect();
        let lines = text.lines().map(|line| {
            let long = line.chars().count() as f32 * 7.8;
            (long / width).ceil().max(1.0)
        });
        lines.sum::<f32>() * 19.5
    }

    fn text_of(&self, id: usize) -> &str {
        match &self.0.node(id).kind {
            Kind::Text(text) => text,
            Kind::Element { .. } => "",
        }
    }

    fn table(&self, id: usize, width: f32, text: Text) -> f32 {
        let node = self.0.node(id);
        let said = size(
            &Style(node.attribute("style")),
            node.attribute("width"),
            width,
        );
        let width = said.unwrap_or(width).min(width);
        let padding = pixels(node.attribute("cellpadding")).unwrap_or(1.0);
        let mut rows = Vec::new();
        self.rows(id, &mut rows);
        let row = |row: &usize| self.row(*row, width, padding, text);
        rows.iter().map(row).sum()
    }

    /// The rows of a table, without those of tables inside it.
    fn rows(&self, id: usize, rows: &mut Vec<usize>) {
        for child in &self.0.node(id).children {
            match self.0.node(*child).name() {
                "tr" | "caption" => rows.push(*child),
                "tbody" | "thead" | "tfoot" => self.rows(*child, rows),
                _ => {}
            }
        }
    }

    fn row(&self, id: usize, width: f32, padding: f32, text: Text) -> f32 {
        let is_cell = |id: &&usize| matches!(self.0.node(**id).name(), "td" | "th");
        let cells: Vec<usize> = self
            .0
            .node(id)
            .children
            .iter()
            .filter(is_cell)
            .copied()
            .collect();
        let widths = self.widths(&cells, width);
        let cell = |(id, width): (&usize, f32)| self.cell(*id, width, padding, text);
        let highest = cells.iter().zip(widths).map(cell).fold(0.0, f32::max);
        highest.max(pixels(self.0.node(id).attribute("height")).unwrap_or(0.0))
    }

    /// Widths as said; the rest is shared by how much there is to say.
    fn widths(&self, cells: &[usize], width: f32) -> Vec<f32> {
        let said = |id: &usize| {
            let node = self.0.node(*id);
            size(
                &Style(node.attribute("style")),
                node.attribute("width"),
                width,
            )
        };
        let said: Vec<Option<f32>> = cells.iter().map(said).collect();
        let taken: f32 = said.iter().flatten().sum();
        let weight = |id: &usize| (advance(&self.0.words(*id)) * 15.0).clamp(30.0, width.max(30.0));
        let free = cells.iter().zip(&said).filter(|(_, said)| said.is_none());
        let all: f32 = free.map(|(id, _)| weight(id)).sum();
        let left = (width - taken).max(width * 0.1);
        let shrunk = (width / taken.max(1.0)).min(1.0);
        let one = |(id, said): (&usize, &Option<f32>)| match said {
            Some(said) => said * shrunk,
            None => left * weight(id) / all.max(1.0),
        };
        cells.iter().zip(&said).map(one).collect()
    }

    fn cell(&self, id: usize, width: f32, padding: f32, text: Text) -> f32 {
        let node = self.0.node(id);
        let style = Style(node.attribute("style"));
        let (around, beside) = match style.has("padding") {
            true => style.around("padding"),
            false => (2.0 * padding, 2.0 * padding),
        };
        let text = set(node.name(), &style, text);
        let mut flow = Flow::new(width - beside);
        self.run(id, &mut flow, text);
        let said = style
            .pixels("height")
            .or_else(|| pixels(node.attribute("height")));
        (flow.end(text) + around).max(said.unwrap_or(0.0)) + 2.0
    }
}

fn set(name: &str, style: &Style<'_>, text: Text) -> Text {
    let size = match name {
        "h1" => text.size * 2.0,
        "h2" => text.size * 1.5,
        "h3" => text.size * 1.17,
        "small" | "h6" | "sub" | "sup" => text.size * 0.8,
        _ => text.size,
    };
    let size = style
        .pixels("font-size")
        .filter(|size| *size > 0.0)
        .unwrap_or(size);
    let line = style
        .get("line-height")
        .and_then(|line| match line.strip_suffix('%') {
            Some(percent) => percent.parse::<f32>().ok().map(|percent| percent / 100.0),
            None => line
                .parse()
                .ok()
                .or_else(|| pixels(line).map(|high| high / size.max(1.0))),
        });
    let line = line
        .filter(|line| (0.8..4.0).contains(line))
        .unwrap_or(text.line);
    Text { size, line }
}

/// Of the letters' size, above and below.
fn usual_margin(name: &str) -> f32 {
    match name {
        "p" | "ul" | "ol" | "dl" | "dir" | "menu" | "figure" | "h3" => 1.0,
        "h1" => 0.67,
        "h2" => 0.83,
        "h4" | "h5" | "h6" => 1.4,
        _ => 0.0,
    }
}

fn is_inline(name: &str) -> bool {
    const INLINE: [&str; 28] = [
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em",
        "font", "i", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong",
        "sub", "sup", "tt", "u",
    ];
    INLINE.contains(&name)
}

/// How long a text runs, in sizes of its letters: those of the East are square.
fn advance(text: &str) -> f32 {
    let wide = |c: char| if c >= '\u{2e80}' { 1.0 } else { 0.53 };
    text.chars().map(wide).sum()
}

fn size(style: &Style<'_>, attribute: &str, whole: f32) -> Option<f32> {
    let said = style.get("width").unwrap_or(attribute);
    match said.trim().strip_suffix('%') {
        Some(percent) => percent
            .trim()
            .parse::<f32>()
            .ok()
            .map(|part| whole * part / 100.0),
        None => pixels(said),
    }
}

/// A length as pixels; `None` for percentages and words.
fn pixels(length: &str) -> Option<f32> {
    let length = length.trim();
    let end = length
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(length.len());
    let number: f32 = length[..end].parse().ok()?;
    match length[end..].trim() {
        "" | "px" => Some(number),
        "pt" => Some(number * 4.0 / 3.0),
        "em" | "rem" => Some(number * 15.0),
        _ => None,
    }
}

/// An inline style, as our sanitiser writes it.
struct Style<'a>(&'a str);

impl<'a> Style<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let declarations = self
            .0
            .split(';')
            .rev()
            .filter_map(|one| one.split_once(':'));
        let mut found = declarations.filter(|(known, _)| known.trim().eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim())
    }

    fn has(&self, beginning: &str) -> bool {
        self.0.contains(beginning)
    }

    fn pixels(&self, name: &str) -> Option<f32> {
        self.get(name).and_then(pixels)
    }

    /// A side of `margin`, said by itself or with the others.
    fn margin(&self, side: &str) -> Option<f32> {
        let alone = self.pixels(&format!("margin-{side}"));
        alone.or_else(|| Some(sides(self.get("margin")?)[if side == "top" { 0 } else { 2 }]))
    }

    /// Above and below together, and left and right together.
    fn around(&self, name: &str) -> (f32, f32) {
        let all = self.get(name).map_or([0.0; 4], sides);
        let side = |n: usize, side: &str| self.pixels(&format!("{name}-{side}")).unwrap_or(all[n]);
        let (top, bottom) = (side(0, "top"), side(2, "bottom"));
        (top + bottom, side(1, "right") + side(3, "left"))
    }
}

/// Top, right, bottom, left of a shorthand.
fn sides(value: &str) -> [f32; 4] {
    let all: Vec<f32> = value
        .split_whitespace()
        .map(|one| pixels(one).unwrap_or(0.0))
        .collect();
    match all[..] {
        [all] => [all; 4],
        [ends, beside] => [ends, beside, ends, beside],
        [top, beside, bottom] => [top, beside, bottom, beside],
        [top, right, bottom, left, ..] => [top, right, bottom, left],
        [] => [0.0; 4],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn high(html: &str, width: f32) -> f32 {
        height(&Tree::parse(html), width)
    }

    /// Beside each, what Chromium made of it at that width.
    #[test]
    fn mails_stand_about_as_high_as_a_browser_lays_them_out() {
        let paragraphs = "<p>Paragraph 7 of a mail that is very long and goes on.</p>".repeat(120);
        for (html, width, browser) in [
            (paragraphs.as_str(), WIDE, 4_480.0),
            (paragraphs.as_str(), NARROW, 7_180.0),
            ("<p>You are <b>invited</b>.</p>", WIDE, 23.0),
            ("<h3>A</h3><ul><li>one</li><li>two</li></ul>", WIDE, 90.0),
            (
                "<img src=\"cid:x\" width=\"500\" height=\"300\">",
                NARROW,
                177.0,
            ),
            (
                "<div style=\"height: 200px; padding: 10px\">a</div>",
                WIDE,
                200.0,
            ),
        ] {
            let ours = high(html, width);
            let fits = (browser * 0.85 - 5.0)..(browser * 1.15 + 20.0);
            assert!(fits.contains(&ours), "{ours} for {browser}: {html:.80}");
        }
    }

    #[test]
    fn cells_stand_side_by_side_and_rows_below_each_other() {
        let cell = "<td>".to_owned() + &"word ".repeat(40) + "</td>";
        let one = high(&format!("<table><tr>{cell}</tr></table>"), WIDE);
        let beside = high(&format!("<table><tr>{cell}{cell}</tr></table>"), WIDE);
        let below = high(
            &format!("<table><tr>{cell}</tr><tr>{cell}</tr></table>"),
            WIDE,
        );
        assert!(beside > one && below == 2.0 * one, "{one} {beside} {below}");
    }

    #[test]
    fn every_step_is_in_the_style_sheet() {
        let sheet = include_str!("../../../templates/assets/app.css");
        for step in 0..=STEPS {
            let high = (FIRST * FACTOR.powi(i32::from(step))).round();
            assert!(sheet.contains(&format!(".frame-w{step} {{ height: {high}px; }}")));
            assert!(sheet.contains(&format!(".frame-n{step} {{ height: {high}px; }}")));
        }
        assert_eq!(steps(&"<p>x</p>".repeat(50_000)), (STEPS, STEPS));
        assert_eq!(steps("<b>x</b>"), (0, 0));
    }
}
