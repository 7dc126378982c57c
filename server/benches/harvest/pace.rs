//! Harvest time if AWS allows five calls per second for each (account, Region, operation), compared with the least time
//! for the calls of the slowest of these buckets.

use crate::{Options, testbed::Testbed};
use muster_simulator::GeneratedSpec;
use std::{collections::HashMap, io::Write};

const LIMIT_PER_SECOND: f64 = 5.0;
/// With two pages of updates each, the slowest bucket of an account needs two minutes.
const INSTANCES: usize = 300;
const UPDATES: usize = 57;

pub async fn run(output: &mut impl Write, options: &Options) -> anyhow::Result<()> {
    writeln!(
        output,
        "First harvests of accounts with {INSTANCES} instances and {UPDATES} updates each, all accounts at once, with \
         {LIMIT_PER_SECOND} calls per second for each account, Region and operation.\n\n\
         | accounts | s | calls of the slowest bucket ÷ {LIMIT_PER_SECOND}/s | **ratio** | calls/s | refused \
         | Muster's CPU s | simulator's | share of all cores | peak MB |\n\
         |---|---|---|---|---|---|---|---|---|---|"
    )?;
    for &accounts in &options.pace_accounts {
        let (instances_per_account, updates_per_instance) = (INSTANCES, UPDATES);
        let testbed =
            Testbed::new(&GeneratedSpec { seed: 7, accounts, instances_per_account, updates_per_instance }).await?;
        testbed.simulator.set_rate_limit(Some(LIMIT_PER_SECOND));
        let all = accounts.to_string();
        let settings = [("MUSTER_CALLS_PER_SECOND", "5"), ("MUSTER_HARVEST_CONCURRENCY", all.as_str())];
        let run = testbed.muster("ours.duckdb", false, &settings).await?;
        let (mut answered, mut refused) = (HashMap::<_, u64>::new(), 0_u64);
        for call in testbed.simulator.calls() {
            if call.status == 200 {
                *answered.entry((call.systems_account, call.region, call.operation)).or_default() += 1;
            } else {
                refused += 1;
            }
        }
        let slowest = answered.values().max().copied().unwrap_or(0) as f64 / LIMIT_PER_SECOND;
        let cores = std::thread::available_parallelism()?.get() as f64;
        let cost = run.cost;
        writeln!(
            output,
            "| {accounts} | {:.1} | {slowest:.1} | **{:.2}** | {:.0} | {:.2} % | {:.1} | {:.1} | {:.0} % | {:.0} |",
            cost.wall,
            cost.wall / slowest,
            run.calls as f64 / cost.wall,
            100.0 * refused as f64 / run.calls as f64,
            cost.cpu(),
            cost.simulator,
            100.0 * (cost.cpu() + cost.simulator) / (cost.wall * cores),
            cost.peak_mb()
        )?;
    }
    Ok(())
}
