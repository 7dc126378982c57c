//! A configuration file that is read again when it changes. While it cannot be read it has no content, or the last one that was
//! valid, as its owner chose.

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
    keeps_valid: bool,
    state: Mutex<State<T>>,
}

struct State<T> {
    loaded: Option<Loaded<T>>,
    /// Why the file cannot be read at the moment, which is logged once.
    failure: Option<String>,
    /// The version of the file that could not be read, so that it is not read again.
    failed: Option<Version>,
}

/// The modification time and the length of a file.
type Version = (SystemTime, u64);

/// The content, with the version of the file.
struct Loaded<T> {
    version: Version,
    content: T,
}

impl<T> ReloadableFile<T> {
    /// Opens a file that must be valid when the portal starts.
    pub fn open(path: &Path, format: FileFormat<T>) -> Result<Self, AccessError> {
        let loaded = format.load(path)?;
        let state = Mutex::new(State { loaded: Some(loaded), failure: None, failed: None });
        Ok(Self { file: Some((path.to_owned(), format)), keeps_valid: false, state })
    }

    /// Keeps the last valid content while the file cannot be read.
    pub fn keep_valid(self) -> Self {
        Self { keeps_valid: true, ..self }
    }

    /// Reads the file again, whether it has changed or not.
    pub fn reload(&self) -> Result<(), AccessError> {
        let Some((path, format)) = &self.file else { return Ok(()) };
        let version = version_of(path);
        let mut state = self.state.lock();
        let result = format.load(path);
        state.update(result, version, self.keeps_valid)
    }

    /// Why the file cannot be read at the moment.
    pub fn failure(&self) -> Option<String> {
        self.state.lock().failure.clone()
    }

    /// Content without a file, which never changes.
    pub fn fixed(content: T) -> Self {
        let loaded = Loaded { version: (SystemTime::UNIX_EPOCH, 0), content };
        let state = Mutex::new(State { loaded: Some(loaded), failure: None, failed: None });
        Self { file: None, keeps_valid: false, state }
    }

    /// Looks something up in the current content. Checks the file for changes each time.
    pub fn find<R>(&self, find: impl FnOnce(&T) -> Option<R>) -> Option<R> {
        let mut state = self.state.lock();
        if let Some((path, format)) = &self.file {
            let version = version_of(path);
            if !state.is_current(version, self.keeps_valid) {
                // The failure was logged.
                let _ = state.update(format.load(path), version, self.keeps_valid);
            }
        }
        state.loaded.as_ref().and_then(|loaded| find(&loaded.content))
    }
}

impl<T> State<T> {
    /// Whether this version of the file is the content, or known to have none.
    fn is_current(&self, version: Option<Version>, keeps_valid: bool) -> bool {
        let is_loaded = version.is_some() && self.loaded.as_ref().map(|loaded| loaded.version) == version;
        let has_failed = keeps_valid && self.failure.is_some() && self.failed == version;
        (is_loaded && self.failure.is_none()) || has_failed
    }

    fn update(
        &mut self,
        result: Result<Loaded<T>, AccessError>,
        version: Option<Version>,
        keeps_valid: bool,
    ) -> Result<(), AccessError> {
        let error = match result {
            Ok(loaded) => {
                (self.loaded, self.failure, self.failed) = (Some(loaded), None, None);
                return Ok(());
            }
            Err(error) => error,
        };
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        let failure = format!("{error}{cause}");
        if self.failure.as_ref() != Some(&failure) {
            tracing::error!("{failure}");
        }
        (self.failure, self.failed) = (Some(failure), version);
        if !keeps_valid {
            self.loaded = None;
        }
        Err(error)
    }
}

/// `None` if there is no such file.
fn version_of(path: &Path) -> Option<Version> {
    fs::metadata(path).and_then(|metadata| Ok((metadata.modified()?, metadata.len()))).ok()
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
        Ok(Loaded { version: (modified_at, bytes), content: (self.parse)(&text).map_err(invalid)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> ReloadableFile<u32> {
        let parse = |text: &str| text.trim().parse().map_err(|_| "not a number".to_owned());
        ReloadableFile::open(path, FileFormat { name: "number", bytes_max: 10, parse }).expect("a valid file")
    }

    #[test]
    fn keeps_the_last_valid_content_where_that_is_wanted() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("number");
        let write = |text: &str| fs::write(&path, text).expect("written");
        write("1");
        let (kept, dropped) = (open(&path).keep_valid(), open(&path));
        let found = |file: &ReloadableFile<u32>| file.find(|number| Some(*number));
        write("22");
        assert_eq!((found(&kept), found(&dropped), kept.failure()), (Some(22), Some(22), None));
        for wrong in ["three", "333 333 333 333"] {
            write(wrong);
            assert_eq!((found(&kept), found(&dropped)), (Some(22), None), "{wrong}");
            assert!(kept.failure().is_some_and(|failure| failure.contains("number")), "{wrong}");
            assert!(kept.reload().is_err() && dropped.reload().is_err(), "{wrong}");
        }
        fs::remove_file(&path).expect("removed");
        assert_eq!((found(&kept), found(&dropped)), (Some(22), None));
        write("4444");
        assert_eq!((found(&kept), found(&dropped), kept.failure()), (Some(4_444), Some(4_444), None));
    }
}
