//! Integrity checks of the store: complete harvests, a history without gaps, unique keys, readable blocks.

use super::error::StoreError;
use duckdb::Connection;
use muster_metrics::{definitions::expand, listed_instances};

/// Each check is the name of a defect and a query that counts it. Before the retention horizon (`retention/history.rs`)
/// the history may have gaps, but later transitions continue from those that are left.
const INTEGRITY_CHECKS: [(&str, &str); 13] = [
    (
        "harvests with another number of transitions than they recorded",
        "SELECT count(*) FROM harvest h
         LEFT JOIN (
             SELECT s.harvest_id, count(*) AS transitions FROM transition t JOIN scan s USING (scan_key)
             GROUP BY s.harvest_id
         ) t USING (harvest_id)
         WHERE h.transitions <> coalesce(t.transitions, 0)
           AND h.started_at >= (SELECT coalesce(kept_since::TIMESTAMP, '-infinity') FROM retention)",
    ),
    (
        "harvests with another number of calls or rows than their operations",
        "SELECT count(*) FROM harvest h
         LEFT JOIN (
             SELECT harvest_id, sum(api_calls) AS api_calls, sum(rows) AS rows FROM harvest_operation
             GROUP BY harvest_id
         ) o USING (harvest_id)
         WHERE h.api_calls <> coalesce(o.api_calls, 0) OR h.rows <> coalesce(o.rows, 0)",
    ),
    (
        "harvests with another outcome than their errors",
        "SELECT count(*) FROM harvest h
         WHERE (h.outcome = 'ok') <> (h.harvest_id NOT IN (SELECT harvest_id FROM harvest_error))",
    ),
    (
        "accounts and Regions with another status than their last harvest",
        "SELECT count(*) FROM account_region r LEFT JOIN harvest h ON h.harvest_id = r.last_harvest_id
         WHERE r.last_tried_at IS DISTINCT FROM h.started_at
            OR h.account_id <> r.account_id OR h.region <> r.region
            OR h.outcome = 'ok' AND r.last_good_at IS DISTINCT FROM h.started_at
            OR h.outcome <> 'failed' AND r.last_read_at IS DISTINCT FROM h.started_at",
    ),
    (
        "transitions without a scan, instance or patch",
        "SELECT count(*) FROM transition t LEFT JOIN scan s USING (scan_key)
             LEFT JOIN instance i ON i.instance_key = t.instance_key LEFT JOIN patch p ON p.patch_key = t.patch_key
         WHERE s.scan_key IS NULL OR i.instance_key IS NULL OR p.patch_key IS NULL",
    ),
    (
        "updates, states, tags or software without an instance",
        "SELECT count(*) FROM (
             SELECT DISTINCT instance_key FROM instance_update UNION SELECT instance_key FROM patch_state
             UNION SELECT instance_key FROM tag UNION SELECT instance_key FROM software
         ) ANTI JOIN instance USING (instance_key)",
    ),
    ("duplicate keys of harvests", "SELECT count(*) - count(DISTINCT harvest_id) FROM harvest"),
    ("duplicate keys of instances", "SELECT count(*) - count(DISTINCT instance_key) FROM instance"),
    ("duplicate keys of scans", "SELECT count(*) - count(DISTINCT scan_key) FROM scan"),
    (
        "duplicate keys of patches, and patches with two keys",
        "SELECT 2 * count(*) - count(DISTINCT patch_key) - count(DISTINCT (title, kb_id)) FROM patch",
    ),
    (
        "instances with two rows or two states",
        "SELECT (SELECT count(*) - count(DISTINCT (account_id, region, instance_id)) FROM instance)
             + (SELECT count(*) - count(DISTINCT instance_key) FROM patch_state)
             + (SELECT count(*) - count(DISTINCT instance_key) FROM patch_operation)
             + (SELECT count(*) - count(DISTINCT instance_key) FROM instance_ping)",
    ),
    (
        "states without their operation, or instances without a ping",
        "SELECT (SELECT count(*) FROM patch_state FULL JOIN patch_operation o USING (instance_key)
                 WHERE o.operation IS NULL OR patch_group IS NULL)
             + (SELECT count(*) FROM instance ANTI JOIN instance_ping USING (instance_key))",
    ),
    (
        "duplicate accounts, Regions, runs or results",
        "SELECT (SELECT count(*) - count(DISTINCT account_id) FROM account)
             + (SELECT count(*) - count(DISTINCT (account_id, region)) FROM account_region)
             + (SELECT count(*) - count(DISTINCT (account_id, region, command_id)) FROM run)
             + (SELECT count(*) - count(DISTINCT (account_id, region, command_id, instance_id)) FROM invocation)",
    ),
];

/// Checks that compare rows of the same instance. They run on a slice of the instances at a time, because tens of
/// millions of transitions would need gigabytes of memory.
const INSTANCE_INTEGRITY_CHECKS: [(&str, &str); 7] = [
    (
        "transitions that do not continue from the previous state",
        "SELECT count(*) FROM (
             SELECT scan_key, from_state,
                 lag(to_state) OVER (PARTITION BY instance_key, patch_key ORDER BY scan_key) AS before
             FROM transition)
         WHERE from_state IS DISTINCT FROM before AND scan_key >= (SELECT scan_key FROM retention)",
    ),
    (
        "updates in another state than their last transition's",
        "SELECT count(*) FROM (
             SELECT instance_key, patch_key, arg_max_null(to_state, scan_key) AS state FROM transition GROUP BY ALL
         ) t FULL JOIN instance_update u USING (instance_key, patch_key) WHERE t.state IS DISTINCT FROM u.state",
    ),
    (
        "updates that changed or were first seen at another time than their transitions",
        "SELECT count(*) FROM (
             SELECT t.instance_key, t.patch_key, arg_max(s.seen_at, scan_key) AS changed_at,
                 arg_max(s.seen_at, scan_key) FILTER (t.from_state IS NULL) AS first_seen_at
             FROM transition t JOIN scan s USING (scan_key) GROUP BY ALL
         ) t JOIN instance_update u USING (instance_key, patch_key)
         WHERE t.changed_at <> u.changed_at OR t.first_seen_at <> u.first_seen_at",
    ),
    (
        "updates that are pending since another time than their transition",
        "SELECT count(*) FROM instance_update u LEFT JOIN (
             SELECT instance_key, patch_key, arg_max(happened_at, scan_key) AS happened_at FROM transition
             WHERE to_state IN {pending_states} AND coalesce(from_state NOT IN {pending_states}, true)
             GROUP BY ALL
         ) t USING (instance_key, patch_key)
         WHERE u.pending_since IS DISTINCT FROM CASE WHEN u.state IN {pending_states} THEN t.happened_at END",
    ),
    (
        "transitions with another `pending_since` than the pending time that they end",
        "SELECT count(*) FROM (
             SELECT scan_key, pending_since, from_state IN {pending_states} AS ends,
                 lag(happened_at) OVER (PARTITION BY instance_key, patch_key ORDER BY scan_key) AS began
             FROM transition
             WHERE coalesce(to_state IN {pending_states}, false)
                <> coalesce(from_state IN {pending_states}, false)
             UNION ALL
             SELECT scan_key, pending_since, false, NULL FROM transition
             WHERE coalesce(to_state IN {pending_states}, false)
                 = coalesce(from_state IN {pending_states}, false)
         ) WHERE pending_since IS DISTINCT FROM CASE WHEN ends THEN began END
             AND scan_key >= (SELECT scan_key FROM retention)",
    ),
    (
        "past updates or states that overlap others, or end before they begin",
        "SELECT count(*) FROM (
             SELECT from_day, until_day, lead(from_day) OVER (PARTITION BY kind, instance_key, patch_key ORDER BY from_day)
                 AS next_day
             FROM (
                 SELECT 'update' AS kind, instance_key, patch_key, from_day, until_day FROM past_instance_update
                 UNION ALL SELECT 'update', instance_key, patch_key, from_day, NULL FROM instance_update
                 UNION ALL SELECT 'state', instance_key, 0, from_day, until_day FROM past_patch_state
                 UNION ALL SELECT 'state', instance_key, 0, from_day, NULL FROM patch_state
                 UNION ALL SELECT 'instance', instance_key, 0, from_day, until_day FROM past_instance
                 UNION ALL SELECT 'instance', instance_key, 0, from_day, NULL FROM instance
             )) WHERE until_day <= from_day OR next_day < coalesce(until_day, DATE 'infinity')",
    ),
    (
        "updates that an instance has twice",
        "SELECT coalesce(sum(times - 1), 0)::BIGINT FROM (
             SELECT count(*) AS times FROM instance_update GROUP BY instance_key, patch_key HAVING count(*) > 1)",
    ),
];

/// The tables of these checks, which all have the column `instance_key`.
const INSTANCE_TABLES: [&str; 8] = [
    "instance",
    "instance_update",
    "past_instance",
    "past_instance_update",
    "past_patch_state",
    "patch_state",
    "scan",
    "transition",
];

const TRANSITIONS_PER_SLICE: i64 = 5_000_000;

/// Runs all checks. Returns their names with the number of violations.
pub fn violations(connection: &Connection) -> Result<Vec<(&'static str, u64)>, StoreError> {
    violations_in_slices(connection, TRANSITIONS_PER_SLICE)
}

/// Like [`violations`], with about this number of transitions in a slice.
pub fn violations_in_slices(
    connection: &Connection,
    transitions_per_slice: i64,
) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let check = || -> duckdb::Result<Vec<(&'static str, u64)>> {
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let slices = slices(connection, transitions_per_slice)?;
        let listed = listed();
        let listed = ("rows of lists that differ from the tables they come from", listed.as_str());
        let all = INTEGRITY_CHECKS.into_iter().chain([listed]).map(|(what, sql)| Ok((what, count(sql)?)));
        let by_instance = INSTANCE_INTEGRITY_CHECKS.into_iter().map(|(what, sql)| {
            let rows = slices.iter().map(|slice| count(&expand(&format!("{slice}{sql}"))));
            Ok((what, rows.sum::<duckdb::Result<i64>>()?))
        });
        // A missing key is as wrong as a duplicate one.
        all.chain(by_instance).map(|check| check.map(|(what, rows)| (what, rows.unsigned_abs()))).collect()
    };
    check().map_err(StoreError::read("the integrity checks"))
}

/// Returns a `WITH` clause for each slice, in which the tables have the rows of the slice's instances only.
fn slices(connection: &Connection, transitions_per_slice: i64) -> duckdb::Result<Vec<String>> {
    let sql = "SELECT (SELECT count(*) FROM transition), coalesce(max(instance_key), 0) FROM instance";
    let (transitions, last): (i64, i64) = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // Keys are consecutive, so equal ranges of keys have about the same number of transitions.
    let width = last / (transitions / transitions_per_slice + 1) + 1;
    let slice = |from: i64| {
        // The last slice includes rows beyond the known instances.
        let to = if from + width > last { "true".to_owned() } else { format!("instance_key < {}", from + width) };
        let since = if from == 0 { "true".to_owned() } else { format!("instance_key >= {from}") };
        let rows = |table| format!("{table} AS NOT MATERIALIZED (SELECT * FROM main.{table} WHERE {since} AND {to})");
        format!("WITH {} ", INSTANCE_TABLES.map(rows).join(", "))
    };
    Ok((0..=last / width).map(|number| slice(number * width)).collect())
}

fn listed() -> String {
    format!(
        "WITH follows AS MATERIALIZED ({})
         SELECT count(*) FROM (
             (FROM follows EXCEPT ALL FROM listed_instance)
             UNION ALL (FROM listed_instance EXCEPT ALL FROM follows))",
        listed_instances()
    )
}

/// Returns all tables with the number of their rows, by name.
pub fn row_counts(connection: &Connection) -> Result<Vec<(String, i64)>, StoreError> {
    for_each_table(connection, |table| format!("SELECT count(*) FROM \"{table}\""))
}

/// Reads every value of every table. DuckDB verifies the checksum of each block that it reads.
pub fn read_everything(connection: &Connection) -> Result<(), StoreError> {
    for_each_table(connection, |table| {
        format!("SELECT count(*) FILTER (hash(t) IS NULL) FROM (SELECT row(COLUMNS(*)) AS t FROM \"{table}\")")
    })
    .map(drop)
}

fn for_each_table(
    connection: &Connection,
    statement: impl Fn(&str) -> String,
) -> Result<Vec<(String, i64)>, StoreError> {
    let read = || -> duckdb::Result<Vec<(String, i64)>> {
        let tables: Vec<String> = connection
            .prepare("SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary ORDER BY table_name")?
            .query_map([], |row| row.get(0))?
            .collect::<duckdb::Result<_>>()?;
        let number = |table: String| {
            let number = connection.query_row(&statement(&table), [], |row| row.get(0))?;
            Ok((table, number))
        };
        tables.into_iter().map(number).collect()
    };
    read().map_err(StoreError::read("every table"))
}
