//! The definitions that figures share, each once in SQL. `verify/src/meaning.rs` defines them a second time, in Rust.
//!
//! A statement names a definition in braces, as in `WHERE u.state IN {pending_states}`; [`expand`] puts its SQL there.

/// The definitions by name. An earlier one may use a later one.
const DEFINITIONS: [(&str, &str); 6] = [
    ("{severity_band}", include_str!("severity_band.sql")),
    ("{severity_rank}", include_str!("severity_rank.sql")),
    ("{update_state_rank}", include_str!("update_state_rank.sql")),
    // Pending: left uninstalled, an update fails with each attempt and is as missing as before.
    ("{pending_states}", "('Missing', 'Failed')"),
    // The apt rule: apt's priorities say how much a system needs a package, not how severe a flaw of it is.
    ("{uses_apt}", "(f.platform_name LIKE 'Ubuntu%' OR f.platform_name LIKE 'Debian%')"),
    ("{finished_run_statuses}", "('Success', 'Failed', 'TimedOut', 'Cancelled')"),
];

/// Replaces the names of definitions in a statement by their SQL.
pub fn expand(sql: &str) -> String {
    DEFINITIONS.iter().fold(sql.to_owned(), |sql, (name, definition)| sql.replace(name, definition))
}

/// Returns whether an update in this state is pending: `{pending_states}` for code that compares no rows in SQL.
pub fn is_pending(state: &str) -> bool {
    matches!(state, "Missing" | "Failed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::Connection;
    use muster_model::{severity::SeverityBand, update::UpdateState};

    fn evaluate<T: duckdb::types::FromSql>(expression: &str, values: [&str; 2]) -> T {
        let sql = expand(&format!(
            "SELECT {expression} FROM (
                 SELECT *, {{severity_band}} AS severity_band FROM (SELECT $1 AS severity, $1 AS state) u,
                     (SELECT $2 AS platform_name) f)"
        ));
        let connection = Connection::open_in_memory().expect("a database");
        connection.query_row(&sql, values, |row| row.get(0)).expect("a value")
    }

    #[test]
    fn severity_bands_in_sql_are_those_of_the_model() {
        for word in ["Critical", "IMPORTANT", "high", "Moderate", "medium", "Low", "", "Unspecified", "Optional"] {
            let band: String = evaluate("severity_band", [word, "SLES"]);
            assert_eq!(SeverityBand::from_code(&band), Some(SeverityBand::of(word)), "{word}");
        }
    }

    #[test]
    fn apt_priorities_are_unrated() {
        for platform in ["Ubuntu", "Debian GNU/Linux"] {
            assert_eq!(evaluate::<String>("severity_band", ["Important", platform]), "unrated", "{platform}");
        }
    }

    #[test]
    fn severities_rank_in_the_order_of_their_bands() {
        let ranks = SeverityBand::ALL.map(|band| evaluate::<i32>("{severity_rank}", [band.label(), "SLES"]));
        assert!(ranks.is_sorted_by(|more_severe, less_severe| more_severe > less_severe), "{ranks:?}");
    }

    #[test]
    fn update_states_rank_in_the_order_of_the_model() {
        let ranks = UpdateState::KNOWN.map(|(.., state)| evaluate::<i32>("{update_state_rank}", [state.code(), ""]));
        assert!(ranks.is_sorted_by(|before, after| before >= after), "{ranks:?}");
    }

    #[test]
    fn pending_states_are_those_of_the_model() {
        for (.., state) in UpdateState::KNOWN {
            let code = state.code();
            let pending = (evaluate::<bool>("state IN {pending_states}", [code, ""]), is_pending(code));
            assert_eq!(pending, (state.is_pending(), state.is_pending()), "{code}");
        }
    }
}
