//! Compaction: sorts the completed months of the history by instance, together with the earlier months of their
//! quarter.
//!
//! Harvests append the rows of all instances day by day, so the history of one instance is spread over as many places
//! as there are days. After sorting it is in as many places as there are quarters, and lookups hardly slow down as days
//! are added. A row is sorted three times at most. Rows that hold for one day only are sorted by day, once: no question
//! is about all days of one instance. Readers are not affected; only the writer waits.

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

/// Tables that scans append to. The transitions of a scan stay together, those with the same time side by side, because
/// equal neighbors are stored once: sorted by patch they would take a quarter more space.
const BY_SCAN: [Sorted; 2] =
    [("scan", "instance_key, scan_key"), ("transition", "instance_key, scan_key, happened_at, patch_key")];

/// Archives of temporal tables, which are appended to by `until_day`. Updates that share their times stay together.
const BY_MONTH: [Sorted; 2] = [
    ("past_instance_update", "instance_key, first_seen_at, changed_at, installed_at, patch_key"),
    ("past_patch_state", "instance_key, from_day"),
];

/// Archives of what nearly every harvest replaces, and their time. Times of earlier days are apart: the others of a
/// day are close together, and then need few bits.
const BY_DAY: [Sorted; 2] = [
    ("past_instance_ping", "last_ping_at < from_day, from_day, instance_key"),
    ("past_patch_operation", "operation_end_at < from_day, from_day, instance_key"),
];

/// An archived row is valid from `from_day` to the day before `until_day`.
const FROM_MONTH: &str = "date_trunc('month', from_day)::DATE";
const WITHIN_A_MONTH: &str = "date_trunc('month', from_day) = date_trunc('month', until_day - 1)";
const WITHIN_A_DAY: &str = "until_day = from_day + 1";

/// The numbers that slices are ranges of.
const INSTANCE: &str = "instance_key";
const DAY: &str = "from_day - DATE '1970-01-01'";

/// Results of runs, sorted so that those of an account are together, and of a run, because they share its times.
const BY_REQUEST: Sorted = ("invocation", "account_id, region, requested_at, command_id, instance_id");

/// Changed updates are written again, so the current updates of an instance spread over many places too.
const CURRENT: Sorted = ("instance_update", "instance_key, first_seen_at, changed_at, installed_at, patch_key");

/// Updates are sorted by these kinds first: few of millions of updates are pending, and queries for those then read few
/// blocks. The states of each kind are alphabetical neighbors, because DuckDB skips blocks by their minimum and
/// maximum.
const KINDS: [&str; 3] = [
    "state IN {pending_states}",
    "starts_with(state, 'Installed')",
    "state NOT IN {pending_states} AND NOT starts_with(state, 'Installed')",
];

const MONTHS_PER_QUARTER: i8 = 3;

/// The number of rows that are sorted in one transaction, which limits the memory that a sort needs.
const ROWS_PER_SLICE: i64 = 1_000_000;

/// Sorts the rows from before this month that are not sorted yet. Returns whether there were transitions. One slice of
/// the instances is sorted at a time; if this is interrupted between two slices, only the order has changed, and it
/// starts again.
pub fn compact(writer: &mut Writer, now: Timestamp) -> Result<bool, StoreError> {
    compact_in_slices(writer, now, ROWS_PER_SLICE)
}

/// Like [`compact`], with about this number of rows in a slice.
pub fn compact_in_slices(writer: &mut Writer, now: Timestamp, rows_per_slice: i64) -> Result<bool, StoreError> {
    let month = day_of(now).first_of_month();
    let connection = &mut writer.connection;
    let mut sort = || -> duckdb::Result<bool> {
        let (sorted_to, day_from, days_sorted_until) =
            connection.query_row("SELECT scan_key, until_day, day_sorted_until FROM compaction", [], |row| {
                Ok((row.get(0)?, read_day(row, 1)?, read_day(row, 2)?))
            })?;
        if day_from >= month {
            return Ok(false);
        }
        let quarter = day_from.min(first_of_quarter(month.yesterday().unwrap_or(month)));
        let (scan_from, scan_to): (i64, i64) =
            connection
                .query_row(SCANS, params![sorted_to, day(quarter), day(month)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        sort_all(connection, (scan_from, scan_to), (quarter, month), rows_per_slice)?;
        sort_days(connection, quarter.min(days_sorted_until), (days_sorted_until, month), rows_per_slice)?;
        // Should a stored row ever differ from its report, it does so for a month at most.
        connection.execute_batch("UPDATE patch_operation SET updates_hash = NULL")?;
        let sorted = "UPDATE compaction SET scan_key = $1, until_day = $2, day_sorted_until = $2";
        connection.execute(sorted, params![scan_to, day(month)])?;
        Ok(scan_to > sorted_to)
    };
    sort().map_err(StoreError::write("sort a month of the history"))
}

/// Returns the key before the first scan of the quarter, and the last one before this month. `$1` is the last sorted
/// key.
const SCANS: &str = "SELECT
        least($1, coalesce(min(scan_key) FILTER (seen_at >= $2::TIMESTAMP_S) - 1, $1)),
        greatest($1, coalesce(max(scan_key) FILTER (seen_at < $3::TIMESTAMP_S), $1))
    FROM scan";

fn first_of_quarter(day: Date) -> Date {
    let month = (day.month() - 1) / MONTHS_PER_QUARTER * MONTHS_PER_QUARTER + 1;
    day.with().month(month).day(1).build().unwrap_or(day)
}

fn sort_all(
    connection: &mut Connection,
    scans: (i64, i64),
    days: (Date, Date),
    rows_per_slice: i64,
) -> duckdb::Result<()> {
    for sorted in BY_SCAN {
        let condition = format!("scan_key > {} AND scan_key <= {}", scans.0, scans.1);
        sort_by(connection, INSTANCE, sorted, &condition, rows_per_slice)?;
    }
    for sorted in BY_MONTH {
        sort_past(connection, sorted, &archived_within(days), rows_per_slice)?;
    }
    let condition = format!("requested_at >= TIMESTAMP '{}' AND requested_at < TIMESTAMP '{}'", days.0, days.1);
    sort_by_account(connection, BY_REQUEST, &condition, rows_per_slice)?;
    KINDS
        .into_iter()
        .try_for_each(|condition| sort_by(connection, INSTANCE, CURRENT, &expand(condition), rows_per_slice))
}

/// Sorts archived rows that were valid on one day only, day by day. A query as of a day then reads the rows of its day.
/// The few others are sorted like those of other tables, from `longer_from` on.
fn sort_days(
    connection: &mut Connection,
    longer_from: Date,
    days: (Date, Date),
    rows_per_slice: i64,
) -> duckdb::Result<()> {
    for (table, order) in BY_DAY {
        let longer = format!("{} AND NOT {WITHIN_A_DAY}", archived_within((longer_from, days.1)));
        sort_past(connection, (table, "instance_key, from_day"), &longer, rows_per_slice)?;
        let of_one_day = format!("{} AND {WITHIN_A_DAY}", archived_within(days));
        sort_by(connection, DAY, (table, order), &of_one_day, rows_per_slice)?;
    }
    Ok(())
}

/// More rows may still end on the last of these days.
fn archived_within(days: (Date, Date)) -> String {
    format!("until_day >= DATE '{}' AND until_day < DATE '{}'", days.0, days.1)
}

/// Sorts archived rows month by month, after those that were valid in several months. A query as of a day then reads
/// the rows of its month.
fn sort_past(connection: &mut Connection, sorted: Sorted, condition: &str, rows_per_slice: i64) -> duckdb::Result<()> {
    sort_by(connection, INSTANCE, sorted, &format!("{condition} AND NOT {WITHIN_A_MONTH}"), rows_per_slice)?;
    let months =
        format!("SELECT DISTINCT {FROM_MONTH} FROM {} WHERE {condition} AND {WITHIN_A_MONTH} ORDER BY ALL", sorted.0);
    let months: Vec<Date> =
        connection.prepare(&months)?.query_map([], |row| read_day(row, 0))?.collect::<duckdb::Result<_>>()?;
    for month in months {
        let condition = format!("{condition} AND {WITHIN_A_MONTH} AND {FROM_MONTH} = DATE '{month}'");
        sort_by(connection, INSTANCE, sorted, &condition, rows_per_slice)?;
    }
    Ok(())
}

/// Sorts the rows that match the condition, in slices that are ranges of `number`.
fn sort_by(
    connection: &mut Connection,
    number: &str,
    sorted: Sorted,
    condition: &str,
    rows_per_slice: i64,
) -> duckdb::Result<()> {
    let range = format!(
        "SELECT count(*), coalesce(min({number}), 0), coalesce(max({number}), 0) FROM {} WHERE {condition}",
        sorted.0
    );
    let (rows, first, last): (i64, i64, i64) =
        connection.query_row(&range, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let slices = rows / rows_per_slice + 1;
    // Keys are consecutive, and so are days: equal ranges have about the same number of rows.
    let width = (last - first) / slices + 1;
    for slice in 0..slices {
        let from = first + slice * width;
        let condition = format!("{condition} AND {number} >= {from} AND {number} < {}", from + width);
        sort_slice(connection, sorted, &condition)?;
    }
    Ok(())
}

fn sort_by_account(
    connection: &mut Connection,
    sorted: Sorted,
    condition: &str,
    rows_per_slice: i64,
) -> duckdb::Result<()> {
    let count = format!("SELECT count(*) FROM {} WHERE {condition}", sorted.0);
    let rows: i64 = connection.query_row(&count, [], |row| row.get(0))?;
    let slices = rows / rows_per_slice + 1;
    for slice in 0..slices {
        sort_slice(connection, sorted, &format!("{condition} AND hash(account_id) % {slices} = {slice}"))?;
    }
    Ok(())
}

fn sort_slice(connection: &mut Connection, (table, order): Sorted, condition: &str) -> duckdb::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(&format!(
        "CREATE OR REPLACE TEMP TABLE in_order AS SELECT * FROM {table} WHERE {condition} ORDER BY {order};
         DELETE FROM {table} WHERE {condition};
         INSERT INTO {table} BY NAME SELECT * FROM in_order;
         DROP TABLE in_order"
    ))?;
    transaction.commit()?;
    // The next slice is stored where these rows were, instead of at the end of the file. If it fails, a later one succeeds.
    connection.execute_batch("CHECKPOINT").ok();
    Ok(())
}
