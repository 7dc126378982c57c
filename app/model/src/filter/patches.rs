//! Filters and order of lists of patches.

use super::{Filter, Order, UpdateFilter, Window};
use crate::{AccountId, Due, Exact, PatchRow, SeverityBand, UpdateState, query_string::QueryError};

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct PatchFilter {
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
    /// The KB id or package, exactly.
    #[filter(label = "KB or package (exact)", folded, column = "kb_id")]
    pub name: Option<Exact>,
    /// The title, exactly; `\none` for updates without one.
    #[filter(column = "title")]
    pub title: Option<Exact>,
    /// Any of these states, separated by commas, such as `Installed,InstalledOther`; pending ones when empty.
    #[filter(label = "Install status", any = "Pending (missing or failed)", key = "state")]
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
    pub order: Order<PatchRow>,
    pub window: Window,
}

/// What the page of a patch can be limited to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct PatchPageFilter {
    /// A customer's id.
    #[filter(column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(column = "provider")]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(column = "account_id")]
    pub account: Option<AccountId>,
    /// The title, exactly; `\none` for updates without one.
    #[filter(column = "title")]
    pub title: Option<Exact>,
}

impl PatchFilter {
    /// The patches of a name, which is written as in a query string, as the query string of their page selects them. None
    /// if nothing has such a name.
    pub fn of_name(name: &str, query: &str) -> Result<Option<Self>, QueryError> {
        let PatchPageFilter { customer, provider, account, title } = PatchPageFilter::from_query(query)?;
        let name = Exact::read(name);
        Ok(name.map(|name| Self { customer, provider, account, title, name: Some(name), ..Self::default() }))
    }

    /// The same patches with their updates in any state, even in one that is unknown to this version.
    pub fn in_any_state(self) -> Self {
        Self { states: UpdateState::KNOWN.map(|(.., state)| state).into(), ..self }
    }

    /// Whether updates count whatever their state is.
    pub fn is_in_any_state(&self) -> bool {
        UpdateState::KNOWN.iter().all(|(.., state)| self.states.contains(state))
    }

    /// The states of the updates that are counted.
    pub fn counted_states(&self) -> Vec<UpdateState> {
        if self.states.is_empty() { UpdateState::PENDING.to_vec() } else { self.states.clone() }
    }

    /// The updates that a list with this filter counts.
    pub fn updates(&self) -> UpdateFilter {
        let Self { q, customer, provider, account, name, title, severity, due, exploited, classification, .. } =
            self.clone();
        let is_any = self.is_in_any_state() || due.is_some() && self.states.is_empty();
        let states = if is_any { Vec::new() } else { self.counted_states() };
        UpdateFilter {
            q,
            customer,
            provider,
            account,
            name,
            title,
            states,
            severity,
            due,
            exploited,
            classification,
            ..UpdateFilter::default()
        }
    }
}

impl From<UpdateFilter> for PatchFilter {
    fn from(filter: UpdateFilter) -> Self {
        let UpdateFilter {
            q,
            customer,
            provider,
            account,
            name,
            title,
            states,
            severity,
            due,
            exploited,
            classification,
            ..
        } = filter;
        let is_any = states.is_empty() && due.is_none();
        let states = if states == UpdateState::PENDING { Vec::new() } else { states };
        let filter = Self {
            q,
            customer,
            provider,
            account,
            name,
            title,
            states,
            severity,
            due,
            exploited,
            classification,
            ..Self::default()
        };
        if is_any { filter.in_any_state() } else { filter }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        for query in [
            "",
            "q=openssl&customer=c&provider=aws&account=402155771038&name=kernel.x86_64&title=kernel.x86_64%3A0%3A6.1\
             &state=Installed&severity=critical&due=soon&exploited=true&classification=Security&sort=accounts&dir=asc&page=2",
        ] {
            let filter = PatchFilter::from_query(query).expect(query);
            assert_eq!(filter.to_query(), query);
        }
    }

    #[test]
    fn counts_pending_updates_unless_states_are_named() {
        let counted = |query| PatchFilter::from_query(query).expect("a filter").updates().to_query();
        assert_eq!(counted("account=402155771038"), "account=402155771038&state=Missing%2CFailed");
        assert_eq!(counted("state=Installed"), "state=Installed");
        assert_eq!(counted("due=overdue"), "due=overdue");
        assert_eq!(PatchFilter::default().in_any_state().updates().to_query(), "");
        for query in ["", "state=Missing%2CFailed", "state=Installed", "due=soon", "q=a&account=402155771038"] {
            let updates = UpdateFilter::from_query(query).expect("a filter");
            assert_eq!(PatchFilter::from(updates.clone()).updates(), updates, "both views count the same updates");
        }
    }
}
