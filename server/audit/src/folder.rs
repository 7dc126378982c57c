//! The audit folder: one file per UTC day, and a lock against a second process.

use super::error::AuditError;
use jiff::civil::Date;
use muster_core::folder_lock::{self, FILE_MODE, LockError};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// One day's file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayFile {
    pub day: Date,
    pub path: PathBuf,
}

pub fn path_of(folder: &Path, day: Date) -> PathBuf {
    folder.join(format!("audit-{}.jsonl", day.strftime("%Y%m%d")))
}

/// All files of the log, oldest first.
pub fn files(folder: &Path) -> io::Result<Vec<DayFile>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let day = name.strip_prefix("audit-").and_then(|rest| rest.strip_suffix(".jsonl"));
        if let Some(day) = day.and_then(|day| Date::strptime("%Y%m%d", day).ok()) {
            files.push(DayFile { day, path });
        }
    }
    files.sort();
    Ok(files)
}

/// Creates the folder if needed and locks it until the returned file is dropped.
pub fn lock(folder: &Path) -> Result<File, AuditError> {
    folder_lock::lock(folder).map_err(|error| match error {
        LockError::InUse => AuditError::InUse { folder: folder.to_owned() },
        LockError::Failed(source) => AuditError::Folder { folder: folder.to_owned(), source },
    })
}

/// Creates a file and syncs its folder, so that the name is on disk too.
pub fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create_new(true).append(true).mode(FILE_MODE).open(path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

/// The last bytes of a file, at most so many.
pub fn tail(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let (mut file, mut tail) = (File::open(path)?, Vec::new());
    let start = file.metadata()?.len().saturating_sub(bytes_max);
    file.seek(SeekFrom::Start(start))?;
    file.read_to_end(&mut tail)?;
    Ok(tail)
}
