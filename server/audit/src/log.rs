//! The writing half: appends a batch of lines to the newest file, all or none, and syncs it.

use super::{
    chain::Chain,
    event::Event,
    folder::{self, DayFile},
};
use jiff::tz::TimeZone;
use muster_core::clock::SharedClock;
use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::PathBuf,
};

pub struct Log {
    pub folder: PathBuf,
    pub clock: SharedClock,
    pub chain: Chain,
    pub file: Option<OpenFile>,
    /// Held as long as the log is open.
    pub _lock: File,
}

pub struct OpenFile {
    day_file: DayFile,
    file: File,
    /// The length up to which lines were acknowledged.
    acknowledged_bytes: u64,
    /// Bytes after that may be from our own failed batch.
    has_failed_batch: bool,
    /// The file ends with a partial line. The next batch must end that line and report it.
    has_partial_line: bool,
}

impl Log {
    /// Appends a line for each event. After an error none of them counts.
    pub fn append<'a>(&mut self, events: impl Iterator<Item = &'a Event>) -> io::Result<()> {
        let now = self.clock.now();
        let (mut chain, mut bytes) = (self.chain, Vec::new());
        if self.file.as_ref().is_some_and(|file| file.has_partial_line) {
            bytes.push(b'\n');
        }
        for event in events {
            chain.write(&mut bytes, now, event)?;
        }
        // If the clock was set back, lines go to the newest file, so that file names stay in the order of lines.
        let today = now.to_zoned_datetime(TimeZone::UTC).date();
        if self.file.as_ref().is_none_or(|file| file.day_file.day < today && !file.has_partial_line) {
            self.check()?;
            let day_file = DayFile { day: today, path: folder::path_of(&self.folder, today) };
            let file = folder::create(&day_file.path)?;
            self.file = Some(OpenFile::new(day_file, file, 0, false));
        }
        self.check()?;
        if let Some(file) = &mut self.file {
            file.append(&bytes)?;
        }
        self.chain = chain;
        Ok(())
    }

    /// Checks that the file was not moved or changed.
    pub fn check(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), OpenFile::check)
    }
}

impl OpenFile {
    pub fn new(day_file: DayFile, file: File, acknowledged_bytes: u64, has_partial_line: bool) -> Self {
        Self { day_file, file, acknowledged_bytes, has_failed_batch: false, has_partial_line }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.has_failed_batch = true;
        self.file.write_all(bytes).and_then(|()| self.file.sync_data()).inspect_err(|_| {
            // The lines were not acknowledged. If this fails too, `check` truncates before the next batch.
            let _ = self.file.set_len(self.acknowledged_bytes);
        })?;
        self.acknowledged_bytes += bytes.len() as u64;
        (self.has_failed_batch, self.has_partial_line) = (false, false);
        Ok(())
    }

    /// Detects a file that was replaced or changed, and truncates a failed batch.
    fn check(&mut self) -> io::Result<()> {
        let (ours, named) = (self.file.metadata()?, std::fs::metadata(&self.day_file.path)?);
        if (ours.dev(), ours.ino()) != (named.dev(), named.ino()) {
            return Err(io::Error::other("the file was replaced"));
        }
        if ours.len() == self.acknowledged_bytes {
            return Ok(());
        }
        if !self.has_failed_batch {
            return Err(io::Error::other("the file was changed by another process"));
        }
        self.file.set_len(self.acknowledged_bytes)
    }
}
