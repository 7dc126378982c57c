//! Tests that the documentation names exist: SECURITY.md promises what they hold.

use super::document;
use crate::tidy;
use std::collections::BTreeSet;

/// The modules of the integration tests, and the functions in each.
pub struct TestNames(BTreeSet<String>);

pub fn test_names() -> TestNames {
    let mut names = BTreeSet::new();
    for (path, text) in tidy::files("server/tests/it", &[".rs"]) {
        let module = path.trim_start_matches("server/tests/it/").trim_end_matches(".rs").replace('/', "::");
        let functions = text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
        names.extend(functions.map(|function| format!("{module}::{function}")));
        names.insert(module);
    }
    TestNames(names)
}

impl TestNames {
    /// Whether it is a module or a function, named from any module on.
    fn has(&self, name: &str) -> bool {
        let end = format!("::{name}");
        self.0.iter().any(|known| known == name || known.ends_with(&end))
    }

    /// Whether the runner would find a test by this part of its name.
    pub fn any_contains(&self, part: &str) -> bool {
        self.0.iter().any(|name| format!("{name}::").contains(part))
    }
}

#[test]
fn every_test_that_security_md_names_exists() {
    let names = test_names();
    let browser: String = tidy::files("end2end/tests", &[".ts"]).into_iter().map(|(_, text)| text).collect();
    let specs: Vec<String> = tidy::files("end2end/tests", &[".ts"]).into_iter().map(|(path, _)| path).collect();
    let security = document("SECURITY.md");
    let rows = security.table("## Threats, controls, tests");
    let mut checked = 0;
    let mut missing = Vec::new();
    for row in rows.iter().filter(|row| row[0].parse::<u32>().is_ok()) {
        let tests = row.last().expect("a last cell");
        let (rust, in_browser) = tests.split_once("browser:").unwrap_or((tests, ""));
        let spans = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        for name in spans(rust) {
            checked += 1;
            missing.extend((!names.has(&name)).then_some(name));
        }
        for title in spans(in_browser) {
            checked += 1;
            let found = specs.iter().any(|path| path.ends_with(&format!("/{title}"))) || browser.contains(&title);
            missing.extend((!found).then_some(title));
        }
    }
    assert!(checked > 40, "only {checked} tests were found");
    assert!(missing.is_empty(), "SECURITY.md names tests that do not exist: {missing:#?}");
}

#[test]
fn a_missing_test_is_found() {
    let names = test_names();
    assert!(names.has("tidy") && names.has("test_names::a_missing_test_is_found"));
    assert!(!names.has("no_such_test") && !names.has("test_names::no_such_test"));
}
