//! Scopes: what a principal may see, in the form that queries take.

use jiff::civil::Date;
use std::collections::BTreeSet;

/// Encloses each customer id in the SQL parameter. Ids that contain it are dropped.
const SEPARATOR: char = '\u{1f}';

/// Cannot be built outside `access`. A scope can only be narrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The visible customers. `None` means all, an empty set means none.
    pub(super) customers: Option<BTreeSet<String>>,
    /// Whether the harvest of all accounts is visible.
    pub(super) sees_harvest: bool,
    pub(super) may_create_auditor_links: bool,
    /// Whether exceptions may be made and withdrawn.
    pub(super) may_make_exceptions: bool,
    /// Whether the output of runs is visible.
    pub(super) sees_output: bool,
    /// The only visible day. `None` means all.
    pub(super) day: Option<Date>,
}

impl Scope {
    /// A scope of no customers.
    pub(super) fn empty() -> Self {
        Self {
            customers: Some(BTreeSet::new()),
            sees_harvest: false,
            may_create_auditor_links: false,
            may_make_exceptions: false,
            sees_output: false,
            day: None,
        }
    }

    /// The first parameter of every query: NULL for all customers, otherwise each id between two separators.
    pub fn parameter(&self) -> Option<String> {
        let ids = self.customers.as_ref()?.iter().filter(|id| !id.contains(SEPARATOR));
        Some(ids.map(|id| format!("{SEPARATOR}{id}{SEPARATOR}")).collect())
    }

    /// Returns whether the scope names one of these customers. The scope of all customers names none.
    pub fn names_any(&self, customers: &BTreeSet<String>) -> bool {
        self.customers.as_ref().is_some_and(|own| !own.is_disjoint(customers))
    }

    pub fn sees_harvest(&self) -> bool {
        self.sees_harvest
    }

    pub fn may_create_auditor_links(&self) -> bool {
        self.may_create_auditor_links
    }

    pub fn may_make_exceptions(&self) -> bool {
        self.may_make_exceptions
    }

    pub fn sees_output(&self) -> bool {
        self.sees_output
    }

    pub fn day(&self) -> Option<Date> {
        self.day
    }

    /// The part of the scope that belongs to one customer.
    pub fn narrowed_to(mut self, customer_id: &str) -> Self {
        let is_visible = self.customers.as_ref().is_none_or(|customers| customers.contains(customer_id));
        self.customers = Some(is_visible.then(|| customer_id.to_owned()).into_iter().collect());
        self
    }

    /// Everybody's scope, for shares of many customers that tell nothing of any one of them. Nothing else may ask for it.
    pub fn of_everybody(&self) -> Self {
        Self { customers: None, ..self.clone() }
    }

    /// The number of visible customers. `None` means all.
    pub fn size(&self) -> Option<usize> {
        self.customers.as_ref().map(BTreeSet::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(customers: &[&str]) -> Scope {
        Scope { customers: Some(customers.iter().map(ToString::to_string).collect()), ..Scope::empty() }
    }

    #[test]
    fn no_customers_is_not_the_parameter_of_all_customers() {
        assert_eq!(scope(&[]).parameter().as_deref(), Some(""));
        assert_eq!(scope(&["a", "b"]).parameter().as_deref(), Some("\u{1f}a\u{1f}\u{1f}b\u{1f}"));
        assert_eq!(scope(&["a\u{1f}b"]).parameter().as_deref(), Some(""));
    }

    #[test]
    fn can_only_be_narrowed() {
        let everything = Scope { customers: None, ..scope(&[]) };
        assert_eq!(everything.narrowed_to("a"), scope(&["a"]));
        assert_eq!(scope(&["a", "b"]).narrowed_to("b"), scope(&["b"]));
        assert_eq!(scope(&["a"]).narrowed_to("b"), scope(&[]));
    }
}
