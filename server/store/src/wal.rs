//! Finds damage in DuckDB's write-ahead log.
//!
//! A process that is killed while it writes leaves an incomplete last entry. Its transaction was never reported as
//! stored, and DuckDB drops it. A flipped bit is different: DuckDB rejects a log with a wrong checksum, but treats a
//! wrong *length* as an incomplete last entry and silently drops everything after it. So the log is checked here too.
//!
//! A log is a header followed by entries: 8 bytes of length, 8 bytes of checksum, and the payload of that length.

/// The header of a log whose entries have checksums.
const HEADER: [u8; 8] = [0x64, 0, 0x62, 0x65, 0, 2, 0xff, 0xff];
/// The size of length and checksum.
const PREFIX: usize = 16;

/// Returns the offset of the first damaged entry. None for a log that is intact, that ends with an incomplete entry, or
/// that has another format.
pub fn damage_offset(log: &[u8]) -> Option<usize> {
    if !log.starts_with(&HEADER) {
        // A log of this format with a damaged header has its first entry after it.
        let first = log.get(HEADER.len()..).and_then(Entry::at)?;
        return first.is_intact().then_some(0);
    }
    let mut intact = HEADER.len();
    while let Some(entry) = log.get(intact..).and_then(Entry::at) {
        match entry.payload() {
            Some(payload) if checksum(payload) == entry.checksum => intact += PREFIX + payload.len(),
            Some(_) => return Some(intact),
            None => return is_complete_with_another_length(&entry).then_some(intact),
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

    fn is_intact(&self) -> bool {
        self.payload().is_some_and(|payload| checksum(payload) == self.checksum)
    }
}

/// Whether the payload is complete and only its length is wrong. The checksum of a longer payload continues from that
/// of a shorter one, so one pass tries all lengths.
fn is_complete_with_another_length(entry: &Entry<'_>) -> bool {
    let mut sum = SEED;
    let mut rest = entry.rest;
    loop {
        let tail = &rest[..rest.len().min(7)];
        if sum == entry.checksum || (1..=tail.len()).any(|length| sum ^ tail_hash(&tail[..length]) == entry.checksum) {
            return true;
        }
        let Some((word, after)) = rest.split_first_chunk() else { return false };
        sum ^= word_hash(*word);
        rest = after;
    }
}

const SEED: u64 = 5381;

/// Computes DuckDB's checksum.
fn checksum(bytes: &[u8]) -> u64 {
    let (words, tail) = bytes.as_chunks();
    let sum = words.iter().fold(SEED, |sum, word| sum ^ word_hash(*word));
    if tail.is_empty() { sum } else { sum ^ tail_hash(tail) }
}

fn word_hash(word: [u8; 8]) -> u64 {
    u64::from_le_bytes(word).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// Hashes the last one to seven bytes.
fn tail_hash(tail: &[u8]) -> u64 {
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

    /// Returns a log that DuckDB wrote, with some transactions.
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
    fn intact_and_incomplete_logs_are_not_damaged() {
        let log = log();
        for length in 0..=log.len() {
            assert_eq!(damage_offset(&log[..length]), None, "{length} of {} bytes", log.len());
        }
    }

    #[test]
    fn finds_every_flipped_bit() {
        let log = log();
        for bit in 0..8 * log.len() {
            let mut damaged = log.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let offset = damage_offset(&damaged).unwrap_or_else(|| panic!("bit {bit} of {}", 8 * log.len()));
            assert!(offset <= bit / 8, "{offset}, {bit}");
        }
    }

    #[test]
    fn leaves_other_files_to_duckdb() {
        assert_eq!(damage_offset(&b"account_id,account_name\n".repeat(100)), None);
    }
}
