//! Growth of a harvest's cost with the estate: accounts of 100 instances with 150 updates each.

use crate::{
    Options,
    testbed::{Run, Testbed},
};
use muster_simulator::GeneratedSpec;
use std::io::Write;

const CHANGED: f64 = 0.05;
const STORE: &str = "ours.duckdb";

/// One harvest of an estate and the size of the store after it.
struct Measured {
    harvest: &'static str,
    run: Run,
    store_bytes: u64,
}

pub async fn run(output: &mut impl Write, options: &Options) -> anyhow::Result<()> {
    writeln!(
        output,
        "*Growth* is that of time, peak memory and store, divided by the growth in instances since the previous line \
         of the same harvest: 1 is proportional.\n\n\
         | instances | harvest | s | calls | calls/s | rows | rows/s | Muster's CPU s | simulator's (share of all cores) \
         | peak MB | store MB | growth: time | memory | store |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    )?;
    let mut smaller: Option<(usize, Vec<Measured>)> = None;
    for &accounts in &options.large_accounts {
        let spec = GeneratedSpec { accounts, ..GeneratedSpec::LARGE };
        let instances = accounts * spec.instances_per_account;
        let testbed = Testbed::new(&spec).await?;
        let mut all = Vec::new();
        for (harvest, share) in [("first", None), ("idle", Some(0.0)), ("5 % changed", Some(CHANGED))] {
            if let Some(share) = share {
                testbed.change(share);
            }
            let run = testbed.muster(STORE, false, &[]).await?;
            let store_bytes = std::fs::metadata(testbed.path(STORE))?.len();
            let measured = Measured { harvest, run, store_bytes };
            let before = smaller.as_ref().and_then(|(count, runs)| Some((*count, runs.get(all.len())?)));
            line(output, instances, &measured, before)?;
            all.push(measured);
        }
        smaller = Some((instances, all));
    }
    Ok(())
}

fn line(
    output: &mut impl Write,
    instances: usize,
    measured: &Measured,
    before: Option<(usize, &Measured)>,
) -> anyhow::Result<()> {
    let Measured { harvest, run, store_bytes } = measured;
    let cost = run.cost;
    let cores = std::thread::available_parallelism()?.get() as f64;
    let growth = before.map_or("| |".to_owned(), |(fewer, before)| {
        let times = instances as f64 / fewer as f64;
        format!(
            "{:.2} | {:.2} | {:.2}",
            cost.wall / before.run.cost.wall / times,
            cost.peak_mb() / before.run.cost.peak_mb() / times,
            *store_bytes as f64 / before.store_bytes as f64 / times
        )
    });
    writeln!(
        output,
        "| {instances} | {harvest} | {:.1} | {} | {:.0} | {} | {:.0} | {:.1} | {:.1} ({:.0} %) | {:.0} | {:.1} | {growth} |",
        cost.wall,
        run.calls,
        run.calls as f64 / cost.wall,
        run.rows,
        run.rows as f64 / cost.wall,
        cost.cpu(),
        cost.simulator,
        100.0 * cost.simulator / (cost.wall * cores),
        cost.peak_mb(),
        *store_bytes as f64 / 1e6
    )?;
    Ok(output.flush()?)
}
