//! Folders that one process uses at a time.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    thread,
    time::Duration,
};

const LOCK: &str = "lock";
/// Accessible to the process's own user only.
pub const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
/// A process that another one is starting has its lock too, until it executes its own program.
const LOCK_ATTEMPTS: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Why a folder is not locked.
#[derive(Debug)]
pub enum LockError {
    InUse,
    Failed(io::Error),
}

/// Creates the folder if needed and locks it until the returned file is dropped.
///
/// # Errors
///
/// If another process has locked it, or if it cannot be written.
pub fn lock(folder: &Path) -> Result<File, LockError> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(LockError::Failed)?;
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(FILE_MODE).open(folder.join(LOCK));
    let lock = open.map_err(LockError::Failed)?;
    for _ in 0..LOCK_ATTEMPTS {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(source)) => return Err(LockError::Failed(source)),
        }
    }
    Err(LockError::InUse)
}
