//! The customers' board: the accounts of each customer added up.
//!
//! All customers are read at once, since their order depends on what needs attention.

use crate::{
    accounts::{self, attention::Figures},
    builder::{AccountSelection, Context, QueryBuilder},
    listing::{Listing, sort_rows},
    service_level,
};
use jiff::{Span, civil::Date};
use muster_model::{
    account::AccountRow,
    column::Columns,
    customer::{CustomerRow, percent_of},
    filter::{AccountFilter, CustomersFilter, Direction},
    freshness::HarvestState,
};
use muster_store::{
    error::StoreError,
    value::{day, day_of},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

/// The days of a trend, and the age of the share that the present one is compared with.
const TREND_DAYS: i64 = 30;

/// The order that is by what needs attention.
const BY_CONCERN: &str = "concern";

/// The share of a customer's instances that were up to date, by day.
pub type Shares = HashMap<String, Vec<(Date, f64)>>;

#[derive(Columns)]
struct FoundDay {
    customer_id: String,
    day: Date,
    up_to_date: u64,
    instances: u64,
}

/// Reads the customers that match the filter, in its order, and the shares of all customers in scope by day.
pub fn customers(context: Context<'_>, filter: &CustomersFilter) -> Result<(Vec<CustomerRow>, Shares), StoreError> {
    let CustomersFilter { customer, provider, .. } = filter.clone();
    let selection = AccountSelection { customer: customer.as_deref(), provider: provider.as_deref(), account: None };
    let of_accounts =
        AccountFilter { customer: customer.clone(), provider: provider.clone(), ..AccountFilter::default() };
    let (accounts, (due, shares)) = context.both(
        |context| Ok(accounts::list::listing(context, &of_accounts)?.page(None)?.1),
        |context| Ok((service_level::due_by_account(context, selection)?, shares(context, selection)?)),
    )?;
    let mut by_customer: BTreeMap<String, Vec<AccountRow>> = BTreeMap::new();
    for account in accounts {
        by_customer.entry(account.customer_id.clone()).or_default().push(account);
    }
    let before = day_of(context.now).saturating_sub(Span::new().days(TREND_DAYS));
    let rows = by_customer.into_iter().map(|(customer_id, accounts)| {
        let share = shares.get(&customer_id).and_then(|days| days.iter().find(|(day, _)| *day == before));
        let due = accounts.iter().filter_map(|account| due.get(account.account_id.as_str()));
        let due = due.fold((0, 0), |sum, due| (sum.0 + due.overdue, sum.1 + due.overdue_excepted));
        row(customer_id, &accounts, due, share.map(|(_, share)| *share))
    });
    let mut rows: Vec<(CustomerRow, u64)> = rows.filter(|(row, _)| matches(row, filter.q.as_deref())).collect();
    rows.sort_by_key(|(row, _)| row.customer_name.to_lowercase());
    if filter.order.key == BY_CONCERN {
        rows.sort_by_key(|(row, count)| (row.concern.is_none(), row.concern, Reverse(*count)));
        if filter.order.direction == Direction::Descending {
            rows.reverse();
        }
    }
    let mut rows: Vec<CustomerRow> = rows.into_iter().map(|(row, _)| row).collect();
    if filter.order.key != BY_CONCERN {
        sort_rows(&mut rows, &filter.order);
    }
    Ok((rows, shares))
}

/// Prepares the customers that match the filter.
pub fn listing<'a>(context: Context<'a>, filter: &CustomersFilter) -> Result<Listing<'a, CustomerRow>, StoreError> {
    Ok(Listing::from_rows(customers(context, filter)?.0))
}

/// Adds up a customer's accounts, and returns with the row the number that its worst concern is about.
fn row(
    customer_id: String,
    accounts: &[AccountRow],
    (overdue, overdue_excepted): (u64, u64),
    before: Option<f64>,
) -> (CustomerRow, u64) {
    let figures = Figures { overdue, ..Figures::of(accounts) };
    let concerns = figures.concerns();
    let sum = |figure: fn(&AccountRow) -> u64| accounts.iter().map(figure).sum();
    let instances = sum(|account| account.instances);
    // A customer is as well known as the account that is known worst.
    let harvest_state = accounts.iter().map(|account| account.harvest_state).max().unwrap_or(HarvestState::Never);
    let harvests = accounts.iter().map(|account| account.last_harvest_at);
    let worst = concerns.first();
    let row = CustomerRow {
        customer_id,
        customer_name: accounts.first().map(|account| account.customer_name.clone()).unwrap_or_default(),
        concern: worst.map(|concern| concern.reason),
        why: concerns.iter().map(|concern| concern.why.as_str()).collect::<Vec<_>>().join("; "),
        accounts: figures.accounts,
        instances,
        up_to_date_percent: percent_of(figures.status.up_to_date, instances),
        up_to_date_percent_before: before,
        overdue,
        overdue_excepted,
        pending_os_updates: figures.pending_os_updates,
        instances_pending_os_updates: sum(|account| account.instances_pending_os_updates),
        runs_succeeded: figures.runs_succeeded,
        runs_total: figures.runs_total,
        harvest_state,
        last_harvest_at: harvests.min().flatten(),
        status: figures.status,
    };
    (row, worst.map_or(0, |concern| concern.count))
}

/// Returns whether a customer's name and id have every word of a search.
fn matches(row: &CustomerRow, words: Option<&str>) -> bool {
    let text = format!("{} {}", row.customer_name, row.customer_id).to_lowercase();
    words.unwrap_or_default().split_whitespace().all(|word| text.contains(&word.to_lowercase()))
}

fn shares(context: Context<'_>, selection: AccountSelection<'_>) -> Result<Shares, StoreError> {
    let to = day_of(context.now);
    let mut query = QueryBuilder::for_regions(context);
    query.filter_accounts(selection);
    let statement = include_str!("customers/days.sql")
        .replace("{from}", &query.bind(day(to.saturating_sub(Span::new().days(TREND_DAYS)))))
        .replace("{to}", &query.bind(day(to)));
    let mut shares = Shares::new();
    for FoundDay { customer_id, day, up_to_date, instances } in query.read("the days of customers", &statement)? {
        if let Some(share) = percent_of(up_to_date, instances) {
            shares.entry(customer_id).or_default().push((day, share));
        }
    }
    Ok(shares)
}
