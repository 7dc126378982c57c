//! The service level of the accounts in scope: which updates are due, and how long updates took.

use super::updates;
use crate::{
    builder::{Context, QueryBuilder},
    freshness::freshness,
    listing::Listing,
};
use duckdb::Connection;
use muster_model::{
    column::Columns,
    filter::{Order, ServiceLevelFilter, UpdateFilter},
    ids::AccountId,
    page::Window,
    provider::Provider,
    service_level::{
        AccountServiceRow, Due, DueCounts, MonthServiceRow, PatchTimes, Policy, ServiceLevelPage, SeverityServiceRow,
    },
    severity::SeverityBand,
};
use muster_store::{
    error::StoreError,
    value::{start_of, time},
};
use std::{cmp::Reverse, collections::HashMap};

/// The number of coming breaches shown; a link leads to all of them.
const BREACHES_SHOWN: u32 = 10;

/// The group that a row of figures belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Group {
    All,
    Account(String),
    Severity(String),
    Month(String),
}

#[derive(Columns)]
struct FoundAccount {
    account_id: AccountId,
    provider: Provider,
    account_name: String,
    customer_id: String,
    customer_name: String,
}

#[derive(Columns)]
struct FoundDue {
    account_id: Option<String>,
    severity_band: Option<String>,
    #[column(flatten)]
    counts: DueCounts,
}

#[derive(Columns)]
struct FoundTimes {
    account_id: Option<String>,
    severity_band: Option<String>,
    month: Option<String>,
    #[column(flatten)]
    times: PatchTimes,
}

#[derive(Columns)]
struct FoundPolicy {
    customer_id: String,
    customer_name: String,
    critical_days: u32,
    important_days: u32,
    moderate_days: u32,
    low_days: u32,
    unrated_days: u32,
}

pub fn service_level(
    connection: &Connection,
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<ServiceLevelPage, StoreError> {
    let accounts = accounts(connection, context, filter)?;
    let mut due = due(connection, context, filter)?;
    let rows = times(connection, context, filter)?;
    let mut times: HashMap<Group, PatchTimes> = rows.iter().cloned().collect();
    let mut of = |group: Group| (due.remove(&group).unwrap_or_default(), times.remove(&group).unwrap_or_default());
    let mut accounts: Vec<AccountServiceRow> = accounts
        .into_iter()
        .map(|row| {
            let (due, times) = of(Group::Account(row.account_id.to_string()));
            AccountServiceRow { due, times, ..row }
        })
        .collect();
    accounts.sort_by_key(|row| Reverse((row.due.overdue, row.due.due_soon, row.due.open)));
    let severities = SeverityBand::ALL.map(|severity| {
        let (due, times) = of(Group::Severity(severity.code().to_owned()));
        SeverityServiceRow { severity, due, times }
    });
    let (totals, times) = of(Group::All);
    let months = rows.into_iter().filter_map(|(group, times)| match group {
        Group::Month(month) => Some(MonthServiceRow { month, times }),
        _ => None,
    });
    let breaches = UpdateFilter {
        customer: filter.customer.clone(),
        provider: filter.provider.clone(),
        account: filter.account.clone(),
        due: Some(Due::Soon),
        order: Order::by("due_at"),
        ..UpdateFilter::default()
    };
    let window = Window { offset: 0, limit: BREACHES_SHOWN };
    Ok(ServiceLevelPage {
        freshness: freshness(connection, context, filter.into())?,
        filter: filter.clone(),
        totals,
        times,
        accounts,
        severities: severities.into(),
        months: months.collect(),
        breaches: updates::list::listing(connection, context, &breaches)?.rows(connection, window)?,
        policies: policies(connection, context, filter)?,
    })
}

/// Prepares the accounts for an export.
pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<Listing<AccountServiceRow>, StoreError> {
    Ok(Listing::from_rows(service_level(connection, context, filter)?.accounts))
}

fn filtered(mut query: QueryBuilder, filter: &ServiceLevelFilter) -> QueryBuilder {
    query.filter_accounts(filter.into());
    query
}

/// Reads the accounts, without their figures.
fn accounts(
    connection: &Connection,
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<Vec<AccountServiceRow>, StoreError> {
    let query = filtered(QueryBuilder::for_regions(context), filter);
    let accounts: Vec<FoundAccount> = query.read(connection, "accounts", include_str!("service_level/accounts.sql"))?;
    let row = |account: FoundAccount| AccountServiceRow {
        provider: account.provider,
        account_id: account.account_id,
        account_name: account.account_name,
        customer_id: account.customer_id,
        customer_name: account.customer_name,
        due: DueCounts::default(),
        times: PatchTimes::default(),
    };
    Ok(accounts.into_iter().map(row).collect())
}

fn due(
    connection: &Connection,
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<HashMap<Group, DueCounts>, StoreError> {
    let query = filtered(QueryBuilder::for_updates(context), filter);
    let rows: Vec<FoundDue> = query.read(connection, "what is due", include_str!("service_level/due.sql"))?;
    Ok(rows.into_iter().map(|row| (group(row.account_id, row.severity_band, None), row.counts)).collect())
}

fn times(
    connection: &Connection,
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<Vec<(Group, PatchTimes)>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    let now = query.bind(time(context.now));
    let since = context.limits.patch_times_since(context.now);
    // Before the retained days, the history is incomplete.
    let since = context.kept_since.map_or(since, |first| since.max(start_of(first)));
    let since = query.bind(time(since));
    let statement = include_str!("service_level/times.sql").replace("{now}", &now).replace("{since}", &since);
    let query = filtered(query, filter);
    let rows: Vec<FoundTimes> = query.read(connection, "times to patch", &statement)?;
    Ok(rows.into_iter().map(|row| (group(row.account_id, row.severity_band, row.month), row.times)).collect())
}

fn group(account: Option<String>, severity: Option<String>, month: Option<String>) -> Group {
    match (account, severity, month) {
        (Some(account), ..) => Group::Account(account),
        (_, Some(severity), _) => Group::Severity(severity),
        (.., Some(month)) => Group::Month(month),
        _ => Group::All,
    }
}

fn policies(
    connection: &Connection,
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<Vec<Policy>, StoreError> {
    let query = filtered(QueryBuilder::for_updates(context), filter);
    let rows: Vec<FoundPolicy> =
        query.read(connection, "service levels", include_str!("service_level/policies.sql"))?;
    let policy = |row: FoundPolicy| Policy {
        customer_id: Some(row.customer_id).filter(|id| !id.is_empty()),
        customer_name: row.customer_name,
        days: [row.critical_days, row.important_days, row.moderate_days, row.low_days, row.unrated_days],
    };
    Ok(rows.into_iter().map(policy).collect())
}
