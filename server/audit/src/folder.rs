//! The audit folder: one file per UTC day, and a lock against a second process.

use super::error::AuditError;
use jiff::civil::Date;
use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

const LOCK: &str = "lock";
/// Accessible to the portal's own user only.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

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

/// A process that another one is starting has its lock too, until it executes its own program.
const LOCK_ATTEMPTS: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Creates the folder if needed and locks it until the returned file is dropped.
pub fn lock(folder: &Path) -> Result<File, AuditError> {
    let failed = |source| AuditError::Folder { folder: folder.to_owned(), source };
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(failed)?;
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(FILE_MODE).open(folder.join(LOCK));
    let lock = open.map_err(failed)?;
    for _ in 0..LOCK_ATTEMPTS {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
    Err(AuditError::InUse { folder: folder.to_owned() })
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
