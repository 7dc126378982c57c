//! Runs a program to its end and measures its wall time, CPU time and peak memory.

use std::{
    fs::{self, File},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// The interval of reading a child's peak memory. The kernel keeps the peak, so only the last moments can be missed.
const POLL_INTERVAL: Duration = Duration::from_millis(5);
/// `/proc` has CPU times in hundredths of a second on every kernel.
const TICKS_PER_SECOND: f64 = 100.0;
const KIB: u64 = 1_024;

/// Resources that a finished program used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    pub wall: f64,
    pub user: f64,
    pub system: f64,
    pub peak_bytes: u64,
    /// CPU seconds of this process in the same time, which are the simulator's.
    pub simulator: f64,
}

impl Cost {
    pub fn cpu(&self) -> f64 {
        self.user + self.system
    }

    pub fn peak_mb(&self) -> f64 {
        self.peak_bytes as f64 / 1e6
    }
}

/// CPU seconds of this process and of its finished children.
#[derive(Clone, Copy)]
struct Times {
    own: f64,
    children_user: f64,
    children_system: f64,
}

/// Runs the program with its output in files of the folder. Returns its standard output and its cost.
pub fn run(mut command: Command, folder: &Path) -> anyhow::Result<(String, Cost)> {
    let (stdout_path, stderr_path) = (folder.join("stdout"), folder.join("stderr"));
    let before = times()?;
    let started = Instant::now();
    let mut child = command.stdout(File::create(&stdout_path)?).stderr(File::create(&stderr_path)?).spawn()?;
    let mut peak_bytes = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak_bytes = peak(child.id()).unwrap_or(0).max(peak_bytes);
        std::thread::sleep(POLL_INTERVAL);
    };
    let wall = started.elapsed().as_secs_f64();
    let after = times()?;
    let errors = fs::read_to_string(stderr_path)?;
    let program = command.get_program().display();
    anyhow::ensure!(status.success(), "{program} ended with {status}: {}", errors.get(..2_000).unwrap_or(&errors));
    let cost = Cost {
        wall,
        user: after.children_user - before.children_user,
        system: after.children_system - before.children_system,
        peak_bytes,
        simulator: after.own - before.own,
    };
    Ok((fs::read_to_string(stdout_path)?, cost))
}

fn peak(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * KIB)
}

fn times() -> anyhow::Result<Times> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field is the program's name in parentheses, which may contain spaces.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let seconds = |field: usize| -> anyhow::Result<f64> {
        // The list starts with the third field.
        let text = fields.get(field - 3).ok_or_else(|| anyhow::anyhow!("/proc/self/stat has no field {field}"))?;
        Ok(text.parse::<f64>()? / TICKS_PER_SECOND)
    };
    Ok(Times { own: seconds(14)? + seconds(15)?, children_user: seconds(16)?, children_system: seconds(17)? })
}
