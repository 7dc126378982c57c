//! The time in which pages get their rows: without writing, and during harvests without a pause.

use crate::{
    estate::Estate,
    fill::YEAR,
    fixture::Fixture,
    measure::{Compared, with_statements, without_statements},
    past_days::past_day_queries,
    process::memory,
    queries::queries,
    size::Size,
    year::harvest,
};
use std::{
    fs,
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Days are added to a copy, so that the store of the year does not change.
const COPY: &str = "reports.duckdb";
const MB: f64 = 1e6;

pub async fn run(output: &mut impl Write, size: Size, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(COPY);
    fs::copy(folder.join(YEAR), &path)?;
    let result = measure(output, size, &path).await;
    fs::remove_file(&path)?;
    result
}

async fn measure(output: &mut impl Write, size: Size, path: &Path) -> anyhow::Result<()> {
    let fixture = Fixture::open(path, size, size.days).await?;
    let queries = queries(fixture.literals);
    let mut idle: Vec<Compared> = Vec::with_capacity(queries.len());
    for query in &queries {
        idle.push(with_statements(&fixture, query).await?);
    }
    let (peak_idle, _) = memory()?;

    let is_over = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn(write_days(fixture.clone(), size, is_over.clone()));
    let mut busy = Vec::with_capacity(queries.len());
    for query in &queries {
        busy.push(without_statements(&fixture, query).await?);
    }
    is_over.store(true, Ordering::Relaxed);
    let (days, seconds) = writing.await??;

    writeln!(
        output,
        "*Its SQL*: the same statements with literals, one after the other on one connection, alternating with the page. \
         *CPU*: mean over all threads. \
         *Writing*: measured while {days} days were harvested without a pause ({:.1} s of writing each).\n\n\
         | query | p50 ms | p95 ms | CPU ms | its SQL p50 | **÷ its SQL** | writing p50 | p95 | **p95 ÷ idle p95** |\n\
         |---|---|---|---|---|---|---|---|---|",
        seconds / days as f64
    )?;
    for ((query, Compared { portal, cpu, bare }), busy) in queries.iter().zip(&idle).zip(&busy) {
        writeln!(
            output,
            "| `{}` | {:.1} | {:.1} | {:.1} | {:.1} | **{:.2}** | {:.1} | {:.1} | **{:.2}** |",
            query.name,
            portal.p50(),
            portal.p95(),
            cpu.mean(),
            bare.p50(),
            portal.p50() / bare.p50(),
            busy.p50(),
            busy.p95(),
            busy.p95() / portal.p95()
        )?;
    }
    writeln!(output, "\n| query for a past day | p50 ms | p95 ms |\n|---|---|---|")?;
    for query in past_day_queries(fixture.literals.today(), size.days) {
        let portal = without_statements(&fixture, &query).await?;
        writeln!(output, "| `{}` | {:.1} | {:.1} |", query.name, portal.p50(), portal.p95())?;
    }
    let (peak, _) = memory()?;
    writeln!(
        output,
        "\nPeak memory of the process: {:.0} MB reading, {:.0} MB with harvests in the same process (their generation included).",
        peak_idle as f64 / MB,
        peak as f64 / MB
    )?;
    Ok(())
}

/// Harvests further days until `is_over`. Returns the number of days and the seconds of writing.
async fn write_days(fixture: Arc<Fixture>, size: Size, is_over: Arc<AtomicBool>) -> anyhow::Result<(i64, f64)> {
    let estate = Estate::new(size)?;
    let (mut days, mut seconds) = (0, 0.0);
    while !is_over.load(Ordering::Relaxed) {
        seconds += harvest(&fixture.store, &estate, size.days + days).await?.seconds;
        days += 1;
    }
    Ok((days, seconds))
}
