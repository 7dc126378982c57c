//! Filters and order of lists of software.

use super::{Filter, Order, Window};
use crate::{AccountId, Exact, InstalledRow, PackageRow, SoftwareKind, query_string::QueryError};

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct PackageFilter {
    /// Words, each part of a name.
    #[filter(label = "Package or hotfix", search)]
    pub q: Option<String>,
    /// What it is.
    #[filter(label = "Kind", any = "All kinds", column = "kind")]
    pub kind: Option<SoftwareKind>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider")]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
    pub order: Order<PackageRow>,
    pub window: Window,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
#[filter(check = Self::of_one_package)]
pub struct InstalledFilter {
    /// Words, each part of the name or id of an instance.
    #[filter(label = "Instance", search)]
    pub q: Option<String>,
    /// The name of a package or hotfix, exactly.
    #[filter(label = "Package or hotfix (exact)", column = "package")]
    pub name: Option<Exact>,
    /// A version, exactly; `\none` where it is not reported.
    #[filter(label = "Version (exact)", column = "version", folded)]
    pub version: Option<Exact>,
    /// Versions before this one, by the rule of each system.
    #[filter(label = "Older than version")]
    pub older_than: Option<String>,
    /// What it is.
    #[filter(column = "kind")]
    pub kind: Option<SoftwareKind>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider", folded)]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
    pub order: Order<InstalledRow>,
    pub window: Window,
}

impl InstalledFilter {
    /// Versions of different packages do not compare.
    fn of_one_package(self) -> Result<Self, QueryError> {
        match (&self.older_than, &self.name) {
            (Some(version), None) => {
                Err(QueryError::value("older_than", version.clone(), "a version together with the `name` of a package"))
            }
            _ => Ok(self),
        }
    }
}

impl PackageFilter {
    /// The instances with a package, among those that this filter selects.
    pub fn installed(&self, row: &PackageRow) -> InstalledFilter {
        let Self { customer, provider, account, .. } = self.clone();
        let (name, kind) = (Some(Exact::new(row.name.clone())), Some(row.kind));
        InstalledFilter { name, kind, customer, provider, account, ..InstalledFilter::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        let query = "q=ssl&kind=package&customer=c&provider=aws&account=402155771038&sort=name&dir=desc&page=2";
        assert_eq!(PackageFilter::from_query(query).expect(query).to_query(), query);
        let query = "q=web&name=openssl&version=%5Cnone&older_than=3.0.14&kind=package&customer=c&sort=version&page=2";
        assert_eq!(InstalledFilter::from_query(query).expect(query).to_query(), query);
        assert!(InstalledFilter::from_query("older_than=3").is_err(), "of which package?");
    }
}
