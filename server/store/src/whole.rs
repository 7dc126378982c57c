//! Whether the store is whole: no harvest in it by halves, no history with a gap, no key given twice, and every block readable.

use super::error::StoreError;
use duckdb::Connection;
use muster_metrics::{definitions::expand, listed_instances};

/// Questions that each count the rows of something that must not be. Before the days that are kept (`retain.rs`) history
/// may have gaps, but what comes later continues from what is left of it.
const TORN: [(&str, &str); 13] = [
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
        "accounts and Regions that stand elsewhere than their last harvest",
        "SELECT count(*) FROM account_region r LEFT JOIN harvest h ON h.harvest_id = r.last_harvest_id
         WHERE r.last_tried_at IS DISTINCT FROM h.started_at
            OR h.account_id <> r.account_id OR h.region <> r.region
            OR h.outcome = 'ok' AND r.last_good_at IS DISTINCT FROM h.started_at
            OR h.outcome <> 'failed' AND r.last_read_at IS DISTINCT FROM h.started_at",
    ),
    (
        "transitions without a scan, or of an unknown instance or patch",
        "SELECT count(*) FROM transition t LEFT JOIN scan s USING (scan_key)
             LEFT JOIN instance i ON i.instance_key = t.instance_key LEFT JOIN patch p ON p.patch_key = t.patch_key
         WHERE s.scan_key IS NULL OR i.instance_key IS NULL OR p.patch_key IS NULL",
    ),
    (
        "updates, states, tags or software of an unknown instance",
        "SELECT count(*) FROM (
             SELECT DISTINCT instance_key FROM instance_update UNION SELECT instance_key FROM patch_state
             UNION SELECT instance_key FROM tag UNION SELECT instance_key FROM software
         ) ANTI JOIN instance USING (instance_key)",
    ),
    ("keys given to two harvests", "SELECT count(*) - count(DISTINCT harvest_id) FROM harvest"),
    ("keys given to two instances", "SELECT count(*) - count(DISTINCT instance_key) FROM instance"),
    ("keys given to two scans", "SELECT count(*) - count(DISTINCT scan_key) FROM scan"),
    (
        "keys given to two patches, and patches with two keys",
        "SELECT 2 * count(*) - count(DISTINCT patch_key) - count(DISTINCT (title, kb_id)) FROM patch",
    ),
    (
        "instances with two rows, or two states",
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
        "accounts, Regions, runs or results that are there twice",
        "SELECT (SELECT count(*) - count(DISTINCT account_id) FROM account)
             + (SELECT count(*) - count(DISTINCT (account_id, region)) FROM account_region)
             + (SELECT count(*) - count(DISTINCT (account_id, region, command_id)) FROM run)
             + (SELECT count(*) - count(DISTINCT (account_id, region, command_id, instance_id)) FROM invocation)",
    ),
];

/// The same of what each instance has by itself. They are asked of a part of the instances at a time: of tens of millions of
/// transitions in one go they would take gigabytes of memory.
const TORN_BY_INSTANCE: [(&str, &str); 7] = [
    (
        "transitions that do not continue from the state before",
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
        "updates that are pending since another time than that of the transition",
        "SELECT count(*) FROM instance_update u LEFT JOIN (
             SELECT instance_key, patch_key, arg_max(happened_at, scan_key) AS happened_at FROM transition
             WHERE to_state IN {pending_states} AND coalesce(from_state NOT IN {pending_states}, true)
             GROUP BY ALL
         ) t USING (instance_key, patch_key)
         WHERE u.pending_since IS DISTINCT FROM CASE WHEN u.state IN {pending_states} THEN t.happened_at END",
    ),
    (
        "transitions that end a pending time of another beginning",
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
        "updates or states of the past that overlap others, or ended before they began",
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

/// The tables that they read, each of which has the instance's key.
const OF_INSTANCES: [&str; 8] = [
    "instance",
    "instance_update",
    "past_instance",
    "past_instance_update",
    "past_patch_state",
    "patch_state",
    "scan",
    "transition",
];

/// Transitions that are looked at in one go.
const TRANSITIONS_AT_ONCE: i64 = 5_000_000;

/// What was asked, and how many rows are not as they must be: none, in a store that is whole.
pub fn torn(connection: &Connection) -> Result<Vec<(&'static str, u64)>, StoreError> {
    torn_in_parts(connection, TRANSITIONS_AT_ONCE)
}

/// The same, with as many transitions in one go as it is told.
pub fn torn_in_parts(
    connection: &Connection,
    transitions_at_once: i64,
) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let ask = || -> duckdb::Result<Vec<(&'static str, u64)>> {
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let parts = parts(connection, transitions_at_once)?;
        let listed = listed();
        let listed = ("rows of lists that are not as they follow from the others", listed.as_str());
        let whole = TORN.into_iter().chain([listed]).map(|(what, sql)| Ok((what, count(sql)?)));
        let by_instance = TORN_BY_INSTANCE.into_iter().map(|(what, sql)| {
            let rows = parts.iter().map(|part| count(&expand(&format!("{part}{sql}"))));
            Ok((what, rows.sum::<duckdb::Result<i64>>()?))
        });
        // A key too few is as wrong as one too many.
        whole.chain(by_instance).map(|torn| torn.map(|(what, rows)| (what, rows.unsigned_abs()))).collect()
    };
    ask().map_err(StoreError::read("whether the store is whole"))
}

/// Expressions that hide the tables behind the rows of a part of the instances, for all parts.
fn parts(connection: &Connection, transitions_at_once: i64) -> duckdb::Result<Vec<String>> {
    let sql = "SELECT (SELECT count(*) FROM transition), coalesce(max(instance_key), 0) FROM instance";
    let (transitions, last): (i64, i64) = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // Keys are given out one after the other, so that equal ranges of them have about as many.
    let width = last / (transitions / transitions_at_once + 1) + 1;
    let part = |from: i64| {
        // Whatever is beyond the known instances, too.
        let to = if from + width > last { "true".to_owned() } else { format!("instance_key < {}", from + width) };
        let since = if from == 0 { "true".to_owned() } else { format!("instance_key >= {from}") };
        let rows = |table| format!("{table} AS NOT MATERIALIZED (SELECT * FROM main.{table} WHERE {since} AND {to})");
        format!("WITH {} ", OF_INSTANCES.map(rows).join(", "))
    };
    Ok((0..=last / width).map(|number| part(number * width)).collect())
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

/// Every table with the number of its rows, by name.
pub fn row_counts(connection: &Connection) -> Result<Vec<(String, i64)>, StoreError> {
    of_each_table(connection, |table| format!("SELECT count(*) FROM \"{table}\""))
}

/// Reads every value of every table: DuckDB checks a block's checksum when it reads the block.
pub fn read_everything(connection: &Connection) -> Result<(), StoreError> {
    of_each_table(connection, |table| {
        format!("SELECT count(*) FILTER (hash(t) IS NULL) FROM (SELECT row(COLUMNS(*)) AS t FROM \"{table}\")")
    })
    .map(drop)
}

fn of_each_table(
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
