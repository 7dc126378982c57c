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
    state: Mutex<State<T>>,
}

struct State<T> {
    loaded: Option<Loaded<T>>,
    /// Why the file cannot be read at the moment, which is logged once.
    failure: Option<String>,
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
        let state = Mutex::new(State { loaded: Some(loaded), failure: None });
        Ok(Self { file: Some((path.to_owned(), format)), state })
    }

    /// Content without a file, which never changes.
    pub fn fixed(content: T) -> Self {
        let loaded = Loaded { modified_at: SystemTime::UNIX_EPOCH, bytes: 0, content };
        Self { file: None, state: Mutex::new(State { loaded: Some(loaded), failure: None }) }
    }

    /// Looks something up in the current content. Checks the file for changes each time.
    pub fn find<R>(&self, find: impl FnOnce(&T) -> Option<R>) -> Option<R> {
        let mut state = self.state.lock();
        if let Some((path, format)) = &self.file
            && !state.loaded.as_ref().is_some_and(|loaded| loaded.is_current(path))
        {
            state.update(format.load(path));
        }
        state.loaded.as_ref().and_then(|loaded| find(&loaded.content))
    }
}

impl<T> State<T> {
    fn update(&mut self, result: Result<Loaded<T>, AccessError>) {
        let failure = result.as_ref().err().map(|error| {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{error}{cause}")
        });
        if let Some(failure) = failure.as_ref().filter(|failure| self.failure.as_ref() != Some(*failure)) {
            tracing::error!("{failure}");
        }
        self.failure = failure;
        self.loaded = result.ok();
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
