//! Tables drawn in plain text: lines that only make sense in columns.

/// The lines of a text, table lines together and the others one by one.
#[derive(Debug, PartialEq, Eq)]
pub enum Block<'a> {
    Line(&'a str),
    /// Two or more lines that stand in columns.
    Columns(Vec<&'a str>),
}

pub fn blocks<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Block<'a>> {
    let mut blocks = Vec::new();
    let mut run: Vec<(&str, Signs)> = Vec::new();
    for line in lines {
        match signs(line.trim()) {
            Signs::None => {
                end(&mut blocks, &mut run);
                blocks.push(Block::Line(line));
            }
            signs => run.push((line, signs)),
        }
    }
    end(&mut blocks, &mut run);
    blocks
}

/// One line alone is no table, and neither are lines with a narrow gap here and there.
fn end<'a>(blocks: &mut Vec<Block<'a>>, run: &mut Vec<(&'a str, Signs)>) {
    let sure = run.iter().any(|(_, signs)| *signs == Signs::Sure);
    let lines = run.drain(..).map(|(line, _)| line);
    match lines.len() {
        2.. if sure => blocks.push(Block::Columns(lines.collect())),
        _ => blocks.extend(lines.map(Block::Line)),
    }
}

/// What speaks for a line of a table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signs {
    None,
    /// One gap of two blanks: a head, or a slip of the thumb.
    Some,
    Sure,
}

fn signs(line: &str) -> Signs {
    let (wide, very_wide) = gaps(line);
    match (wide, very_wide) {
        _ if is_drawn(line) => Signs::Sure,
        (2.., _) | (_, 1..) => Signs::Sure,
        (1, _) => Signs::Some,
        _ => Signs::None,
    }
}

/// Bars, corners, or the characters made for drawing boxes.
fn is_drawn(line: &str) -> bool {
    let count = |wanted: char| line.chars().filter(|c| *c == wanted).count();
    let boxes = line
        .chars()
        .filter(|c| ('\u{2500}'..='\u{257f}').contains(c))
        .count();
    let ruled = line.starts_with('+') && line.ends_with('+') && line.contains("--");
    let rule = line
        .chars()
        .all(|c| matches!(c, '-' | '=' | '+' | '|' | ' ' | ':'));
    ruled || count('|') >= 2 || boxes >= 2 || rule && line.contains("-- ") && line.contains(" --")
}

/// Gaps between words of two blanks or more, and those of three or more, or a tabulator.
fn gaps(line: &str) -> (usize, usize) {
    let (mut wide, mut very_wide) = (0, 0);
    let mut blanks = 0;
    let mut before = ' ';
    for c in line.chars() {
        match c {
            '\t' => blanks = 4,
            ' ' => blanks += 1,
            _ => {
                // Typists put two blanks behind a sentence.
                let sentence = matches!(before, '.' | '!' | '?' | ':' | ';');
                wide += usize::from(blanks >= 2 && !sentence);
                very_wide += usize::from(blanks >= 3);
                (blanks, before) = (0, c);
            }
        }
    }
    (wide, very_wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(text: &str) -> Vec<usize> {
        let table = |block: &Block<'_>| match block {
            Block::Columns(lines) => Some(lines.len()),
            Block::Line(_) => None,
        };
        blocks(text.lines()).iter().filter_map(table).collect()
    }

    #[test]
    fn tables_are_kept_together() {
        for (text, found) in [
            ("Hello\n+---+---+\n| a | b |\n+---+---+\nBye", vec![3]),
            (
                "Name      Qty   Price\nNails     100    3.00\n\nHammer      1   12.50",
                vec![2],
            ),
            ("a\tb\nc\td", vec![2]),
            ("┌──┬──┐\n│a │b │\n└──┴──┘", vec![3]),
            ("Item  Price\n----  -----\nNail   0.10", vec![3]),
            ("Total:       12.00\nVAT:          2.64", vec![2]),
        ] {
            assert_eq!(tables(text), found, "{text}");
        }
    }

    #[test]
    fn prose_is_no_table() {
        for text in [
            "Hello.  How are you?\nI am fine.  Thanks.",
            "one   gap alone in the whole text\nand prose",
            "    an indented paragraph\n    of two lines",
            "a | b",
            "two  blanks\nand again  two",
            "-- \nMario Rossi\nTel +39 040",
            "----------\n==========",
        ] {
            assert_eq!(tables(text), Vec::<usize>::new(), "{text}");
        }
    }
}
