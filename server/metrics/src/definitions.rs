//! The definitions that figures share, each once in SQL. `verify/src/meaning.rs` defines them a second time, in Rust.
//!
//! A statement names a definition in braces, as in `WHERE u.state IN {pending_states}`; [`expand`] puts its SQL there.

use crate::end_of_life;
use muster_model::{
    patch_status::PatchStatus,
    run::{FIND_WINDOWS_UPDATES, PATCH_DOCUMENTS},
};

/// The definitions by name. An earlier one may use a later one.
const DEFINITIONS: [(&str, &str); 26] = [
    ("{update_columns}", include_str!("update_columns.sql")),
    ("{severity_band}", include_str!("severity_band.sql")),
    ("{severity_rank}", include_str!("severity_rank.sql")),
    ("{rule_match}", include_str!("rule_match.sql")),
    ("{update_state_rank}", include_str!("update_state_rank.sql")),
    ("{run_cause}", include_str!("run_cause.sql")),
    ("{run_evidence}", include_str!("run_evidence.sql")),
    // AWS writes the details with or without blanks.
    (
        "{not_delivered}",
        "coalesce(lower(replace(v.status_details, ' ', '')) IN ('deliverytimedout', 'undeliverable', 'terminated'), false)",
    ),
    ("{timed_out}", "v.status = 'TimedOut'"),
    (
        "{disk_full_output}",
        "'no space left on device|(?:at least [0-9]+ [kmgt]?b )?more space needed(?: on the /[a-z0-9/_-]* filesystem)?|not enough (?:free |disk )*space|0x80070070'",
    ),
    (
        "{name_resolution_output}",
        "'could not resolve host|name or service not known|temporary failure (?:in name )?resolv|0x8024402c'",
    ),
    (
        "{repository_output}",
        "'could not retrieve mirrorlist|failed to (?:download|fetch|synchronize)|cannot (?:download|retrieve)|connection (?:timed out|refused)|404 +not found|0x80072ee[27f]|0x80240438'",
    ),
    (
        "{package_manager_output}",
        "'could not get lock|holding the (?:yum|dnf) lock|dpkg was interrupted|another process is using|0x80240016'",
    ),
    ("{dependencies_output}", "'unmet dependencies|nothing provides|depsolve|conflicting requests|dependency problem'"),
    ("{signature_output}", "'gpg check failed|no_pubkey|public key (?:for|is not)|0x800b0109'"),
    ("{hook_output}", "'\\bhook (?:[a-z0-9/_.-]+ )?(?:returned|failed|exited)(?: [0-9]+)?'"),
    ("{hresult_output}", "'(0x8[0-9a-f]{7})(?: [(][a-z0-9_]+[)])?'"),
    // A title of blanks describes nothing.
    ("{description}", "coalesce({visible:title}, kb_id)"),
    // Pending: left uninstalled, an update fails with each attempt and is as missing as before.
    ("{pending_states}", "('Missing', 'Failed')"),
    ("{aws_non_compliant}", include_str!("aws_non_compliant.sql")),
    // The operating systems of baselines, as the API names them, whose package manager is apt.
    ("{apt_systems}", "('DEBIAN', 'RASPBIAN', 'UBUNTU')"),
    // Four numbers. EC2Config, the agent of old Windows servers, has three.
    ("{ssm_agent_version}", r"'[0-9]{1,5}(\.[0-9]{1,5}){3}'"),
    // Rounded down: less than all is never 100 %.
    ("{run_success_percent}", "(1000 * runs_succeeded // nullif(runs_total, 0)) / 10"),
    ("{node_listings}", include_str!("node_listings.sql")),
    ("{updates_failed_output}", "'failed ?count *: *[1-9]|updates? failed to install'"),
    ("{finished_run_statuses}", "('Success', 'Failed', 'TimedOut', 'Cancelled')"),
];

/// The start of `{visible:column}`: the text of a column, NULL if it shows nothing.
const VISIBLE: &str = "{visible:";
/// What a statement says of each patch status, by name: the same for every status, separated by commas. `{}` stands for
/// its code.
const OF_EACH_STATUS: [(&str, &str); 5] = [
    ("{statuses}", "{}"),
    ("{zero_statuses}", "0 AS {}"),
    ("{instances_by_status}", "count(*) FILTER (patch_status = '{}') AS {}"),
    ("{statuses_or_zero}", "coalesce(f.{}, 0) AS {}"),
    // Null if a row lacks it: it was recorded before the status existed.
    ("{sums_of_statuses}", "CASE WHEN count(o.account_id) = count(o.{}) THEN coalesce(sum(o.{}), 0)::BIGINT END AS {}"),
];

/// Replaces the names of definitions in a statement by their SQL.
pub fn expand(sql: &str) -> String {
    let sql = DEFINITIONS.iter().fold(sql.to_owned(), |sql, (name, definition)| sql.replace(name, definition));
    let sql = OF_EACH_STATUS.iter().fold(sql, |sql, (name, one)| match sql.contains(name) {
        true => sql.replace(name, &of_each_status(one)),
        false => sql,
    });
    let sql = if sql.contains(DOCUMENTS) { sql.replace(DOCUMENTS, &patch_documents()) } else { sql };
    let sql = if sql.contains(END_OF_LIFE) { sql.replace(END_OF_LIFE, &end_of_life::EXPRESSION) } else { sql };
    let sql = if sql.contains(PATCH_STATUS_RANK) { sql.replace(PATCH_STATUS_RANK, &patch_status_rank()) } else { sql };
    let mut parts = sql.split(VISIBLE);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |sql, part| {
        let (column, rest) = part.split_once('}').unwrap_or((part, ""));
        sql + &include_str!("visible.sql").replace("{column}", column) + rest
    })
}

fn of_each_status(one: &str) -> String {
    let statuses = PatchStatus::in_order_of_decision().iter();
    statuses.map(|status| one.replace("{}", status.code())).collect::<Vec<_>>().join(", ")
}

/// The last day of free security updates of an operating system.
const END_OF_LIFE: &str = "{end_of_life}";

/// AWS's documents that can install.
const DOCUMENTS: &str = "{patch_documents}";

fn patch_documents() -> String {
    let installing: Vec<&str> =
        PATCH_DOCUMENTS.into_iter().filter(|document| *document != FIND_WINDOWS_UPDATES).collect();
    format!("('{}')", installing.join("', '"))
}

/// The order of patch statuses: the worst has the greatest rank.
const PATCH_STATUS_RANK: &str = "{patch_status_rank}";

fn patch_status_rank() -> String {
    let ranks = PatchStatus::WORST_FIRST.iter().rev().zip(0..);
    let ranks: String = ranks.map(|(status, rank)| format!(" WHEN '{}' THEN {rank}", status.code())).collect();
    format!("CASE patch_status{ranks} END")
}

/// The states of updates that AWS counts as non-compliant; the last one only if the baseline says so.
pub const NON_COMPLIANT_STATES: [&str; 5] =
    ["Missing", "Failed", "InstalledPendingReboot", "InstalledRejected", "AvailableSecurityUpdate"];

/// Returns whether an update in this state is pending: `{pending_states}` for code that compares no rows in SQL.
pub fn is_pending(state: &str) -> bool {
    matches!(state, "Missing" | "Failed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::Connection;
    use muster_model::visible::{INVISIBLE, is_blank, is_visible};
    use muster_model::{severity::SeverityBand, update::UpdateState};

    fn evaluate<T: duckdb::types::FromSql>(expression: &str, values: [&str; 2]) -> T {
        let sql = expand(&format!(
            "SELECT {expression} FROM (
                 SELECT *, {{severity_band}} AS severity_band FROM (SELECT $1 AS severity, $1 AS state) u,
                     (SELECT $2 = 'apt' AS uses_apt) f)"
        ));
        let connection = Connection::open_in_memory().expect("a database");
        connection.query_row(&sql, values, |row| row.get(0)).expect("a value")
    }

    #[test]
    fn the_same_characters_are_visible_in_sql_and_in_the_model() {
        let connection = Connection::open_in_memory().expect("a database");
        let sql = expand("SELECT {visible:text} IS NOT NULL FROM (SELECT $1::VARCHAR AS text)");
        let mut statement = connection.prepare(&sql).expect("a statement");
        let mut is_seen = |text: &str| statement.query_row([text], |row| row.get::<_, bool>(0)).expect("a value");
        // Around every end of a range, and what is between in larger steps.
        let near = INVISIBLE.iter().flat_map(|(first, last)| [first.saturating_sub(1), *first, *last, last + 1]);
        for c in near.chain((0..0x11_0000).step_by(97)).filter_map(char::from_u32).filter(|c| *c != '\0') {
            assert_eq!(is_seen(&c.to_string()), is_visible(c), "{c:?}");
        }
        for text in ["", "a", "~", " a", " ~", "\u{a0} ", "\u{200d}b"] {
            assert_eq!(is_seen(text), !is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn severity_bands_in_sql_are_those_of_the_model() {
        for word in ["Critical", "IMPORTANT", "high", "Moderate", "medium", "Low", "", "Unspecified", "Optional"] {
            let band: String = evaluate("severity_band", [word, "rpm"]);
            assert_eq!(SeverityBand::from_code(&band), Some(SeverityBand::of(word)), "{word}");
        }
    }

    #[test]
    fn apt_priorities_are_unrated() {
        for word in ["Important", "Required", "Critical"] {
            assert_eq!(evaluate::<String>("severity_band", [word, "apt"]), "unrated", "{word}");
        }
    }

    #[test]
    fn success_is_never_rounded_up() {
        let connection = Connection::open_in_memory().expect("a database");
        let sql =
            expand("SELECT {run_success_percent} FROM (SELECT $1::BIGINT AS runs_succeeded, $2::BIGINT AS runs_total)");
        let percent = |succeeded: i64, total: i64| -> Option<f64> {
            connection.query_row(&sql, [succeeded, total], |row| row.get(0)).expect("a share")
        };
        assert_eq!((percent(14, 15), percent(15, 15), percent(0, 0)), (Some(93.3), Some(100.0), None));
        for total in [2, 3, 199, 200, 999, 1000, 1999, 2000, 99_999] {
            assert!(percent(total - 1, total) < Some(100.0), "{total}");
        }
    }

    #[test]
    fn the_output_of_a_failed_run_tells_its_cause() {
        let connection = Connection::open_in_memory().expect("a database");
        let sql = expand(
            "SELECT {run_cause}, {run_evidence} FROM (SELECT $1 AS status, $2 AS status_details, $3::BIGINT AS response_code) v,
                 (SELECT $4 AS output) o",
        );
        let explain =
            |status: &str, details: &str, code: Option<i64>, output: Option<&str>| -> (Option<String>, String) {
                let parameters = duckdb::params![status, details, code, output];
                connection.query_row(&sql, parameters, |row| Ok((row.get(0)?, row.get(1)?))).expect("a cause")
            };
        let failed = |output: &str| explain("Failed", "Failed", Some(1), Some(output));
        for (output, cause, evidence) in [
            (
                "a\nError: at least 95 MB more space needed on the /boot filesystem.\nb",
                "disk_full",
                "at least 95 MB more space needed on the /boot filesystem",
            ),
            ("Failed count: 2\ntar: x: No space left on device\r\n", "disk_full", "No space left on device"),
            ("curl#6 - \"Could not resolve host\"", "name_resolution", "Could not resolve host"),
            ("Failed to fetch https://u:p@repo/x?token=s3cr3t 404 Not Found", "repository", "Failed to fetch"),
            ("E: Could not get lock /var/lib/dpkg/lock-frontend.", "package_manager_busy", "Could not get lock"),
            ("Problem: nothing provides libfoo", "dependencies", "nothing provides"),
            ("Post-patch hook /opt/after returned 1.", "hook", "hook /opt/after returned 1"),
            ("posting to webhook https://hooks.example/T0/XYZ failed", "exit_code_1", ""),
            ("HRESULT: 0x8024001E (WU_E_SERVICE_STOP)", "hresult_0x8024001e", "0x8024001E (WU_E_SERVICE_STOP)"),
            ("FailedCount                  : 3", "updates_failed", "FailedCount                  : 3"),
            ("FailedCount : 0\nmysqldump -phunter2 failed", "exit_code_1", ""),
            ("", "exit_code_1", ""),
        ] {
            assert_eq!(failed(output), (Some(cause.to_owned()), evidence.to_owned()), "{output}");
        }
        let cause = |status, details, code| explain(status, details, code, None).0;
        assert_eq!(cause("Success", "Success", Some(0)), None);
        assert_eq!(cause("InProgress", "InProgress", None), None);
        assert_eq!(cause("TimedOut", "Delivery Timed Out", None).as_deref(), Some("not_delivered"));
        assert_eq!(cause("TimedOut", "ExecutionTimedOut", None).as_deref(), Some("timed_out"));
        assert_eq!(cause("Failed", "Undeliverable", None).as_deref(), Some("not_delivered"));
        assert_eq!(cause("Failed", "Failed", Some(146)).as_deref(), Some("unsupported_system"));
        assert_eq!(cause("Failed", "Failed", None).as_deref(), Some("exit_code_unknown"));
    }

    #[test]
    fn severities_rank_in_the_order_of_their_bands() {
        let ranks = SeverityBand::ALL.map(|band| evaluate::<i32>("{severity_rank}", [band.label(), "rpm"]));
        assert!(ranks.is_sorted_by(|more_severe, less_severe| more_severe > less_severe), "{ranks:?}");
    }

    #[test]
    fn update_states_rank_in_the_order_of_the_model() {
        let ranks = UpdateState::KNOWN.map(|(.., state)| evaluate::<i32>("{update_state_rank}", [state.code(), ""]));
        assert!(ranks.is_sorted_by(|before, after| before >= after), "{ranks:?}");
    }

    #[test]
    fn patch_statuses_rank_worst_first_and_each_has_its_columns() {
        let rank = |status: PatchStatus| -> i32 {
            let sql = expand("SELECT {patch_status_rank} FROM (SELECT $1 AS patch_status)");
            let connection = Connection::open_in_memory().expect("a database");
            connection.query_row(&sql, [status.code()], |row| row.get(0)).expect("a rank")
        };
        let ranks = PatchStatus::WORST_FIRST.map(rank);
        assert!(ranks.is_sorted_by(|worse, better| worse > better), "{ranks:?}");
        for (name, _) in OF_EACH_STATUS {
            let sql = expand(name);
            assert!(PatchStatus::ALL.iter().all(|status| sql.contains(status.code())), "{sql}");
        }
    }

    #[test]
    fn what_aws_calls_non_compliant_are_known_states() {
        for code in NON_COMPLIANT_STATES {
            assert_ne!(UpdateState::parse(code), UpdateState::Other(code.to_owned()));
        }
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
