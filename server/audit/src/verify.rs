//! Verifies a log from its first line to its last.

pub use super::chain::LineHash;
use super::{
    chain::{Chain, INVALID_LINE, Link},
    error::AuditError,
    folder::{self, DayFile},
};
use std::{
    fs::File,
    io::{BufRead, BufReader, ErrorKind},
    path::Path,
    time::Duration,
};

/// The portal may be writing a line, so a partial last line is read again.
const ATTEMPTS: u32 = 5;
const RETRY_AFTER: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub lines: u64,
    pub files: usize,
    /// The hash of the last line. Kept elsewhere, it reveals later whether lines were removed from the end.
    pub head: LineHash,
}

/// The verification of one file, line by line.
pub struct Walk<'a> {
    pub path: &'a Path,
    pub chain: Chain,
    line: u64,
    /// An invalid line, which is an error unless the next line reports it as partial.
    partial: Option<(Vec<u8>, &'static str)>,
}

impl<'a> Walk<'a> {
    pub fn new(path: &'a Path, chain: Chain) -> Self {
        Self { path, chain, line: 0, partial: None }
    }

    pub fn advance(&mut self, line: &[u8]) -> Result<(), AuditError> {
        self.line += 1;
        match (self.chain.advance(line), self.partial.take()) {
            (Ok(link), Some((partial, _))) if link.reports_partial(&partial) => Ok(()),
            (_, Some((_, what))) => Err(self.broken(self.line - 1, what)),
            (Ok(_), None) => Ok(()),
            (Err(INVALID_LINE), None) => {
                self.partial = Some((line.to_vec(), INVALID_LINE));
                Ok(())
            }
            (Err(what), None) => Err(self.broken(self.line, what)),
        }
    }

    /// The position at the end of the file.
    pub fn end(self) -> Result<Chain, AuditError> {
        match self.partial {
            Some((_, what)) => Err(self.broken(self.line, what)),
            None => Ok(self.chain),
        }
    }

    fn broken(&self, line: u64, what: &'static str) -> AuditError {
        AuditError::Broken { path: self.path.to_owned(), line, what }
    }
}

/// Verifies all files of a folder, and that the line with the `expected` hash is still there.
pub fn verify(folder: &Path, expected: Option<LineHash>) -> Result<Verified, AuditError> {
    verify_after(folder, None, expected)
}

/// Verifies a log whose older files were archived. `after` is the head of the last of those.
pub fn verify_after(
    folder: &Path,
    after: Option<LineHash>,
    expected: Option<LineHash>,
) -> Result<Verified, AuditError> {
    for _ in 1..ATTEMPTS {
        if folder::files(folder).is_ok_and(|files| files.last().is_none_or(|file| ends_with_a_line(&file.path))) {
            break;
        }
        std::thread::sleep(RETRY_AFTER);
    }
    walk(folder, after, expected)
}

fn ends_with_a_line(path: &Path) -> bool {
    folder::tail(path, 1).is_ok_and(|last| last.is_empty() || last.ends_with(b"\n"))
}

fn walk(folder: &Path, after: Option<LineHash>, expected: Option<LineHash>) -> Result<Verified, AuditError> {
    let files = match folder::files(folder) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            return Err(AuditError::Folder { folder: folder.to_owned(), source });
        }
        files => files.unwrap_or_default(),
    };
    if files.is_empty() {
        return Err(AuditError::Missing { folder: folder.to_owned() });
    }
    let start = start_of(&files)?;
    let (mut chain, mut seen) = (start, expected.is_none() || expected == after);
    let folder = folder.to_owned();
    match after {
        None if start != Chain::START => {
            return Err(AuditError::StartsMidChain { folder, line: start.number, head: start.head.to_string() });
        }
        Some(head) if start.head != head => return Err(AuditError::WrongStart { folder, head: head.to_string() }),
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
            walk.advance(line.strip_suffix(b"\n").unwrap_or(&line))?;
            seen |= expected == Some(walk.chain.head);
        }
        chain = walk.end()?;
    }
    match expected {
        Some(head) if !seen => Err(AuditError::HeadMissing { folder, head: head.to_string() }),
        _ => Ok(Verified { lines: chain.number - start.number, files: files.len(), head: chain.head }),
    }
}

/// The position before the first line, as that line states it. An invalid first line is found by the walk.
pub fn start_of(files: &[DayFile]) -> Result<Chain, AuditError> {
    for file in files {
        let mut line = Vec::new();
        let read = File::open(&file.path).and_then(|file| BufReader::new(file).read_until(b'\n', &mut line));
        read.map_err(|source| AuditError::Read { path: file.path.clone(), source })?;
        // A full disk can leave an empty file.
        if !line.is_empty() {
            let link = Link::read(line.strip_suffix(b"\n").unwrap_or(&line));
            return Ok(link.and_then(|link| link.before()).unwrap_or(Chain::START));
        }
    }
    Ok(Chain::START)
}
