//! Overrides tables for a statement: with their rows at the end of a past day (`?as_of=`), with those of a few
//! instances, or without former owners.
//!
//! An override is a common table expression of the table's name, so each figure is defined once, for today and for
//! every past day.

use crate::instance_key_filter::InstanceKeyFilter;
use muster_metrics::{COUNTED_RUNS, Limits, Listed, latest_agents, listed_regions, listed_software};
use muster_store::temporal::TEMPORAL_TABLES;

/// The start of a statement's own expressions, if it has any.
const START: &str = "WITH ";

/// Append-only tables, each with its rows as of `{day}`. A day starts with its first microsecond; `{row_filter}` is a
/// condition on the rows. Times are compared in the column's own type: DuckDB would convert the column and skip no
/// block. For the same reason a transition's scan is also looked up by its instance.
const APPEND_ONLY: [(&str, &str); 4] = [
    ("account_day", "SELECT * FROM main.account_day WHERE day <= {day}"),
    (FORMER_OWNER, "SELECT * FROM main.former_owner WHERE until_at < ({day} + 1)::TIMESTAMP"),
    ("scan", "SELECT * FROM main.scan WHERE {row_filter} AND seen_at < ({day} + 1)::TIMESTAMP_S"),
    (
        "transition",
        "SELECT t.* FROM (SELECT * FROM main.transition WHERE {row_filter}) t
         JOIN (SELECT * FROM main.scan WHERE {row_filter}) s
             ON s.scan_key = t.scan_key AND s.instance_key = t.instance_key
         WHERE s.seen_at < ({day} + 1)::TIMESTAMP_S",
    ),
];

const FORMER_OWNER: &str = "former_owner";
const NO_FORMER_OWNER: &str = "SELECT * FROM main.former_owner WHERE false";

/// The tables that are computed from others and have no past of their own.
const LISTED: &str = "listed_instance";
const LISTED_REGION: &str = "listed_region";
const LISTED_SOFTWARE: &str = "listed_software";
const LATEST_AGENT: &str = "latest_agent";

/// The accounts in scope, the first parameter of statements that read `region_state`. Only their software is counted.
const IN_SCOPE: &str = "account_id IN (
    SELECT account_id FROM listed_region WHERE $1 IS NULL OR contains($1::VARCHAR, chr(31) || customer_id || chr(31))
)";

/// The column that changes with each harvest, and so has more past rows than all others.
pub const LAST_PING: &str = "last_ping_at";

/// Returns a statement on everything at the end of a past day, which is the parameter `day`: what the cache of instances is
/// created with.
pub fn on_whole_day(statement: &str, limits: &Limits, day: &str) -> String {
    let history_follows_account = limits.history_follows_account;
    let listed = Listed::Runs(COUNTED_RUNS);
    TableOverrides { day: Some(day), instances: None, listed, reads_pings: true, history_follows_account }
        .apply(statement)
}

/// What a statement's tables are overridden for.
pub struct TableOverrides<'a> {
    /// The parameter that holds the past day.
    pub day: Option<&'a str>,
    pub instances: Option<&'a InstanceKeyFilter>,
    pub listed: Listed,
    /// Whether the last pings of instances are read.
    pub reads_pings: bool,
    /// If an account's history moves with it, the account never had another owner.
    pub history_follows_account: bool,
}

impl TableOverrides<'_> {
    /// Returns the statement with an expression for each table that it reads and that is overridden.
    pub fn apply(&self, statement: &str) -> String {
        let computed = [LISTED, LISTED_REGION, LISTED_SOFTWARE, LATEST_AGENT]
            .into_iter()
            .filter(|table| statement.contains(table));
        let computed: Vec<(&str, String)> = computed.filter_map(|table| Some((table, self.computed(table)?))).collect();
        let is_read =
            |table: &&str| statement.contains(*table) || computed.iter().any(|(_, rows)| rows.contains(*table));
        let tables = TEMPORAL_TABLES.into_iter().chain(APPEND_ONLY.map(|(table, _)| table)).filter(is_read);
        let rows = tables.filter_map(|table| Some((table, self.rows(table)?)));
        // Last, because they read the others.
        let rows = rows.chain(computed.iter().cloned());
        let overrides = rows.map(|(table, rows)| format!("{table} AS NOT MATERIALIZED ({rows})"));
        let overrides = overrides.collect::<Vec<_>>().join(",\n");
        match statement.split_once(START) {
            _ if overrides.is_empty() => statement.to_owned(),
            Some((before, after)) => format!("{before}{START}{overrides},\n{after}"),
            None => format!("{START}{overrides}\n{statement}"),
        }
    }

    /// Returns the rows of a table, or nothing if it is not overridden.
    fn rows(&self, table: &str) -> Option<String> {
        if table == FORMER_OWNER && self.history_follows_account {
            return Some(NO_FORMER_OWNER.to_owned());
        }
        let Some(day) = self.day else { return self.present_rows(table) };
        let row_filter =
            self.instances.and_then(|instances| instances.row_filter(table)).unwrap_or_else(|| "true".to_owned());
        let appended = APPEND_ONLY.into_iter().find(|(name, _)| *name == table);
        let rows = appended.map_or_else(|| rows_as_of(table), |(_, rows)| rows.to_owned());
        Some(rows.replace("{row_filter}", &row_filter).replace("{day}", day))
    }

    /// Returns today's rows of the selected instances.
    fn present_rows(&self, table: &str) -> Option<String> {
        let row_filter = self.instances?.row_filter(table)?;
        Some(format!("SELECT * FROM main.{table} WHERE {row_filter}"))
    }

    /// Returns the rows of a computed table, or nothing if it is not overridden.
    fn computed(&self, table: &str) -> Option<String> {
        match table {
            LISTED_REGION => self.day.map(|_| listed_regions("true")),
            LISTED_SOFTWARE => self.day.map(|_| {
                let listed = muster_metrics::listed(Listed::Names, "true", "false");
                listed_software(&format!("SELECT * FROM ({listed}) WHERE {IN_SCOPE}"), "true")
            }),
            LATEST_AGENT => self.day.map(|_| latest_agents()),
            _ => self.listed(),
        }
    }

    fn listed(&self) -> Option<String> {
        if self.day.is_none() {
            return self.present_rows(LISTED);
        }
        let keys = self.instances.map_or_else(|| "true".to_owned(), InstanceKeyFilter::key_condition);
        let pings = if self.reads_pings { &keys } else { "false" };
        Some(muster_metrics::listed(self.listed, &keys, pings))
    }
}

/// Returns the present rows that existed on the day, and the past rows that still did.
fn rows_as_of(table: &str) -> String {
    format!(
        "SELECT * EXCLUDE (from_day) FROM main.{table} WHERE {{row_filter}} AND from_day <= {{day}}
         UNION ALL BY NAME
         SELECT * EXCLUDE (from_day, until_day) FROM main.past_{table}
         WHERE {{row_filter}} AND from_day <= {{day}} AND until_day > {{day}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_metrics::REGION_STATE;

    const PRESENT: TableOverrides<'static> = TableOverrides {
        day: None,
        instances: None,
        listed: Listed::Names,
        reads_pings: false,
        history_follows_account: false,
    };

    #[test]
    fn overrides_the_tables_that_a_statement_reads_with_their_past_rows() {
        let statement = format!("{REGION_STATE} SELECT * FROM region_state");
        let sql = TableOverrides { day: Some("$3"), ..PRESENT }.apply(&statement);
        let overrides = |table: &str| sql.contains(&format!("{table} AS NOT MATERIALIZED ("));
        assert!(overrides("account") && overrides("account_region") && !overrides("software"), "{sql}");
        assert!(sql.contains("until_day > $3") && !sql.contains("{day}") && !sql.contains("{row_filter}"), "{sql}");
        assert!(overrides("former_owner") && !sql.contains(NO_FORMER_OWNER), "{sql}");
    }

    #[test]
    fn leaves_out_former_owners_where_the_history_follows_its_account() {
        let statement = format!("{REGION_STATE} SELECT * FROM region_state");
        assert_eq!(PRESENT.apply(&statement), statement);
        for day in [None, Some("$3")] {
            let sql = TableOverrides { day, history_follows_account: true, ..PRESENT }.apply(&statement);
            assert_eq!(
                (sql.matches("former_owner AS NOT").count(), sql.matches(NO_FORMER_OWNER).count()),
                (1, 1),
                "{sql}"
            );
        }
    }
}
