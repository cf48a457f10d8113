//! What is inside an opaque S/MIME part (RFC 5652): a walk over just enough BER to reach the signed
//! content. No signature is checked and nothing is decrypted here.

/// What an `application/pkcs7-mime` part holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Envelope {
    /// The signed MIME entity.
    Signed(Vec<u8>),
    Encrypted,
    /// Certificates only, compressed data, or nothing we know.
    Other,
}

const SIGNED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const ENVELOPED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3];
const AUTH_ENVELOPED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 23];

/// Deeper nesting of values without length is not followed.
const DEPTH: usize = 16;

const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const EXPLICIT: u8 = 0xa0;

pub fn open(ber: &[u8]) -> Envelope {
    let Some((kind, content)) = content_info(ber) else {
        return Envelope::Other;
    };
    if kind == ENVELOPED || kind == AUTH_ENVELOPED {
        return Envelope::Encrypted;
    }
    let entity = (kind == SIGNED).then(|| signed_content(content)).flatten();
    entity
        .filter(|e| !e.is_empty())
        .map_or(Envelope::Other, Envelope::Signed)
}

/// ContentInfo ::= SEQUENCE { contentType OID, content [0] EXPLICIT }
fn content_info(ber: &[u8]) -> Option<(&[u8], &[u8])> {
    let sequence = Value::read(ber, 0)?.when(SEQUENCE)?;
    let kind = Value::read(sequence, 0)?;
    let content = Value::read(kind.rest, 0)?;
    Some((kind.when(OID)?, content.when(EXPLICIT)?))
}

/// SignedData ::= SEQUENCE { version, digestAlgorithms, encapContentInfo, … }
fn signed_content(explicit: &[u8]) -> Option<Vec<u8>> {
    let signed = Value::read(explicit, 0)?.when(SEQUENCE)?;
    let version = Value::read(signed, 0)?;
    let digests = Value::read(version.rest, 0)?;
    let encapsulated = Value::read(digests.rest, 0)?.when(SEQUENCE)?;
    let kind = Value::read(encapsulated, 0)?;
    let content = Value::read(kind.rest, 0)?.when(EXPLICIT)?;
    let mut octets = Vec::new();
    Value::read(content, 0)?.octets(&mut octets, 0)?;
    Some(octets)
}

/// One tag-length-value (X.690 section 8.1), length definite or not.
struct Value<'a> {
    tag: u8,
    content: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Value<'a> {
    fn read(input: &'a [u8], depth: usize) -> Option<Self> {
        let (&tag, after) = input.split_first()?;
        let (&length, body) = after.split_first()?;
        if tag & 0x1f == 0x1f || depth > DEPTH {
            return None;
        }
        match length {
            0x80 => Self::indefinite(tag, body, depth),
            0..0x80 => Self::definite(tag, body, usize::from(length)),
            _ => {
                let digits = usize::from(length & 0x7f);
                let (digits, body) = body.split_at_checked(digits).filter(|_| digits <= 8)?;
                let length = digits.iter().fold(0usize, |n, d| n << 8 | usize::from(*d));
                Self::definite(tag, body, length)
            }
        }
    }

    /// A value cut short keeps what is there.
    fn definite(tag: u8, body: &'a [u8], length: usize) -> Option<Self> {
        let (content, rest) = body.split_at(length.min(body.len()));
        Some(Self { tag, content, rest })
    }

    /// Up to the end-of-contents octets.
    fn indefinite(tag: u8, body: &'a [u8], depth: usize) -> Option<Self> {
        let mut at = body;
        while !at.is_empty() && !at.starts_with(&[0, 0]) {
            at = Self::read(at, depth + 1)?.rest;
        }
        let content = &body[..body.len() - at.len()];
        Some(Self {
            tag,
            content,
            rest: at.get(2..).unwrap_or_default(),
        })
    }

    fn when(&self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag).then_some(self.content)
    }

    /// The bytes of an OCTET STRING, whole or in pieces.
    fn octets(&self, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        match self.tag {
            0x04 => out.extend_from_slice(self.content),
            0x24 if depth <= DEPTH => {
                let mut rest = self.content;
                while !rest.is_empty() {
                    let piece = Self::read(rest, depth)?;
                    piece.octets(out, depth + 1)?;
                    rest = piece.rest;
                }
            }
            _ => return None,
        }
        Some(())
    }
}
