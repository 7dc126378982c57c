//! From what others call somebody to what they may do here: exact values of one claim or header, and nothing else.

use super::principal::Role;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// More customers than these in one claim are a mistake.
const CUSTOMERS_MAX: usize = 500;
const CUSTOMER_ID_LENGTH_MAX: usize = 128;

/// What a value can be mapped to, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    Customer,
    AccountManager,
    Operator,
    OperatorWithOutput,
}

/// Roles by the exact value that gives them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct RoleMap(BTreeMap<String, RoleName>);

impl RoleMap {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The role of somebody with these values. Values that are not in the map give nothing. Of several that are, the one
    /// that may do most counts: whoever is put in one more group is meant to have more. A customer of no company has no
    /// role, and `customers` means nothing to any other.
    pub fn role<'a>(
        &self,
        values: impl IntoIterator<Item = &'a str>,
        customers: Option<BTreeSet<String>>,
    ) -> Option<Role> {
        let most = values.into_iter().filter_map(|value| self.0.get(value)).max()?;
        match most {
            RoleName::OperatorWithOutput => Some(Role::Operator { command_output: true }),
            RoleName::Operator => Some(Role::Operator { command_output: false }),
            RoleName::AccountManager => Some(Role::AccountManager { only: None }),
            RoleName::Customer => {
                customers.filter(|customers| !customers.is_empty()).map(|customers| Role::Customer { customers })
            }
        }
    }
}

/// Customer ids as others write them; one that cannot be an id makes all of them doubtful, and none counts.
pub fn customers<'a>(ids: impl IntoIterator<Item = &'a str>) -> Option<BTreeSet<String>> {
    let is_id = |id: &str| !id.is_empty() && id.len() <= CUSTOMER_ID_LENGTH_MAX && !id.contains(char::is_control);
    let mut customers = BTreeSet::new();
    for id in ids {
        if !is_id(id) || customers.len() >= CUSTOMERS_MAX {
            return None;
        }
        customers.insert(id.to_owned());
    }
    Some(customers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> RoleMap {
        toml::from_str(
            "ops = \"operator\"\nroot = \"operator_with_output\"\nam = \"account_manager\"\ncu = \"customer\"",
        )
        .expect("a map")
    }

    fn role(values: &[&str], ids: &[&str]) -> Option<Role> {
        map().role(values.iter().copied(), customers(ids.iter().copied()))
    }

    #[test]
    fn only_exact_values_give_a_role() {
        assert_eq!(role(&["ops"], &[]), Some(Role::Operator { command_output: false }));
        assert_eq!(role(&["am"], &["c1"]), Some(Role::AccountManager { only: None }));
        for values in [&["OPS"][..], &["ops "], &["operator"], &["op", "s"], &["ops,root"], &[""], &[]] {
            assert_eq!(role(values, &["c1"]), None, "{values:?}");
        }
    }

    #[test]
    fn of_several_roles_the_one_that_may_most_counts_in_any_order() {
        assert_eq!(role(&["cu", "root", "am", "ops"], &["c1"]), Some(Role::Operator { command_output: true }));
        assert_eq!(role(&["root", "nothing", "cu"], &["c1"]), Some(Role::Operator { command_output: true }));
        assert_eq!(role(&["cu", "am"], &["c1"]), role(&["am", "cu"], &[]));
    }

    #[test]
    fn a_customer_needs_a_company() {
        let own = BTreeSet::from(["c1".to_owned(), "c2".to_owned()]);
        assert_eq!(role(&["cu"], &["c1", "c2", "c1"]), Some(Role::Customer { customers: own }));
        for ids in [&[][..], &[""], &["c1", ""], &["c1", "c\u{1f}2"], &[&"c".repeat(129)]] {
            assert_eq!(role(&["cu"], ids), None, "{ids:?}");
        }
        let many: Vec<String> = (0..=CUSTOMERS_MAX).map(|n| n.to_string()).collect();
        assert_eq!(customers(many.iter().map(String::as_str)), None);
    }
}
