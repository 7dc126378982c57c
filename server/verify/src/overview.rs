//! Verifies the overview of an operator, of each customer, and of each provider.

use super::{
    Check, VerifyError,
    fleet::{Fleet, published_choices},
    tally::Tally,
};
use jiff::tz::TimeZone;
use muster_access::principal::Principal;
use muster_model::{account::AccountRow, chart::Chart, filter::AccountFilter, overview::Overview, ports::Reports};
use std::collections::BTreeSet;

impl Check {
    pub(super) async fn overviews(&mut self) -> Result<(), VerifyError> {
        let all = AccountFilter::default();
        let overview = self.reports.overview(all.clone()).await?;
        compare(&mut self.tally, "the overview", &overview, true, &Fleet::of(&self.recomputed, |_| true));
        let rows: Vec<AccountRow> = self.recomputed.accounts.values().cloned().collect();
        for provider in rows.iter().map(|row| row.provider.code()).collect::<BTreeSet<_>>() {
            let filter = AccountFilter { provider: Some(provider.to_owned()), ..all.clone() };
            let overview = self.reports.overview(filter).await?;
            let place = format!("the overview of provider {provider}");
            let fleet = Fleet::of(&self.recomputed, |account| account.provider.code() == provider);
            compare(&mut self.tally, &place, &overview, false, &fleet);
        }
        for customer in rows.iter().map(|row| row.customer_id.as_str()).collect::<BTreeSet<_>>() {
            let scope = Principal::local().scope().narrowed_to(customer);
            let moment = self.recomputed.moment;
            let theirs = self.source.at_one_moment(scope, self.transaction.clone(), moment.now, moment.kept_since);
            let overview = theirs.overview(all.clone()).await?;
            let place = format!("the overview of customer {customer}");
            let fleet = Fleet::of_owner(&self.recomputed, customer);
            compare(&mut self.tally, &place, &overview, true, &fleet);
        }
        Ok(())
    }
}

/// Compares an overview with its accounts. `choices` are not compared if a filter is set: they do not depend on it.
fn compare(tally: &mut Tally, place: &str, page: &Overview, choices: bool, fleet: &Fleet<'_>) {
    tally.fields("freshness", place, &page.freshness, &fleet.freshness());
    tally.fields("status", place, &page.status, &fleet.status());
    tally.fields("fleet", place, &page.fleet, &fleet.totals());
    tally.fields("totals", place, &page.totals, &fleet.totals());
    tally.equal("accounts.total", place, &page.accounts.total, &(fleet.accounts.len() as u64));
    tally.equal("accounts.as_of", place, &page.accounts.as_of, &fleet.freshness().oldest_harvest_at);
    tally.fields("severities", place, &page.severities, &fleet.severities());
    tally.fields("top_missing", place, &page.top_missing, &fleet.top_missing());
    let lines = page.attention.iter().map(|line| (line.reason, line.count, line.account_name.clone()));
    tally.fields("attention", place, &lines.collect::<Vec<_>>(), &fleet.attention());
    if choices {
        let (published, recomputed) = (published_choices(&page.choices), fleet.choices());
        let lines = |choices: &std::collections::BTreeMap<(&str, String), u64>| -> Vec<(String, u64)> {
            choices.iter().map(|((kind, code), count)| (format!("{kind} {code}"), *count)).collect()
        };
        tally.fields("choices", place, &lines(&published), &lines(&recomputed));
    }
    let today = fleet.recomputed.moment.now.to_zoned_datetime(TimeZone::UTC).date();
    let recorded = fleet.recorded(today).map(|figures| figures.map(|figure| figure.to_string()).to_vec());
    tally.equal("trend of today", place, &row_of(&page.trend, &today.to_string()), &recorded);
}

/// Returns a day's cells in the table of the trend, without the day.
fn row_of(trend: &Chart, day: &str) -> Option<Vec<String>> {
    let row = trend.rows.iter().find(|row| row.first().is_some_and(|cell| cell == day))?;
    Some(row[1..].to_vec())
}
