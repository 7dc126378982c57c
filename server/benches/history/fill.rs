//! Writes the stores: `year.duckdb` with all days, and `quarter.duckdb` with a quarter of them.

use crate::{
    calendar::Calendar,
    estate::Estate,
    process::memory,
    size::{Size, YEAR_DAYS},
    year::{Day, harvest},
};
use duckdb::Connection;
use jiff::Timestamp;
use muster_store::{connection::Store, error::StoreError};
use std::{
    fs,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

pub const YEAR: &str = "year.duckdb";
pub const QUARTER: &str = "quarter.duckdb";
const MONTH_DAYS: i64 = 30;
const QUARTER_DAYS: i64 = 90;
const MB: f64 = 1e6;
/// Tables that grow with the history only.
const HISTORY_TABLES: [&str; 2] = ["transition", "scan"];

/// The number of a table's blocks. Small segments share a block, which is counted for each of their tables.
const BLOCKS: &str = "SELECT count(DISTINCT block_id) FROM pragma_storage_info($1) WHERE block_id >= 0";
const TABLES: &str = "SELECT table_name, estimated_size FROM duckdb_tables() WHERE estimated_size > 0 ORDER BY ALL";
const SIZE: &str = "SELECT block_size, total_blocks, used_blocks FROM pragma_database_size()";

/// The first midnight of a store's days, in seconds.
const FIRST_MIDNIGHT: &str = "SELECT epoch(min(day))::BIGINT FROM account_day";

/// One of several runs that write the data set, because a year at L takes hours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Session {
    pub resumes: bool,
    /// Stops after the day on which this time has passed.
    pub minutes: Option<u64>,
}

pub fn quarter_days(size: Size) -> i64 {
    (size.days * QUARTER_DAYS / YEAR_DAYS).max(1)
}

pub async fn run(output: &mut impl Write, size: Size, folder: &Path, session: Session) -> anyhow::Result<()> {
    let (year, quarter) = (folder.join(YEAR), folder.join(QUARTER));
    for left_over in [&year, &quarter] {
        if !session.resumes && left_over.exists() {
            fs::remove_file(left_over)?;
        }
    }
    let started = Instant::now();
    let is_over = || session.minutes.is_some_and(|minutes| started.elapsed() >= Duration::from_mins(minutes));
    let estate = Estate::new(size)?;
    let mut store = Store::open_on_one_thread(&year)?;
    let (first_day, mut transitions) = store.read("the days before", written_before).await?;
    writeln!(output, "| days | transitions | s per day: mean | longest | store MB | peak memory MB |")?;
    writeln!(output, "|---|---|---|---|---|---|")?;
    let (mut seconds, mut month) = (0.0, Vec::new());
    for day in first_day..size.days {
        let written = harvest(&store, &estate, day).await?;
        transitions += written.transitions;
        seconds += written.seconds;
        month.push(written);
        let ends_here = day == size.days - 1 || is_over();
        if (day + 1) % MONTH_DAYS == 1 || ends_here {
            line(output, day, transitions, &std::mem::take(&mut month), &year)?;
        }
        if day + 1 == quarter_days(size) {
            // Closing the store writes its log into the file.
            drop(store);
            fs::copy(&year, &quarter)?;
            store = Store::open_on_one_thread(&year)?;
        }
        if ends_here {
            break;
        }
    }
    drop(store);
    summary(output, &year, transitions, seconds).await
}

/// The calendar of a store that was written before. None if no day was recorded in it.
pub async fn calendar(store: &Path) -> anyhow::Result<Option<Calendar>> {
    let read = |connection: &Connection| {
        let first = connection.query_row(FIRST_MIDNIGHT, [], |row| row.get::<_, Option<i64>>(0));
        first.map_err(StoreError::read("the first day"))
    };
    let first = Store::open(store)?.read("the first day", read).await?;
    let calendar = |second| anyhow::Ok(Calendar { first_midnight: Timestamp::from_second(second)? });
    first.map(calendar).transpose()
}

/// The numbers of recorded days and of transitions. An incomplete day is written again.
fn written_before(connection: &Connection) -> Result<(i64, u64), StoreError> {
    let sql = "SELECT (SELECT count(DISTINCT day) FROM account_day), (SELECT count(*) FROM transition)";
    let read = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
    read.map_err(StoreError::read("the days before"))
}

fn line(output: &mut impl Write, day: i64, transitions: u64, days: &[Day], store: &Path) -> anyhow::Result<()> {
    let mean = days.iter().map(|day| day.seconds).sum::<f64>() / days.len() as f64;
    let longest = days.iter().map(|day| day.seconds).fold(0.0, f64::max);
    let bytes = fs::metadata(store)?.len() as f64 / MB;
    let peak = memory()?.0 as f64 / MB;
    writeln!(output, "| {} | {transitions} | {mean:.2} | {longest:.2} | {bytes:.1} | {peak:.0} |", day + 1)?;
    Ok(output.flush()?)
}

async fn summary(output: &mut impl Write, path: &Path, transitions: u64, seconds: f64) -> anyhow::Result<()> {
    let file = fs::metadata(path)?.len() as f64;
    let store = Store::open(path)?;
    let read = |connection: &Connection| tables(connection).map_err(StoreError::read("sizes"));
    let (block, total, used, tables) = store.read("sizes", read).await?;
    let each = |blocks: i64| (blocks * block) as f64 / transitions as f64;
    let history =
        tables.iter().filter(|(table, ..)| HISTORY_TABLES.contains(&table.as_str())).map(|(.., blocks)| *blocks).sum();
    writeln!(
        output,
        "\n{seconds:.0} s in the writer. The file has {:.1} MB: **{:.1} bytes per transition**; {:.1} without its free blocks, \
         {:.1} in the tables of transitions and scans.\n",
        file / MB,
        file / transitions as f64,
        each(used),
        each(history)
    )?;
    writeln!(
        output,
        "| table | rows | MB | bytes per row | share of the file's {total} blocks |\n|---|---|---|---|---|"
    )?;
    for (table, rows, blocks) in tables.into_iter().filter(|(_, _, blocks)| *blocks > 1) {
        let bytes = (blocks * block) as f64;
        let (each, share) = (bytes / rows as f64, 100 * blocks / total.max(1));
        writeln!(output, "| {table} | {rows} | {:.1} | {each:.1} | {share} % |", bytes / MB)?;
    }
    Ok(())
}

type Sizes = (i64, i64, i64, Vec<(String, i64, i64)>);

fn tables(connection: &Connection) -> duckdb::Result<Sizes> {
    let (block, total, used) = connection.query_row(SIZE, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let names: Vec<(String, i64)> = connection
        .prepare(TABLES)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<duckdb::Result<_>>()?;
    let blocks = |(table, rows): (String, i64)| {
        let blocks = connection.query_row(BLOCKS, [&table], |row| row.get(0))?;
        Ok((table, rows, blocks))
    };
    Ok((block, total, used, names.into_iter().map(blocks).collect::<duckdb::Result<_>>()?))
}
