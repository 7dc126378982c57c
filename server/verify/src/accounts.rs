//! Verifies the Patching table and each account's page.

use super::{Check, VerifyError, fleet::Fleet, following};
use jiff::Timestamp;
use muster_model::{
    account::AccountPage,
    filter::AccountFilter,
    freshness::HarvestState,
    harvest::HarvestRow,
    ids::AccountId,
    page::{PAGE_ROWS_MAX, Window},
    ports::Reports,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The figures of one harvest.
#[derive(Serialize)]
struct HarvestFigures {
    state: HarvestState,
    last_good_at: Option<Timestamp>,
    last_tried_at: Option<Timestamp>,
    duration_ms: u64,
    api_calls: u64,
    rows: u64,
    transitions: u64,
    errors: u64,
}

impl From<&HarvestRow> for HarvestFigures {
    fn from(row: &HarvestRow) -> Self {
        Self {
            state: row.state,
            last_good_at: row.last_good_at,
            last_tried_at: row.last_tried_at,
            duration_ms: row.duration_ms,
            api_calls: row.api_calls,
            rows: row.rows,
            transitions: row.transitions,
            errors: row.errors.len() as u64,
        }
    }
}

impl Check {
    pub(super) async fn accounts(&mut self) -> Result<(), VerifyError> {
        let mut seen = BTreeSet::new();
        let mut window = Some(Window { offset: 0, limit: PAGE_ROWS_MAX });
        while let Some(current) = window {
            let filter = AccountFilter { window: current, ..AccountFilter::default() };
            let page = self.reports.accounts(filter).await?;
            for row in &page.rows {
                let place = format!("account {}", row.account_id);
                match self.recomputed.accounts.get(row.account_id.as_str()) {
                    Some(recomputed) if seen.insert(row.account_id.clone()) => {
                        self.tally.fields("", &place, row, recomputed);
                    }
                    _ => self.tally.row_of_one_side("accounts", &place, true),
                }
            }
            self.tally.equal("total", "accounts", &page.total, &(self.recomputed.accounts.len() as u64));
            window = following(&page, current);
        }
        for id in self.recomputed.accounts.values().map(|account| &account.account_id).filter(|id| !seen.contains(id)) {
            self.tally.row_of_one_side("accounts", &format!("account {id}"), false);
        }
        let ids: Vec<AccountId> = self.recomputed.accounts.values().map(|row| row.account_id.clone()).collect();
        for id in ids {
            let page = self.reports.account(id).await?;
            self.account_page(&page);
        }
        Ok(())
    }

    fn account_page(&mut self, page: &AccountPage) {
        let id = page.account.account_id.as_str();
        let place = format!("the page of account {id}");
        let fleet = Fleet::of(&self.recomputed, |account| account.account_id == page.account.account_id);
        let tally = &mut self.tally;
        if let Some(account) = fleet.accounts.first() {
            tally.fields("", &place, &page.account, account);
        }
        tally.fields("freshness", &place, &page.freshness, &fleet.freshness());
        tally.fields("severities", &place, &page.severities, &fleet.severities());
        tally.fields("patch_groups", &place, &page.patch_groups, &fleet.patch_groups());
        let systems_account = self.recomputed.rows.accounts.get(id).map(|account| account.systems_account.as_str());
        tally.equal("systems_account", &place, &page.systems_account.as_str(), &systems_account.unwrap_or_default());

        let mut instances: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for (instance, _) in self.recomputed.current_of(id) {
            if let Some(scan) = &instance.scan {
                *instances.entry((&instance.region, &scan.baseline_id)).or_default() += 1;
            }
        }
        for baseline in &page.patch_baselines {
            let place = format!("baseline {} in {} of account {id}", baseline.baseline_id, baseline.region);
            let recomputed = instances.get(&(&*baseline.region, &*baseline.baseline_id)).copied().unwrap_or_default();
            tally.equal("instances", &place, &baseline.instances, &recomputed);
        }
        let published: BTreeMap<String, HarvestFigures> =
            page.harvests.iter().map(|row| (row.region.clone(), row.into())).collect();
        let recomputed = self.harvests_of(id);
        let regions = |harvests: &BTreeMap<String, HarvestFigures>| harvests.keys().cloned().collect::<Vec<_>>();
        self.tally.equal("harvests", &place, &regions(&published), &regions(&recomputed));
        for (region, harvest) in &published {
            let place = format!("the harvest of account {id} in {region}");
            if let Some(recomputed) = recomputed.get(region) {
                self.tally.fields("", &place, harvest, recomputed);
            }
        }
    }

    fn harvests_of(&self, account_id: &str) -> BTreeMap<String, HarvestFigures> {
        let mine = self.recomputed.rows.regions_in_view().filter(|(id, ..)| *id == account_id);
        mine.map(|(_, name, region)| {
            let last = region.last_harvest_id.and_then(|id| self.recomputed.rows.harvests.get(&id));
            let took = last.map(|last| last.finished_at.as_millisecond() - last.started_at.as_millisecond());
            let figures = HarvestFigures {
                state: self.recomputed.harvest_state(account_id, name),
                last_good_at: region.last_good_at,
                last_tried_at: region.last_tried_at,
                duration_ms: took.unwrap_or_default().try_into().unwrap_or_default(),
                api_calls: last.map_or(0, |last| last.api_calls),
                rows: last.map_or(0, |last| last.rows),
                transitions: last.map_or(0, |last| last.transitions),
                errors: last.map_or(0, |last| last.errors),
            };
            (name.to_owned(), figures)
        })
        .collect()
    }
}
