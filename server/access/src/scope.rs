//! What the person asking may see, as queries take it.

use jiff::civil::Date;
use std::collections::BTreeSet;

/// Stands around each customer's id in the parameter; no id has it, as it cannot be typed.
const SEPARATOR: char = '\u{1f}';

/// Cannot be built outside `access`; whoever holds one can only make it narrower.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The customers whose accounts may be seen; none means all. No customer is nobody's accounts.
    pub(super) customers: Option<BTreeSet<String>>,
    /// How the harvest goes, of all accounts.
    pub(super) sees_harvest: bool,
    /// Whether links may be handed out to auditors.
    pub(super) lets_auditors_in: bool,
    /// What commands printed on machines.
    pub(super) sees_output: bool,
    /// The only day that may be seen; none means all.
    pub(super) day: Option<Date>,
}

impl Scope {
    /// The first parameter of every query: null for all customers, else each of them between two separators.
    pub fn parameter(&self) -> Option<String> {
        let customers = self.customers.as_ref()?;
        let mut text = String::new();
        for id in customers.iter().filter(|id| !id.contains(SEPARATOR)) {
            text.push(SEPARATOR);
            text.push_str(id);
            text.push(SEPARATOR);
        }
        Some(text)
    }

    pub fn sees_everything(&self) -> bool {
        self.customers.is_none()
    }

    pub fn sees_harvest(&self) -> bool {
        self.sees_harvest
    }

    pub fn lets_auditors_in(&self) -> bool {
        self.lets_auditors_in
    }

    pub fn sees_output(&self) -> bool {
        self.sees_output
    }

    pub fn day(&self) -> Option<Date> {
        self.day
    }

    /// The part of it that is one customer's.
    pub fn narrowed_to(mut self, customer_id: &str) -> Self {
        let seen = self.customers.as_ref().is_none_or(|customers| customers.contains(customer_id));
        self.customers = Some(seen.then(|| customer_id.to_owned()).into_iter().collect());
        self
    }

    /// How many customers it holds; none means all.
    pub fn size(&self) -> Option<usize> {
        self.customers.as_ref().map(BTreeSet::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(customers: &[&str]) -> Scope {
        let customers = Some(customers.iter().map(ToString::to_string).collect());
        Scope { customers, sees_harvest: false, lets_auditors_in: false, sees_output: false, day: None }
    }

    #[test]
    fn nobody_s_accounts_are_not_everybody_s() {
        assert_eq!(scope(&[]).parameter().as_deref(), Some(""));
        assert_eq!(scope(&["a", "b"]).parameter().as_deref(), Some("\u{1f}a\u{1f}\u{1f}b\u{1f}"));
        assert_eq!(scope(&["a\u{1f}b"]).parameter().as_deref(), Some(""));
    }

    #[test]
    fn it_only_becomes_narrower() {
        let everything = Scope { customers: None, ..scope(&[]) };
        assert_eq!(everything.narrowed_to("a"), scope(&["a"]));
        assert_eq!(scope(&["a", "b"]).narrowed_to("b"), scope(&["b"]));
        assert_eq!(scope(&["a"]).narrowed_to("b"), scope(&[]));
    }
}
