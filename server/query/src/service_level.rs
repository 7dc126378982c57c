//! The service level of the accounts in scope: which updates are due, and how long updates took.

use super::{exceptions, updates};
use crate::{
    builder::{AccountSelection, Context, QueryBuilder},
    freshness::freshness,
    listing::Listing,
};
use muster_metrics::UpdateColumns;
use muster_model::{
    column::Columns,
    filter::{Order, ServiceLevelFilter},
    freshness::HarvestState,
    ids::AccountId,
    provider::Provider,
    service_level::{
        AccountServiceRow, DueCounts, MonthServiceRow, PatchTimes, Policy, ServiceLevelPage, SeverityServiceRow,
    },
    severity::SeverityBand,
    update::UpdateRow,
};
use muster_store::{
    error::StoreError,
    named_row::RowReader,
    value::{start_of, time},
};
use std::{cmp::Reverse, collections::HashMap};

/// The number of coming breaches shown; a link leads to all of them.
const BREACHES_SHOWN: i64 = 10;

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
    harvest_state: HarvestState,
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

pub fn service_level(context: Context<'_>, filter: &ServiceLevelFilter) -> Result<ServiceLevelPage, StoreError> {
    let query = filtered(QueryBuilder::for_regions(context), filter);
    let accounts: Vec<FoundAccount> = query.read("accounts", include_str!("service_level/accounts.sql"))?;
    let (mut due, breaches) = due(context, filter)?;
    let rows = times(context, filter)?;
    let mut times: HashMap<Group, PatchTimes> = rows.iter().cloned().collect();
    let mut of = |group: Group| (due.remove(&group).unwrap_or_default(), times.remove(&group).unwrap_or_default());
    let mut accounts: Vec<AccountServiceRow> = accounts
        .into_iter()
        .map(|row| {
            let (due, times) = of(Group::Account(row.account_id.to_string()));
            let FoundAccount { provider, account_id, account_name, customer_id, customer_name, harvest_state } = row;
            AccountServiceRow {
                provider,
                account_id,
                account_name,
                customer_id,
                customer_name,
                due,
                times,
                harvest_state,
            }
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
    Ok(ServiceLevelPage {
        freshness: freshness(context, filter.into())?,
        filter: filter.clone(),
        totals,
        times,
        accounts,
        severities: severities.into(),
        months: months.collect(),
        breaches,
        policies: policies(context, filter)?,
    })
}

/// Returns what is due in each account that has any pending update.
pub fn due_by_account(
    context: Context<'_>,
    selection: AccountSelection<'_>,
) -> Result<HashMap<String, DueCounts>, StoreError> {
    let AccountSelection { customer, provider, account } = selection;
    let filter = ServiceLevelFilter {
        customer: customer.map(str::to_owned),
        provider: provider.map(str::to_owned),
        account: account.cloned(),
    };
    let (counts, _) = due(context, &filter)?;
    let of_account = |(group, counts): (Group, DueCounts)| match group {
        Group::Account(account) => Some((account, counts)),
        _ => None,
    };
    Ok(counts.into_iter().filter_map(of_account).collect())
}

/// Prepares the accounts for an export.
pub fn listing<'a>(
    context: Context<'a>,
    filter: &ServiceLevelFilter,
) -> Result<Listing<'a, AccountServiceRow>, StoreError> {
    Ok(Listing::from_rows(service_level(context, filter)?.accounts))
}

fn filtered<'a>(mut query: QueryBuilder<'a>, filter: &ServiceLevelFilter) -> QueryBuilder<'a> {
    query.filter_accounts(filter.into());
    query
}

/// Counts what is due, and reads the coming breaches.
fn due(
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<(HashMap<Group, DueCounts>, Vec<UpdateRow>), StoreError> {
    let mut query = QueryBuilder::for_updates(context, UpdateColumns::All);
    query.with_exceptions(context, exceptions::ACTIVE);
    let mut query = filtered(query, filter);
    let statement = include_str!("service_level/due.sql")
        .replace("{columns}", updates::list::columns())
        .replace("{order}", &updates::list::order(&Order::by("due_at")))
        .replace("{limit}", &query.bind(BREACHES_SHOWN));
    let (mut counts, mut updates) = (RowReader::<FoundDue>::default(), RowReader::default());
    let (mut due, mut breaches) = (HashMap::new(), Vec::new());
    query.rows("what is due", &statement, |row| {
        if row.get("is_update")? {
            breaches.push(updates.read(row)?);
        } else {
            let found = counts.read(row)?;
            due.insert(group(found.account_id, found.severity_band, None), found.counts);
        }
        Ok(())
    })?;
    Ok((due, breaches))
}

fn times(context: Context<'_>, filter: &ServiceLevelFilter) -> Result<Vec<(Group, PatchTimes)>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    let now = query.bind(time(context.now));
    let since = context.limits.patch_times_since(context.now);
    // Before the retained days, the history is incomplete.
    let since = context.kept_since.map_or(since, |first| since.max(start_of(first)));
    let since = query.bind(time(since));
    let statement = include_str!("service_level/times.sql").replace("{now}", &now).replace("{since}", &since);
    let query = filtered(query, filter);
    let rows: Vec<FoundTimes> = query.read("times to patch", &statement)?;
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

fn policies(context: Context<'_>, filter: &ServiceLevelFilter) -> Result<Vec<Policy>, StoreError> {
    let query = filtered(QueryBuilder::for_updates(context, UpdateColumns::All), filter);
    let rows: Vec<FoundPolicy> = query.read("service levels", include_str!("service_level/policies.sql"))?;
    let policy = |row: FoundPolicy| Policy {
        customer_id: Some(row.customer_id).filter(|id| !id.is_empty()),
        customer_name: row.customer_name,
        days: [row.critical_days, row.important_days, row.moderate_days, row.low_days, row.unrated_days],
    };
    Ok(rows.into_iter().map(policy).collect())
}
