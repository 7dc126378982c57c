//! Writing harvests into the store, compared with DuckDB's bare appender for the rows that are stored afterwards.

use crate::{Options, testbed::Testbed};
use duckdb::{Connection, appender_params_from_iter, types::Value};
use muster_collect::{
    flow::Flow,
    pull::{Plan, pull},
    row_budget::RowBudget,
};
use muster_core::{clock::FixedClock, snapshot::Snapshot};
use muster_harvest::round::{Harvester, targets_of};
use muster_server::command::simulate;
use muster_simulator::GeneratedSpec;
use muster_store::{connection::Store, write::batches};
use std::{
    io::Write,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

const ESTATES: [GeneratedSpec; 3] = [
    GeneratedSpec { seed: 7, accounts: 1, instances_per_account: 1_000, updates_per_instance: 57 },
    GeneratedSpec { seed: 7, accounts: 20, instances_per_account: 100, updates_per_instance: 150 },
    GeneratedSpec { seed: 7, accounts: 100, instances_per_account: 10, updates_per_instance: 57 },
];
const CHANGED: f64 = 0.05;
const PULL_TIME_MAX: Duration = Duration::from_secs(600);
/// The tables that a harvest fills, without those of the roster and of days.
const TABLES: &str = "
    SELECT table_name FROM duckdb_tables()
    WHERE table_name NOT IN ('customer', 'account', 'account_region', 'account_day') AND estimated_size > 0
    ORDER BY table_name";

type Rows = Vec<Vec<Value>>;

pub async fn run(output: &mut impl Write, options: &Options) -> anyhow::Result<()> {
    writeln!(
        output,
        "Medians of {} runs. *Bare*: the same rows, appended to empty tables in one transaction for each estate.\n\n\
         | harvests × instances × updates | rows stored | rows/s | bare rows/s | **ratio** | ms per first harvest \
         | 5 % changed | idle | idle, stored separately |\n\
         |---|---|---|---|---|---|---|---|---|",
        options.repeat
    )?;
    for spec in ESTATES {
        let testbed = Testbed::new(&spec).await?;
        let clock = Arc::new(FixedClock::at(testbed.estate.read().unwrap_or_else(PoisonError::into_inner).now()));
        let harvester =
            simulate::harvester(&testbed.estate, &testbed.simulator, Store::in_memory()?, clock.clone()).await?;
        let (mut ours, mut bare, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut idle, mut idle_separate) = (Vec::new(), Vec::new());
        let mut stored = 0;
        for _ in 0..options.repeat {
            testbed.delete_store("ours.duckdb");
            testbed.delete_store("bare.duckdb");
            let harvester = Harvester { store: Store::open(&testbed.path("ours.duckdb"))?, ..harvester.clone() };
            sync_roster(&harvester).await?;
            let first = snapshots(&harvester).await?;
            ours.push(write(&harvester.store, batches(first)).await?);
            let tables = harvester.store.write("all rows", |writer| Ok(tables(writer.connection()))).await??;
            stored = tables.iter().map(|(_, rows)| rows.len()).sum();
            bare.push(append(&Store::open(&testbed.path("bare.duckdb"))?, tables).await?);
            idle.push(write(&harvester.store, batches(snapshots(&harvester).await?)).await?);
            let separate = snapshots(&harvester).await?.into_iter().map(|one| vec![one]).collect();
            idle_separate.push(write(&harvester.store, separate).await?);
            testbed.change(CHANGED);
            clock.set(testbed.estate.read().unwrap_or_else(PoisonError::into_inner).now());
            changed.push(write(&harvester.store, batches(snapshots(&harvester).await?)).await?);
        }
        let (ours, bare) = (median(ours), median(bare));
        let each = |seconds: f64| 1_000.0 * seconds / spec.accounts as f64;
        writeln!(
            output,
            "| {} × {} × {} | {stored} | {:.0} | {:.0} | **{:.2}** | {:.1} | {:.1} | {:.1} | {:.1} |",
            spec.accounts,
            spec.instances_per_account,
            spec.updates_per_instance,
            stored as f64 / ours,
            stored as f64 / bare,
            bare / ours,
            each(ours),
            each(median(changed)),
            each(median(idle)),
            each(median(idle_separate))
        )?;
    }
    Ok(())
}

async fn sync_roster(harvester: &Harvester) -> anyhow::Result<()> {
    let (accounts, now) = (harvester.all_accounts().await?, harvester.clock.now());
    Ok(harvester.store.write("the roster", move |writer| muster_store::roster::sync(writer, &accounts, now)).await?)
}

/// Pulls every account, one after the other, without writing.
async fn snapshots(harvester: &Harvester) -> anyhow::Result<Vec<Snapshot>> {
    let mut snapshots = Vec::new();
    // Every harvest is one slice.
    let (flow, _slices) = Flow::new(RowBudget::new(usize::MAX), Duration::MAX);
    for target in harvester.accounts.iter().flat_map(targets_of) {
        let (account, region, now) = (target.account_id.clone(), target.region.clone(), harvester.clock.now());
        let read = harvester
            .store
            .read("what is known", move |reader| muster_store::known::known(reader, &account, &region, now, now));
        let known = read.await?;
        let deadline = tokio::time::Instant::now() + PULL_TIME_MAX;
        let (reference_data_interval, patch_documents) =
            (harvester.reference_data_interval, &harvester.patch_documents);
        let plan = Plan { full: false, reference_data_interval, patch_documents, deadline, flow: &flow };
        let snapshot = pull(&harvester.connector, &target, &known, plan, harvester.clock.as_ref()).await.snapshot;
        anyhow::ensure!(snapshot.errors.is_empty(), "{:?}", snapshot.errors);
        snapshots.push(snapshot);
    }
    Ok(snapshots)
}

/// Writes the batches of snapshots. Returns the seconds.
async fn write(store: &Store, batches: Vec<Vec<Snapshot>>) -> anyhow::Result<f64> {
    let work = move |writer: &mut muster_store::connection::Writer| {
        let started = Instant::now();
        for batch in &batches {
            for stored in muster_store::write::write(writer, batch)? {
                stored?;
            }
        }
        Ok(started.elapsed().as_secs_f64())
    };
    Ok(store.write("harvests", work).await?)
}

/// The rows that harvests stored, by table.
fn tables(connection: &Connection) -> duckdb::Result<Vec<(String, Rows)>> {
    let names: Vec<String> =
        connection.prepare(TABLES)?.query_map([], |row| row.get(0))?.collect::<duckdb::Result<_>>()?;
    let rows = |name: String| {
        let mut statement = connection.prepare(&format!("SELECT * FROM {name}"))?;
        let mut found = statement.query([])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let columns = row.as_ref().column_count();
            rows.push((0..columns).map(|column| row.get(column)).collect::<duckdb::Result<_>>()?);
        }
        Ok((name, rows))
    };
    names.into_iter().map(rows).collect()
}

/// Appends the rows without conversion. Returns the seconds.
async fn append(store: &Store, tables: Vec<(String, Rows)>) -> anyhow::Result<f64> {
    let work = move |writer: &mut muster_store::connection::Writer| {
        let mut append = || -> duckdb::Result<f64> {
            let started = Instant::now();
            let transaction = writer.connection().transaction()?;
            for (name, rows) in &tables {
                let mut appender = transaction.appender(name)?;
                for row in rows {
                    appender.append_row(appender_params_from_iter(row))?;
                }
                appender.flush()?;
            }
            transaction.commit()?;
            Ok(started.elapsed().as_secs_f64())
        };
        Ok(append())
    };
    Ok(store.write("bare rows", work).await??)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
