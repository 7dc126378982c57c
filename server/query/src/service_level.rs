//! The service level of the accounts in scope: what is due, and how long updates took.

use super::{
    bind::{Context, Question, read_id},
    freshness::freshness,
    listing::Listing,
    update_list,
};
use duckdb::{Connection, Row};
use muster_model::{
    filter::{ServiceLevelFilter, UpdateFilter, UpdateSort},
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
    value::{read_time_option, start_of, time},
};
use std::{cmp::Reverse, collections::HashMap};

/// Breaches to come that are shown; the list of all is a link.
const BREACHES_SHOWN: u32 = 10;

/// What a row of figures is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Of {
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
    let account = filter.account.as_ref();
    let accounts = accounts(connection, context, filter)?;
    let mut due = due(connection, context, filter)?;
    let times = times(connection, context, filter)?;
    let mut of: HashMap<Of, PatchTimes> = times.iter().cloned().collect();
    let breaches = UpdateFilter {
        customer: filter.customer.clone(),
        provider: filter.provider.clone(),
        account: account.cloned(),
        due: Some(Due::Soon),
        sort: UpdateSort::DueAt,
        direction: UpdateSort::DueAt.natural_direction(),
        ..UpdateFilter::default()
    };
    let window = Window { offset: 0, limit: BREACHES_SHOWN };
    let (customer, provider) = (filter.customer.as_deref(), filter.provider.as_deref());
    let mut rows: Vec<AccountServiceRow> = accounts
        .into_iter()
        .map(|row| {
            let key = Of::Account(row.account_id.to_string());
            AccountServiceRow {
                due: due.remove(&key).unwrap_or_default(),
                times: of.remove(&key).unwrap_or_default(),
                ..row
            }
        })
        .collect();
    rows.sort_by_key(|row| Reverse((row.due.overdue, row.due.due_soon, row.due.open)));
    let severities = SeverityBand::ALL.map(|severity| {
        let key = Of::Severity(severity.code().to_owned());
        let (due, times) = (due.remove(&key).unwrap_or_default(), of.remove(&key).unwrap_or_default());
        SeverityServiceRow { severity, due, times }
    });
    let months = times.into_iter().filter_map(|(of, times)| match of {
        Of::Month(month) => Some(MonthServiceRow { month, times }),
        _ => None,
    });
    Ok(ServiceLevelPage {
        freshness: freshness(connection, context, customer, provider, account)?,
        filter: filter.clone(),
        totals: due.remove(&Of::All).unwrap_or_default(),
        times: of.remove(&Of::All).unwrap_or_default(),
        accounts: rows,
        severities: severities.into(),
        months: months.collect(),
        breaches: update_list::updates(connection, context, &breaches, Some(window))?.1,
        policies: policies(connection, context, filter)?,
    })
}

/// The accounts for a file.
pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<Listing<AccountServiceRow>, StoreError> {
    Ok(Listing::made(service_level(connection, context, filter)?.accounts))
}

fn narrowed(mut question: Question, filter: &ServiceLevelFilter) -> Question {
    question
        .only_if("f.customer_id = {}", filter.customer.as_deref())
        .only_if("f.provider = {}", filter.provider.as_deref())
        .only_if("f.account_id = {}", filter.account.as_ref().map(AccountId::as_str));
    question
}

/// The accounts without their figures.
fn accounts(
    connection: &Connection,
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<Vec<AccountServiceRow>, StoreError> {
    let question = narrowed(Question::about_regions(context), filter);
    question.rows(connection, "accounts", include_str!("service_level_accounts.sql"), |row| {
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
) -> Result<HashMap<Of, DueCounts>, StoreError> {
    let question = narrowed(Question::about_clocks(context), filter);
    let rows = question.rows(connection, "what is due", include_str!("service_level_due.sql"), |row| {
        let counts = DueCounts {
            open: row.get(2)?,
            overdue: row.get(3)?,
            due_soon: row.get(4)?,
            oldest_pending_since: read_time_option(row, 5)?,
        };
        Ok((of(row.get(0)?, row.get(1)?, None), counts))
    });
    Ok(rows?.into_iter().collect())
}

fn times(
    connection: &Connection,
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<Vec<(Of, PatchTimes)>, StoreError> {
    let mut question = Question::about_names(context);
    let now = question.bind(time(context.now));
    let since = context.limits.patch_times_since(context.now);
    // Of what ended before, only some is left.
    let since = context.kept_since.map_or(since, |first| since.max(start_of(first)));
    let since = question.bind(time(since));
    let statement = include_str!("service_level_times.sql").replace("{now}", &now).replace("{since}", &since);
    let question = narrowed(question, filter);
    let read = |row: &Row<'_>| {
        let times = PatchTimes {
            updates: row.get(3)?,
            installed: row.get(4)?,
            gone: row.get(5)?,
            open: row.get(6)?,
            median_days: row.get(7)?,
            p90_days: row.get(8)?,
        };
        Ok((of(row.get(0)?, row.get(1)?, row.get(2)?), times))
    };
    question.rows(connection, "times to patch", &statement, read)
}

fn of(account: Option<String>, severity: Option<String>, month: Option<String>) -> Of {
    match (account, severity, month) {
        (Some(account), ..) => Of::Account(account),
        (_, Some(severity), _) => Of::Severity(severity),
        (.., Some(month)) => Of::Month(month),
        _ => Of::All,
    }
}

fn policies(
    connection: &Connection,
    context: Context<'_>,
    filter: &ServiceLevelFilter,
) -> Result<Vec<Policy>, StoreError> {
    let question = narrowed(Question::about_clocks(context), filter);
    question.rows(connection, "service levels", include_str!("service_level_policies.sql"), |row| {
        let customer_id: String = row.get(0)?;
        Ok(Policy {
            customer_id: Some(customer_id).filter(|id| !id.is_empty()),
            customer_name: row.get(1)?,
            days: [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?],
        })
    })
}
