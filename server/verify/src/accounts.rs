//! Verifies the Patching table and each account's page.

use super::{Check, VerifyError, each_page, fleet::Fleet, recomputed::Recomputed, tally::Tally};
use jiff::Timestamp;
use muster_model::{
    account::AccountPage, filter::AccountFilter, freshness::HarvestState, ids::AccountId, page::PAGE_ROWS_MAX,
    ports::Reports,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The derived columns of a harvest.
#[derive(Serialize)]
struct HarvestFigures {
    state: HarvestState,
    last_read_at: Option<Timestamp>,
    duration_ms: u64,
    api_calls: u64,
    rows: u64,
    instances_details_missing: u64,
}

impl Check {
    pub(super) async fn accounts(&mut self) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, .. } = self;
        let place = |id: &AccountId| format!("account {id}");
        let mut seen = BTreeSet::new();
        let read = |window| reports.accounts(AccountFilter { window, ..AccountFilter::default() });
        each_page(PAGE_ROWS_MAX, read, |page| {
            tally.equal("total", "accounts", &page.total, &(recomputed.accounts.len() as u64));
            for row in page.rows {
                if !seen.insert(row.account_id.clone()) {
                    tally.row_of_one_side("accounts", &place(&row.account_id), true);
                } else if let Some(account) = recomputed.accounts.get(&row.account_id) {
                    tally.fields("", &place(&row.account_id), &row, account);
                }
            }
        })
        .await?;
        tally.rows("accounts", &seen, &recomputed.accounts.keys().cloned().collect(), place);
        for id in recomputed.accounts.keys() {
            compare(tally, recomputed, id, &reports.account(id.clone()).await?);
        }
        Ok(())
    }
}

/// Compares the page of an account.
fn compare(tally: &mut Tally, recomputed: &Recomputed, id: &AccountId, page: &AccountPage) {
    let place = format!("the page of account {id}");
    let fleet = Fleet::of(recomputed, |other, _| other == id);
    tally.fields("", &place, &page.account, &recomputed.accounts[id]);
    tally.fields("freshness", &place, &page.freshness, &fleet.freshness());
    tally.fields("severities", &place, &page.severities, &fleet.severities());
    tally.equal("available_since", &place, &page.available_since, &fleet.available_since());
    let listed = page.unmanaged.as_ref().map(|unmanaged| unmanaged.rows.len() as u64);
    tally.equal("unmanaged", &place, &listed, &page.account.unmanaged_instances);
    tally.fields("patch_groups", &place, &page.patch_groups, &fleet.patch_groups());

    let mut instances: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (instance, _) in recomputed.current_of(id) {
        if let Some(baseline_id) = &instance.baseline_id {
            *instances.entry((&instance.region, baseline_id)).or_default() += 1;
        }
    }
    for baseline in &page.patch_baselines {
        let place = format!("baseline {} in {} of account {id}", baseline.baseline_id, baseline.region);
        let recomputed = instances.get(&(&*baseline.region, &*baseline.baseline_id)).copied().unwrap_or_default();
        tally.equal("instances", &place, &baseline.instances, &recomputed);
    }
    let named = recomputed.current_of(id).flat_map(|(instance, _)| recomputed.rows.policies.of(instance));
    let published = page.patch_policies.iter().filter(|policy| policy.instances > 0).map(|policy| policy.name.as_str());
    tally.equal("patch_policies", &place, &published.collect::<BTreeSet<_>>(), &named.collect());

    let regions = recomputed.rows.regions.values().filter(|region| region.account_id == *id);
    let regions: BTreeMap<&str, _> = regions.map(|region| (region.region.as_str(), region)).collect();
    let published: BTreeSet<&str> = page.harvests.iter().map(|row| row.region.as_str()).collect();
    tally.rows("harvests", &published, &regions.keys().copied().collect(), |region| format!("{region} in {place}"));
    let in_region = |region: &str| {
        let rows =
            recomputed.current_of(id).filter(|(instance, row)| instance.region == region && row.details_missing > 0);
        rows.count() as u64
    };
    for row in &page.harvests {
        let Some(region) = regions.get(row.region.as_str()) else { continue };
        let place = format!("the harvest of account {id} in {}", row.region);
        let times = region.started_at.zip(region.finished_at);
        let took = times.map(|(started, finished)| finished.as_millisecond() - started.as_millisecond());
        let figures = HarvestFigures {
            state: recomputed.moment.harvest_state(region),
            last_read_at: region.last_read_at,
            duration_ms: took.unwrap_or_default().try_into().unwrap_or_default(),
            api_calls: region.api_calls,
            rows: region.rows,
            instances_details_missing: in_region(&row.region),
        };
        tally.fields("", &place, row, &figures);
        tally.equal("errors", &place, &(row.errors.len() as u64), &region.errors);
    }
}
