//! Facts about this process and its computer.

use std::fs;

const KIB: u64 = 1_024;

/// One line about the computer: its processors and its load.
pub fn computer() -> anyhow::Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism()?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    Ok(format!("{cores} cores, {}; load before {load}.", model.trim_start_matches([' ', '\t', ':'])))
}

/// The peak and the present memory of this process in bytes.
pub fn memory() -> anyhow::Result<(u64, u64)> {
    let status = fs::read_to_string("/proc/self/status")?;
    let bytes = |name: &str| -> anyhow::Result<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim().strip_suffix("kB"));
        let number = number.ok_or_else(|| anyhow::anyhow!("/proc/self/status has no {name}"))?;
        Ok(number.trim().parse::<u64>()? * KIB)
    };
    Ok((bytes("VmHWM:")?, bytes("VmRSS:")?))
}

/// CPU milliseconds of all threads of this process so far. They depend less on other load than wall time does.
pub fn cpu_milliseconds() -> anyhow::Result<f64> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir("/proc/self/task")? {
        // A thread may end while its folder is read.
        let Ok(times) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanoseconds += times.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(nanoseconds as f64 / 1e6)
}
