//! How a process that has the store open is asked for a copy of it: one line each way over a socket beside the store.
//!
//! `backup PATH` is answered by `ok` or `error MESSAGE`. The socket is its owner's: who may use it may read the store.

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

/// Paths are shorter.
const LINE_MAX: u64 = 16 * 1024;
/// A client that says nothing does not keep others waiting for longer.
const CLIENT_WAITS_MAX: Duration = Duration::from_secs(10);

fn socket_of(store: &Path) -> PathBuf {
    beside(store, ".sock")
}

/// Answers for as long as it is kept.
pub struct Answering {
    path: PathBuf,
    task: AbortHandle,
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.task.abort();
        let _ = fs::remove_file(&self.path);
    }
}

/// Begins to answer. A store without a socket is as good as any, so what goes wrong is only told.
pub fn answer(store: &Store) -> Option<Answering> {
    let path = socket_of(store.path());
    match listen(&path) {
        Ok(listener) => {
            let task = tokio::spawn(answer_all(listener, store.clone())).abort_handle();
            Some(Answering { path, task })
        }
        Err(error) => {
            tracing::warn!(socket.path = %path.display(), "`muster backup` cannot reach this process: {error}");
            None
        }
    }
}

fn listen(path: &Path) -> io::Result<UnixListener> {
    // Left behind by a process that was killed: whoever has the store open is the only one to listen.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
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
        // In one piece: a process that ends meanwhile finishes the copy and says so.
        let answered = tokio::task::spawn_blocking(move || answer_one(stream.into_std()?, &store)).await;
        if let Ok(Err(error)) = answered {
            tracing::warn!("who asked for a backup was not answered: {error}");
        }
    }
}

fn answer_one(mut stream: UnixStream, store: &Store) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(CLIENT_WAITS_MAX))?;
    stream.set_write_timeout(Some(CLIENT_WAITS_MAX))?;
    let line = read_line(&mut stream)?;
    let answer = match line.strip_prefix("backup ").map(Path::new) {
        None => "error the process that has the store open only makes backups: is it the same version?".to_owned(),
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

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes = causes.filter(|cause| !cause.is::<duckdb::ffi::Error>()).map(|cause| format!(" because: {cause}"));
    std::iter::once(error.to_string()).chain(causes).collect()
}

fn read_line(stream: &mut UnixStream) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(stream.take(LINE_MAX)).read_line(&mut line)?;
    Ok(line.trim_end_matches('\n').to_owned())
}

/// Asks the process that has the store open. None if there is none.
pub fn ask(store: &Path, target: &Path) -> anyhow::Result<Option<()>> {
    let Ok(mut stream) = UnixStream::connect(socket_of(store)) else { return Ok(None) };
    let target = target.to_str().filter(|target| !target.contains('\n'));
    let target = target.context("a running muster takes no such file name: it is not UTF-8, or has a line break")?;
    writeln!(stream, "backup {target}").context("the running muster did not listen")?;
    let answer = read_line(&mut stream).context("the running muster did not answer")?;
    match answer.strip_prefix("error ") {
        None if answer == "ok" => Ok(Some(())),
        None => anyhow::bail!("the running muster stopped before the backup was made; there is none"),
        Some(message) => anyhow::bail!("{message}"),
    }
}
