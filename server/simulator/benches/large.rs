//! What the estate `large` costs: time to make it, memory, and time for one answer of each kind, without the network.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use muster_simulator::{Estate, estate_named};

/// Machines whose rows are worked out for one figure.
const MACHINES: usize = 10_000;

fn main() -> std::io::Result<()> {
    let mut output = std::io::stdout();
    let started = Instant::now();
    let estate = estate_named("large", None);
    let Some(mut estate) = estate else { return Ok(()) };
    let machines: usize = estate.sites().map(|site| site.instances.len()).sum();
    writeln!(output, "{machines} machines in {:.2} s, {} MB resident", started.elapsed().as_secs_f64(), resident())?;
    let reports = estate.sites().flat_map(|site| &site.instances).filter_map(|one| one.report.as_ref());
    let started = Instant::now();
    let rows: usize = reports.take(MACHINES).map(|report| report.rows().len()).sum();
    let each = started.elapsed() / MACHINES as u32;
    writeln!(output, "{} rows of a machine in {:.1} µs", rows / MACHINES, micros(each))?;
    let started = Instant::now();
    estate.change(0.05);
    writeln!(output, "a change of 5 % in {:.0} ms", started.elapsed().as_secs_f64() * 1_000.0)?;
    writeln!(output, "{} MB resident at the end", resident())?;
    drop::<Estate>(estate);
    Ok(())
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000_000.0
}

/// Of this process, where the system tells it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    kilobytes.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1_000
}
