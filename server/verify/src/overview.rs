//! Verifies the overview of an operator, of each customer, and of each provider.

use super::{
    Check, VerifyError,
    fleet::{Fleet, published_choices},
    tally::Tally,
};
use muster_access::principal::Principal;
use muster_model::{chart::Chart, filter::AccountFilter, overview::Overview, ports::Reports};
use muster_store::value::day_of;
use std::collections::{BTreeMap, BTreeSet};

impl Check {
    pub(super) async fn overviews(&mut self) -> Result<(), VerifyError> {
        let Self { source, transaction, reports, recomputed, tally } = self;
        let all = AccountFilter::default();
        let overview = reports.overview(all.clone()).await?;
        compare(tally, "the overview", &overview, true, &Fleet::of(recomputed, |_, _| true));
        let accounts = recomputed.accounts.values();
        for provider in accounts.clone().map(|account| account.provider.code()).collect::<BTreeSet<_>>() {
            let filter = AccountFilter { provider: Some(provider.to_owned()), ..all.clone() };
            let overview = reports.overview(filter).await?;
            let place = format!("the overview of provider {provider}");
            let fleet = Fleet::of(recomputed, |_, account| account.provider.code() == provider);
            compare(tally, &place, &overview, false, &fleet);
        }
        for customer in accounts.map(|account| account.customer_id.as_str()).collect::<BTreeSet<_>>() {
            let scope = Principal::local().scope().narrowed_to(customer);
            let moment = recomputed.moment;
            let theirs = source.at_one_moment(scope, transaction.clone(), moment.now, moment.kept_since);
            let overview = theirs.overview(all.clone()).await?;
            let place = format!("the overview of customer {customer}");
            compare(tally, &place, &overview, true, &Fleet::of_owner(recomputed, customer));
        }
        Ok(())
    }
}

/// Compares an overview with its accounts. `choices` are not compared if a filter is set: they do not depend on it.
fn compare(tally: &mut Tally, place: &str, page: &Overview, choices: bool, fleet: &Fleet<'_>) {
    let freshness = fleet.freshness();
    tally.fields("freshness", place, &page.freshness, &freshness);
    tally.fields("status", place, &page.status, &fleet.status());
    tally.fields("fleet", place, &page.fleet, &fleet.totals());
    tally.fields("totals", place, &page.totals, &fleet.totals());
    tally.equal("accounts.total", place, &page.accounts.total, &(fleet.accounts.len() as u64));
    tally.equal("accounts.as_of", place, &page.accounts.as_of, &freshness.oldest_harvest_at);
    tally.fields("severities", place, &page.severities, &fleet.severities());
    tally.equal("available_since", place, &page.available_since, &fleet.available_since());
    tally.fields("top_missing", place, &page.top_missing, &fleet.top_missing());
    let lines = page.attention.iter().map(|line| (line.reason, line.count, line.account_name.as_str()));
    let (attention, all) = fleet.attention();
    tally.fields("attention", place, &lines.collect::<Vec<_>>(), &attention);
    tally.equal("accounts_with_attention", place, &page.accounts_with_attention, &all);
    if choices {
        let lines = |choices: BTreeMap<String, u64>| choices.into_iter().collect::<Vec<_>>();
        tally.fields("choices", place, &lines(published_choices(&page.choices)), &lines(fleet.choices()));
    }
    let today = day_of(freshness.now);
    let recorded = fleet.recorded(today).map(|figures| figures.map(|figure| figure.to_string()).to_vec());
    tally.equal("trend of today", place, &row_of(&page.trend, &today.to_string()), &recorded);
}

/// Returns a day's cells in the table of the trend, without the day.
fn row_of(trend: &Chart, day: &str) -> Option<Vec<String>> {
    let row = trend.rows.iter().find(|row| row.first().is_some_and(|cell| cell == day))?;
    Some(row[1..].to_vec())
}
