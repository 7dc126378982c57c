//! Puts the months of the history that are over in the order of instances, together with those before them in their
//! quarter.
//!
//! Harvests append a day's rows of all instances after the day before's, so that one instance's history lies in as many
//! places as there were days; sorted so it lies in as many as there were quarters, and look-ups hardly grow with the
//! days. A row is sorted three times at most. Readers go on with the rows as they were when they began; only the writer
//! waits.

use super::{
    connection::Writer,
    error::StoreError,
    value::{day, day_of, read_day},
};
use duckdb::{Connection, params};
use jiff::{Timestamp, civil::Date};
use muster_metrics::definitions::expand;

/// A table and its order.
type Sorted = (&'static str, &'static str);

/// Tables that are appended to by scans. What a scan found stays together, as it has its time in common:
/// in the order of patches a transition would take a quarter more room.
const BY_SCAN: [Sorted; 2] = [("scan", "instance_key, scan_key"), ("transition", "instance_key, scan_key, patch_key")];

/// Tables of the past, which are appended to by the day on which rows ended.
const BY_DAY: [Sorted; 4] = [
    ("past_instance_ping", "instance_key, from_day"),
    ("past_instance_update", "instance_key, patch_key, from_day"),
    ("past_patch_operation", "instance_key, from_day"),
    ("past_patch_state", "instance_key, from_day"),
];

/// A row of the past is shown on the days from `from_day` to the one before `until_day`.
const FROM_MONTH: &str = "date_trunc('month', from_day)::DATE";
const WITHIN_A_MONTH: &str = "date_trunc('month', from_day) = date_trunc('month', until_day - 1)";

/// Results of runs, and the order that keeps those of an instance, and of an account, together.
const BY_REQUEST: Sorted = ("invocation", "account_id, region, instance_id, requested_at");

/// Of an instance's updates those are written again that changed, so that after a while they lie in many places too.
const PRESENT: Sorted = ("instance_update", "instance_key, patch_key");

/// Those of a kind lie together: of millions of updates few are pending, and whoever asks for these reads little else.
/// The states of each kind follow each other in the alphabet, which is what DuckDB knows of a block before it reads it.
const KINDS: [&str; 3] = [
    "state IN {pending_states}",
    "starts_with(state, 'Installed')",
    "state NOT IN {pending_states} AND NOT starts_with(state, 'Installed')",
];

const MONTHS_A_QUARTER: i8 = 3;

/// Rows that are sorted in one transaction: what a sort takes of memory goes with them.
const ROWS_PER_SLICE: i64 = 1_000_000;

/// Sorts what came in before this month and is not sorted yet. Says whether there were transitions. A slice of the
/// instances is sorted at a time; whoever is broken off between two has changed nothing but the order, and begins anew.
pub fn compact(writer: &mut Writer, now: Timestamp) -> Result<bool, StoreError> {
    compact_in_slices(writer, now, ROWS_PER_SLICE)
}

/// The same, with as many rows a slice as it is told.
pub fn compact_in_slices(writer: &mut Writer, now: Timestamp, rows_per_slice: i64) -> Result<bool, StoreError> {
    let month = day_of(now).first_of_month();
    let connection = &mut writer.connection;
    let mut sort = || -> duckdb::Result<bool> {
        let (sorted_to, day_from) = connection
            .query_row("SELECT scan_key, until_day FROM compaction", [], |row| Ok((row.get(0)?, read_day(row, 1)?)))?;
        if day_from >= month {
            return Ok(false);
        }
        let quarter = day_from.min(first_of_quarter(month.yesterday().unwrap_or(month)));
        let (scan_from, scan_to): (i64, i64) =
            connection
                .query_row(SCANS, params![sorted_to, day(quarter), day(month)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        sort_all(connection, (scan_from, scan_to), (quarter, month), rows_per_slice)?;
        // Should a row ever have come to say something else than its scan did, it does so for a month at most.
        connection.execute_batch("UPDATE patch_operation SET updates_hash = NULL")?;
        connection.execute("UPDATE compaction SET scan_key = $1, until_day = $2", params![scan_to, day(month)])?;
        Ok(scan_to > sorted_to)
    };
    sort().map_err(StoreError::write("put a month of the history in order"))
}

/// The key before the quarter's first scan, and the last one before this month; `$1` is the last that is sorted.
const SCANS: &str = "SELECT
        least($1, coalesce(min(scan_key) FILTER (seen_at >= $2::TIMESTAMP_S) - 1, $1)),
        greatest($1, coalesce(max(scan_key) FILTER (seen_at < $3::TIMESTAMP_S), $1))
    FROM scan";

fn first_of_quarter(day: Date) -> Date {
    let month = (day.month() - 1) / MONTHS_A_QUARTER * MONTHS_A_QUARTER + 1;
    day.with().month(month).day(1).build().unwrap_or(day)
}

fn sort_all(
    connection: &mut Connection,
    scans: (i64, i64),
    days: (Date, Date),
    rows_per_slice: i64,
) -> duckdb::Result<()> {
    for sorted in BY_SCAN {
        let these = format!("scan_key > {} AND scan_key <= {}", scans.0, scans.1);
        sort_by_key(connection, sorted, &these, rows_per_slice)?;
    }
    for sorted in BY_DAY {
        // On the first of this month more rows may still end.
        let these = format!("until_day >= DATE '{}' AND until_day < DATE '{}'", days.0, days.1);
        sort_past(connection, sorted, &these, rows_per_slice)?;
    }
    let these = format!("requested_at >= TIMESTAMP '{}' AND requested_at < TIMESTAMP '{}'", days.0, days.1);
    sort_by_account(connection, BY_REQUEST, &these, rows_per_slice)?;
    KINDS.into_iter().try_for_each(|these| sort_by_key(connection, PRESENT, &expand(these), rows_per_slice))
}

/// Month by month, those first that were there in more than one: who asks for a day then reads its month's.
fn sort_past(connection: &mut Connection, sorted: Sorted, these: &str, rows_per_slice: i64) -> duckdb::Result<()> {
    sort_by_key(connection, sorted, &format!("{these} AND NOT {WITHIN_A_MONTH}"), rows_per_slice)?;
    let months =
        format!("SELECT DISTINCT {FROM_MONTH} FROM {} WHERE {these} AND {WITHIN_A_MONTH} ORDER BY ALL", sorted.0);
    let months: Vec<Date> =
        connection.prepare(&months)?.query_map([], |row| read_day(row, 0))?.collect::<duckdb::Result<_>>()?;
    for month in months {
        let these = format!("{these} AND {WITHIN_A_MONTH} AND {FROM_MONTH} = DATE '{month}'");
        sort_by_key(connection, sorted, &these, rows_per_slice)?;
    }
    Ok(())
}

fn sort_by_key(connection: &mut Connection, sorted: Sorted, these: &str, rows_per_slice: i64) -> duckdb::Result<()> {
    let range = format!(
        "SELECT count(*), coalesce(min(instance_key), 0), coalesce(max(instance_key), 0) FROM {} WHERE {these}",
        sorted.0
    );
    let (rows, first, last): (i64, i64, i64) =
        connection.query_row(&range, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let slices = rows / rows_per_slice + 1;
    // Keys are given out one after the other, so that equal ranges of them hold about as many rows.
    let width = (last - first) / slices + 1;
    for slice in 0..slices {
        let from = first + slice * width;
        let these = format!("{these} AND instance_key >= {from} AND instance_key < {}", from + width);
        sort_slice(connection, sorted, &these)?;
    }
    Ok(())
}

fn sort_by_account(
    connection: &mut Connection,
    sorted: Sorted,
    these: &str,
    rows_per_slice: i64,
) -> duckdb::Result<()> {
    let count = format!("SELECT count(*) FROM {} WHERE {these}", sorted.0);
    let rows: i64 = connection.query_row(&count, [], |row| row.get(0))?;
    let slices = rows / rows_per_slice + 1;
    for slice in 0..slices {
        sort_slice(connection, sorted, &format!("{these} AND hash(account_id) % {slices} = {slice}"))?;
    }
    Ok(())
}

fn sort_slice(connection: &mut Connection, (table, order): Sorted, these: &str) -> duckdb::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(&format!(
        "CREATE OR REPLACE TEMP TABLE in_order AS SELECT * FROM {table} WHERE {these} ORDER BY {order};
         DELETE FROM {table} WHERE {these};
         INSERT INTO {table} SELECT * FROM in_order;
         DROP TABLE in_order"
    ))?;
    transaction.commit()
}
