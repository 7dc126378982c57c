//! Verifies the list of instances, and the filtered lists that figures link to.

use super::{Check, VerifyError, following};
use muster_model::{
    filter::{AgentFilter, InstanceFilter, RunFilter},
    ids::{AccountId, InstanceId},
    instance::InstanceRow,
    page::Window,
    patch_status::PatchStatus,
    ports::Reports,
};
use std::collections::BTreeSet;

/// The rows of one page, which are held in memory.
const WINDOW: u32 = 5_000;

/// What identifies an instance.
type Identity = (AccountId, String, InstanceId);

fn identity(row: &InstanceRow) -> Identity {
    (row.account_id.clone(), row.region.clone(), row.instance_id.clone())
}

impl Check {
    pub(super) async fn instances(&mut self) -> Result<(), VerifyError> {
        let mut seen = BTreeSet::new();
        let mut window = Some(Window { offset: 0, limit: WINDOW });
        while let Some(current) = window {
            let filter = InstanceFilter { window: current, ..InstanceFilter::default() };
            let page = self.reports.instances(filter).await?;
            for row in &page.rows {
                let place = format!("instance {} of account {}", row.instance_id, row.account_id);
                let key = self.recomputed.rows.key_of(row.account_id.as_str(), &row.region, row.instance_id.as_str());
                match key.and_then(|key| self.recomputed.instances.get(&key)) {
                    Some(recomputed) if seen.insert(identity(row)) => {
                        self.tally.fields("", &place, row, recomputed);
                    }
                    _ => self.tally.row_of_one_side("instances", &place, true),
                }
            }
            window = following(&page, current);
        }
        let current: BTreeSet<Identity> = self.recomputed.current().map(|(_, row)| identity(row)).collect();
        self.one_sided("instances", &seen, &current);
        self.filtered_lists().await
    }

    /// Verifies the filtered lists that figures link to, row by row.
    async fn filtered_lists(&mut self) -> Result<(), VerifyError> {
        for (name, run) in [
            ("run=succeeded", RunFilter::Succeeded),
            ("run=failed", RunFilter::Failed),
            ("run=finished", RunFilter::Finished),
        ] {
            let filter = InstanceFilter { run: Some(run), ..InstanceFilter::default() };
            let belongs = self.recomputed.current().filter(|(instance, _)| match run {
                RunFilter::Succeeded => self.recomputed.run_success(instance) == Some(true),
                RunFilter::Failed => self.recomputed.run_success(instance) == Some(false),
                RunFilter::Finished => self.recomputed.run_success(instance).is_some(),
            });
            let recomputed = belongs.map(|(_, row)| identity(row)).collect();
            self.filtered_list(name, filter, recomputed).await?;
        }
        for status in PatchStatus::ALL {
            let filter = InstanceFilter { status: Some(status), ..InstanceFilter::default() };
            let recomputed = self.matching(|row| row.patch_status == status);
            self.filtered_list(&format!("status={}", status.code()), filter, recomputed).await?;
        }
        let filter = InstanceFilter { online: Some(true), ..InstanceFilter::default() };
        self.filtered_list("online=true", filter, self.matching(|row| row.online)).await?;
        let filter = InstanceFilter { pending: Some(true), ..InstanceFilter::default() };
        self.filtered_list("pending=true", filter, self.matching(|row| row.missing + row.failed > 0)).await?;
        let filter = InstanceFilter { agent: Some(AgentFilter::Outdated), ..InstanceFilter::default() };
        self.filtered_list("agent=outdated", filter, self.matching(|row| !row.agent_is_latest)).await
    }

    fn matching(&self, belongs: impl Fn(&InstanceRow) -> bool) -> BTreeSet<Identity> {
        self.recomputed.current().filter(|(_, row)| belongs(row)).map(|(_, row)| identity(row)).collect()
    }

    async fn filtered_list(
        &mut self,
        name: &str,
        filter: InstanceFilter,
        recomputed: BTreeSet<Identity>,
    ) -> Result<(), VerifyError> {
        let list = format!("instances?{name}");
        let mut published = BTreeSet::new();
        let mut window = Some(Window { offset: 0, limit: WINDOW });
        while let Some(current) = window {
            let page = self.reports.instances(InstanceFilter { window: current, ..filter.clone() }).await?;
            self.tally.equal("total", &list, &page.total, &(recomputed.len() as u64));
            published.extend(page.rows.iter().map(identity));
            window = following(&page, current);
        }
        self.tally.matched(published.intersection(&recomputed).count() as u64);
        self.one_sided(&list, &published, &recomputed);
        Ok(())
    }

    fn one_sided(&mut self, list: &str, published: &BTreeSet<Identity>, recomputed: &BTreeSet<Identity>) {
        for (account_id, _, instance_id) in published.symmetric_difference(recomputed) {
            let place = format!("instance {instance_id} of account {account_id}");
            let is_published = published.iter().any(|(account, _, id)| account == account_id && id == instance_id);
            self.tally.row_of_one_side(list, &place, is_published);
        }
    }
}
