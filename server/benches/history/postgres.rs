//! The five main queries against PostgreSQL with the same rows and with indexes.

use crate::{
    cluster::Cluster,
    fill::YEAR,
    fixture::Fixture,
    main_queries::main_queries,
    measure::{Times, run_query, turns},
    size::Size,
};
use duckdb::{AccessMode, Config, Connection};
use std::{fs, io::Write, path::Path, time::Instant};

const TABLES: [&str; 12] = [
    "account",
    "instance",
    "instance_ping",
    "patch_operation",
    "patch_state",
    "patch",
    "instance_update",
    "scan",
    "transition",
    "run",
    "invocation",
    "tag",
];
/// The columns of a table. DuckDB's type of times by the second is a precision in PostgreSQL.
const COLUMNS: &str = "SELECT string_agg(
        column_name || ' ' || replace(data_type, 'TIMESTAMP_S', 'TIMESTAMP(0)'), ', ' ORDER BY column_index)
    FROM duckdb_columns() WHERE table_name = $1";
const MB: f64 = 1e6;

pub async fn run(output: &mut impl Write, size: Size, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(YEAR);
    let cluster = Cluster::start()?;
    match &cluster {
        Some(cluster) => {
            let started = Instant::now();
            fill(cluster, &path, folder)?;
            let bytes: f64 = cluster.sql("SELECT pg_database_size(current_database())")?.trim().parse()?;
            writeln!(
                output,
                "PostgreSQL {}: filled, indexed and analysed in {:.0} s; {:.0} MB, the store {:.0} MB.\n",
                cluster.version()?,
                started.elapsed().as_secs_f64(),
                bytes / MB,
                fs::metadata(&path)?.len() as f64 / MB
            )?;
        }
        None => writeln!(output, "PostgreSQL is not installed (Debian: `postgresql`), so it was skipped.\n")?,
    }
    writeln!(
        output,
        "Milliseconds, p50 (p95), run alternately. *By hand*: the shortest SQL for the same rows, the same text in both.\n\n\
         | query | Muster | by hand in DuckDB | Muster ÷ by hand | PostgreSQL | **PostgreSQL ÷ Muster** |\n\
         |---|---|---|---|---|---|"
    )?;
    let fixture = Fixture::open(&path, size, size.days).await?;
    for query in main_queries(&fixture)? {
        let (mut ours, mut bare, mut theirs) = (Times::default(), Times::default(), Times::default());
        for (turn, counts) in turns() {
            let by_hand = fixture.literals.by_hand(query.by_hand, fixture.subject(turn));
            let one = run_query(&fixture, &query.portal, turn).await?;
            let other = fixture.run(vec![by_hand.clone()]).await?;
            let third = cluster.as_ref().map(|cluster| timed(cluster, &by_hand)).transpose()?;
            if turn == 0
                && let Some(cluster) = &cluster
            {
                let (ours, theirs) = (fixture.rows(&by_hand).await?, cluster.sql(&by_hand)?);
                anyhow::ensure!(ours == theirs.lines().collect::<Vec<_>>(), "{}: answers differ", query.name);
            }
            if counts {
                ours.add(one);
                bare.add(other);
                third.into_iter().for_each(|milliseconds| theirs.add(milliseconds));
            }
        }
        let show = |times: &Times| format!("{:.1} ({:.1})", times.p50(), times.p95());
        writeln!(
            output,
            "| {} | {} | {} | {:.2} | {} | **{:.1}** |",
            query.name,
            show(&ours),
            show(&bare),
            ours.p50() / bare.p50(),
            show(&theirs),
            theirs.p50() / ours.p50()
        )?;
    }
    Ok(())
}

/// The milliseconds of a statement in the server, planning included.
fn timed(cluster: &Cluster, sql: &str) -> anyhow::Result<f64> {
    let sql = format!("SELECT timed($timed${sql}$timed$)");
    Ok(cluster.sql(&sql)?.trim().parse()?)
}

fn fill(cluster: &Cluster, store: &Path, folder: &Path) -> anyhow::Result<()> {
    let store = Connection::open_with_flags(store, Config::default().access_mode(AccessMode::ReadOnly)?)?;
    let csv = folder.join("table.csv");
    for table in TABLES {
        let columns: String = store.query_row(COLUMNS, [table], |row| row.get(0))?;
        cluster.sql(&format!("CREATE TABLE {table} ({columns})"))?;
        store.execute_batch(&format!("COPY {table} TO '{}' (HEADER false, NULLSTR '\\N')", csv.display()))?;
        cluster.copy(table, &csv)?;
    }
    fs::remove_file(&csv)?;
    cluster.script(include_str!("postgres/indexes.sql"))
}
