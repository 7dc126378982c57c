//! Who is asking.

use super::scope::Scope;
use jiff::civil::Date;
use muster_model::viewer::ViewerRole;
use std::collections::BTreeSet;

/// Somebody, as whoever vouched for them said; what a session remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who vouches: the identity provider's issuer, an embedding page's, or one of our own ways to sign in.
    pub issuer: String,
    /// Stable at the issuer.
    pub subject: String,
    /// What the page calls them.
    pub name: String,
    pub role: Role,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Runs the portal: every account and how its harvest goes; what commands printed only with leave.
    Operator { command_output: bool },
    /// Looks after the customers that the assignments name, or those among them that the issuer named.
    AccountManager { only: Option<BTreeSet<String>> },
    /// Sees the accounts of its own company, or companies.
    Customer { customers: BTreeSet<String> },
    /// Sees one customer's accounts as they were at the end of one day.
    Auditor { customer: String, day: Date },
}

impl Role {
    /// As logs, the audit and configuration name it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Operator { .. } => "operator",
            Self::AccountManager { .. } => "account_manager",
            Self::Customer { .. } => "customer",
            Self::Auditor { .. } => "auditor",
        }
    }
}

impl From<&Role> for ViewerRole {
    fn from(role: &Role) -> Self {
        match role {
            Role::Operator { .. } => Self::Operator,
            Role::AccountManager { .. } => Self::AccountManager,
            Role::Customer { .. } => Self::Customer,
            Role::Auditor { .. } => Self::Auditor,
        }
    }
}

/// More of a name than a page has room for.
const NAME_LENGTH_MAX: usize = 100;

/// A name from outside, as pages show it.
pub fn shown_name(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME_LENGTH_MAX).collect()
}

/// Somebody, with the customers that they look after at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub identity: Identity,
    assigned: BTreeSet<String>,
}

impl Principal {
    pub fn new(identity: Identity, assigned: BTreeSet<String>) -> Self {
        Self { identity, assigned }
    }

    /// Whoever runs a command on the machine that holds the store.
    pub fn local() -> Self {
        let identity = Identity {
            issuer: "local".to_owned(),
            subject: "local".to_owned(),
            name: "the command line".to_owned(),
            role: Role::Operator { command_output: true },
        };
        Self::new(identity, BTreeSet::new())
    }

    /// The only way to a scope.
    pub fn scope(&self) -> Scope {
        let narrow = |customers, lets_auditors_in| Scope {
            customers: Some(customers),
            sees_harvest: false,
            lets_auditors_in,
            sees_output: false,
            day: None,
        };
        match &self.identity.role {
            Role::Operator { command_output } => Scope {
                customers: None,
                sees_harvest: true,
                lets_auditors_in: true,
                sees_output: *command_output,
                day: None,
            },
            Role::AccountManager { only: None } => narrow(self.assigned.clone(), true),
            Role::AccountManager { only: Some(only) } => {
                narrow(self.assigned.intersection(only).cloned().collect(), true)
            }
            Role::Customer { customers } => narrow(customers.clone(), false),
            Role::Auditor { customer, day } => {
                Scope { day: Some(*day), ..narrow(BTreeSet::from([customer.clone()]), false) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    fn scope(role: Role, assigned: &[&str]) -> Scope {
        let identity = Identity { issuer: "i".into(), subject: "s".into(), name: "n".into(), role };
        Principal::new(identity, set(assigned)).scope()
    }

    #[test]
    fn an_account_manager_sees_what_is_assigned_and_a_claim_only_narrows_it() {
        let seen = |only: Option<&[&str]>| scope(Role::AccountManager { only: only.map(set) }, &["a", "b"]).customers;
        assert_eq!(seen(None), Some(set(&["a", "b"])));
        assert_eq!(seen(Some(&["b", "c"])), Some(set(&["b"])));
        assert_eq!(seen(Some(&["c"])), Some(set(&[])));
    }

    #[test]
    fn only_operators_see_the_harvest_and_output_only_with_leave() {
        let operator = |command_output| scope(Role::Operator { command_output }, &[]);
        assert!(operator(false).sees_harvest() && !operator(false).sees_output() && operator(true).sees_output());
        for role in [
            Role::AccountManager { only: None },
            Role::Customer { customers: set(&["a"]) },
            Role::Auditor { customer: "a".into(), day: jiff::civil::date(2026, 1, 1) },
        ] {
            let seen = scope(role, &["a"]);
            assert!(!seen.sees_harvest() && !seen.sees_output() && !seen.sees_everything());
        }
    }
}
