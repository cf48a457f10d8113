//! Tags with more attributes than anybody writes, cut before a parser compares each with all others.

/// Attributes a tag may have.
const MOST: usize = 500;

/// The HTML without the attributes beyond the first [`MOST`] of each tag.
pub fn without_surplus(html: String) -> String {
    let mut tags = Tags::default();
    let surplus = |tags: &mut Tags| html.bytes().any(|byte| tags.drops(byte));
    if !surplus(&mut tags) {
        return html;
    }
    let mut tags = Tags::default();
    let kept = html.bytes().filter(|byte| !tags.drops(*byte)).collect();
    // Only whole attributes went, and those begin and end at ASCII characters.
    String::from_utf8(kept).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// Where in the HTML a walk over its bytes is.
#[derive(Default)]
struct Tags {
    /// The attributes of the tag at hand, if the walk is in one.
    attributes: Option<usize>,
    quote: Option<u8>,
    /// The last byte, and the last that was no blank.
    last: u8,
    solid: u8,
}

impl Tags {
    /// Whether this byte belongs to an attribute too many.
    fn drops(&mut self, byte: u8) -> bool {
        let (last, solid) = (self.last, self.solid);
        self.last = byte;
        if !byte.is_ascii_whitespace() {
            self.solid = byte;
        }
        let Some(attributes) = self.attributes else {
            self.attributes = (last == b'<' && byte.is_ascii_alphabetic()).then_some(0);
            return false;
        };
        match self.quote {
            Some(quote) if quote == byte => self.quote = None,
            Some(_) => {}
            None if byte == b'>' => {
                self.attributes = None;
                return false;
            }
            None if matches!(byte, b'"' | b'\'') && solid == b'=' => self.quote = Some(byte),
            None if begins(last, byte) && solid != b'=' => {
                self.attributes = Some(attributes + 1);
            }
            None => {}
        }
        self.attributes.is_some_and(|attributes| attributes > MOST)
    }
}

/// Whether an attribute's name begins with `byte`.
fn begins(last: u8, byte: u8) -> bool {
    let apart = last.is_ascii_whitespace() || matches!(last, b'/' | b'"' | b'\'');
    apart && !(byte.is_ascii_whitespace() || matches!(byte, b'/' | b'='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(attributes: usize) -> String {
        let list: Vec<String> = (0..attributes).map(|n| format!("é{n}=\"a > b\"")).collect();
        format!("<p>é</p><p {}>text é</p>", list.join(" "))
    }

    #[test]
    fn a_usual_tag_stays_as_it_is_and_a_swollen_one_loses_its_tail() {
        let usual = tag(MOST);
        assert_eq!(without_surplus(usual.clone()), usual);
        let swollen = without_surplus(tag(MOST + 3));
        assert_eq!(swollen.matches("=\"a > b\"").count(), MOST);
        assert!(swollen.ends_with(">text é</p>"), "{swollen}");
    }
}
