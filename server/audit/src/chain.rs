//! How lines hang together: each names its number and the hash of the line before, and ends with a sum of itself.
//!
//! A line is `{"number":…,"at":…, the event's members, "previous":HASH,"sum":SUM}`. SUM is the SHA-256 of all that comes
//! before `,"sum"`, so that even a change in the last line shows; HASH that of the whole line before without its line end,
//! as `sha256sum` would give it.

use super::event::Event;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

const SUM: &[u8] = br#","sum":""#;
const END: &[u8] = br#""}"#;
const HEX: usize = 64;

/// Why a line is not the next one.
pub const NO_LINE: &str = "is not a line of an audit, or was changed";
pub const NOT_NEXT: &str = "does not follow the line before: lines were changed, removed or moved";

/// The SHA-256 of a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineHash([u8; 32]);

impl LineHash {
    /// What the very first line names.
    pub const NONE: Self = Self([0; 32]);

    pub fn of(line: &[u8]) -> Self {
        Self(Sha256::digest(line).into())
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for LineHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for LineHash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a hash is 64 hexadecimal digits, as `muster audit verify` prints it";
        if text.len() != HEX || !text.is_ascii() {
            return Err(WRONG);
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| WRONG)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| WRONG)?;
        }
        Ok(Self(bytes))
    }
}

/// Where a chain stands: after so many lines, the last of which has this hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    pub number: u64,
    pub head: LineHash,
}

#[derive(Serialize)]
struct Written<'a> {
    number: u64,
    at: Timestamp,
    #[serde(flatten)]
    event: &'a Event,
    previous: String,
}

/// What the chain needs to know of a line.
#[derive(Deserialize)]
pub struct Link {
    pub number: u64,
    previous: String,
    action: String,
    #[serde(default)]
    object: String,
}

impl Link {
    /// Reads a line that is whole and unchanged in itself.
    pub fn read(line: &[u8]) -> Option<Self> {
        let sum_at = line.len().checked_sub(SUM.len() + HEX + END.len())?;
        let (body, rest) = line.split_at(sum_at);
        let sum = rest.strip_prefix(SUM)?.strip_suffix(END)?;
        (sum == LineHash::of(body).to_string().as_bytes()).then_some(())?;
        serde_json::from_slice(line).ok()
    }

    /// Where the chain stood before this line, by its own word.
    pub fn before(&self) -> Option<Chain> {
        Some(Chain { number: self.number.checked_sub(1)?, head: self.previous.parse().ok()? })
    }

    /// Whether it tells of a torn line with this content.
    pub fn tells_of(&self, torn: &[u8]) -> bool {
        self.action == "torn_line" && self.object == LineHash::of(torn).to_string()
    }
}

impl Chain {
    pub const START: Self = Self { number: 0, head: LineHash::NONE };

    /// Adds an event's line, with its line end, and stands after it.
    pub fn write(&mut self, bytes: &mut Vec<u8>, at: Timestamp, event: &Event) -> serde_json::Result<()> {
        let number = self.number + 1;
        let start = bytes.len();
        serde_json::to_writer(&mut *bytes, &Written { number, at, event, previous: self.head.to_string() })?;
        bytes.pop();
        let sum = LineHash::of(&bytes[start..]);
        bytes.extend_from_slice(SUM);
        bytes.extend_from_slice(sum.to_string().as_bytes());
        bytes.extend_from_slice(END);
        *self = Self { number, head: LineHash::of(&bytes[start..]) };
        bytes.push(b'\n');
        Ok(())
    }

    /// Takes a line, if it is the next one.
    pub fn take(&mut self, line: &[u8]) -> Result<Link, &'static str> {
        let link = Link::read(line).ok_or(NO_LINE)?;
        if link.before() != Some(*self) {
            return Err(NOT_NEXT);
        }
        *self = Self { number: link.number, head: LineHash::of(line) };
        Ok(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Action, Outcome};

    #[test]
    fn a_line_is_taken_as_it_was_written_and_in_no_other_way() {
        let mut bytes = Vec::new();
        let mut chain = Chain::START;
        let event = Event::new(Action::Export, Outcome::Ok).about("updates.csv").rows(7);
        chain.write(&mut bytes, Timestamp::UNIX_EPOCH, &event).expect("written");
        let line = bytes.strip_suffix(b"\n").expect("a line end").to_vec();
        let mut reader = Chain::START;
        assert!(reader.take(&line).is_ok() && reader == chain);
        assert_eq!(reader.take(&line).err(), Some(NOT_NEXT));
        for place in 0..line.len() {
            let mut edited = line.clone();
            edited[place] ^= 1;
            let mut reader = Chain::START;
            assert!(reader.take(&edited).is_err(), "byte {place}");
        }
    }

    #[test]
    fn a_hash_is_read_as_it_is_printed() {
        let hash = LineHash::of(b"line");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for wrong in ["", "zz", &"g".repeat(64), &"é".repeat(32), &"0".repeat(63)] {
            assert!(wrong.parse::<LineHash>().is_err(), "{wrong}");
        }
    }
}
