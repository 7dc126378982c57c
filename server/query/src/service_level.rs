//! The service level of the accounts in scope: which updates are due, and how long updates took.

use crate::{
    builder::{Context, QueryBuilder, read_id},
    freshness::freshness,
    listing::Listing,
    updates,
};
use duckdb::{Connection, Row};
use muster_model::{
    filter::{ServiceLevelFilter, UpdateFilter, UpdateSort},
    page::Window,
    provider::Provider,
    service_level::{
        AccountServiceRow, Due, DueCounts, MonthServiceRow, PatchTimes, Policy, ServiceLevelPage, SeverityServiceRow,
    },
    severity::SeverityBand,
};
use muster_store::{
    error::StoreError,
    value::{read_time_option, start_of, time},
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
        sort: UpdateSort::DueAt,
        direction: UpdateSort::DueAt.natural_direction(),
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
    query.rows(connection, "accounts", include_str!("service_level/accounts.sql"), |row| {
        Ok(AccountServiceRow {
            account_id: read_id(row, 0)?,
            provider: Provider::new(row.get::<_, String>(1)?),
            account_name: row.get(3)?,
            customer_id: row.get(4)?,
            customer_name: row.get(5)?,
            due: DueCounts::default(),
            times: PatchTimes::default(),
        })
    })
}

fn due(
    connection: &Connection,
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<HashMap<Group, DueCounts>, StoreError> {
    let query = filtered(QueryBuilder::for_updates(context), filter);
    let rows = query.rows(connection, "what is due", include_str!("service_level/due.sql"), |row| {
        let counts = DueCounts {
            open: row.get(2)?,
            overdue: row.get(3)?,
            due_soon: row.get(4)?,
            oldest_pending_since: read_time_option(row, 5)?,
        };
        Ok((group(row.get(0)?, row.get(1)?, None), counts))
    });
    Ok(rows?.into_iter().collect())
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
    let read = |row: &Row<'_>| {
        let times = PatchTimes {
            updates: row.get(3)?,
            installed: row.get(4)?,
            gone: row.get(5)?,
            open: row.get(6)?,
            median_days: row.get(7)?,
            p90_days: row.get(8)?,
        };
        Ok((group(row.get(0)?, row.get(1)?, row.get(2)?), times))
    };
    query.rows(connection, "times to patch", &statement, read)
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
    query.rows(connection, "service levels", include_str!("service_level/policies.sql"), |row| {
        let customer_id: String = row.get(0)?;
        Ok(Policy {
            customer_id: Some(customer_id).filter(|id| !id.is_empty()),
            customer_name: row.get(1)?,
            days: [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?],
        })
    })
}
