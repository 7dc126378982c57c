//! Filters and order of lists of updates.

use super::{Filter, Order, Window};
use crate::{AccountId, Due, Exact, InstanceId, SeverityBand, UpdateRow, UpdateState};

/// The values of `exception` that are no ids.
pub const ANY_EXCEPTION: &str = "any";
pub const NO_EXCEPTION: &str = "none";

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct UpdateFilter {
    /// Words, each part of a title, KB id, package name or CVE.
    #[filter(label = "Title, KB, package or CVE", search)]
    pub q: Option<String>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id", folded)]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider", folded)]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
    /// An instance's id.
    #[filter(label = "Instance ID", folded)]
    pub instance: Option<InstanceId>,
    /// The KB id or package, exactly.
    #[filter(label = "KB or package (exact)", folded, column = "kb_id")]
    pub name: Option<Exact>,
    /// The title, exactly; `\none` for updates without one.
    #[filter(column = "title")]
    pub title: Option<Exact>,
    /// Any of these states, separated by commas, such as `Missing,Failed`; all when empty.
    #[filter(label = "Install status", any = "All statuses", key = "state")]
    pub states: Vec<UpdateState>,
    /// The severity on the common scale.
    #[filter(label = "Severity", any = "All severities", column = "severity_band")]
    pub severity: Option<SeverityBand>,
    /// Only pending updates, by their due date; `soon`: within seven days.
    #[filter(label = "Due", any = "All due dates")]
    pub due: Option<Due>,
    /// Only updates that fix a CVE which is known to be exploited, or only others.
    #[filter(label = "Known to be exploited", any = "All", folded)]
    pub exploited: Option<bool>,
    /// The classification, exactly.
    #[filter(label = "Classification", folded, column = "classification")]
    pub classification: Option<Exact>,
    /// Only pending updates: `any` excepted ones, `none` others, or those that the exception with this id is about.
    #[filter(label = "Exception (any, none or ID)", folded)]
    pub exception: Option<String>,
    pub order: Order<UpdateRow>,
    pub window: Window,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        for query in [
            "",
            "q=openssl&customer=c&provider=aws&account=402155771038&instance=i-0cb2b964d3e14fd9f&name=kernel.x86_64\
             &title=kernel.x86_64%3A0%3A6.1\
             &state=Missing%2CFailed&severity=critical&due=soon&exploited=true&classification=Security&exception=none&sort=name&dir=desc&page=2",
        ] {
            let filter = UpdateFilter::from_query(query).expect(query);
            assert_eq!(filter.to_query(), query);
        }
    }

    #[test]
    fn rejects_an_unknown_state() {
        assert!(UpdateFilter::from_query("state=Missing,Broken").is_err());
        assert!(UpdateFilter::from_query("state=Missing&state=Broken").is_err());
    }

    #[test]
    fn takes_a_state_from_each_of_several_values() {
        let filter = UpdateFilter::from_query("state=Missing&state=Failed&state=Missing").expect("states");
        assert_eq!(filter.to_query(), "state=Missing%2CFailed");
    }
}
