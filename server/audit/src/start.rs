//! Goes on where an audit ended: whatever ended it.

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

/// No line is longer, so that the last one of a file is found without reading all of it.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// Verifies the newest file and opens it. A line that was cut off stays where it is; the event that comes with the log tells
/// of it and must be the next to be written.
pub fn open(folder: &Path, clock: SharedClock) -> Result<(Log, Option<Event>), AuditError> {
    let lock = folder::lock(folder)?;
    let files = folder::files(folder).map_err(|source| AuditError::Folder { folder: folder.to_owned(), source })?;
    let Some((newest, older)) = files.split_last() else {
        return Ok((Log::new(folder, clock, lock, Chain::START, None), None));
    };
    let failed = |source| AuditError::Read { path: newest.path.clone(), source };
    let bytes = fs::read(&newest.path).map_err(failed)?;
    let before = match older.iter().rev().find(|file| !is_empty(file)) {
        Some(before) => after_last_line(before)?,
        // Older files may have been taken into an archive: then its first line says where the chain stood.
        None => first_line(&bytes).and_then(|link| link.before()).unwrap_or(Chain::START),
    };
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let (lines, rest) = bytes.split_at(whole);
    let mut walk = Walk::new(&newest.path, before);
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        walk.take(&line[..line.len() - 1])?;
    }
    let mut chain = walk.end()?;
    let mut torn = None;
    if !rest.is_empty() && chain.take(rest).is_err() {
        let what = LineHash::of(rest).to_string();
        let said = format!("{} bytes were left of the line before", rest.len());
        torn = Some(Event::new(Action::TornLine, Outcome::Failed).about(&what).saying(&said));
        tracing::warn!(audit.path = %newest.path.display(), "the audit's last line was cut off; it stays, and is told of");
    }
    let file = folder::open(&newest.path).map_err(failed)?;
    let ends_in_a_line = !rest.is_empty();
    let file = OpenFile { of: newest.clone(), file, length: bytes.len() as u64, unsure: false, ends_in_a_line };
    Ok((Log::new(folder, clock, lock, chain, Some(file)), torn))
}

fn first_line(bytes: &[u8]) -> Option<Link> {
    Link::read(bytes.split(|byte| *byte == b'\n').next()?)
}

/// A day on which the disk was full may have left one.
fn is_empty(file: &DayFile) -> bool {
    fs::metadata(&file.path).is_ok_and(|found| found.len() == 0)
}

/// Where the chain stands at the end of a file that is not the newest.
fn after_last_line(of: &DayFile) -> Result<Chain, AuditError> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(&of.path)?;
        let start = file.metadata()?.len().saturating_sub(LINE_BYTES_MAX);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|source| AuditError::Read { path: of.path.clone(), source })?;
    let last = bytes.strip_suffix(b"\n").unwrap_or(&bytes).rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let link = Link::read(last).ok_or_else(|| AuditError::Broken {
        path: of.path.clone(),
        line: 0,
        what: super::chain::NO_LINE,
    })?;
    Ok(Chain { number: link.number, head: LineHash::of(last) })
}
