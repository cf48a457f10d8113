//! The DATA decoder: from bytes on the wire to the message, in whatever pieces they come.
//!
//! Only CRLF `.` CRLF ends a message. A bare LF becomes CRLF, a bare CR stays, and neither ever
//! ends anything or begins a line whose dot would count: that is what keeps a second message from
//! being smuggled inside the first (CVE-2023-51764 and its kin). Dot-unstuffing as in RFC 5321
//! section 4.5.2.

/// Where the decoder stands between two pieces.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    /// After CRLF, or at the very beginning.
    #[default]
    LineStart,
    /// After the dot that began a line, not yet passed on.
    Dot,
    /// After that dot and a CR, neither passed on.
    DotCr,
    Inside,
    /// After a CR inside a line, not yet passed on.
    Cr,
}

/// Decodes one message.
#[derive(Debug, Default)]
pub struct Decoder {
    at: At,
}

/// What became of one piece.
#[derive(Debug, PartialEq, Eq)]
pub struct Fed {
    /// Bytes of the piece that belong to this message; what follows its end is left.
    pub consumed: usize,
    pub ended: bool,
}

impl Decoder {
    /// Takes a piece and appends the decoded bytes to `out`. Not to be called again once the end
    /// was reported.
    pub fn feed(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Fed {
        let mut consumed = 0;
        while consumed < piece.len() {
            if self.at == At::Inside {
                consumed += pass_plain(&piece[consumed..], out);
            }
            let Some(&byte) = piece.get(consumed) else {
                break;
            };
            consumed += 1;
            if self.step(byte, out) {
                return Fed {
                    consumed,
                    ended: true,
                };
            }
        }
        Fed {
            consumed,
            ended: false,
        }
    }

    /// Takes one byte; true when it ended the message.
    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        self.at = match (self.at, byte) {
            (At::DotCr, b'\n') => return true,
            (At::LineStart, b'.') => At::Dot,
            (At::Dot, b'\r') => At::DotCr,
            (At::Cr, b'\n') => {
                out.extend_from_slice(b"\r\n");
                At::LineStart
            }
            // The CR held back was a bare one. The dot before it was stuffing, and is gone.
            (At::Cr | At::DotCr, _) => {
                out.push(b'\r');
                inside(byte, out)
            }
            _ => inside(byte, out),
        };
        false
    }
}

fn inside(byte: u8, out: &mut Vec<u8>) -> At {
    match byte {
        b'\r' => return At::Cr,
        b'\n' => out.extend_from_slice(b"\r\n"),
        _ => out.push(byte),
    }
    At::Inside
}

/// Copies up to the next CR or LF; how many bytes that were.
fn pass_plain(piece: &[u8], out: &mut Vec<u8>) -> usize {
    let end = piece
        .iter()
        .position(|b| matches!(b, b'\r' | b'\n'))
        .unwrap_or(piece.len());
    out.extend_from_slice(&piece[..end]);
    end
}
