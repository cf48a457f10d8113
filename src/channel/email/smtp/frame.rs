//! Command lines out of bytes: CRLF alone ends one, and none is longer than [`MAX_LINE`].

use bytes::{Buf, BytesMut};

/// Bytes of one command line with its CRLF. RFC 5321 section 4.5.3.1.4 says 512; extensions add to
/// it.
pub const MAX_LINE: usize = 2_048;

/// One thing the client said.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A line without its CRLF.
    Line(BytesMut),
    /// A line beyond [`MAX_LINE`], thrown away as it came.
    TooLong,
}

/// Cuts lines from a buffer. Holds no bytes itself, only whether it is in the middle of a line too
/// long to keep.
#[derive(Debug, Default)]
pub struct Framer {
    skipping: bool,
}

impl Framer {
    /// The next whole line, taken out of `input`; `None` when more bytes are needed.
    pub fn next(&mut self, input: &mut BytesMut) -> Option<Frame> {
        match find_crlf(input) {
            Some(end) => Some(self.cut(input, end)),
            None => {
                self.shed(input);
                None
            }
        }
    }

    /// Whether a line has begun and not ended.
    pub fn started(&self, input: &BytesMut) -> bool {
        self.skipping || !input.is_empty()
    }

    fn cut(&mut self, input: &mut BytesMut, end: usize) -> Frame {
        let line = input.split_to(end);
        input.advance(2);
        if std::mem::take(&mut self.skipping) || end + 2 > MAX_LINE {
            Frame::TooLong
        } else {
            Frame::Line(line)
        }
    }

    /// Drops what can only be part of a line too long, but for a last CR whose LF may follow.
    fn shed(&mut self, input: &mut BytesMut) {
        if self.skipping || input.len() >= MAX_LINE {
            self.skipping = true;
            let kept = usize::from(input.last() == Some(&b'\r'));
            input.advance(input.len() - kept);
        }
    }
}

fn find_crlf(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(chunks: &[&[u8]]) -> Vec<Frame> {
        let (mut framer, mut input, mut found) = (Framer::default(), BytesMut::new(), Vec::new());
        for chunk in chunks {
            input.extend_from_slice(chunk);
            while let Some(frame) = framer.next(&mut input) {
                found.push(frame);
            }
        }
        found
    }

    fn line(text: &[u8]) -> Frame {
        Frame::Line(BytesMut::from(text))
    }

    #[test]
    fn only_crlf_ends_a_line() {
        assert_eq!(frames(&[b"NOOP\r", b"\n"]), [line(b"NOOP")]);
        assert_eq!(
            frames(&[b"a\nb\rc\r\nd\r\n"]),
            [line(b"a\nb\rc"), line(b"d")]
        );
        assert_eq!(frames(&[b"\r\n"]), [line(b"")]);
        assert_eq!(frames(&[b"NOOP\n", b"NOOP\r"]), []);
    }

    #[test]
    fn a_line_too_long_is_one_frame_and_is_not_kept() {
        let fits = vec![b'x'; MAX_LINE - 2];
        let (whole, over) = (
            [&fits[..], b"\r\n"].concat(),
            [&fits[..], b"x\r\nNOOP\r\n"].concat(),
        );
        assert_eq!(frames(&[&whole]), [line(&fits)]);
        assert_eq!(frames(&[&over]), [Frame::TooLong, line(b"NOOP")]);

        let (mut framer, mut input) = (Framer::default(), BytesMut::new());
        for _ in 0..1_000 {
            input.extend_from_slice(&fits);
            assert_eq!(framer.next(&mut input), None);
            assert!(input.len() < MAX_LINE);
        }
        input.extend_from_slice(b"\r\n");
        assert_eq!(framer.next(&mut input), Some(Frame::TooLong));
        assert!(!framer.started(&input));
    }
}
