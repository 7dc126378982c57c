//! A statement's tables as they were at the end of a day (the time machine), and without former owners.
//!
//! Each table that the statement reads is hidden behind an expression of the same name, so that what a figure means is
//! written once, for today and for every day before.

use crate::{figures, store::past::KEPT};

/// What begins every statement's own expressions.
const FIRST: &str = "WITH region_state";

/// Tables to which rows are only added, and the condition on those that were there. `{day}` stands for the day, and a
/// day begins with its first microsecond. Compared in a column's own type, or DuckDB would convert the column and skip
/// nothing; for the same reason a transition's scan is looked for by its instance, too.
const ADDED: [(&str, &str); 4] = [
    ("account_day", "SELECT * FROM main.account_day WHERE day <= {day}"),
    (FORMER_OWNER, "SELECT * FROM main.former_owner WHERE until_at < ({day} + 1)::TIMESTAMP"),
    ("scan", "SELECT * FROM main.scan WHERE seen_at < ({day} + 1)::TIMESTAMP_S"),
    (
        "transition",
        "SELECT t.* FROM main.transition t
         JOIN main.scan s ON s.scan_key = t.scan_key AND s.instance_key = t.instance_key
         WHERE s.seen_at < ({day} + 1)::TIMESTAMP_S",
    ),
];

const FORMER_OWNER: &str = "former_owner";
const NO_FORMER_OWNER: &str = "SELECT * FROM main.former_owner WHERE false";

/// The table whose rows follow from others, and are of the present only.
const LISTED: &str = "listed_instance";

/// The statement as it is to be asked of the day that it names `day`, and of accounts whose history goes along with
/// them: then nobody ever had one before.
pub fn hide(statement: &str, day: Option<&str>, history_follows_account: bool) -> String {
    let then = day.map(|day| at(statement, day)).unwrap_or_default().into_iter();
    let never = history_follows_account.then(|| (FORMER_OWNER, NO_FORMER_OWNER.to_owned()));
    let then = then.filter(|(table, _)| never.is_none() || *table != FORMER_OWNER);
    let hidden = then.chain(never.clone()).map(|(table, rows)| format!("{table} AS NOT MATERIALIZED ({rows}),\n"));
    statement.replacen(FIRST, &format!("WITH {}region_state", hidden.collect::<String>()), 1)
}

/// The tables that a statement reads, with their rows at the end of the day that it names `day`.
fn at(statement: &str, day: &str) -> Vec<(&'static str, String)> {
    let listed = if statement.contains(LISTED) { figures::listed_instances() } else { String::new() };
    let is_read = |table: &&str| statement.contains(*table) || listed.contains(*table);
    let kept = KEPT.into_iter().filter(is_read).map(|table| (table, kept(table)));
    let added = ADDED.into_iter().filter(|(table, _)| is_read(table)).map(|(table, rows)| (table, rows.to_owned()));
    let follows = (!listed.is_empty()).then(|| (LISTED, listed.clone()));
    kept.chain(added).chain(follows).map(|(table, rows)| (table, rows.replace("{day}", day))).collect()
}

/// The present rows that were there already, and the past ones that were there still.
fn kept(table: &str) -> String {
    format!(
        "SELECT * EXCLUDE (from_day) FROM main.{table} WHERE from_day <= {{day}}
         UNION ALL BY NAME
         SELECT * EXCLUDE (from_day, until_day) FROM main.past_{table} WHERE from_day <= {{day}} AND until_day > {{day}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::REGION_STATE;

    #[test]
    fn a_statement_reads_the_tables_as_they_were() {
        let sql = hide(&format!("{REGION_STATE} SELECT * FROM region_state"), Some("$3"), false);
        let hides = |table: &str| sql.contains(&format!("{table} AS NOT MATERIALIZED ("));
        assert!(hides("account") && hides("account_region") && !hides("software"), "{sql}");
        assert!(sql.contains("until_day > $3") && !sql.contains("{day}"));
        assert!(hides("former_owner") && !sql.contains(NO_FORMER_OWNER), "{sql}");
    }

    #[test]
    fn where_the_history_follows_its_account_nobody_had_it_before() {
        let statement = format!("{REGION_STATE} SELECT * FROM region_state");
        assert_eq!(hide(&statement, None, false), statement);
        for day in [None, Some("$3")] {
            let sql = hide(&statement, day, true);
            assert_eq!(
                (sql.matches("former_owner AS NOT").count(), sql.matches(NO_FORMER_OWNER).count()),
                (1, 1),
                "{sql}"
            );
        }
    }
}
