//! Verifies the coverage ledger.

use super::{
    Check, VerifyError,
    meaning::Moment,
    plans::{Plans, plans},
    recomputed::{InstanceFigures, Recomputed},
    rows::Instance,
};
use duckdb::Connection;
use muster_metrics::end_of_life::ended_on;
use muster_model::{
    coverage::Coverage, filter::CoverageFilter, instance_state::InstanceState, patch_status::PatchStatus,
    ports::Reports,
};
use muster_store::{error::StoreError, value::day_of};
use std::collections::{BTreeMap, BTreeSet};

impl Plans {
    fn coverage(&self, instance: &Instance, figures: &InstanceFigures, moment: Moment) -> Coverage {
        let by_policy = self.installs_by_policy(instance, figures);
        let ran = instance.latest_install.as_ref().is_some_and(|install| moment.run_counts(install.requested_at));
        let ended = ended_on(&instance.platform_name, &instance.platform_version);
        match (figures.instance_state, figures.patch_status) {
            (InstanceState::Duplicate, _) => Coverage::Duplicate,
            (InstanceState::Terminated | InstanceState::Deregistered, _) => Coverage::Gone,
            (InstanceState::Unreadable, _) => Coverage::AccountUnread,
            (InstanceState::Stopped, _) => Coverage::Stopped,
            (InstanceState::AgentLost, _) => Coverage::AgentLost,
            (_, PatchStatus::Unsupported) => Coverage::Unsupported,
            _ if ended.is_some_and(|last| last < day_of(moment.now)) => Coverage::EndOfLife,
            (_, PatchStatus::NoData) => Coverage::NeverScanned,
            _ if !by_policy && !self.has_window(instance, figures) => Coverage::NoWindow,
            (_, PatchStatus::Stale) => Coverage::NotScannedLately,
            _ if !by_policy && !ran => Coverage::NotPatchedLately,
            _ => Coverage::OnSchedule,
        }
    }
}

impl Check {
    pub(super) async fn coverage(&mut self) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, transaction, .. } = self;
        let read = |connection: &Connection| plans(connection).map_err(StoreError::read("windows and policies"));
        let plans = transaction.read("windows and policies", read).await?;
        let Recomputed { rows, figures, accounts, .. } = &*recomputed;
        let mut all: BTreeMap<Option<&str>, BTreeMap<Coverage, u64>> = BTreeMap::new();
        for (key, figures) in figures.iter() {
            let Some(instance) = rows.instances.get(key) else { continue };
            let Some(account) = accounts.get(&instance.account_id) else { continue };
            let coverage = plans.coverage(instance, figures, recomputed.moment);
            for customer in [None, Some(account.customer_id.as_str())] {
                *all.entry(customer).or_default().entry(coverage).or_default() += 1;
            }
        }
        let customers: BTreeSet<&str> = accounts.values().map(|account| account.customer_id.as_str()).collect();
        for customer in [None].into_iter().chain(customers.into_iter().map(Some)) {
            let filter = CoverageFilter { customer: customer.map(str::to_owned), ..CoverageFilter::default() };
            let page = reports.coverage(filter).await?;
            let place = customer.map_or_else(|| "coverage".to_owned(), |customer| format!("coverage of {customer}"));
            let mut total = 0;
            for count in page.counts {
                let recomputed = all.get(&customer).and_then(|counts| counts.get(&count.coverage)).copied();
                tally.equal(count.coverage.code(), &place, &count.instances, &recomputed.unwrap_or_default());
                total += count.instances;
            }
            tally.equal("total", &place, &page.rows.total, &total);
        }
        Ok(())
    }
}
