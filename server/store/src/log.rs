//! Where DuckDB's write-ahead log is damaged, as opposed to torn.
//!
//! A process that dies while it writes leaves a torn log: its last entry is not whole, what it belonged to was never
//! reported as stored, and DuckDB drops it. A flipped bit is something else. DuckDB refuses a log with a wrong checksum,
//! but takes a wrong *length* for a torn end and drops everything after it, without a word. So the log is read here too.
//!
//! A log is a header, and entries: the length in 8 bytes, a checksum in 8 bytes, and so many bytes.

/// The header of a log whose entries have checksums.
const HEADER: [u8; 8] = [0x64, 0, 0x62, 0x65, 0, 2, 0xff, 0xff];
/// Length and checksum.
const PREFIX: usize = 16;

/// Up to where the log is good, if what follows was whole once and is not any more. None for a log that is good to its
/// end, torn, or not of this format.
pub fn damaged_after(log: &[u8]) -> Option<usize> {
    if !log.starts_with(&HEADER) {
        // It is a log of this format if an entry stands where the first one would.
        let first = log.get(HEADER.len()..).and_then(Entry::at)?;
        return first.fits_and_agrees().then_some(0);
    }
    let mut good = HEADER.len();
    while let Some(entry) = log.get(good..).and_then(Entry::at) {
        match entry.payload() {
            Some(payload) if checksum(payload) == entry.checksum => good += PREFIX + payload.len(),
            Some(_) => return Some(good),
            None => return is_whole_with_another_length(&entry).then_some(good),
        }
    }
    None
}

struct Entry<'a> {
    length: u64,
    checksum: u64,
    /// From the payload to the end of the log.
    rest: &'a [u8],
}

impl<'a> Entry<'a> {
    fn at(bytes: &'a [u8]) -> Option<Self> {
        let (length, bytes) = bytes.split_first_chunk()?;
        let (checksum, rest) = bytes.split_first_chunk()?;
        Some(Self { length: u64::from_le_bytes(*length), checksum: u64::from_le_bytes(*checksum), rest })
    }

    fn payload(&self) -> Option<&'a [u8]> {
        self.rest.get(..usize::try_from(self.length).ok()?)
    }

    fn fits_and_agrees(&self) -> bool {
        self.payload().is_some_and(|payload| checksum(payload) == self.checksum)
    }
}

/// Whether the payload is there, so that only its length is wrong. The checksum of each longer payload goes on from the
/// one before, so all lengths take one pass.
fn is_whole_with_another_length(entry: &Entry<'_>) -> bool {
    let mut sum = SEED;
    let mut rest = entry.rest;
    loop {
        let tail = &rest[..rest.len().min(7)];
        if sum == entry.checksum || (1..=tail.len()).any(|length| sum ^ of_tail(&tail[..length]) == entry.checksum) {
            return true;
        }
        let Some((word, after)) = rest.split_first_chunk() else { return false };
        sum ^= of_word(*word);
        rest = after;
    }
}

const SEED: u64 = 5381;

/// DuckDB's checksum, for reading what it wrote.
fn checksum(bytes: &[u8]) -> u64 {
    let (words, tail) = bytes.as_chunks();
    let sum = words.iter().fold(SEED, |sum, word| sum ^ of_word(*word));
    if tail.is_empty() { sum } else { sum ^ of_tail(tail) }
}

fn of_word(word: [u8; 8]) -> u64 {
    u64::from_le_bytes(word).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// Of one to seven bytes.
fn of_tail(tail: &[u8]) -> u64 {
    const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;
    let number = tail.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let mut hash = 0xe17a_1465 ^ (tail.len() as u64).wrapping_mul(FACTOR);
    hash = (hash ^ number).wrapping_mul(FACTOR);
    hash = (hash ^ hash >> 47).wrapping_mul(FACTOR);
    hash ^ hash >> 47
}

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::Connection;

    /// A log of DuckDB's own with some transactions in it.
    fn log() -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        let connection = Connection::open(folder.path().join("a.duckdb")).expect("a database");
        connection.execute_batch("CREATE TABLE t (i BIGINT, s VARCHAR)").expect("a table");
        for rows in 1..8 {
            let insert = format!("INSERT INTO t SELECT range, repeat('x', {rows}) FROM range({rows})");
            connection.execute_batch(&insert).expect("rows");
        }
        std::fs::read(folder.path().join("a.duckdb.wal")).expect("a log")
    }

    #[test]
    fn a_good_log_is_not_damaged_and_neither_is_a_torn_one() {
        let log = log();
        for length in 0..=log.len() {
            assert_eq!(damaged_after(&log[..length]), None, "{length} of {} bytes", log.len());
        }
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let log = log();
        for bit in 0..8 * log.len() {
            let mut damaged = log.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let good = damaged_after(&damaged).unwrap_or_else(|| panic!("bit {bit} of {}", 8 * log.len()));
            assert!(good <= bit / 8, "{good}, {bit}");
        }
    }

    #[test]
    fn what_is_no_log_is_left_to_duckdb() {
        assert_eq!(damaged_after(&b"account_id,account_name\n".repeat(100)), None);
    }
}
