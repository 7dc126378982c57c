//! Keeps `schema.sql` equal to what the migrations lead to.

use super::{migrate::tests::migrated, temporal::TEMPORAL_TABLES};
use duckdb::Connection;
use std::{env, fmt::Write, fs};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/schema.sql");
const COMMENTS: &str = include_str!("schema_comments.sql");

const HEAD: &str = "\
-- The current schema of the store, generated from `migrations/` and `schema_comments.sql`. To regenerate it:
--     UPDATE_SCHEMA=1 cargo test -p muster-store schema
--
-- All times are UTC, and compared with values of the same type: a cast between kinds of TIMESTAMP would defeat DuckDB's
-- zone maps. The history, pings and the ends of operations are kept to the second (TIMESTAMP_S), everything else in
-- microseconds.
--
-- There are no primary keys: the single writer keeps rows unique, and indexes would cost more at each harvest than they
-- save. Rows are written in the order of instances, so that zone maps find them.
--
-- A row of a table with `from_day` is valid from the end of that day on. When it is changed or deleted, it is archived
-- in the table of the same name with the prefix `past_`, and was valid until the day before `until_day`. A row that is
-- changed or deleted within its `from_day` is not archived.
";

const MAX_WIDTH: usize = 120;

struct Column {
    name: String,
    data_type: String,
    is_nullable: bool,
    default: Option<String>,
    comment: Option<String>,
}

fn columns(connection: &Connection, table: &str) -> Vec<Column> {
    let sql = "SELECT column_name, data_type, is_nullable, column_default, comment FROM duckdb_columns()
               WHERE NOT internal AND table_name = $1 ORDER BY column_index";
    let mut statement = connection.prepare(sql).expect("a query");
    let rows = statement.query_map([table], |row| {
        Ok(Column {
            name: row.get(0)?,
            data_type: row.get(1)?,
            is_nullable: row.get(2)?,
            default: row.get(3)?,
            comment: row.get(4)?,
        })
    });
    rows.expect("columns").collect::<duckdb::Result<_>>().expect("columns")
}

fn write_comment(schema: &mut String, indent: &str, comment: &str) {
    let mut line = format!("{indent}--");
    for word in comment.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > MAX_WIDTH {
            schema.push_str(&line);
            line = format!("\n{indent}--");
        }
        line.push(' ');
        line.push_str(word);
    }
    writeln!(schema, "{line}").expect("written");
}

fn write_table(schema: &mut String, connection: &Connection, table: &str) {
    let sql = "SELECT comment FROM duckdb_tables() WHERE table_name = $1";
    let comment: String = connection.query_row(sql, [table], |row| row.get(0)).expect(table);
    schema.push('\n');
    write_comment(schema, "", &comment);
    let columns = columns(connection, table);
    let width = columns.iter().map(|column| column.name.len()).max().unwrap_or_default();
    let lines: Vec<_> = columns
        .iter()
        .map(|Column { name, data_type, is_nullable, default, comment }| {
            let mut line = String::new();
            comment.iter().for_each(|comment| write_comment(&mut line, "    ", comment));
            let not_null = if *is_nullable { "" } else { " NOT NULL" };
            let default = default.as_ref().map(|default| format!(" DEFAULT {default}")).unwrap_or_default();
            write!(line, "    {name:width$} {data_type}{not_null}{default}").expect("written");
            line
        })
        .collect();
    writeln!(schema, "CREATE TABLE {table} (\n{}\n);", lines.join(",\n")).expect("written");
    if TEMPORAL_TABLES.contains(&table) {
        write_archive(schema, connection, table, &columns);
    }
}

/// Writes the `past_` table of a temporal table, in terms of that table.
fn write_archive(schema: &mut String, connection: &Connection, table: &str, columns: &[Column]) {
    let archive = self::columns(connection, &format!("past_{table}"));
    let archived = |column: &&Column| archive.iter().any(|other| other.name == column.name);
    for column in columns.iter().filter(archived) {
        let same = |other: &Column| (&other.name, &other.data_type) == (&column.name, &column.data_type);
        assert!(archive.iter().any(same), "past_{table}.{} has another type", column.name);
    }
    let excluded: Vec<_> =
        columns.iter().filter(|column| !archived(column)).map(|column| column.name.as_str()).collect();
    assert_eq!(archive.len(), columns.len() - excluded.len() + 1, "past_{table} has other columns than {table}");
    let exclude = if excluded.is_empty() { String::new() } else { format!(" EXCLUDE ({})", excluded.join(", ")) };
    writeln!(schema, "CREATE TABLE past_{table} AS SELECT *{exclude}, from_day AS until_day FROM {table} LIMIT 0;")
        .expect("written");
}

#[test]
fn schema_sql_is_what_the_migrations_lead_to() {
    let connection = migrated();
    connection.execute_batch(COMMENTS).expect("comments on tables and columns that exist");
    let mut schema = HEAD.to_owned();
    for line in COMMENTS.lines() {
        if line.starts_with("-- ## ") {
            write!(schema, "\n{line}\n").expect("written");
        } else if let Some((table, _)) = line.strip_prefix("COMMENT ON TABLE ").and_then(|rest| rest.split_once(' ')) {
            write_table(&mut schema, &connection, table);
        }
    }
    let undescribed = "SELECT string_agg(table_name, ', ') FROM duckdb_tables()
        WHERE NOT internal AND comment IS NULL AND NOT starts_with(table_name, 'past_')";
    let undescribed: Option<String> = connection.query_row(undescribed, [], |row| row.get(0)).expect("an answer");
    assert_eq!(undescribed, None, "describe these tables in schema_comments.sql");
    if env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(SCHEMA, &schema).expect("written");
    }
    assert!(
        schema == fs::read_to_string(SCHEMA).unwrap_or_default(),
        "schema.sql is outdated; its head says how to update it"
    );
}
