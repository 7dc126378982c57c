//! A temporary PostgreSQL cluster in a folder under `/tmp`, with a Unix socket in it. It is deleted at the end.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const INSTALLED: &str = "/usr/lib/postgresql";
/// PostgreSQL does not run as root; Debian's package creates this user.
const USER: &str = "postgres";
/// Settings for a host of this size.
const SETTINGS: [&str; 7] = [
    "listen_addresses=",
    "shared_buffers=2GB",
    "effective_cache_size=8GB",
    "work_mem=64MB",
    "maintenance_work_mem=512MB",
    "random_page_cost=1.1",
    "max_wal_size=4GB",
];

pub struct Cluster {
    programs: PathBuf,
    folder: tempfile::TempDir,
    is_root: bool,
}

impl Cluster {
    /// Starts a cluster. Returns `None` if PostgreSQL is not installed.
    pub fn start() -> anyhow::Result<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        let is_root = fs::read_to_string("/proc/self/status")?.lines().any(|line| line.starts_with("Uid:\t0\t"));
        let folder = tempfile::Builder::new().prefix("muster-postgres").tempdir_in("/tmp")?;
        if is_root {
            output_of(Command::new("chown").arg(USER).arg(folder.path()))?;
        }
        let cluster = Self { programs, folder, is_root };
        let data = cluster.data();
        output_of(cluster.owner("initdb").arg("-D").arg(&data).args([
            "-U",
            USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]))?;
        let mut options = format!("-c unix_socket_directories={}", cluster.path().display());
        SETTINGS.iter().for_each(|setting| options.push_str(&format!(" -c {setting}")));
        let log = cluster.path().join("log");
        // Without a log file, the server would keep our pipes open, and we would wait for their end.
        output_of(
            cluster.owner("pg_ctl").args(["start", "-w", "-s", "-o", &options]).arg("-D").arg(&data).arg("-l").arg(log),
        )?;
        Ok(Some(cluster))
    }

    pub fn version(&self) -> anyhow::Result<String> {
        Ok(self.sql("SHOW server_version")?.trim().to_owned())
    }

    /// Runs SQL as a client. Returns rows as lines, values separated by `|`.
    pub fn sql(&self, sql: &str) -> anyhow::Result<String> {
        output_of(self.client().args(["-c", sql]))
    }

    pub fn script(&self, sql: &str) -> anyhow::Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), sql)?;
        output_of(self.client().arg("-f").arg(file.path())).map(drop)
    }

    /// Fills a table from a CSV file without a header.
    pub fn copy(&self, table: &str, csv: &Path) -> anyhow::Result<()> {
        self.sql(&format!("\\copy {table} FROM '{}' (FORMAT csv, NULL '\\N')", csv.display())).map(drop)
    }

    fn client(&self) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.arg("-h").arg(self.path()).args([
            "-U",
            USER,
            "-d",
            USER,
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
        ]);
        command
    }

    /// A program run as the owner of the cluster.
    fn owner(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if self.is_root { Command::new("runuser") } else { Command::new(&program) };
        if self.is_root {
            command.args(["-u", USER, "--"]).arg(program);
        }
        command.current_dir("/");
        command
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.path().join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // pg_ctl reads the process id from the cluster's folder. A cluster that has not started has none.
        let stopped =
            output_of(self.owner("pg_ctl").args(["stop", "-w", "-s", "-m", "immediate", "-D"]).arg(self.data()));
        if let Err(error) = stopped {
            tracing::warn!("PostgreSQL in {} was not stopped: {error}", self.path().display());
        }
    }
}

/// The programs of the newest installed version.
fn programs() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let folders = fs::read_dir(INSTALLED).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let newest = folders.filter(|path| path.join("bin/initdb").exists()).max_by_key(|path| version(path))?;
    Some(newest.join("bin"))
}

fn output_of(command: &mut Command) -> anyhow::Result<String> {
    let Output { status, stdout, stderr } = command.output()?;
    let program = command.get_program().display();
    anyhow::ensure!(status.success(), "{program} ended with {status}: {}", String::from_utf8_lossy(&stderr));
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}
