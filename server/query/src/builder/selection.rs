//! Which accounts a page is about.

use muster_model::{
    filter::{
        AccountFilter, CalendarFilter, ChangesFilter, CoverageFilter, ExposureFilter, InstalledFilter, PatchFilter,
        RunsFilter, ServiceLevelFilter, TrendFilter,
    },
    ids::AccountId,
};

/// The accounts that a page is filtered to: all in scope, or those of a customer, a provider, or one account.
#[derive(Clone, Copy, Default)]
pub struct AccountSelection<'a> {
    pub customer: Option<&'a str>,
    pub provider: Option<&'a str>,
    pub account: Option<&'a AccountId>,
}

impl<'a> AccountSelection<'a> {
    pub fn one(account: &'a AccountId) -> Self {
        Self { account: Some(account), ..Self::default() }
    }
}

impl<'a> From<&'a AccountFilter> for AccountSelection<'a> {
    fn from(filter: &'a AccountFilter) -> Self {
        Self { customer: filter.customer.as_deref(), provider: filter.provider.as_deref(), account: None }
    }
}

macro_rules! selection_of {
    ($($filter:ty),*) => {$(
        impl<'a> From<&'a $filter> for AccountSelection<'a> {
            fn from(filter: &'a $filter) -> Self {
                Self {
                    customer: filter.customer.as_deref(),
                    provider: filter.provider.as_deref(),
                    account: filter.account.as_ref(),
                }
            }
        }
    )*};
}

selection_of!(
    InstalledFilter,
    CalendarFilter,
    ChangesFilter,
    CoverageFilter,
    ExposureFilter,
    PatchFilter,
    RunsFilter,
    ServiceLevelFilter,
    TrendFilter
);
