//! The DATA decoder against a reference simple enough to be believed, whatever the pieces.

use crate::channel::email::smtp::data::{Decoder, Fed};

/// The message and the bytes it took, by searching and replacing in the whole.
fn reference(stream: &[u8]) -> Option<(Vec<u8>, usize)> {
    let whole = [b"\r\n", stream].concat();
    let end = find(&whole, b"\r\n.\r\n")?;
    let unstuffed = unstuff(&whole[..end + 2]);
    let mut out = Vec::new();
    for (at, &byte) in unstuffed.iter().enumerate() {
        if byte == b'\n' && (at == 0 || unstuffed[at - 1] != b'\r') {
            out.push(b'\r');
        }
        out.push(byte);
    }
    Some((out[2..].to_vec(), end + 3))
}

fn unstuff(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(at) = find(bytes, b"\r\n.") {
        out.extend_from_slice(&bytes[..at + 2]);
        bytes = &bytes[at + 3..];
    }
    [&out, bytes].concat()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// The same by the decoder, fed in the given pieces.
fn decoded<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<(Vec<u8>, usize)> {
    let (mut decoder, mut out, mut taken) = (Decoder::default(), Vec::new(), 0);
    for piece in pieces {
        let Fed { consumed, ended } = decoder.feed(piece, &mut out);
        taken += consumed;
        if ended {
            return Some((out, taken));
        }
        assert_eq!(
            consumed,
            piece.len(),
            "bytes of the message were left behind"
        );
    }
    None
}

/// Marsaglia's xorshift: the same sequence on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn stream(&mut self) -> Vec<u8> {
        let alphabet = b"\r\n.\r\n.\r\n.x\0";
        (0..self.below(60))
            .map(|_| alphabet[self.below(alphabet.len())])
            .collect()
    }

    fn pieces<'a>(&mut self, mut rest: &'a [u8]) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(1 + self.below(rest.len().min(7)));
            pieces.push(piece);
            rest = tail;
        }
        pieces
    }
}

#[test]
fn every_short_stream_decodes_as_the_reference_says_however_it_is_split() {
    let alphabet = b"\r\n.x";
    for length in 0..=8 {
        for number in 0..alphabet.len().pow(length) {
            let letter = |at| alphabet[number / alphabet.len().pow(at) % alphabet.len()];
            let stream: Vec<u8> = (0..length).map(letter).collect();
            let expected = reference(&stream);
            for split in 0..=stream.len() {
                let (head, tail) = stream.split_at(split);
                assert_eq!(decoded([head, tail]), expected, "{}", stream.escape_ascii());
            }
        }
    }
}

#[test]
fn random_streams_decode_as_the_reference_says_whatever_the_pieces() {
    let (mut random, mut ended) = (Random(0x2545_f491_4f6c_dd1d), 0);
    for _ in 0..100_000 {
        let stream = random.stream();
        let expected = reference(&stream);
        ended += usize::from(expected.is_some());
        let pieces = random.pieces(&stream);
        assert_eq!(decoded(pieces), expected, "{}", stream.escape_ascii());
    }
    assert!(ended > 5_000, "only {ended} streams held a whole message");
}

#[test]
fn what_was_stuffed_comes_back_and_ends_where_it_should() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..10_000 {
        let lines: Vec<Vec<u8>> = (0..random.below(9))
            .map(|_| {
                (0..random.below(9))
                    .map(|_| b".. xy\xff"[random.below(6)])
                    .collect()
            })
            .collect();
        let message: Vec<u8> = lines
            .iter()
            .flat_map(|l| [&l[..], b"\r\n"].concat())
            .collect();
        let stuff = |l: &Vec<u8>| {
            if l.starts_with(b".") {
                [b".", &l[..]].concat()
            } else {
                l.clone()
            }
        };
        let mut wire: Vec<u8> = lines
            .iter()
            .flat_map(|l| [&stuff(l)[..], b"\r\n"].concat())
            .collect();
        wire.extend_from_slice(b".\r\n");
        let end = wire.len();
        wire.extend_from_slice(b"QUIT\r\n");
        assert_eq!(decoded(random.pieces(&wire)), Some((message, end)));
    }
}
