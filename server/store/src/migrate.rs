//! Migrates a store to the schema of this version, and rejects one that is newer.

use super::error::StoreError;
use duckdb::Connection;
use std::path::Path;

/// The files of the folder `migrations`, in order; each is applied in a transaction of its own. `build.rs` lists them.
/// Never change the statements of a released migration.
const MIGRATIONS: &[&str] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// The schema of this version.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Applies the missing migrations. Returns their versions.
pub fn migrate(connection: &mut Connection, path: &Path) -> Result<Vec<i64>, StoreError> {
    let found = version(connection)?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    let mut applied = Vec::new();
    for (version, sql) in (1..).zip(MIGRATIONS.iter().copied()).skip_while(|(version, _)| *version <= found) {
        apply(connection, version, sql).map_err(|source| StoreError::migrate(version, source))?;
        applied.push(version);
    }
    Ok(applied)
}

/// Returns the store's schema version, 0 for a new file.
pub fn version(connection: &Connection) -> Result<i64, StoreError> {
    let exists = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'schema_version'";
    let count: i64 =
        connection.query_row(exists, [], |row| row.get(0)).map_err(StoreError::read("the schema version"))?;
    if count == 0 {
        return Ok(0);
    }
    connection
        .query_row("SELECT max(version) FROM schema_version", [], |row| row.get(0))
        .map_err(StoreError::read("the schema version"))
}

fn apply(connection: &mut Connection, version: i64, sql: &str) -> duckdb::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")?;
    transaction.execute_batch(sql)?;
    transaction.execute("INSERT INTO schema_version (version) VALUES ($1)", [version])?;
    transaction.commit()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Returns a database with the schema of this version.
    pub fn migrated() -> Connection {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate(&mut connection, Path::new("test")).expect("migrated");
        connection
    }

    /// Returns a database with an earlier schema and some rows, migrated to the schema of this version.
    fn migrated_from(version: usize, rows: &str) -> Connection {
        let mut connection = Connection::open_in_memory().expect("a database");
        for (version, sql) in (1..).zip(MIGRATIONS).take(version) {
            apply(&mut connection, version, sql).expect("an earlier schema");
        }
        connection.execute_batch(rows).expect("rows of an earlier schema");
        let applied = migrate(&mut connection, Path::new("test")).expect("migrated");
        assert_eq!(applied.first(), Some(&(version as i64 + 1)));
        connection
    }

    #[test]
    fn a_second_migration_changes_nothing() {
        let mut connection = Connection::open_in_memory().expect("a database");
        assert_eq!(migrate(&mut connection, Path::new("test")).expect("migrated").len(), MIGRATIONS.len());
        assert!(migrate(&mut connection, Path::new("test")).expect("migrated").is_empty());
    }

    #[test]
    fn migration_2_keeps_the_rows_of_schema_1() {
        let connection = migrated_from(
            1,
            "INSERT INTO account VALUES ('a', 'aws', 0, 'A', 'c', 'C', '111122223333', 'arn', NULL);
             INSERT INTO software_capture VALUES (7, 'hash', NULL);
             INSERT INTO maintenance_window VALUES ('a', 'r', 'mw', 'n', true, 's', 'z', 3, NULL);
             INSERT INTO invocation VALUES ('a', 'r', 'c', 'i', 'd', NULL, NULL, 'Success', '', 0);",
        );
        // A later migration has software read again, and empties its hash.
        let kept = "SELECT a.provider_given AND c.type_name = 'AWS:Application' AND c.content_hash = ''
                AND w.cutoff_hours = 0 AND v.step IS NULL
            FROM account a, inventory_capture c, maintenance_window w, invocation v";
        assert!(connection.query_row(kept, [], |row| row.get::<_, bool>(0)).expect("one row"));
    }

    #[test]
    fn migration_4_computes_pending_since() {
        // Patch 1 fails and is installed, 2 is installed and is missing again, 3 is no longer reported while it is
        // missing, 4 was never pending. Day and scan are the same number.
        let transitions = [
            (1, 1, "NULL", "'Missing'"),
            (1, 3, "'Missing'", "'Failed'"),
            (1, 5, "'Failed'", "'Installed'"),
            (2, 2, "NULL", "'Missing'"),
            (2, 4, "'Missing'", "'Installed'"),
            (2, 6, "'Installed'", "'Missing'"),
            (2, 7, "'Missing'", "'Failed'"),
            (3, 3, "NULL", "'Missing'"),
            (3, 8, "'Missing'", "NULL"),
            (4, 1, "NULL", "'Installed'"),
        ];
        let transitions = transitions.map(|(patch, day, from, to)| {
            format!("INSERT INTO transition VALUES (7, {patch}, {day}, {from}, {to}, '2026-10-0{day} 12:00', '', '');")
        });
        let updates = [(1, "Installed"), (2, "Failed"), (4, "Installed")].map(|(patch, state)| {
            format!("INSERT INTO instance_update VALUES (7, {patch}, '{state}', '', '', NULL, '', now(), now());")
        });
        let connection = migrated_from(3, &[transitions.concat(), updates.concat()].concat());
        let days = |table: &str, order: &str| -> Vec<Option<i64>> {
            let sql = format!("SELECT day(pending_since) FROM {table} ORDER BY {order}");
            let mut statement = connection.prepare(&sql).expect("a query");
            statement.query_map([], |row| row.get(0)).expect("rows").map(|day| day.expect("a day")).collect()
        };
        let of_transitions = [None, None, Some(1), None, Some(2), None, None, None, Some(3), None];
        assert_eq!(days("transition", "patch_key, scan_key"), of_transitions);
        assert_eq!(days("instance_update", "patch_key"), [None, Some(6), None]);
    }

    #[test]
    fn migration_12_truncates_times_to_seconds() {
        let late = "'2026-10-01 12:00:59.9'";
        let connection = migrated_from(
            11,
            &format!(
                "INSERT INTO transition VALUES (7, 1, 1, NULL, 'Missing', {late}, '', '', {late});
                 INSERT INTO instance_update VALUES (7, 1, 'Missing', '', '', NULL, '', {late}, {late}, {late}, {late});"
            ),
        );
        let is_truncated =
            "SELECT t.happened_at = cut AND t.pending_since = cut AND u.first_seen_at = cut AND u.changed_at = cut
                AND u.pending_since = cut
            FROM transition t, instance_update u, (SELECT TIMESTAMP '2026-10-01 12:00:59' AS cut)";
        assert!(connection.query_row(is_truncated, [], |row| row.get::<_, bool>(0)).expect("one row"));
    }

    #[test]
    fn migration_14_keeps_operations_without_a_hash() {
        let row =
            "(7, 'Scan', TIMESTAMP '2026-10-01 12:10', TIMESTAMP '2026-10-01 12:00', 'snapshot', DATE '2026-10-01')";
        let connection = migrated_from(13, &format!("INSERT INTO patch_operation VALUES {row}"));
        let is_kept = format!(
            "SELECT (instance_key, operation, operation_end_at, operation_start_at, snapshot_id, from_day) = {row}
                AND updates_hash IS NULL
            FROM patch_operation"
        );
        assert!(connection.query_row(&is_kept, [], |row| row.get::<_, bool>(0)).expect("one row"));
    }

    #[test]
    fn migration_27_truncates_the_times_of_every_day_to_seconds() {
        // Each instance has a row for each day, with a fraction of a second or without a time.
        const DAYS: &str = "CREATE TABLE days AS
            SELECT key, d::DATE AS from_day, d::DATE + 1 AS until_day, d + to_microseconds(
                [0, 1, 499999, 500000, 999999, 86399999999, NULL][1 + (key + day(d)) % 7]) AS moment
            FROM range(7) k(key), range(TIMESTAMP '2026-09-25', TIMESTAMP '2026-10-09', INTERVAL 1 DAY) d(d);
            INSERT INTO past_instance_ping SELECT key, moment, from_day, until_day FROM days;
            INSERT INTO past_patch_operation BY NAME
            SELECT key AS instance_key, 'Scan' AS operation, moment AS operation_end_at, from_day, until_day FROM days;";
        let connection = migrated_from(26, DAYS);
        for (table, column) in [("past_instance_ping", "last_ping_at"), ("past_patch_operation", "operation_end_at")] {
            let days = "SELECT key, date_trunc('second', moment), from_day, until_day FROM days";
            let rows = format!("SELECT instance_key, {column}::TIMESTAMP, from_day, until_day FROM {table}");
            let differing =
                format!("SELECT count(*) FROM (({days} EXCEPT ALL {rows}) UNION ALL ({rows} EXCEPT ALL {days}))");
            assert_eq!(
                connection.query_row(&differing, [], |row| row.get::<_, i64>(0)).expect("a number"),
                0,
                "{table}"
            );
        }
    }

    #[test]
    fn rejects_a_newer_store_without_changes() {
        let mut connection = migrated();
        connection.execute_batch("INSERT INTO schema_version VALUES (99)").expect("a later version");
        let message = migrate(&mut connection, Path::new("x.duckdb")).expect_err("newer").to_string();
        assert!(message.contains("x.duckdb") && message.contains("99"), "{message}");
    }
}
