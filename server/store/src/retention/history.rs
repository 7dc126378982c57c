//! Retention of the history. By default nothing is dropped.
//!
//! The *horizon*, `retention.kept_since`, is the first day with a complete history, and only moves forward. Current
//! data and all days from the horizon on stay unchanged; histories, trends and times to patch begin at the horizon. Of
//! the older transitions those are kept that later transitions and current rows continue from, so that the integrity
//! checks (`integrity.rs`) hold for the remaining rows.

use super::super::{
    connection::{Store, Writer},
    error::StoreError,
    temporal::TEMPORAL_TABLES,
    value::{day, day_of, read_day_option, start_of, time},
};
use duckdb::Connection;
use jiff::{SignedDuration, Timestamp, civil::Date};
use muster_metrics::{Limits, definitions::expand};

const DROP_TRANSITIONS: &str = include_str!("drop_transitions.sql");
const ZERO_DAYS: &str = include_str!("zero_days.sql");

/// The first scan from which all scans are kept, and at least that of the last drop. Scans of one day may be stored
/// after the first ones of the next day.
const FIRST_SCAN: &str = "
    SELECT greatest((SELECT scan_key FROM retention), coalesce(min(scan_key) FILTER (seen_at >= $1), max(scan_key) + 1, 0))
    FROM scan";

/// Drops results of runs, then outputs without a result and runs without a result. `{past}` is empty or `past_`. A row
/// without a time is as old as its `from_day`.
const DROP_RUNS: [&str; 3] = [
    "DELETE FROM {past}invocation WHERE coalesce(requested_at, from_day::TIMESTAMP) < $1",
    "DELETE FROM {past}invocation_output o WHERE o.read_at < $1 AND NOT EXISTS (
         SELECT 1 FROM {past}invocation v
         WHERE v.account_id = o.account_id AND v.region = o.region AND v.command_id = o.command_id
           AND v.instance_id = o.instance_id)",
    "DELETE FROM {past}run r WHERE coalesce(r.requested_at, r.from_day::TIMESTAMP) < $1 AND NOT EXISTS (
         SELECT 1 FROM {past}invocation v
         WHERE v.account_id = r.account_id AND v.region = r.region AND v.command_id = r.command_id)",
];

/// Clears dropped runs from lists. They were too old to be counted.
const CLEAR_LISTED_RUNS: &str = "
    UPDATE listed_instance SET run_status = NULL, run_requested_at = NULL WHERE run_requested_at < $1";

/// Drops all executions of maintenance windows except each window's last that was known at the horizon, which pages
/// show however old it is.
const DROP_EXECUTIONS: &str = "
    DELETE FROM window_execution x WHERE x.started_at < $1 AND EXISTS (
        SELECT 1 FROM window_execution y
        WHERE y.account_id = x.account_id AND y.region = x.region AND y.window_id = x.window_id
          AND y.started_at > x.started_at AND y.started_at < $1 AND y.from_day <= $2)";

/// Returns the first day with a complete history, or none if nothing was ever dropped.
pub fn kept_since(connection: &Connection) -> Result<Option<Date>, StoreError> {
    connection
        .query_row("SELECT kept_since FROM retention", [], |row| read_day_option(row, 0))
        .map_err(StoreError::read("the start of the history"))
}

/// Drops the history that is older than `retention`, at most once a day. Returns the horizon if it moved.
pub async fn drop_old(
    store: &Store,
    limits: Limits,
    retention: SignedDuration,
    now: Timestamp,
) -> Result<Option<Date>, StoreError> {
    // With a retention beyond the range of times nothing is too old.
    let Ok(horizon) = now.checked_sub(retention).map(day_of) else { return Ok(None) };
    let shared = store.clone();
    let work = move |writer: &mut Writer| {
        let before = kept_since(&writer.connection)?;
        if before.is_some_and(|before| before >= horizon) {
            return Ok(None);
        }
        // Set first, so that no page shows an incomplete day.
        shared.set_kept_since(Some(horizon));
        let dropped = drop_before(writer, &limits, horizon);
        dropped.inspect_err(|_| shared.set_kept_since(before)).map_err(StoreError::write("drop old history"))?;
        Ok(Some(horizon))
    };
    store.write("old history", work).await
}

fn drop_before(writer: &mut Writer, limits: &Limits, horizon: Date) -> duckdb::Result<()> {
    let begins_at = start_of(horizon);
    let transaction = writer.connection.transaction()?;
    for table in TEMPORAL_TABLES {
        transaction.execute(&format!("DELETE FROM past_{table} WHERE until_day <= $1"), [day(horizon)])?;
    }
    drop_transitions(&transaction, begins_at)?;
    transaction.execute(&expand(ZERO_DAYS), [day(horizon)])?;
    transaction.execute("DELETE FROM account_day WHERE day < $1", [day(horizon)])?;
    drop_runs(&transaction, limits.runs_since(begins_at))?;
    transaction.execute(DROP_EXECUTIONS, [time(begins_at), day(horizon)])?;
    transaction.execute("UPDATE retention SET kept_since = $1", [day(horizon)])?;
    writer.instance_cache.close_all();
    transaction.commit()
}

fn drop_transitions(connection: &Connection, before: Timestamp) -> duckdb::Result<()> {
    let from: i64 = connection.query_row("SELECT scan_key FROM retention", [], |row| row.get(0))?;
    let to: i64 = connection.query_row(FIRST_SCAN, [time(before)], |row| row.get(0))?;
    let sql = expand(DROP_TRANSITIONS).replace("{from}", &from.to_string()).replace("{to}", &to.to_string());
    connection.execute(&sql, [])?;
    let unused_scans = "DELETE FROM scan WHERE scan_key < $1 AND scan_key NOT IN (
                            SELECT scan_key FROM transition WHERE scan_key < $1)";
    connection.execute(unused_scans, [to])?;
    connection.execute("UPDATE retention SET scan_key = $1", [to]).map(drop)
}

/// Drops runs before `before`, which is earlier than the horizon: run success of the first kept day counts the weeks
/// before it.
fn drop_runs(connection: &Connection, before: Timestamp) -> duckdb::Result<()> {
    for past in ["", "past_"] {
        for sql in DROP_RUNS {
            connection.execute(&sql.replace("{past}", past), [time(before)])?;
        }
    }
    connection.execute(CLEAR_LISTED_RUNS, [time(before)]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::super::migrate::tests::migrated;
    use super::*;

    /// One instance's transitions: patch, scan, and from which state to which. Comments say what is kept.
    const TRANSITIONS: [(i64, i64, &str); 17] = [
        // Failed and missing again: the last transition, and the one since which it is pending.
        (1, 1, "NULL, 'Missing'"),
        (1, 2, "'Missing', 'Failed'"),
        (1, 3, "'Failed', 'Missing'"),
        // Installed: the last transition.
        (2, 1, "NULL, 'Missing'"),
        (2, 3, "'Missing', 'Installed'"),
        // No longer reported: nothing.
        (3, 1, "NULL, 'Missing'"),
        (3, 2, "'Missing', NULL"),
        // No longer reported, and back since: the transition that says so.
        (4, 1, "NULL, 'Installed'"),
        (4, 2, "'Installed', NULL"),
        (4, 7, "NULL, 'Missing'"),
        // No longer reported, and back already: that, and the one before.
        (5, 1, "NULL, 'Missing'"),
        (5, 2, "'Missing', NULL"),
        (5, 3, "NULL, 'Installed'"),
        // No longer reported in the last scan, which is kept whole.
        (6, 1, "NULL, 'Missing'"),
        (6, 4, "'Missing', NULL"),
        // First reported since.
        (7, 6, "NULL, 'Missing'"),
        (7, 7, "'Missing', 'Failed'"),
    ];

    fn october(day: i8) -> Date {
        jiff::civil::date(2026, 10, day)
    }

    /// Returns patch and scan of every transition that is left.
    fn left(connection: &Connection) -> Vec<(i64, i64)> {
        let sql = "SELECT patch_key, scan_key FROM transition ORDER BY ALL";
        let mut statement = connection.prepare(sql).expect("a question");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        rows.collect::<duckdb::Result<_>>().expect("rows")
    }

    #[test]
    fn keeps_the_transitions_that_later_ones_and_current_rows_continue_from() {
        let connection = migrated();
        for scan in [1, 2, 3, 4, 6, 7] {
            let sql =
                format!("INSERT INTO scan VALUES ({scan}, 9, 1, '2026-10-0{scan}', 'Scan', NULL, NULL, '', '', '')");
            connection.execute_batch(&sql).expect("a scan");
        }
        for (patch, scan, states) in TRANSITIONS {
            let sql =
                format!("INSERT INTO transition VALUES (9, {patch}, {scan}, {states}, now()::TIMESTAMP, '', '', NULL)");
            connection.execute_batch(&sql).expect("a transition");
        }
        drop_transitions(&connection, start_of(october(5))).expect("dropped");
        let since = [(4, 7), (7, 6), (7, 7)];
        let mut expected = [&[(1, 1), (1, 3), (2, 3), (4, 2), (5, 2), (5, 3), (6, 4)][..], &since].concat();
        expected.sort_unstable();
        assert_eq!(left(&connection), expected);
        let scans = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count");
        assert_eq!(scans("SELECT count(*) FROM scan"), 6, "scans without a transition are dropped");
        assert_eq!(scans("SELECT scan_key FROM retention"), 6);

        // A day on which nothing new is too old, then one on which everything is.
        drop_transitions(&connection, start_of(october(6))).expect("dropped");
        assert_eq!(left(&connection), expected);
        drop_transitions(&connection, start_of(october(20))).expect("dropped");
        assert_eq!(left(&connection), [(1, 1), (1, 3), (2, 3), (4, 2), (4, 7), (5, 2), (5, 3), (7, 6), (7, 7)]);
        assert_eq!(scans("SELECT scan_key FROM retention"), 8);
        assert_eq!(scans("SELECT max(scan_key) FROM scan"), 7, "the last key is not assigned again");
    }

    #[test]
    fn an_account_without_instances_counts_as_zero_on_the_first_kept_day() {
        let connection = migrated();
        for (day, account) in [(1, "emptied"), (1, "other"), (9, "other")] {
            let zeros = ", 0".repeat(21);
            let sql = format!("INSERT INTO account_day VALUES ('2026-10-0{day}', '{account}'{zeros})");
            connection.execute_batch(&sql).expect("a day");
        }
        connection.execute(&expand(ZERO_DAYS), [day(october(5))]).expect("zeros");
        let zeros = "SELECT count(*) FROM account_day WHERE account_id = 'emptied' AND day = '2026-10-09'";
        assert_eq!(connection.query_row(zeros, [], |row| row.get::<_, i64>(0)).expect("a count"), 1);
        connection.execute(&expand(ZERO_DAYS), [day(october(5))]).expect("zeros");
        assert_eq!(connection.query_row(zeros, [], |row| row.get::<_, i64>(0)).expect("a count"), 1, "once");
    }
}
