//! Opens an existing log and continues its chain, also after a crash.

use super::{
    chain::{Chain, LineHash, Link},
    error::AuditError,
    event::{Action, Event, Outcome},
    folder::{self, DayFile},
    log::{Log, OpenFile},
    verify::Walk,
};
use muster_core::clock::SharedClock;
use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::Path,
};

/// An upper bound of a line, so that a file's last line is found without reading the whole file.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// Verifies and opens the newest file. A partial last line is kept; the returned event reports it and must be written
/// next.
pub fn open(folder: &Path, clock: SharedClock) -> Result<(Log, Option<Event>), AuditError> {
    let lock = folder::lock(folder)?;
    let files = folder::files(folder).map_err(|source| AuditError::Folder { folder: folder.to_owned(), source })?;
    let Some((newest, older)) = files.split_last() else {
        return Ok((Log::new(folder, clock, lock, Chain::START, None), None));
    };
    let failed = |source| AuditError::Read { path: newest.path.clone(), source };
    let bytes = fs::read(&newest.path).map_err(failed)?;
    let before = match older.iter().rev().find(|file| !is_empty(file)) {
        Some(before) => end_of(before)?,
        // Older files may have been archived. The first line then states the position.
        None => first_line(&bytes).and_then(|link| link.before()).unwrap_or(Chain::START),
    };
    let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let (lines, rest) = bytes.split_at(complete);
    let mut walk = Walk::new(&newest.path, before);
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        walk.advance(&line[..line.len() - 1])?;
    }
    let mut chain = walk.end()?;
    let mut partial_line = None;
    if !rest.is_empty() && chain.advance(rest).is_err() {
        let hash = LineHash::of(rest).to_string();
        let detail = format!("{} bytes of the line before were written", rest.len());
        partial_line = Some(Event::new(Action::PartialLine, Outcome::Failed).object(&hash).detail(&detail));
        tracing::warn!(audit.path = %newest.path.display(), "the audit log ends with a partial line, which is kept and reported in the next line");
    }
    let file = folder::open(&newest.path).map_err(failed)?;
    let file = OpenFile::new(newest.clone(), file, bytes.len() as u64, !rest.is_empty());
    Ok((Log::new(folder, clock, lock, chain, Some(file)), partial_line))
}

fn first_line(bytes: &[u8]) -> Option<Link> {
    Link::read(bytes.split(|byte| *byte == b'\n').next()?)
}

/// A full disk can leave an empty file.
fn is_empty(file: &DayFile) -> bool {
    fs::metadata(&file.path).is_ok_and(|found| found.len() == 0)
}

/// The position at the end of an older file.
fn end_of(day_file: &DayFile) -> Result<Chain, AuditError> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(&day_file.path)?;
        let start = file.metadata()?.len().saturating_sub(LINE_BYTES_MAX);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|source| AuditError::Read { path: day_file.path.clone(), source })?;
    let last = bytes.strip_suffix(b"\n").unwrap_or(&bytes).rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let link = Link::read(last).ok_or_else(|| AuditError::Broken {
        path: day_file.path.clone(),
        line: 0,
        what: super::chain::INVALID_LINE,
    })?;
    Ok(Chain { number: link.number, head: LineHash::of(last) })
}
