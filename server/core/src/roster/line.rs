//! Where in its file an invalid entry of the roster is.

use super::RosterError;
use std::path::Path;

/// Adds the line to an error about one account.
pub fn add(error: RosterError, path: &Path) -> RosterError {
    match error {
        RosterError::Account { account, problem } => {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let place = line_of(&text, &account).map(|line| format!(" (line {line} of `{}`)", path.display()));
            RosterError::Account { account, problem: problem + &place.unwrap_or_default() }
        }
        other => other,
    }
}

/// Returns the last line that has this id as a value: entries are checked in order, so of two with the same id the second
/// is refused.
fn line_of(text: &str, account_id: &str) -> Option<usize> {
    let is_value = |value: &str| value.trim().trim_matches(['"', '\'']).trim() == account_id;
    let names_it = |line: &str| {
        line.split(',').any(is_value)
            || line.split_once('=').is_some_and(|(key, value)| {
                key.trim() == "account_id" && is_value(value.split('#').next().unwrap_or_default())
            })
    };
    (1_usize..).zip(text.lines()).filter(|(_, line)| names_it(line)).map(|(number, _)| number).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_account_in_both_formats() {
        let toml = "[[account]]\naccount_id = \"a\" # ours\nname = \"b\"\n\n[[account]]\naccount_id = 'b'\n[[account]]\naccount_id=\"a\"\n";
        assert_eq!((line_of(toml, "a"), line_of(toml, "b"), line_of(toml, "c")), (Some(8), Some(6), None));
        let csv = "provider,account_id\naws,a\naws,\"b\"\n";
        assert_eq!((line_of(csv, "a"), line_of(csv, "b"), line_of(csv, "c")), (Some(2), Some(3), None));
    }
}
