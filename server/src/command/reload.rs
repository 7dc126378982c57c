//! Reads the roster, the access file and the service levels again on SIGHUP and when they change. A file that is invalid is
//! refused, and what was read before stays in use; nobody is signed out by either.

use super::setup;
use crate::config::Config;
use anyhow::Context;
use muster_core::roster::Account;
use muster_harvest::round::Harvester;
use muster_web::state::ServerState;
use std::{
    collections::HashMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::MissedTickBehavior,
};

/// How often files are checked for changes.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// The files of a running portal.
pub struct ConfiguredFiles {
    /// The roster and the service levels, which are checked together.
    harvest: Vec<WatchedFile>,
    access: WatchedFile,
    hangup: Signal,
    check_interval: Duration,
}

impl ConfiguredFiles {
    /// Begins to watch the files. From here on SIGHUP no longer ends the process.
    pub fn watch(config: &Config) -> anyhow::Result<Self> {
        let harvest = std::iter::once(&config.roster).chain(&config.service_levels);
        Ok(Self {
            harvest: harvest.map(|path| WatchedFile::new(path)).collect(),
            access: WatchedFile::new(&config.access),
            hangup: signal(SignalKind::hangup()).context("cannot receive SIGHUP")?,
            check_interval: CHECK_INTERVAL,
        })
    }

    pub fn with_check_interval(self, check_interval: Duration) -> Self {
        Self { check_interval, ..self }
    }

    /// Reads what changes, for the rounds that start from then on and for the portal. Never returns.
    pub async fn reload(mut self, config: Config, harvester: watch::Sender<Harvester>, portal: ServerState) {
        let mut timer = tokio::time::interval(self.check_interval);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_requested = tokio::select! {
                Some(()) = self.hangup.recv() => true,
                _ = timer.tick() => false,
            };
            // Each file is checked, so that a change counts only once.
            let changes: Vec<bool> = self.harvest.iter_mut().map(|file| file.must_be_read(is_requested)).collect();
            if changes.contains(&true) {
                report("the roster and the service levels", reload_harvest(&config, &harvester).await);
            }
            if self.access.must_be_read(is_requested) {
                report("the access file", reload_access(&config, &portal));
            }
        }
    }
}

/// Reads the roster and the service levels. The rounds that start from now on use them, and pages show them at once.
async fn reload_harvest(config: &Config, current: &watch::Sender<Harvester>) -> anyhow::Result<String> {
    let before = current.borrow().clone();
    // At start a missing roster may mean that all accounts are the organization's.
    let is_there = config.roster.exists() || before.accounts.is_empty();
    anyhow::ensure!(is_there, "the roster `{}` is missing", config.roster.display());
    let (accounts, service_levels) = setup::accounts_and_service_levels(config)?;
    let changes = describe_changes(&before.accounts, &accounts);
    let harvester = Harvester { accounts: accounts.into(), service_levels, ..before };
    current.send_replace(harvester.clone());
    harvester.sync().await?;
    Ok(changes)
}

fn reload_access(config: &Config, portal: &ServerState) -> anyhow::Result<String> {
    let (sign_in, embed) = setup::access(config)?;
    portal.reconfigure(sign_in, embed);
    Ok("sessions continue".to_owned())
}

fn report(what: &str, result: anyhow::Result<String>) {
    match result {
        Ok(changes) => tracing::info!("read {what} again: {changes}"),
        Err(error) => {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            tracing::error!("{}. What was read before of {what} stays in use", causes.join(": "));
        }
    }
}

fn describe_changes(before: &[Account], after: &[Account]) -> String {
    let by_id = |accounts: &[Account]| -> HashMap<_, _> {
        accounts.iter().map(|account| (account.account_id.clone(), account.clone())).collect()
    };
    let (before, after) = (by_id(before), by_id(after));
    let added = after.keys().filter(|id| !before.contains_key(*id)).count();
    let removed = before.keys().filter(|id| !after.contains_key(*id)).count();
    let changed =
        after.iter().filter(|(id, account)| before.get(*id).is_some_and(|earlier| earlier != *account)).count();
    format!("{added} accounts were added, {removed} removed and {changed} changed")
}

/// A file, with its state when it was last read.
struct WatchedFile {
    path: PathBuf,
    read: Option<FileState>,
    /// The state at the last check.
    seen: Option<FileState>,
}

/// Modification time, length and inode; no state if there is no file.
type FileState = (SystemTime, u64, u64);

impl WatchedFile {
    fn new(path: &Path) -> Self {
        let state = state_of(path);
        Self { path: path.to_owned(), read: state, seen: state }
    }

    /// Whether the file must be read: when that is requested, and when it has changed since it was read. A file that changed
    /// since the last check may still be being written, so it counts at the next one.
    fn must_be_read(&mut self, is_requested: bool) -> bool {
        let state = state_of(&self.path);
        let is_settled = state == self.seen;
        self.seen = state;
        let must_be_read = is_requested || (is_settled && state != self.read);
        if must_be_read {
            self.read = state;
        }
        must_be_read
    }
}

fn state_of(path: &Path) -> Option<FileState> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_once_when_the_file_is_at_rest() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("roster.toml");
        let mut file = WatchedFile::new(&path);
        let mut checks = |text: Option<&str>| {
            match text {
                Some(text) => fs::write(&path, text).expect("written"),
                None => fs::remove_file(&path).expect("removed"),
            }
            [(); 3].map(|()| file.must_be_read(false))
        };
        assert_eq!(checks(Some("one")), [false, true, false]);
        assert_eq!(checks(Some("a longer one")), [false, true, false]);
        assert_eq!(checks(None), [false, true, false]);
        fs::write(&path, "requested").expect("written");
        assert_eq!(
            [true, false, false, true].map(|is_requested| file.must_be_read(is_requested)),
            [true, false, false, true]
        );
    }
}
