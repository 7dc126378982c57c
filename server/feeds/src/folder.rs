//! The folder of feeds: which there are, whether they changed, and what is in them.

use super::vendors::{Document, read_document};
use muster_core::feed::{Feed, FeedFixRecord};
use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The largest file that is read. Larger feeds are published as folders of files.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The most entries of one feed: about a gigabyte while it is imported.
const ENTRIES_MAX: usize = 3_000_000;
/// Changes when files are read in another way, so that they are read again.
const READER_VERSION: u32 = 2;
/// The endings of files that are read in folders and archives; others, such as a readme, are left out.
const ENDINGS: [&str; 3] = ["json", "jsonl", "ndjson"];
/// The ending of an archive, which is read like a folder.
const ARCHIVE: &str = "zip";
/// The most that an archive may hold, unpacked.
const ARCHIVE_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// The most files of one feed.
const FILES_MAX: usize = 100_000;

#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error("cannot read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{}` is larger than 256 MiB, or 8 GiB unpacked; split it into files of a folder", path.display())]
    TooLarge { path: PathBuf },
    #[error("`{}` has no document", path.display())]
    Empty { path: PathBuf },
    #[error("`{}` is not a readable archive: {source}", path.display())]
    Archive { path: PathBuf, source: zip::result::ZipError },
    #[error("`{}` has more than 100,000 files", path.display())]
    TooMany { path: PathBuf },
    #[error("the feed has more than 3,000,000 entries with `{}`; leave out releases that you do not have", path.display())]
    TooManyEntries { path: PathBuf },
    #[error("`{}` has the name of another feed; rename one of them", path.display())]
    SameName { path: PathBuf },
    #[error("`{}` is not JSON: {source}", path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    #[error(
        "`{}` is in no format that is known: OSV, CSAF, CVRF as JSON, or CISA's catalogue of exploited vulnerabilities",
        path.display()
    )]
    Format { path: PathBuf },
}

/// The files of one feed.
#[derive(Clone, Debug)]
pub struct FeedFiles {
    pub name: String,
    files: Vec<PathBuf>,
    /// Changes when a file is added, removed or changed.
    pub file_key: String,
}

/// A feed of a folder, or why it cannot be read.
#[derive(Debug)]
pub struct Found {
    pub name: String,
    pub files: Result<FeedFiles, FeedError>,
}

fn cannot_read(path: &Path) -> impl FnOnce(io::Error) -> FeedError {
    let path = path.to_owned();
    |source| FeedError::Read { path, source }
}

/// Finds the feeds of a folder, in the order of their names. Hidden files are left out.
pub fn feed_files(folder: &Path) -> Result<Vec<Found>, FeedError> {
    let mut feeds: Vec<Found> = Vec::new();
    for path in visible(folder)? {
        let name = name_of(&path);
        let files = match feeds.iter().any(|feed| feed.name == name) {
            true => Err(FeedError::SameName { path }),
            false => feed_at(&path),
        };
        feeds.push(Found { name, files });
    }
    Ok(feeds)
}

/// The name of a feed: that of its folder, or of its file without the ending.
pub fn name_of(path: &Path) -> String {
    let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Finds the feed of a file or folder.
pub fn feed_at(path: &Path) -> Result<FeedFiles, FeedError> {
    let mut files = Vec::new();
    collect(path, &mut files)?;
    if files.len() > FILES_MAX {
        return Err(FeedError::TooMany { path: path.to_owned() });
    }
    let mut file_key = format!("{READER_VERSION}\n");
    for file in &files {
        let metadata = fs::metadata(file).map_err(cannot_read(file))?;
        let modified = metadata.modified().map_err(cannot_read(file))?;
        let modified = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        file_key.push_str(&format!("{}\n{}\n{modified}\n", file.display(), metadata.len()));
    }
    Ok(FeedFiles { name: name_of(path), files, file_key: digest(&file_key) })
}

/// A short text that differs when the other does.
fn digest(text: &str) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Whether a file or folder is hidden, and so part of no feed.
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// The entries of a folder that are not hidden, in order.
fn visible(folder: &Path) -> Result<Vec<PathBuf>, FeedError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot_read(folder))? {
        let path = entry.map_err(cannot_read(folder))?.path();
        if !is_hidden(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), FeedError> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for path in visible(path)? {
        if is_read(&path) || has_ending(&path, &[ARCHIVE]) || path.is_dir() {
            collect(&path, files)?;
        }
    }
    Ok(())
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|one| ending.eq_ignore_ascii_case(one)))
}

fn is_read(path: &Path) -> bool {
    has_ending(path, &ENDINGS)
}

/// Passes on the text of a file, or those of the files of an archive.
fn each_text(path: &Path, mut take: impl FnMut(&str) -> Result<(), FeedError>) -> Result<(), FeedError> {
    let file = fs::File::open(path).map_err(cannot_read(path))?;
    if !has_ending(path, &[ARCHIVE]) {
        return take(&read_text(path, file)?);
    }
    let unreadable = |source| FeedError::Archive { path: path.to_owned(), source };
    let mut archive = zip::ZipArchive::new(file).map_err(unreadable)?;
    if archive.len() > FILES_MAX {
        return Err(FeedError::TooMany { path: path.to_owned() });
    }
    let mut unpacked = 0;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(unreadable)?;
        let name = Path::new(entry.name());
        if entry.is_file() && is_read(name) && !is_hidden(name) {
            let text = read_text(path, entry)?;
            unpacked += text.len() as u64;
            if unpacked > ARCHIVE_BYTES_MAX {
                return Err(FeedError::TooLarge { path: path.to_owned() });
            }
            take(&text)?;
        }
    }
    Ok(())
}

fn read_text(path: &Path, reader: impl Read) -> Result<String, FeedError> {
    let mut text = String::new();
    reader.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(cannot_read(path))?;
    match text.len() as u64 > FILE_BYTES_MAX {
        true => Err(FeedError::TooLarge { path: path.to_owned() }),
        false => Ok(text),
    }
}

/// Reads all files of a feed.
pub fn read_feed(files: &FeedFiles) -> Result<Feed, FeedError> {
    let mut feed = Feed { name: files.name.clone(), file_key: files.file_key.clone(), ..Feed::default() };
    for path in &files.files {
        each_text(path, |text| {
            for document in documents(text).map_err(|source| FeedError::Json { path: path.clone(), source })? {
                if !add(&mut feed, document) {
                    return Err(FeedError::Format { path: path.clone() });
                }
                if feed.fixes.len() > ENTRIES_MAX {
                    return Err(FeedError::TooManyEntries { path: path.clone() });
                }
            }
            Ok(())
        })?;
    }
    if feed.format.is_empty() {
        return Err(FeedError::Empty { path: files.files.first().cloned().unwrap_or_default() });
    }
    let key = |fix: &FeedFixRecord| {
        let FeedFixRecord { system, release, package, fixed_version, cve, advisory, .. } = fix.clone();
        (cve, system, release, package, fixed_version, advisory)
    };
    feed.fixes.sort_by_cached_key(key);
    feed.fixes.dedup();
    Ok(feed)
}

/// Adds what a document says to a feed. Returns whether it is in a known format.
pub fn add(feed: &mut Feed, document: serde_json::Value) -> bool {
    let Some(Document { format, published_at, fixes, exploited }) = read_document(document) else { return false };
    feed.format = format.to_owned();
    feed.published_at = feed.published_at.max(published_at);
    feed.fixes.extend(fixes);
    feed.exploited.extend(exploited);
    true
}

/// The documents of a file: one, an array, or one after the other.
pub fn documents(text: &str) -> Result<Vec<serde_json::Value>, serde_json::Error> {
    let mut documents = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter() {
        match value? {
            serde_json::Value::Array(values) => documents.extend(values),
            value => documents.push(value),
        }
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("written");
        }
        folder
    }

    const OSV: &str = r#"{"id": "ALSA-2024:1", "modified": "2024-07-08T12:00:00Z", "related": ["CVE-2024-6387"], "affected": [
        {"package": {"ecosystem": "AlmaLinux:9", "name": "openssh"}, "ranges": [{"type": "ECOSYSTEM", "events": [
            {"introduced": "0"}, {"fixed": "8.7p1-38.el9_4.1"}]}]}]}"#;

    #[test]
    fn each_file_or_folder_is_a_feed() {
        let lines = format!("{OSV}\n{}", OSV.replace("openssh", "openssh-server"));
        let folder = folder(&[
            ("alma/1.json", OSV),
            ("alma/deep/2.json", OSV),
            ("alma/README", "not a feed"),
            ("lines.json", &lines),
            ("lines.jsonl", OSV),
            (".hidden", "x"),
            ("osv.debian/1.json", OSV),
            ("osv.ubuntu/1.json", OSV),
        ]);
        let feeds = feed_files(folder.path()).expect("feeds");
        let names: Vec<&str> = feeds.iter().map(|feed| feed.name.as_str()).collect();
        assert_eq!(names, ["alma", "lines", "lines", "osv.debian", "osv.ubuntu"]);
        assert!(matches!(feeds[2].files, Err(FeedError::SameName { .. })), "{:?}", feeds[2]);
        let alma = read_feed(files(&feeds[0])).expect("a feed");
        assert_eq!((alma.format.as_str(), alma.fixes.len()), ("OSV", 1), "the same twice counts once");
        assert_eq!(alma.published_at.expect("a time").to_string(), "2024-07-08T12:00:00Z");
        assert_eq!(read_feed(files(&feeds[1])).expect("a feed").fixes.len(), 2);
        fs::write(folder.path().join("alma/3.json"), OSV).expect("written");
        let changed = feed_files(folder.path()).expect("feeds");
        let is_same = |at: usize| files(&changed[at]).file_key == files(&feeds[at]).file_key;
        assert!(!is_same(0) && is_same(1) && is_same(3));
    }

    fn files(found: &Found) -> &FeedFiles {
        found.files.as_ref().expect("files")
    }

    #[test]
    fn an_archive_is_read_like_a_folder() {
        let folder = folder(&[("rocky.zip", "")]);
        let path = folder.path().join("rocky.zip");
        let mut archive = zip::ZipWriter::new(fs::File::create(&path).expect("a file"));
        for (name, text) in [
            ("all/1.json", OSV),
            ("2.json", &OSV.replace("openssh", "openssh-server")),
            ("README", "x"),
            ("__MACOSX/._1.json", "x"),
        ] {
            archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
            archive.write_all(text.as_bytes()).expect("written");
        }
        archive.finish().expect("an archive");
        let feeds = feed_files(folder.path()).expect("feeds");
        let feed = read_feed(files(&feeds[0])).expect("a feed");
        assert_eq!((feed.name.as_str(), feed.fixes.len()), ("rocky", 2));
        let whole = fs::read(&path).expect("the archive");
        for bytes in [&whole[..whole.len() / 2], b"PK", b""] {
            fs::write(&path, bytes).expect("written");
            let error = read_feed(files(&feeds[0])).expect_err("half an archive").to_string();
            assert!(error.contains("rocky.zip") && error.contains("not a readable archive"), "{error}");
        }
    }

    #[test]
    fn what_is_no_feed_is_refused_by_name() {
        for (text, expected) in [
            ("{", "is not JSON"),
            ("{}", "no format that is known"),
            ("<html>", "is not JSON"),
            ("", "has no document"),
            ("[]", "has no document"),
        ] {
            let folder = folder(&[("broken.json", text)]);
            let feeds = feed_files(folder.path()).expect("feeds");
            let error = read_feed(files(&feeds[0])).expect_err(text).to_string();
            assert!(error.contains("broken.json") && error.contains(expected), "{error}");
        }
    }
}
