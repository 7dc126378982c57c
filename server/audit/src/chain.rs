//! The hash chain of the audit log, and of other logs that must show changes: each line has a number, the hash of the line before and a checksum of itself.
//!
//! A line is `{"number":…,"at":…, the members of its content, "previous":HASH,"sum":SUM}`. SUM is the SHA-256 of everything
//! before `,"sum"`, so that a change in the last line is detected too. HASH is the SHA-256 of the whole line before
//! without its line end, as printed by `sha256sum`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

const SUM: &[u8] = br#","sum":""#;
const END: &[u8] = br#""}"#;
const HASH_DIGITS: usize = 64;

/// Why a line cannot be the next one.
pub const INVALID_LINE: &str = "is not a line of an audit log, or was changed";
pub const NOT_NEXT: &str = "does not follow the line before it: lines were changed, removed or moved";

/// The SHA-256 of a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineHash([u8; 32]);

impl LineHash {
    /// The `previous` of the very first line.
    pub const NONE: Self = Self([0; 32]);

    pub fn of(line: &[u8]) -> Self {
        Self(Sha256::digest(line).into())
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
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
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map(|()| Self(bytes))
            .map_err(|_| "a hash has 64 hexadecimal digits, as printed by `muster audit verify`")
    }
}

/// A position in the chain: the number and hash of the last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    pub number: u64,
    pub head: LineHash,
}

#[derive(Serialize)]
struct Line<'a, T> {
    number: u64,
    at: Timestamp,
    #[serde(flatten)]
    content: &'a T,
    previous: String,
}

/// The members of a line that matter to the chain.
#[derive(Deserialize)]
pub struct Link {
    pub number: u64,
    previous: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    object: String,
}

impl Link {
    /// Reads a line if its checksum matches.
    pub fn read(line: &[u8]) -> Option<Self> {
        let sum_at = line.len().checked_sub(SUM.len() + HASH_DIGITS + END.len())?;
        let (body, rest) = line.split_at(sum_at);
        let sum = rest.strip_prefix(SUM)?.strip_suffix(END)?;
        (sum == LineHash::of(body).to_string().as_bytes()).then_some(())?;
        serde_json::from_slice(line).ok()
    }

    /// The position before this line, as the line states it.
    pub fn before(&self) -> Option<Chain> {
        Some(Chain { number: self.number.checked_sub(1)?, head: self.previous.parse().ok()? })
    }

    /// Whether this line reports the given partial line.
    pub fn reports_partial(&self, partial: &[u8]) -> bool {
        self.action == "torn_line" && self.object == LineHash::of(partial).to_string()
    }
}

impl Chain {
    pub const START: Self = Self { number: 0, head: LineHash::NONE };

    /// Appends a line with the members of `content`, a structure, to `bytes` and advances.
    ///
    /// # Errors
    ///
    /// If the content cannot be written as JSON. `bytes` may then have a part of it.
    pub fn write<T: Serialize>(&mut self, bytes: &mut Vec<u8>, at: Timestamp, content: &T) -> serde_json::Result<()> {
        let number = self.number + 1;
        let start = bytes.len();
        serde_json::to_writer(&mut *bytes, &Line { number, at, content, previous: self.head.to_string() })?;
        bytes.pop();
        let sum = LineHash::of(&bytes[start..]);
        bytes.extend_from_slice(SUM);
        bytes.extend_from_slice(sum.to_string().as_bytes());
        bytes.extend_from_slice(END);
        *self = Self { number, head: LineHash::of(&bytes[start..]) };
        bytes.push(b'\n');
        Ok(())
    }

    /// Advances over a line if it is the next one.
    pub fn advance(&mut self, line: &[u8]) -> Result<Link, &'static str> {
        let link = Link::read(line).ok_or(INVALID_LINE)?;
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
    use crate::event::{Action, Event, Outcome};

    #[test]
    fn accepts_lines_as_written_and_detects_any_changed_byte() {
        let mut bytes = Vec::new();
        let mut chain = Chain::START;
        let event = Event::new(Action::Export, Outcome::Ok).object("updates.csv").rows(7);
        chain.write(&mut bytes, Timestamp::UNIX_EPOCH, &event).expect("written");
        let line = bytes.strip_suffix(b"\n").expect("a line end").to_vec();
        let mut reader = Chain::START;
        assert!(reader.advance(&line).is_ok() && reader == chain);
        assert_eq!(reader.advance(&line).err(), Some(NOT_NEXT));
        for index in 0..line.len() {
            let mut edited = line.clone();
            edited[index] ^= 1;
            let mut reader = Chain::START;
            assert!(reader.advance(&edited).is_err(), "byte {index}");
        }
    }

    #[test]
    fn reads_hashes_as_printed() {
        let hash = LineHash::of(b"line");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for wrong in ["", "zz", &"g".repeat(64), &"é".repeat(32), &"0".repeat(63)] {
            assert!(wrong.parse::<LineHash>().is_err(), "{wrong}");
        }
    }
}
