//! Requests a backup from the process that has the store open: one line each way over a Unix socket beside the store.
//!
//! The answer of `backup PATH` is `ok` or `error MESSAGE`. Only the store's owner can use the socket.

use anyhow::Context;
use muster_store::{backup::back_up, connection::Store, wal_recovery::beside};
use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{net::UnixListener, task::AbortHandle};

/// The longest request and answer. Paths are shorter.
const MAX_LINE_BYTES: u64 = 16 * 1024;
/// How long a silent client can block others.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(10);

fn socket_of(store: &Path) -> PathBuf {
    beside(store, ".sock")
}

/// Answers requests until it is dropped.
pub struct BackupListener {
    path: PathBuf,
    task: AbortHandle,
}

impl Drop for BackupListener {
    fn drop(&mut self) {
        self.task.abort();
        let _ = fs::remove_file(&self.path);
    }
}

/// Starts to answer requests. A failure is only logged, because the store works without.
pub fn listen(store: &Store) -> Option<BackupListener> {
    let path = socket_of(store.path());
    match bind(&path) {
        Ok(listener) => {
            let task = tokio::spawn(answer_all(listener, store.clone())).abort_handle();
            Some(BackupListener { path, task })
        }
        Err(error) => {
            tracing::warn!(socket.path = %path.display(), "`muster backup` cannot reach this process: {error}");
            None
        }
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    // A socket that exists was left by a killed process, because only one process has the store open.
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn answer_all(listener: UnixListener, store: Store) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        };
        let store = store.clone();
        // A blocking task, so that a process that ends meanwhile finishes the copy and answers.
        let answered = tokio::task::spawn_blocking(move || answer_one(stream.into_std()?, &store)).await;
        if let Ok(Err(error)) = answered {
            tracing::warn!("cannot answer a request for a backup: {error}");
        }
    }
}

fn answer_one(mut stream: UnixStream, store: &Store) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(CLIENT_TIMEOUT))?;
    stream.set_write_timeout(Some(CLIENT_TIMEOUT))?;
    let line = read_line(&mut stream)?;
    let answer = match line.strip_prefix("backup ").map(Path::new) {
        None => "error the running muster does not know this request: is it the same version?".to_owned(),
        Some(target) => match back_up(store, target) {
            Ok(()) => {
                tracing::info!(backup.path = %target.display(), "store backed up");
                "ok".to_owned()
            }
            Err(error) => {
                let message = chain(&error).replace('\n', " ");
                tracing::warn!(backup.path = %target.display(), "backup failed: {message}");
                format!("error {message}")
            }
        },
    };
    writeln!(stream, "{answer}")
}

/// Formats an error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes = causes.filter(|cause| !cause.is::<duckdb::ffi::Error>()).map(|cause| format!(" because: {cause}"));
    std::iter::once(error.to_string()).chain(causes).collect()
}

fn read_line(stream: &mut UnixStream) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(stream.take(MAX_LINE_BYTES)).read_line(&mut line)?;
    Ok(line.trim_end_matches('\n').to_owned())
}

/// Requests a backup from the process that has the store open. Returns false if there is none.
pub fn request(store: &Path, target: &Path) -> anyhow::Result<bool> {
    let Ok(mut stream) = UnixStream::connect(socket_of(store)) else { return Ok(false) };
    let target = target.to_str().filter(|target| !target.contains('\n'));
    let target =
        target.context("a running muster cannot write this file name: it is not UTF-8, or has a line break")?;
    writeln!(stream, "backup {target}").context("cannot send the request to the running muster")?;
    let answer = read_line(&mut stream).context("the running muster did not answer")?;
    match answer.strip_prefix("error ") {
        None if answer == "ok" => Ok(true),
        None => anyhow::bail!("the running muster stopped before the backup was complete; there is no backup"),
        Some(message) => anyhow::bail!("{message}"),
    }
}
