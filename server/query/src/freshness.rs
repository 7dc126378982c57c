//! The age of the figures on a page.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use muster_model::{filter::Filter, freshness::Freshness};
use muster_store::error::StoreError;

/// The accounts that a list is filtered to, as conditions and values.
#[derive(Clone, Debug, Default)]
pub struct FilteredAccounts(Vec<(&'static str, String)>);

impl FilteredAccounts {
    pub fn by(filter: &impl Filter) -> Self {
        let conditions = filter.conditions().into_iter();
        let of_accounts = conditions.filter_map(|(column, value)| {
            let condition = match column {
                "customer_id" => "customer_id = {}",
                "provider" => "provider = {}",
                "account_id" => "account_id = {}",
                _ => return None,
            };
            Some((condition, value.text().into_owned()))
        });
        Self(of_accounts.collect())
    }
}

/// Reads the age of the figures of the accounts that a list is filtered to.
pub fn freshness_of(context: Context<'_>, accounts: &FilteredAccounts) -> Result<Freshness, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    for (condition, value) in &accounts.0 {
        query.filter_by(condition, value.clone());
    }
    read(context, query)
}

pub fn freshness(context: Context<'_>, selection: AccountSelection<'_>) -> Result<Freshness, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_accounts(selection);
    read(context, query)
}

fn read(context: Context<'_>, query: QueryBuilder<'_>) -> Result<Freshness, StoreError> {
    let rows: Vec<Freshness> = query.read("the age of the figures", include_str!("freshness.sql"))?;
    Ok(Freshness { now: context.now, ..rows.into_iter().next().unwrap_or_default() })
}
