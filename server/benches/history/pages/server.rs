//! `muster serve` as a separate process, on a copy of a store.

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File, Permissions},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The portal's host in its access file, and in each request. Its port is another one.
pub const HOST: &str = "127.0.0.1:8080";
pub const SECRET_HEADER: &str = "x-proxy-secret";
pub const PROXY_SECRET: &str = "benchmark-of-the-pages";
/// Bounds a migration of a large store.
const START_TIMEOUT: Duration = Duration::from_secs(1_800);
const STOP_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
const LOG: &str = "log";
const KIB: f64 = 1_024.0;
const MB: f64 = 1e6;

pub struct Server {
    pub address: SocketAddr,
    process: Child,
    log: PathBuf,
}

/// Fills a folder with what `muster serve` needs beside the store `muster.duckdb`.
pub fn prepare(folder: &Path) -> anyhow::Result<()> {
    let access = format!(
        "public_url = \"http://{HOST}\"\n[proxy]\ntrusted_proxies = [\"127.0.0.0/8\"]\nsecret_header = \"{SECRET_HEADER}\"\n\
         secret_file = \"secret\"\nuser_header = \"x-user\"\nroles_header = \"x-roles\"\n[proxy.roles]\noperators = \"operator\"\n"
    );
    for (name, text) in [("access.toml", access.as_str()), ("secret", PROXY_SECRET)] {
        fs::write(folder.join(name), text)?;
        fs::set_permissions(folder.join(name), Permissions::from_mode(0o600))?;
    }
    // Rendering pages needs no script.
    fs::create_dir_all(folder.join("site/pkg"))?;
    fs::write(folder.join("site/pkg/app.js"), "")?;
    Ok(fs::write(folder.join("roster.toml"), "account = []\n")?)
}

impl Server {
    pub fn start(binary: &Path, folder: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut command = Command::new(binary);
        // Variables of this process must not change the configuration.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| ["AWS_", "MUSTER_", "RUST_LOG"].iter().any(|one| name.starts_with(one)))
            {
                command.env_remove(name);
            }
        }
        command.envs([
            ("MUSTER_LISTEN", "127.0.0.1:0"),
            ("MUSTER_SITE_DIR", "site"),
            ("MUSTER_LOG_FORMAT", "json"),
            ("MUSTER_HARVEST_INTERVAL_MINUTES", "0"),
            ("MUSTER_VERIFY_HOUR", "off"),
        ]);
        command.envs(settings.iter().copied());
        let log = folder.join(LOG);
        command.arg("serve").current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let process = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let mut server = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), process, log };
        server.address = server.listens()?;
        Ok(server)
    }

    /// Waits until the log says where the portal listens.
    fn listens(&mut self) -> anyhow::Result<SocketAddr> {
        let started = Instant::now();
        loop {
            let text = fs::read_to_string(&self.log)?;
            let address = |line: &str| {
                let line: serde_json::Value = serde_json::from_str(line).ok()?;
                line["fields"]["listen.address"].as_str()?.parse().ok()
            };
            if let Some(address) = text.lines().find_map(address) {
                return Ok(address);
            }
            let is_running = self.process.try_wait()?.is_none();
            anyhow::ensure!(is_running && started.elapsed() < START_TIMEOUT, "the portal did not start: {text}");
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// The lines of its log that are more than information.
    pub fn problems(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|line| !line.contains(r#""level":"INFO""#)).collect::<Vec<_>>().join("\n")
    }

    pub fn peak_mb(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.trim().strip_suffix("kB")).context("no VmHWM")?;
        Ok(number.trim().parse::<f64>()? * KIB / MB)
    }

    /// Stops the portal as a service manager does, so that its store is complete.
    pub fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.process), Signal::TERM)?;
        let started = Instant::now();
        while self.process.try_wait()?.is_none() {
            anyhow::ensure!(started.elapsed() < STOP_TIMEOUT, "the portal did not stop");
            std::thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
