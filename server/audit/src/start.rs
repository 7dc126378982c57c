//! Opens an existing log and continues its chain, also after a crash.

use super::{
    chain::{Chain, INVALID_LINE, LineHash, Link},
    error::AuditError,
    event::{Action, Event, Outcome},
    folder::{self, DayFile},
    log::{Log, OpenFile},
    verify::{Walk, start_of},
};
use muster_core::{clock::SharedClock, private};
use std::{
    fs::{self, OpenOptions},
    path::Path,
};

/// An upper bound of a line, so that a file's last line is found without reading the whole file.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// Verifies and opens the newest file. A partial last line is kept; the returned event reports it and must be written
/// next.
pub fn open(folder: &Path, clock: SharedClock) -> Result<(Log, Option<Event>), AuditError> {
    let lock = folder::lock(folder)?;
    let files = folder::files(folder).map_err(|source| AuditError::Folder { folder: folder.to_owned(), source })?;
    for message in
        std::iter::once(folder).chain(files.iter().map(|file| file.path.as_path())).filter_map(private::shared)
    {
        tracing::warn!("{message}");
    }
    let mut log = Log { folder: folder.to_owned(), clock, chain: Chain::START, file: None, _lock: lock };
    let Some((newest, older)) = files.split_last() else { return Ok((log, None)) };
    let failed = |source| AuditError::Read { path: newest.path.clone(), source };
    let bytes = fs::read(&newest.path).map_err(failed)?;
    let before = match older.iter().rev().find(|file| !is_empty(file)) {
        Some(before) => end_of(before)?,
        // Older files may have been archived. The first line then states the position.
        None => start_of(std::slice::from_ref(newest))?,
    };
    let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let (lines, rest) = bytes.split_at(complete);
    let mut walk = Walk::new(&newest.path, before);
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        walk.advance(&line[..line.len() - 1])?;
    }
    log.chain = walk.end()?;
    let mut partial_line = None;
    if !rest.is_empty() && log.chain.advance(rest).is_err() {
        let hash = LineHash::of(rest).to_string();
        let detail = format!("{} bytes of the line before were written", rest.len());
        partial_line = Some(Event::new(Action::PartialLine, Outcome::Failed).object(&hash).detail(&detail));
        tracing::warn!(audit.path = %newest.path.display(), "the audit log ends with a partial line, which is kept and reported in the next line");
    }
    let file = OpenOptions::new().append(true).open(&newest.path).map_err(failed)?;
    log.file = Some(OpenFile::new(newest.clone(), file, bytes.len() as u64, !rest.is_empty()));
    Ok((log, partial_line))
}

/// A full disk can leave an empty file.
fn is_empty(file: &DayFile) -> bool {
    fs::metadata(&file.path).is_ok_and(|found| found.len() == 0)
}

/// The position at the end of an older file.
fn end_of(day_file: &DayFile) -> Result<Chain, AuditError> {
    let path = || day_file.path.clone();
    let bytes = folder::tail(&day_file.path, LINE_BYTES_MAX);
    let bytes = bytes.map_err(|source| AuditError::Read { path: path(), source })?;
    let last = bytes.strip_suffix(b"\n").unwrap_or(&bytes).rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let link = Link::read(last).ok_or_else(|| AuditError::Broken { path: path(), line: 0, what: INVALID_LINE })?;
    Ok(Chain { number: link.number, head: LineHash::of(last) })
}
