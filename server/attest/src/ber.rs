//! A reader of BER: the superset of DER that CMS permits, and that EC2's signatures use. Every bound is fixed, and nothing is
//! allocated before its length is known to be there.

use std::borrow::Cow;

/// How deep encodings of indefinite length may be nested. EC2's messages have four levels.
const DEPTH_MAX: usize = 8;
/// The most bytes of a length. Longer ones would be longer than any evidence.
const LENGTH_BYTES_MAX: usize = 4;

pub const INTEGER: u8 = 0x02;
pub const OCTET_STRING: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OBJECT_IDENTIFIER: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
/// `[0]` and `[1]`, constructed.
pub const CONTEXT_0: u8 = 0xa0;
pub const CONTEXT_1: u8 = 0xa1;

const CONSTRUCTED: u8 = 0x20;
const LONG_TAG: u8 = 0x1f;
const INDEFINITE: u8 = 0x80;
const END_OF_CONTENTS: [u8; 2] = [0, 0];

/// What is wrong with an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable(pub &'static str);

/// One value with its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    pub tag: u8,
    /// What is between the header and the end.
    pub content: &'a [u8],
    /// With the header, and with the end where the length is indefinite.
    pub encoded: &'a [u8],
    /// Whether the length was given, as DER requires.
    pub is_definite: bool,
}

impl<'a> Element<'a> {
    /// A reader of the values in this one.
    pub fn reader(&self) -> Reader<'a> {
        Reader { rest: self.content }
    }

    /// The bytes of an OCTET STRING, whose BER encoding may be split into segments.
    pub fn octets(&self) -> Result<Cow<'a, [u8]>, Unreadable> {
        match self.tag {
            OCTET_STRING => Ok(Cow::Borrowed(self.content)),
            tag if tag == OCTET_STRING | CONSTRUCTED => {
                let mut octets = Vec::new();
                let mut segments = self.reader();
                while !segments.is_empty() {
                    octets.extend_from_slice(segments.expect(OCTET_STRING)?.content);
                }
                Ok(Cow::Owned(octets))
            }
            _ => Err(Unreadable("a value of PKCS#7 has another type than expected")),
        }
    }
}

/// Reads values one after another.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(encoded: &'a [u8]) -> Self {
        Self { rest: encoded }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next value, of any type.
    pub fn any(&mut self) -> Result<Element<'a>, Unreadable> {
        let element = element(self.rest, DEPTH_MAX)?;
        self.rest = &self.rest[element.encoded.len()..];
        Ok(element)
    }

    /// The next value, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>, Unreadable> {
        match self.any()? {
            element if element.tag == tag => Ok(element),
            _ => Err(Unreadable("a value of PKCS#7 has another type than expected")),
        }
    }

    /// The next value, if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Unreadable> {
        if self.rest.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Refuses values after the last expected one.
    pub fn end(&self) -> Result<(), Unreadable> {
        if self.is_empty() { Ok(()) } else { Err(Unreadable("PKCS#7 has bytes after its end")) }
    }
}

fn element(encoded: &[u8], depth: usize) -> Result<Element<'_>, Unreadable> {
    const TRUNCATED: Unreadable = Unreadable("PKCS#7 is truncated");
    let [tag, length, rest @ ..] = encoded else { return Err(TRUNCATED) };
    let (tag, length) = (*tag, *length);
    if tag & LONG_TAG == LONG_TAG || tag == 0 {
        return Err(Unreadable("PKCS#7 has an unknown tag"));
    }
    if length == INDEFINITE {
        return indefinite(encoded, tag, rest, depth);
    }
    let (length, rest) = if length < INDEFINITE {
        (usize::from(length), rest)
    } else {
        let bytes = usize::from(length & !INDEFINITE);
        if bytes > LENGTH_BYTES_MAX {
            return Err(Unreadable("PKCS#7 has a value that is too long"));
        }
        let (bytes, rest) = rest.split_at_checked(bytes).ok_or(TRUNCATED)?;
        (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
    };
    let (content, after) = rest.split_at_checked(length).ok_or(TRUNCATED)?;
    Ok(Element { tag, content, encoded: &encoded[..encoded.len() - after.len()], is_definite: true })
}

/// Finds the end of a value without a length by reading the values in it.
fn indefinite<'a>(encoded: &'a [u8], tag: u8, rest: &'a [u8], depth: usize) -> Result<Element<'a>, Unreadable> {
    if tag & CONSTRUCTED == 0 {
        return Err(Unreadable("PKCS#7 has a simple value without a length"));
    }
    let depth = depth.checked_sub(1).ok_or(Unreadable("PKCS#7 is nested too deeply"))?;
    let mut inner = rest;
    loop {
        if let Some(after) = inner.strip_prefix(&END_OF_CONTENTS) {
            return Ok(Element {
                tag,
                content: &rest[..rest.len() - inner.len()],
                encoded: &encoded[..encoded.len() - after.len()],
                is_definite: false,
            });
        }
        inner = &inner[element(inner, depth)?.encoded.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(encoded: &[u8]) -> Result<Element<'_>, Unreadable> {
        Reader::new(encoded).any()
    }

    #[test]
    fn reads_definite_and_indefinite_lengths() {
        let element = read(&[0x30, 3, 2, 1, 5, 0xff]).expect("valid");
        assert_eq!((element.content, element.encoded.len(), element.is_definite), (&[2, 1, 5][..], 5, true));
        let element = read(&[0x30, 0x80, 2, 1, 5, 0, 0, 0xff]).expect("valid");
        assert_eq!((element.content, element.encoded.len(), element.is_definite), (&[2, 1, 5][..], 7, false));
        // Zeros in a value with a length do not end the one around it.
        assert_eq!(read(&[0x30, 0x80, 4, 2, 0, 0, 0, 0]).expect("valid").content, [4, 2, 0, 0]);
        let mut long = vec![4, 0x82, 1, 0];
        long.extend([7; 256]);
        assert_eq!(read(&long).expect("valid").content, [7; 256]);
    }

    #[test]
    fn joins_the_segments_of_octet_strings() {
        let segments = [0x24, 0x80, 4, 2, b'a', b'b', 4, 0, 4, 1, b'c', 0, 0];
        assert_eq!(read(&segments).and_then(|it| it.octets()).expect("valid").as_ref(), b"abc");
        assert_eq!(read(&[4, 1, b'a']).and_then(|it| it.octets()).expect("valid").as_ref(), b"a");
        for wrong in [&[0x24, 3, 2, 1, 1][..], &[0x24, 4, 0x24, 2, 4, 0], &[2, 1, 1]] {
            assert!(read(wrong).and_then(|it| it.octets()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn refuses_bombs_and_malformed_lengths() {
        let nested = [0x30, 0x80].repeat(10_000);
        assert_eq!(read(&nested), Err(Unreadable("PKCS#7 is nested too deeply")));
        for wrong in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[4, 0x84, 0x80, 0, 0, 0],
            &[4, 0x84, 0xff, 0xff, 0xff, 0xff, 1],
            &[4, 0x85, 0, 0, 0, 0, 1, 1],
            &[4, 0xff],
            &[4, 0x82, 1],
            &[4, 0x80, 0, 0],
            &[0x30, 0x80, 2, 1, 5],
            &[0x3f, 0x81, 1, 0],
            &[0, 0],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
