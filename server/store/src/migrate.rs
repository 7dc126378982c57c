//! Brings a store to the schema that this version knows, and refuses one that is newer.

use super::error::StoreError;
use duckdb::Connection;
use std::path::Path;

/// Numbered files, applied in order, each in a transaction of its own. Never edit one that has been released.
const MIGRATIONS: [&str; 15] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_everything_pulled.sql"),
    include_str!("migrations/0003_lost_log.sql"),
    include_str!("migrations/0004_pending_since.sql"),
    include_str!("migrations/0005_service_level.sql"),
    include_str!("migrations/0006_past.sql"),
    include_str!("migrations/0007_account_day_figures.sql"),
    include_str!("migrations/0008_compaction.sql"),
    include_str!("migrations/0009_listed_instance.sql"),
    include_str!("migrations/0010_retention.sql"),
    include_str!("migrations/0011_auditor_link.sql"),
    include_str!("migrations/0012_whole_seconds.sql"),
    include_str!("migrations/0013_former_owner.sql"),
    include_str!("migrations/0014_updates_hash.sql"),
    include_str!("migrations/0015_runs_in_order.sql"),
];

/// The schema this version writes.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Applies what is missing. Returns the versions that were applied.
pub fn migrate(connection: &mut Connection, path: &Path) -> Result<Vec<i64>, StoreError> {
    let found = version(connection)?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    let mut applied = Vec::new();
    for (version, sql) in (1..).zip(MIGRATIONS).skip_while(|(version, _)| *version <= found) {
        apply(connection, version, sql).map_err(|source| StoreError::migrate(version, source))?;
        applied.push(version);
    }
    Ok(applied)
}

/// The store's schema; 0 for a new file.
pub fn version(connection: &Connection) -> Result<i64, StoreError> {
    let exists = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'schema_version'";
    let count: i64 =
        connection.query_row(exists, [], |row| row.get(0)).map_err(StoreError::read("the schema's version"))?;
    if count == 0 {
        return Ok(0);
    }
    connection
        .query_row("SELECT max(version) FROM schema_version", [], |row| row.get(0))
        .map_err(StoreError::read("the schema's version"))
}

fn apply(connection: &mut Connection, version: i64, sql: &str) -> duckdb::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")?;
    transaction.execute_batch(sql)?;
    transaction.execute("INSERT INTO schema_version VALUES ($1)", [version])?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_migration_does_nothing() {
        let mut connection = Connection::open_in_memory().expect("a database");
        assert_eq!(migrate(&mut connection, Path::new("test")).expect("migrated").len(), MIGRATIONS.len());
        assert!(migrate(&mut connection, Path::new("test")).expect("migrated").is_empty());
    }

    #[test]
    fn the_second_schema_keeps_what_the_first_held() {
        let mut connection = Connection::open_in_memory().expect("a database");
        apply(&mut connection, 1, MIGRATIONS[0]).expect("the first schema");
        connection
            .execute_batch(
                "INSERT INTO account VALUES ('a', 'aws', 0, 'A', 'c', 'C', '111122223333', 'arn', NULL);
                 INSERT INTO software_capture VALUES (7, 'hash', NULL);
                 INSERT INTO maintenance_window VALUES ('a', 'r', 'mw', 'n', true, 's', 'z', 3, NULL);
                 INSERT INTO invocation VALUES ('a', 'r', 'c', 'i', 'd', NULL, NULL, 'Success', '', 0);",
            )
            .expect("rows of the first schema");
        assert_eq!(migrate(&mut connection, Path::new("test")).expect("migrated").first(), Some(&2));
        let kept = "SELECT a.provider_given AND c.type_name = 'AWS:Application' AND c.content_hash = 'hash'
                AND w.cutoff_hours = 0 AND v.step IS NULL
            FROM account a, inventory_capture c, maintenance_window w, invocation v";
        assert!(connection.query_row(kept, [], |row| row.get::<_, bool>(0)).expect("one row"));
    }

    #[test]
    fn the_fourth_schema_finds_out_since_when_updates_are_pending() {
        let mut connection = Connection::open_in_memory().expect("a database");
        (1..).zip(MIGRATIONS).take(3).for_each(|(version, sql)| {
            apply(&mut connection, version, sql).expect("an earlier schema");
        });
        // Patch 1 fails and is installed, 2 is installed and goes missing again, 3 goes away while it is missing, 4 was
        // never pending. Day and scan are the same number.
        let turns = [
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
        let turns = turns.map(|(patch, day, from, to)| {
            format!("INSERT INTO transition VALUES (7, {patch}, {day}, {from}, {to}, '2026-10-0{day} 12:00', '', '');")
        });
        let updates = [(1, "Installed"), (2, "Failed"), (4, "Installed")].map(|(patch, state)| {
            format!("INSERT INTO instance_update VALUES (7, {patch}, '{state}', '', '', NULL, '', now(), now());")
        });
        connection.execute_batch(&[turns.concat(), updates.concat()].concat()).expect("rows of the third schema");
        migrate(&mut connection, Path::new("test")).expect("migrated");
        let days = |table: &str, order: &str| -> Vec<Option<i64>> {
            let sql = format!("SELECT day(pending_since) FROM {table} ORDER BY {order}");
            let mut statement = connection.prepare(&sql).expect("a question");
            statement.query_map([], |row| row.get(0)).expect("rows").map(|day| day.expect("a day")).collect()
        };
        let of_transitions = [None, None, Some(1), None, Some(2), None, None, None, Some(3), None];
        assert_eq!(days("transition", "patch_key, scan_key"), of_transitions);
        assert_eq!(days("instance_update", "patch_key"), [None, Some(6), None]);
    }

    #[test]
    fn the_twelfth_schema_cuts_fractions_of_seconds_off_and_rounds_nothing_up() {
        let mut connection = Connection::open_in_memory().expect("a database");
        (1..).zip(MIGRATIONS).take(11).for_each(|(version, sql)| {
            apply(&mut connection, version, sql).expect("an earlier schema");
        });
        let late = "'2026-10-01 12:00:59.9'";
        connection
            .execute_batch(&format!(
                "INSERT INTO transition VALUES (7, 1, 1, NULL, 'Missing', {late}, '', '', {late});
                 INSERT INTO instance_update VALUES (7, 1, 'Missing', '', '', NULL, '', {late}, {late}, {late}, {late});"
            ))
            .expect("rows of the eleventh schema");
        migrate(&mut connection, Path::new("test")).expect("migrated");
        let same =
            "SELECT t.happened_at = cut AND t.pending_since = cut AND u.first_seen_at = cut AND u.changed_at = cut
                AND u.pending_since = cut
            FROM transition t, instance_update u, (SELECT TIMESTAMP '2026-10-01 12:00:59' AS cut)";
        assert!(connection.query_row(same, [], |row| row.get::<_, bool>(0)).expect("one row"));
    }

    #[test]
    fn the_fourteenth_schema_keeps_the_operations_and_knows_no_hash_of_theirs() {
        let mut connection = Connection::open_in_memory().expect("a database");
        (1..).zip(MIGRATIONS).take(13).for_each(|(version, sql)| {
            apply(&mut connection, version, sql).expect("an earlier schema");
        });
        let row =
            "(7, 'Scan', TIMESTAMP '2026-10-01 12:10', TIMESTAMP '2026-10-01 12:00', 'snapshot', DATE '2026-10-01')";
        connection
            .execute_batch(&format!("INSERT INTO patch_operation VALUES {row}"))
            .expect("a row of the thirteenth schema");
        migrate(&mut connection, Path::new("test")).expect("migrated");
        let same = format!(
            "SELECT (instance_key, operation, operation_end_at, operation_start_at, snapshot_id, from_day) = {row}
                AND updates_hash IS NULL
            FROM patch_operation"
        );
        assert!(connection.query_row(&same, [], |row| row.get::<_, bool>(0)).expect("one row"));
    }

    #[test]
    fn a_newer_store_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate(&mut connection, Path::new("test")).expect("migrated");
        connection.execute_batch("INSERT INTO schema_version VALUES (99)").expect("a later version");
        let message = migrate(&mut connection, Path::new("x.duckdb")).expect_err("newer").to_string();
        assert!(message.contains("x.duckdb") && message.contains("99"), "{message}");
    }
}
