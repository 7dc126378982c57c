//! Walks an audit from its first line to its last, and finds where it is not as it was written.

pub use super::chain::LineHash;
use super::{
    chain::{Chain, Link, NO_LINE},
    error::AuditError,
    folder::{self, DayFile},
};
use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
    time::Duration,
};

/// A line that is being written is whole a moment later.
const LOOKS: u32 = 5;
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub lines: u64,
    pub files: usize,
    /// The hash of the last line. Whoever keeps it elsewhere can tell later whether lines were taken off the end.
    pub head: LineHash,
}

/// The lines of one file, taken one after the other.
pub struct Walk<'a> {
    pub path: &'a Path,
    pub chain: Chain,
    line: u64,
    /// A line that is none, unless the next one tells of it.
    torn: Option<(Vec<u8>, &'static str)>,
}

impl<'a> Walk<'a> {
    pub fn new(path: &'a Path, chain: Chain) -> Self {
        Self { path, chain, line: 0, torn: None }
    }

    pub fn take(&mut self, line: &[u8]) -> Result<(), AuditError> {
        self.line += 1;
        match (self.chain.take(line), self.torn.take()) {
            (Ok(link), Some((torn, _))) if link.tells_of(&torn) => Ok(()),
            (_, Some((_, what))) => Err(self.broken(self.line - 1, what)),
            (Ok(_), None) => Ok(()),
            (Err(NO_LINE), None) => {
                self.torn = Some((line.to_vec(), NO_LINE));
                Ok(())
            }
            (Err(what), None) => Err(self.broken(self.line, what)),
        }
    }

    /// Whether nothing is left open.
    pub fn end(self) -> Result<Chain, AuditError> {
        match self.torn {
            Some((_, what)) => Err(self.broken(self.line, what)),
            None => Ok(self.chain),
        }
    }

    fn broken(&self, line: u64, what: &'static str) -> AuditError {
        AuditError::Broken { path: self.path.to_owned(), line, what }
    }
}

/// Verifies all files of a folder. With a head that an earlier call gave, also that its line is still there.
pub fn verify(folder: &Path, expected: Option<LineHash>) -> Result<Verified, AuditError> {
    verify_after(folder, None, expected)
}

/// The same of an audit whose older files are elsewhere; `after` is the head of the last of them.
pub fn verify_after(
    folder: &Path,
    after: Option<LineHash>,
    expected: Option<LineHash>,
) -> Result<Verified, AuditError> {
    for _ in 1..LOOKS {
        if folder::files(folder).is_ok_and(|files| files.last().is_none_or(|file| ends_with_a_line(&file.path))) {
            break;
        }
        std::thread::sleep(LOOK_AGAIN_AFTER);
    }
    walk(folder, after, expected)
}

fn ends_with_a_line(path: &Path) -> bool {
    let last = || -> std::io::Result<[u8; 1]> {
        let (mut file, mut last) = (File::open(path)?, *b"\n");
        if file.metadata()?.len() > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        Ok(last)
    };
    last().is_ok_and(|last| last == *b"\n")
}

fn walk(folder: &Path, after: Option<LineHash>, expected: Option<LineHash>) -> Result<Verified, AuditError> {
    let files = match folder::files(folder) {
        Ok(files) if !files.is_empty() => files,
        Ok(_) => return Err(AuditError::Missing { folder: folder.to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(AuditError::Missing { folder: folder.to_owned() });
        }
        Err(source) => return Err(AuditError::Folder { folder: folder.to_owned(), source }),
    };
    let begins = begins_after(&files)?;
    let (mut chain, mut seen) = (begins, expected.is_none() || expected == after);
    match after {
        None if begins != Chain::START => {
            let (line, head) = (begins.number, begins.head.to_string());
            return Err(AuditError::BeginsLater { folder: folder.to_owned(), line, head });
        }
        Some(head) if begins.head != head => {
            return Err(AuditError::BeginsElsewhere { folder: folder.to_owned(), head: head.to_string() });
        }
        _ => {}
    }
    for file in &files {
        let failed = |source| AuditError::Read { path: file.path.clone(), source };
        let mut lines = BufReader::new(File::open(&file.path).map_err(failed)?);
        let (mut walk, mut line) = (Walk::new(&file.path, chain), Vec::new());
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(failed)? == 0 {
                break;
            }
            walk.take(line.strip_suffix(b"\n").unwrap_or(&line))?;
            seen |= expected == Some(walk.chain.head);
        }
        chain = walk.end()?;
    }
    match expected {
        Some(head) if !seen => Err(AuditError::HeadMissing { folder: folder.to_owned(), head: head.to_string() }),
        _ => Ok(Verified { lines: chain.number - begins.number, files: files.len(), head: chain.head }),
    }
}

/// Where the chain stood before the first line, by that line's own word; where it is none, the walk will say so.
fn begins_after(files: &[DayFile]) -> Result<Chain, AuditError> {
    for file in files {
        let mut line = Vec::new();
        let read = File::open(&file.path).and_then(|file| BufReader::new(file).read_until(b'\n', &mut line));
        read.map_err(|source| AuditError::Read { path: file.path.clone(), source })?;
        // A day on which the disk was full may have left an empty one.
        if !line.is_empty() {
            let link = Link::read(line.strip_suffix(b"\n").unwrap_or(&line));
            return Ok(link.and_then(|link| link.before()).unwrap_or(Chain::START));
        }
    }
    Ok(Chain::START)
}
