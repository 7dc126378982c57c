//! What SECURITY.md promises: each threat of its table names tests, and each test that it names is there.

use crate::project::tidy::files;

const SECURITY: &str = include_str!("../../../../SECURITY.md");

/// The rows of the tables, a cell each.
fn rows() -> Vec<Vec<&'static str>> {
    let lines = SECURITY.lines().filter(|line| line.starts_with("| ") && !line.ends_with("| test |"));
    lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// What stands in backquotes in a cell.
fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_threat_names_tests_and_every_test_is_there() {
    let rust = files("server", &[".rs"]);
    let browser = files("end2end/tests", &[".ts"]);
    let rows = rows();
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for row in rows {
        let [_, threat, _, tests] = row[..] else { panic!("a row has four cells: {row:?}") };
        let tests = named(tests);
        assert!(!tests.is_empty(), "nothing shows what is done about: {threat}");
        for test in tests {
            // `area::module` or `area::module::test`.
            let mut parts = test.split("::");
            let (area, module, name) =
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
            // The area is a folder of the portal's tests, or a crate.
            let paths = [format!("server/tests/it/{area}/{module}.rs"), format!("server/{area}/tests/it/{module}.rs")];
            let in_module = rust.iter().find(|(file, _)| paths.contains(file));
            // A module that only helps others shows nothing.
            let shows = |text: &str| match name {
                Some(name) => text.contains(&format!("fn {name}(")),
                None => text.contains("#[test]") || text.contains("#[tokio::test"),
            };
            let is_rust = in_module.is_some_and(|(_, text)| shows(text));
            let title = test.trim_end_matches(" …");
            let is_browser = browser.iter().any(|(file, text)| file.ends_with(title) || text.contains(title));
            assert!(is_rust || (name.is_none() && is_browser), "{threat}: there is no test `{test}`");
        }
    }
}
