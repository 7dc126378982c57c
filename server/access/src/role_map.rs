//! The mapping from values of one claim or header to roles. Values must match exactly.

use super::principal::Role;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const CUSTOMERS_MAX: usize = 500;
const CUSTOMER_ID_BYTES_MAX: usize = 128;

/// The roles that a value can be mapped to, in ascending order of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    Customer,
    AccountManager,
    Operator,
    OperatorWithOutput,
}

/// Roles by claim value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct RoleMap(BTreeMap<String, RoleName>);

impl RoleMap {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The role for these values: of several that are mapped, the one with the most permissions, because joining another
    /// group should never take permissions away. A customer without customer ids has no role; other roles ignore
    /// `customers`.
    pub fn role<'a>(
        &self,
        values: impl IntoIterator<Item = &'a str>,
        customers: Option<BTreeSet<String>>,
    ) -> Option<Role> {
        let highest = values.into_iter().filter_map(|value| self.0.get(value)).max()?;
        match highest {
            RoleName::OperatorWithOutput => Some(Role::Operator { command_output: true }),
            RoleName::Operator => Some(Role::Operator { command_output: false }),
            RoleName::AccountManager => Some(Role::AccountManager { only: None }),
            RoleName::Customer => {
                customers.filter(|customers| !customers.is_empty()).map(|customers| Role::Customer { customers })
            }
        }
    }
}

/// Validates customer ids of a claim or header. One invalid id invalidates all of them.
pub fn customer_ids<'a>(ids: impl IntoIterator<Item = &'a str>) -> Option<BTreeSet<String>> {
    let is_id = |id: &str| !id.is_empty() && id.len() <= CUSTOMER_ID_BYTES_MAX && !id.contains(char::is_control);
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
        .expect("a valid map")
    }

    fn role(values: &[&str], ids: &[&str]) -> Option<Role> {
        map().role(values.iter().copied(), customer_ids(ids.iter().copied()))
    }

    #[test]
    fn only_exact_values_are_mapped() {
        assert_eq!(role(&["ops"], &[]), Some(Role::Operator { command_output: false }));
        assert_eq!(role(&["am"], &["c1"]), Some(Role::AccountManager { only: None }));
        for values in [&["OPS"][..], &["ops "], &["operator"], &["op", "s"], &["ops,root"], &[""], &[]] {
            assert_eq!(role(values, &["c1"]), None, "{values:?}");
        }
    }

    #[test]
    fn the_role_with_the_most_permissions_wins_in_any_order() {
        assert_eq!(role(&["cu", "root", "am", "ops"], &["c1"]), Some(Role::Operator { command_output: true }));
        assert_eq!(role(&["root", "nothing", "cu"], &["c1"]), Some(Role::Operator { command_output: true }));
        assert_eq!(role(&["cu", "am"], &["c1"]), role(&["am", "cu"], &[]));
    }

    #[test]
    fn customers_need_valid_customer_ids() {
        let own = BTreeSet::from(["c1".to_owned(), "c2".to_owned()]);
        assert_eq!(role(&["cu"], &["c1", "c2", "c1"]), Some(Role::Customer { customers: own }));
        for ids in [&[][..], &[""], &["c1", ""], &["c1", "c\u{1f}2"], &[&"c".repeat(129)]] {
            assert_eq!(role(&["cu"], ids), None, "{ids:?}");
        }
        let many: Vec<String> = (0..=CUSTOMERS_MAX).map(|n| n.to_string()).collect();
        assert_eq!(customer_ids(many.iter().map(String::as_str)), None);
    }
}
