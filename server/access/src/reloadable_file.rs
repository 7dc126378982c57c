//! A configuration file that is read again when it changes. While it cannot be read it has no content.

use super::error::AccessError;
use parking_lot::Mutex;
use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// How to read a file of one kind.
pub struct FileFormat<T> {
    /// The name in messages, such as "assignments file".
    pub name: &'static str,
    pub bytes_max: u64,
    pub parse: fn(&str) -> Result<T, String>,
}

pub struct ReloadableFile<T> {
    file: Option<(PathBuf, FileFormat<T>)>,
    loaded: Mutex<Option<Loaded<T>>>,
}

/// The content, with the modification time and length that the file had.
struct Loaded<T> {
    modified_at: SystemTime,
    bytes: u64,
    content: T,
}

impl<T> ReloadableFile<T> {
    /// Opens a file that must be valid when the portal starts.
    pub fn open(path: &Path, format: FileFormat<T>) -> Result<Self, AccessError> {
        let loaded = format.load(path)?;
        Ok(Self { file: Some((path.to_owned(), format)), loaded: Mutex::new(Some(loaded)) })
    }

    /// Content without a file, which never changes.
    pub fn fixed(content: T) -> Self {
        let loaded = Loaded { modified_at: SystemTime::UNIX_EPOCH, bytes: 0, content };
        Self { file: None, loaded: Mutex::new(Some(loaded)) }
    }

    /// Looks something up in the current content. Checks the file for changes each time.
    pub fn find<R>(&self, find: impl FnOnce(&T) -> Option<R>) -> Option<R> {
        let mut loaded = self.loaded.lock();
        if let Some((path, format)) = &self.file
            && !loaded.as_ref().is_some_and(|loaded| loaded.is_current(path))
        {
            *loaded = format
                .load(path)
                .inspect_err(|error| tracing::error!(error.cause = ?std::error::Error::source(error), "{error}"))
                .ok();
        }
        loaded.as_ref().and_then(|loaded| find(&loaded.content))
    }
}

impl<T> Loaded<T> {
    fn is_current(&self, path: &Path) -> bool {
        let now = fs::metadata(path).and_then(|metadata| Ok((metadata.modified()?, metadata.len())));
        now.is_ok_and(|now| now == (self.modified_at, self.bytes))
    }
}

impl<T> FileFormat<T> {
    fn load(&self, path: &Path) -> Result<Loaded<T>, AccessError> {
        let read_error = |source| AccessError::Read { name: self.name, path: path.to_owned(), source };
        let invalid = |message| AccessError::Content { name: self.name, path: path.to_owned(), message };
        // Before the text is read: a write in between then causes another reload.
        let metadata = fs::metadata(path).map_err(read_error)?;
        let (modified_at, bytes) = (metadata.modified().map_err(read_error)?, metadata.len());
        if bytes > self.bytes_max {
            return Err(invalid(format!("it has {bytes} bytes, the limit is {}", self.bytes_max)));
        }
        let text = fs::read_to_string(path).map_err(read_error)?;
        Ok(Loaded { modified_at, bytes, content: (self.parse)(&text).map_err(invalid)? })
    }
}
