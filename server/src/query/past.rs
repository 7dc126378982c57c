//! The time machine: a statement's tables as they were at the end of a day.
//!
//! Each table that the statement reads is hidden behind an expression of the same name, so that what a figure means is
//! written once, for today and for every day before.

use crate::{figures, store::past::KEPT};

/// What begins every statement's own expressions.
const FIRST: &str = "WITH region_state";

/// Tables to which rows are only added, and the condition on those that were there. `{day}` stands for the day, and a
/// day begins with its first microsecond.
const ADDED: [(&str, &str); 3] = [
    ("account_day", "SELECT * FROM main.account_day WHERE day <= {day}"),
    ("scan", "SELECT * FROM main.scan WHERE seen_at < ({day} + 1)::TIMESTAMP"),
    (
        "transition",
        "SELECT t.* FROM main.transition t JOIN main.scan s ON s.scan_key = t.scan_key
         WHERE s.seen_at < ({day} + 1)::TIMESTAMP",
    ),
];

/// The table whose rows follow from others, and are of the present only.
const LISTED: &str = "listed_instance";

/// The statement as it is to be asked of the day that it names `day`.
pub fn at(statement: &str, day: &str) -> String {
    let listed = if statement.contains(LISTED) { figures::listed_instances() } else { String::new() };
    let is_read = |table: &&str| statement.contains(*table) || listed.contains(*table);
    let kept = KEPT.into_iter().filter(is_read).map(|table| (table, kept(table)));
    let added = ADDED.into_iter().filter(|(table, _)| is_read(table)).map(|(table, rows)| (table, rows.to_owned()));
    let follows = (!listed.is_empty()).then(|| (LISTED, listed.clone()));
    let hidden: String = kept
        .chain(added)
        .chain(follows)
        .map(|(table, rows)| format!("{table} AS NOT MATERIALIZED ({}),\n", rows.replace("{day}", day)))
        .collect();
    statement.replacen(FIRST, &format!("WITH {hidden}region_state"), 1)
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
        let sql = at(&format!("{REGION_STATE} SELECT * FROM region_state"), "$3");
        let hides = |table: &str| sql.contains(&format!("{table} AS NOT MATERIALIZED ("));
        assert!(hides("account") && hides("account_region") && !hides("software"), "{sql}");
        assert!(sql.contains("until_day > $3") && !sql.contains("{day}"));
    }
}
