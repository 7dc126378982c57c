//! Identities, roles and principals.

use super::scope::Scope;
use jiff::civil::Date;
use muster_model::viewer::ViewerRole;
use std::collections::BTreeSet;

/// An authenticated user, as the issuer described them. This is what a session stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The issuer of the identity provider or embedding page, or the name of one of our own sign-in methods.
    pub issuer: String,
    /// The user's stable id at the issuer.
    pub subject: String,
    /// The name that pages show.
    pub name: String,
    pub role: Role,
}

impl Identity {
    /// Who it is, among all issuers: what is stored of somebody who made something.
    pub fn key(&self) -> String {
        format!("{} {}", self.issuer, self.subject)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// Sees all accounts and the harvest. `command_output` also allows the output of runs.
    Operator { command_output: bool },
    /// Sees the assigned customers, or those of them that the issuer named.
    AccountManager { only: Option<BTreeSet<String>> },
    /// Sees the accounts of their own customers.
    Customer { customers: BTreeSet<String> },
    /// Sees one customer's accounts as of one day.
    Auditor { customer: String, day: Date },
}

impl Role {
    /// The name in logs, the audit and configuration.
    pub fn code(&self) -> &'static str {
        self.into()
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

const NAME_CHARS_MAX: usize = 100;

/// A user's name as pages show it: without control characters, and not too long.
pub fn display_name(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect()
}

/// An identity with its current assignments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub identity: Identity,
    assigned: BTreeSet<String>,
}

impl Principal {
    pub fn new(identity: Identity, assigned: BTreeSet<String>) -> Self {
        Self { identity, assigned }
    }

    /// The user of the command line on the machine that holds the store.
    pub fn local() -> Self {
        let identity = Identity {
            issuer: "local".to_owned(),
            subject: "local".to_owned(),
            name: "the command line".to_owned(),
            role: Role::Operator { command_output: true },
        };
        Self::new(identity, BTreeSet::new())
    }

    /// The only constructor of scopes.
    pub fn scope(&self) -> Scope {
        let of_customers = |customers| Scope { customers: Some(customers), ..Scope::empty() };
        match &self.identity.role {
            Role::Operator { command_output } => Scope {
                customers: None,
                sees_harvest: true,
                may_create_auditor_links: true,
                may_make_exceptions: true,
                sees_output: *command_output,
                day: None,
            },
            Role::AccountManager { only } => {
                let is_named = |customer: &&String| only.as_ref().is_none_or(|only| only.contains(*customer));
                let customers = self.assigned.iter().filter(is_named).cloned().collect();
                Scope { may_create_auditor_links: true, may_make_exceptions: true, ..of_customers(customers) }
            }
            Role::Customer { customers } => Scope { may_make_exceptions: true, ..of_customers(customers.clone()) },
            Role::Auditor { customer, day } => {
                Scope { day: Some(*day), ..of_customers(BTreeSet::from([customer.clone()])) }
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
    fn account_managers_see_assigned_customers_and_claims_only_narrow_them() {
        let seen = |only: Option<&[&str]>| scope(Role::AccountManager { only: only.map(set) }, &["a", "b"]).customers;
        assert_eq!(seen(None), Some(set(&["a", "b"])));
        assert_eq!(seen(Some(&["b", "c"])), Some(set(&["b"])));
        assert_eq!(seen(Some(&["c"])), Some(set(&[])));
    }

    #[test]
    fn only_operators_see_the_harvest_and_only_some_of_them_output() {
        let operator = |command_output| scope(Role::Operator { command_output }, &[]);
        assert!(operator(false).sees_harvest() && !operator(false).sees_output() && operator(true).sees_output());
        for role in [
            Role::AccountManager { only: None },
            Role::Customer { customers: set(&["a"]) },
            Role::Auditor { customer: "a".into(), day: jiff::civil::date(2026, 1, 1) },
        ] {
            let seen = scope(role, &["a"]);
            assert!(!seen.sees_harvest() && !seen.sees_output() && seen.size().is_some());
        }
    }

    #[test]
    fn roles_are_named_as_in_the_access_file() {
        assert_eq!(Role::AccountManager { only: None }.code(), "account_manager");
    }
}
