//! A file of ours that counts as it is now: read again whenever it changed. One that cannot be read says nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

/// What is in such a file.
pub struct Kind<T> {
    /// As messages call it.
    pub what: &'static str,
    pub bytes_max: u64,
    pub parse: fn(&str) -> Result<T, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ChangingError {
    #[error("cannot read the {what} `{}`", path.display())]
    Read { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("the {what} `{}` are not right: {message}", path.display())]
    Content { what: &'static str, path: PathBuf, message: String },
}

pub struct Changing<T> {
    file: Option<(PathBuf, Kind<T>)>,
    read: Mutex<Option<Read<T>>>,
}

/// What was in the file when it was last changed.
struct Read<T> {
    changed_at: SystemTime,
    length: u64,
    content: T,
}

impl<T> Changing<T> {
    /// Of a file that must be there and right when the portal starts.
    pub fn of_file(path: &Path, kind: Kind<T>) -> Result<Self, ChangingError> {
        let read = kind.read(path)?;
        Ok(Self { file: Some((path.to_owned(), kind)), read: Mutex::new(Some(read)) })
    }

    /// What is known beforehand and never changes.
    pub fn fixed(content: T) -> Self {
        let read = Read { changed_at: SystemTime::UNIX_EPOCH, length: 0, content };
        Self { file: None, read: Mutex::new(Some(read)) }
    }

    /// Finds something in it as it is now. Looks at the file's date each time.
    pub fn find<R>(&self, find: impl FnOnce(&T) -> Option<R>) -> Option<R> {
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((path, kind)) = &self.file
            && !known.as_ref().is_some_and(|known| known.is_of_now(path))
        {
            *known = kind
                .read(path)
                .inspect_err(|error| tracing::error!(error.cause = ?std::error::Error::source(error), "{error}"))
                .ok();
        }
        known.as_ref().and_then(|known| find(&known.content))
    }
}

impl<T> Read<T> {
    fn is_of_now(&self, path: &Path) -> bool {
        let now = fs::metadata(path).and_then(|metadata| Ok((metadata.modified()?, metadata.len())));
        now.is_ok_and(|now| now == (self.changed_at, self.length))
    }
}

impl<T> Kind<T> {
    fn read(&self, path: &Path) -> Result<Read<T>, ChangingError> {
        let failed = |source| ChangingError::Read { what: self.what, path: path.to_owned(), source };
        let wrong = |message| ChangingError::Content { what: self.what, path: path.to_owned(), message };
        // Asked before the text is read: what is written in between makes it be read once more.
        let metadata = fs::metadata(path).map_err(failed)?;
        let (changed_at, length) = (metadata.modified().map_err(failed)?, metadata.len());
        if length > self.bytes_max {
            return Err(wrong(format!(
                "the file has {length} bytes, and no such file has more than {}",
                self.bytes_max
            )));
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        Ok(Read { changed_at, length, content: (self.parse)(&text).map_err(wrong)? })
    }
}
