//! Requests of one harvest of 1,000 instances in one account: Muster's, a naive client's, and the formulas'.

use crate::testbed::{Run, Testbed};
use muster_simulator::GeneratedSpec;
use std::io::Write;

const INSTANCES: usize = 1_000;
/// Updates per instance: of the peers' published measurement, and of the formulas.
const UPDATES: [usize; 2] = [57, 400];
/// Applications per instance, as the formulas assume. GetInventory needs far fewer requests for them.
const APPLICATIONS: usize = 300;
const CHANGED: f64 = 0.05;
/// AWS's largest page.
const PAGE: usize = 50;
/// AWS's largest page of a list of instances.
const LIST_PAGE: usize = 1_000;

/// Formulas for the requests of a harvest. `instances` is the number of all instances.
struct Formula {
    instances: usize,
    updates: usize,
}

impl Formula {
    fn lists(&self) -> usize {
        self.instances.div_ceil(PAGE)
    }

    fn naive(&self) -> usize {
        let each =
            1 + self.updates.div_ceil(PAGE) + (self.updates + 2).div_ceil(PAGE) + APPLICATIONS.div_ceil(PAGE) + 4;
        self.instances.div_ceil(10) + self.instances * each
    }

    fn full(&self) -> usize {
        let each = self.updates.div_ceil(PAGE) + APPLICATIONS.div_ceil(PAGE);
        7 + 4 * self.lists() + (3 * self.instances).div_ceil(PAGE) + self.instances * each
    }

    fn changed(&self, share: f64) -> usize {
        let changed = (self.instances as f64 * share).round() as usize;
        let each = self.updates.div_ceil(PAGE) + APPLICATIONS.div_ceil(PAGE);
        6 + self.instances.div_ceil(LIST_PAGE) + self.lists() + changed.div_ceil(PAGE) + changed * each
    }
}

pub async fn run(output: &mut impl Write) -> anyhow::Result<()> {
    writeln!(
        output,
        "One account, {INSTANCES} instances. *Formula*: calls that the call plan needs for that number of updates each.\n\n\
         | updates each | harvest | calls | formula | calls ÷ formula | naive client | calls ÷ naive |\n\
         |---|---|---|---|---|---|---|"
    )?;
    for updates in UPDATES {
        let formula = Formula { instances: INSTANCES, updates };
        let spec =
            GeneratedSpec { seed: 7, accounts: 1, instances_per_account: INSTANCES, updates_per_instance: updates };
        let testbed = Testbed::new(&spec).await?;
        let first = testbed.muster("ours.duckdb", false, &[]).await?;
        testbed.change(0.0);
        let idle = testbed.muster("ours.duckdb", false, &[]).await?;
        testbed.change(CHANGED);
        let changed = testbed.muster("ours.duckdb", false, &[]).await?;
        let reference_data =
            testbed.muster("ours.duckdb", false, &[("MUSTER_REFERENCE_DATA_INTERVAL_MINUTES", "0")]).await?;
        let full = testbed.muster("ours.duckdb", true, &[]).await?;
        let naive = testbed.python("naive.py", "naive.duckdb", &[]).await?;
        for (harvest, run, needed) in [
            ("idle", idle, formula.changed(0.0)),
            ("5 % changed", changed, formula.changed(CHANGED)),
            ("idle, reference data due", reference_data, formula.changed(0.0)),
            ("first", first, formula.full()),
            ("full", full, formula.full()),
        ] {
            line(output, updates, harvest, &run, needed, &naive)?;
        }
        writeln!(
            output,
            "| {updates} | naive client | {} | {} | {:.2} | {0} | 1 |",
            naive.calls,
            formula.naive(),
            naive.calls as f64 / formula.naive() as f64
        )?;
    }
    Ok(())
}

fn line(
    output: &mut impl Write,
    updates: usize,
    harvest: &str,
    run: &Run,
    formula: usize,
    naive: &Run,
) -> std::io::Result<()> {
    let (calls, theirs) = (run.calls as f64, naive.calls as f64);
    writeln!(
        output,
        "| {updates} | {harvest} | {calls} | {formula} | {:.2} | {theirs} | {:.4} |",
        calls / formula as f64,
        calls / theirs
    )
}
