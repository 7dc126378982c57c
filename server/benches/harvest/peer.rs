//! CPU time, memory and wall time, compared with a careful boto3 + DuckDB script on the same simulator.

use crate::{
    Options,
    testbed::{Run, Testbed, median},
};
use muster_simulator::GeneratedSpec;
use std::io::Write;

const ESTATES: [GeneratedSpec; 2] = [
    GeneratedSpec { seed: 7, accounts: 1, instances_per_account: 1_000, updates_per_instance: 57 },
    GeneratedSpec { seed: 7, accounts: 100, instances_per_account: 100, updates_per_instance: 57 },
];
const CHANGED: f64 = 0.05;
const SCRIPT: &str = "boto3_duckdb.py";
const OURS: &str = "ours.duckdb";
const THEIRS: &str = "theirs.duckdb";

/// The same harvests by Muster and by the script.
#[derive(Default)]
struct Pair {
    ours: Vec<Run>,
    theirs: Vec<Run>,
}

pub async fn run(output: &mut impl Write, options: &Options) -> anyhow::Result<()> {
    writeln!(
        output,
        "Medians of {} runs. CPU is user + system of the harvesting process alone; ratios are the script's ÷ Muster's.\n\n\
         | accounts × instances × updates | harvest | CPU s | script's | **CPU ratio** | s | script's | ratio \
         | calls | script's | peak MB | script's | simulator's CPU s |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|",
        options.repeat
    )?;
    for spec in ESTATES {
        let testbed = Testbed::new(&spec).await?;
        let (mut first, mut changed, mut idle) = (Pair::default(), Pair::default(), Pair::default());
        for _ in 0..options.repeat {
            testbed.delete_store(OURS);
            testbed.delete_store(THEIRS);
            both(&testbed, &mut first, &[]).await?;
        }
        for _ in 0..options.repeat {
            testbed.change(CHANGED);
            both(&testbed, &mut changed, &["--incremental"]).await?;
            both(&testbed, &mut idle, &["--incremental"]).await?;
        }
        for (harvest, pair) in [("first", first), ("5 % changed", changed), ("idle", idle)] {
            line(output, &spec, harvest, pair)?;
        }
    }
    Ok(())
}

async fn both(testbed: &Testbed, pair: &mut Pair, more: &[&str]) -> anyhow::Result<()> {
    pair.ours.push(testbed.muster(OURS, false, &[]).await?);
    pair.theirs.push(testbed.python(SCRIPT, THEIRS, more).await?);
    Ok(())
}

fn line(output: &mut impl Write, spec: &GeneratedSpec, harvest: &str, pair: Pair) -> anyhow::Result<()> {
    let (ours, theirs) = (median(pair.ours)?, median(pair.theirs)?);
    writeln!(
        output,
        "| {} × {} × {} | {harvest} | {:.2} ({:.2} + {:.2}) | {:.2} ({:.2} + {:.2}) | **{:.1}** | {:.2} | {:.2} | {:.1} \
         | {} | {} | {:.0} | {:.0} | {:.2} |",
        spec.accounts,
        spec.instances_per_account,
        spec.updates_per_instance,
        ours.cost.cpu(),
        ours.cost.user,
        ours.cost.system,
        theirs.cost.cpu(),
        theirs.cost.user,
        theirs.cost.system,
        theirs.cost.cpu() / ours.cost.cpu(),
        ours.cost.wall,
        theirs.cost.wall,
        theirs.cost.wall / ours.cost.wall,
        ours.calls,
        theirs.calls,
        ours.cost.peak_mb(),
        theirs.cost.peak_mb(),
        ours.cost.simulator
    )?;
    Ok(())
}
