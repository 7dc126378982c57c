//! Adds lines to the newest file, all of a batch or none, and has them on the disk before it answers.

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
    path::{Path, PathBuf},
};

pub struct Log {
    folder: PathBuf,
    clock: SharedClock,
    chain: Chain,
    file: Option<OpenFile>,
    /// Goes with it.
    _lock: File,
}

pub struct OpenFile {
    pub of: DayFile,
    pub file: File,
    /// Up to here it holds lines that count.
    pub length: u64,
    /// What may lie behind them is ours: a batch that failed.
    pub unsure: bool,
    /// A line was cut off before its end, which must be written first, in one go with what tells of it.
    pub ends_in_a_line: bool,
}

impl Log {
    pub fn new(folder: &Path, clock: SharedClock, lock: File, chain: Chain, file: Option<OpenFile>) -> Self {
        Self { folder: folder.to_owned(), clock, chain, file, _lock: lock }
    }

    /// Adds a line for each event. After an error nothing of them counts.
    pub fn append<'a>(&mut self, events: impl Iterator<Item = &'a Event>) -> io::Result<()> {
        let now = self.clock.now();
        let (mut chain, mut bytes) = (self.chain, Vec::new());
        if self.file.as_ref().is_some_and(|file| file.ends_in_a_line) {
            bytes.push(b'\n');
        }
        for event in events {
            chain.write(&mut bytes, now, event)?;
        }
        // A clock that went back writes on in the newest file, so that the names stay in the order of the lines.
        let today = now.to_zoned(TimeZone::UTC).date();
        if self.file.as_ref().is_none_or(|file| file.of.day < today && !file.ends_in_a_line) {
            self.check()?;
            let of = DayFile { day: today, path: folder::path_of(&self.folder, today) };
            let file = folder::create(&of.path)?;
            self.file = Some(OpenFile { of, file, length: 0, unsure: false, ends_in_a_line: false });
        }
        self.check()?;
        if let Some(file) = &mut self.file {
            file.add(&bytes)?;
        }
        self.chain = chain;
        Ok(())
    }

    /// Whether the file is still where it was and as it was.
    pub fn check(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), OpenFile::check)
    }
}

impl OpenFile {
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.unsure = true;
        self.file.write_all(bytes).and_then(|()| self.file.sync_data()).inspect_err(|_| {
            // Nobody was told that these lines count. If this fails too, it is tried again before the next batch.
            let _ = self.file.set_len(self.length);
        })?;
        self.length += bytes.len() as u64;
        (self.unsure, self.ends_in_a_line) = (false, false);
        Ok(())
    }

    /// A file that was moved away would take lines that nobody finds.
    fn check(&mut self) -> io::Result<()> {
        let (ours, named) = (self.file.metadata()?, std::fs::metadata(&self.of.path)?);
        if (ours.dev(), ours.ino()) != (named.dev(), named.ino()) {
            return Err(io::Error::other("its file was replaced by another one"));
        }
        if ours.len() == self.length {
            return Ok(());
        }
        if !self.unsure {
            return Err(io::Error::other("its file was changed by somebody else"));
        }
        self.file.set_len(self.length)
    }
}
