//! The names of the integration tests, as the documentation and `cargo test` give them.

use crate::project::tidy;
use std::collections::BTreeSet;

/// Every function of every module of the integration tests.
pub struct TestNames(BTreeSet<String>);

pub fn test_names() -> TestNames {
    let mut names = BTreeSet::new();
    for (path, text) in tidy::files("server/tests/it", &[".rs"]) {
        let module = path.trim_start_matches("server/tests/it/").trim_end_matches(".rs").replace('/', "::");
        let functions = text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
        names.extend(functions.map(|function| format!("{module}::{function}")));
    }
    TestNames(names)
}

impl TestNames {
    /// Whether the runner would find a test by this part of its name.
    pub fn any_contains(&self, part: &str) -> bool {
        self.0.iter().any(|name| name.contains(part))
    }
}
