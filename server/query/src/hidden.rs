//! What a statement's tables hold for it: their rows at the end of a day (the time machine), those of few instances, none of
//! former owners.
//!
//! Each table that is to hold something else than it does is hidden behind an expression of the same name, so that what a
//! figure means is written once, for today and for every day before.

use super::narrowed::Narrowed;
use muster_metrics::{self, Listed};
use muster_store::past::KEPT;

/// What begins every statement's own expressions.
const FIRST: &str = "WITH region_state";

/// Tables to which rows are only added, and the rows that were there. `{day}` stands for the day, which begins with
/// its first microsecond, `{these}` for a condition on the rows. Compared in a column's own type, or DuckDB would convert
/// the column and skip nothing; for the same reason a transition's scan is looked for by its instance, too.
const ADDED: [(&str, &str); 4] = [
    ("account_day", "SELECT * FROM main.account_day WHERE day <= {day}"),
    (FORMER_OWNER, "SELECT * FROM main.former_owner WHERE until_at < ({day} + 1)::TIMESTAMP"),
    ("scan", "SELECT * FROM main.scan WHERE {these} AND seen_at < ({day} + 1)::TIMESTAMP_S"),
    (
        "transition",
        "SELECT t.* FROM (SELECT * FROM main.transition WHERE {these}) t
         JOIN (SELECT * FROM main.scan WHERE {these}) s ON s.scan_key = t.scan_key AND s.instance_key = t.instance_key
         WHERE s.seen_at < ({day} + 1)::TIMESTAMP_S",
    ),
];

const FORMER_OWNER: &str = "former_owner";
const NO_FORMER_OWNER: &str = "SELECT * FROM main.former_owner WHERE false";

/// The table whose rows follow from others, and are of the present only.
const LISTED: &str = "listed_instance";

/// The column that moves with each harvest, and has more of a past than all others together.
const LAST_PING: &str = "last_ping_at";

/// What a statement is about.
pub struct Hidden<'a> {
    /// How it names the day.
    pub day: Option<&'a str>,
    pub narrowed: Option<&'a Narrowed>,
    pub listed: Listed,
    /// Of accounts whose history goes along with them, nobody ever had one before.
    pub history_follows_account: bool,
}

impl Hidden<'_> {
    pub fn from(&self, statement: &str) -> String {
        let listed = if statement.contains(LISTED) { self.listed(statement) } else { None };
        let is_read =
            |table: &&str| statement.contains(*table) || listed.as_ref().is_some_and(|sql| sql.contains(*table));
        let tables = KEPT.into_iter().chain(ADDED.map(|(table, _)| table)).filter(is_read);
        let rows = tables.filter_map(|table| Some((table, self.rows(table)?)));
        // Last, as it is made of the others.
        let rows = rows.chain(listed.iter().map(|rows| (LISTED, rows.clone())));
        let hidden = rows.map(|(table, rows)| format!("{table} AS NOT MATERIALIZED ({rows}),\n"));
        statement.replacen(FIRST, &format!("WITH {}region_state", hidden.collect::<String>()), 1)
    }

    /// The rows that a table is to hold; none where it is as it should be.
    fn rows(&self, table: &str) -> Option<String> {
        if table == FORMER_OWNER && self.history_follows_account {
            return Some(NO_FORMER_OWNER.to_owned());
        }
        let Some(day) = self.day else { return self.only_its(table) };
        let these = self.narrowed.and_then(|narrowed| narrowed.rows_of(table)).unwrap_or_else(|| "true".to_owned());
        let added = ADDED.into_iter().find(|(added, _)| *added == table);
        let then = added.map_or_else(|| kept(table), |(_, rows)| rows.to_owned());
        Some(then.replace("{these}", &these).replace("{day}", day))
    }

    /// The present rows of what it is narrowed to.
    fn only_its(&self, table: &str) -> Option<String> {
        let these = self.narrowed?.rows_of(table)?;
        Some(format!("SELECT * FROM main.{table} WHERE {these}"))
    }

    fn listed(&self, statement: &str) -> Option<String> {
        if self.day.is_none() {
            return self.only_its(LISTED);
        }
        let keys = self.narrowed.map_or_else(|| "true".to_owned(), Narrowed::keys);
        let pings = if statement.contains(LAST_PING) { &keys } else { "false" };
        Some(muster_metrics::listed(self.listed, &keys, pings))
    }
}

/// The present rows that were there already, and the past ones that were there still.
fn kept(table: &str) -> String {
    format!(
        "SELECT * EXCLUDE (from_day) FROM main.{table} WHERE {{these}} AND from_day <= {{day}}
         UNION ALL BY NAME
         SELECT * EXCLUDE (from_day, until_day) FROM main.past_{table}
         WHERE {{these}} AND from_day <= {{day}} AND until_day > {{day}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_metrics::REGION_STATE;

    const PRESENT: Hidden<'static> =
        Hidden { day: None, narrowed: None, listed: Listed::Names, history_follows_account: false };

    #[test]
    fn a_statement_reads_the_tables_as_they_were() {
        let statement = format!("{REGION_STATE} SELECT * FROM region_state");
        let sql = Hidden { day: Some("$3"), ..PRESENT }.from(&statement);
        let hides = |table: &str| sql.contains(&format!("{table} AS NOT MATERIALIZED ("));
        assert!(hides("account") && hides("account_region") && !hides("software"), "{sql}");
        assert!(sql.contains("until_day > $3") && !sql.contains("{day}") && !sql.contains("{these}"), "{sql}");
        assert!(hides("former_owner") && !sql.contains(NO_FORMER_OWNER), "{sql}");
    }

    #[test]
    fn where_the_history_follows_its_account_nobody_had_it_before() {
        let statement = format!("{REGION_STATE} SELECT * FROM region_state");
        assert_eq!(PRESENT.from(&statement), statement);
        for day in [None, Some("$3")] {
            let sql = Hidden { day, history_follows_account: true, ..PRESENT }.from(&statement);
            assert_eq!(
                (sql.matches("former_owner AS NOT").count(), sql.matches(NO_FORMER_OWNER).count()),
                (1, 1),
                "{sql}"
            );
        }
    }
}
