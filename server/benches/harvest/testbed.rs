//! A generated estate in a simulator in this process, and programs that harvest it: Muster and the peers.

use crate::child::{self, Cost};
use muster_server::command::simulate;
use muster_simulator::{Estate, GeneratedSpec, SharedEstate, Simulator};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::PoisonError,
};
use tokio::net::TcpListener;

pub struct Testbed {
    pub estate: SharedEstate,
    pub simulator: Simulator,
    folder: tempfile::TempDir,
}

/// The result of one harvest by another process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    pub cost: Cost,
    /// Requests that the simulator received.
    pub calls: u64,
    /// Rows that the program reports.
    pub rows: u64,
}

impl Testbed {
    pub async fn new(spec: &GeneratedSpec) -> anyhow::Result<Self> {
        let estate = Estate::generated(spec).shared();
        let simulator = Simulator::start(estate.clone(), TcpListener::bind("127.0.0.1:0").await?).await?;
        let folder = tempfile::tempdir()?;
        let roster = estate.read().unwrap_or_else(PoisonError::into_inner).roster();
        std::fs::write(folder.path().join("roster.toml"), simulate::roster_toml(&roster)?)?;
        Ok(Self { estate, simulator, folder })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Advances by a quarter of an hour in which a share of the instances is scanned.
    pub fn change(&self, share: f64) {
        self.estate.write().unwrap_or_else(PoisonError::into_inner).change(share);
    }

    /// Deletes a store, so that the next harvest into it is a first one.
    pub fn delete_store(&self, store: &str) {
        for name in [store.to_owned(), format!("{store}.wal")] {
            // It may not exist.
            let _ = std::fs::remove_file(self.path(&name));
        }
    }

    /// Runs `muster harvest` into a store, without a limit of calls per second unless a setting has one.
    pub async fn muster(&self, store: &str, full: bool, settings: &[(&str, &str)]) -> anyhow::Result<Run> {
        let binary = std::env::var_os("MUSTER_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_muster").into());
        let mut command = self.command(Path::new(&binary));
        command.arg("harvest").args(full.then_some("--full"));
        command.env("MUSTER_STORE", self.path(store)).env("MUSTER_ROSTER", self.path("roster.toml"));
        command.envs([
            ("MUSTER_CALLS_PER_SECOND", "0"),
            ("MUSTER_ACCOUNT_TIMEOUT_MINUTES", "240"),
            ("MUSTER_ROUND_TIMEOUT_MINUTES", "240"),
            // A first harvest may take longer than the default interval of an hour.
            ("MUSTER_REFERENCE_DATA_INTERVAL_MINUTES", "600"),
        ]);
        command.envs(settings.iter().copied());
        let (printed, run) = self.run(command).await?;
        let rows = printed.lines().map(rows_of).sum::<anyhow::Result<u64>>()?;
        Ok(Run { rows, ..run })
    }

    /// Runs a client of `peers` into a store.
    pub async fn python(&self, script: &str, store: &str, more: &[&str]) -> anyhow::Result<Run> {
        let python = std::env::var_os("MUSTER_BENCH_PYTHON").unwrap_or_else(|| "python3".into());
        let mut command = self.command(Path::new(&python));
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(script));
        command.arg("--endpoint").arg(self.simulator.url());
        command.arg("--roster").arg(self.path("roster.toml")).arg("--store").arg(self.path(store)).args(more);
        let (printed, run) = self.run(command).await?;
        let last = printed.lines().last().unwrap_or_default();
        let report: serde_json::Value = serde_json::from_str(last)?;
        anyhow::ensure!(report["accounts_failed"] == 0, "{script}: {last}");
        Ok(Run { rows: rows_of(last)?, ..run })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // Variables of this process must not change the endpoint or the configuration.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("AWS_") || name.starts_with("MUSTER_")) {
                command.env_remove(name);
            }
        }
        let keys = Simulator::operator_credentials();
        command.envs([
            ("AWS_ENDPOINT_URL", self.simulator.url().as_str()),
            ("AWS_ACCESS_KEY_ID", &keys.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
        ]);
        command
    }

    async fn run(&self, command: Command) -> anyhow::Result<(String, Run)> {
        self.simulator.reset_calls();
        let folder = self.folder.path().to_owned();
        let (printed, cost) = tokio::task::spawn_blocking(move || child::run(command, &folder)).await??;
        let calls = self.simulator.call_counts().iter().map(|bucket| bucket.count).sum();
        Ok((printed, Run { cost, calls, rows: 0 }))
    }
}

/// The `rows` of a JSON report, which Muster and the peers print.
fn rows_of(line: &str) -> anyhow::Result<u64> {
    let report: serde_json::Value = serde_json::from_str(line)?;
    report["rows"].as_u64().ok_or_else(|| anyhow::anyhow!("no rows in {line}"))
}

/// The run with the median CPU time.
pub fn median(mut runs: Vec<Run>) -> anyhow::Result<Run> {
    runs.sort_by(|one, other| one.cost.cpu().total_cmp(&other.cost.cpu()));
    runs.get(runs.len() / 2).copied().ok_or_else(|| anyhow::anyhow!("nothing was run"))
}
