//! Verifies the list of instances, and the filtered lists that figures link to.

use super::{
    Check, VerifyError, each_page,
    recomputed::{InstanceFigures, Recomputed},
    rows::Instance,
};
use muster_model::{
    filter::{AgentFilter, InstanceFilter, RunFilter},
    instance_state::InstanceState,
    patch_status::PatchStatus,
    ports::Reports,
};
use std::collections::BTreeSet;

/// The rows of one page, which are held in memory.
const WINDOW: u32 = 5_000;

impl Check {
    pub(super) async fn instances(&mut self) -> Result<(), VerifyError> {
        let all = InstanceFilter::default;
        self.list("instances", all(), |_, _, _| true).await?;
        let finished = InstanceFilter { run: Some(RunFilter::Finished), ..all() };
        self.list("instances?run=finished", finished, |all, raw, _| all.run_success(raw).is_some()).await?;
        let succeeded = InstanceFilter { run: Some(RunFilter::Succeeded), ..all() };
        self.list("instances?run=succeeded", succeeded, |all, raw, _| all.run_success(raw) == Some(true)).await?;
        let failed = InstanceFilter { run: Some(RunFilter::Failed), ..all() };
        self.list("instances?run=failed", failed, |all, raw, _| all.run_success(raw) == Some(false)).await?;
        for status in PatchStatus::ALL {
            let filter = InstanceFilter { status: Some(status), ..all() };
            let name = format!("instances?status={}", status.code());
            self.list(&name, filter, |_, _, row| row.patch_status == status).await?;
        }
        for state in InstanceState::ALL {
            let filter = InstanceFilter { instance_state: Some(state), ..all() };
            let name = format!("instances?instance_state={}", state.code());
            self.list(&name, filter, |_, _, row| row.instance_state == state).await?;
        }
        let online = InstanceFilter { online: Some(true), ..all() };
        self.list("instances?online=true", online, |_, _, row| row.online).await?;
        let pending = InstanceFilter { pending: Some(true), ..all() };
        self.list("instances?pending=true", pending, |_, _, row| row.missing + row.failed > 0).await?;
        let incomplete = InstanceFilter { details_missing: Some(true), ..all() };
        self.list("instances?details_missing=true", incomplete, |_, _, row| row.details_missing > 0).await?;
        let outdated = InstanceFilter { agent: Some(AgentFilter::Outdated), ..all() };
        self.list("instances?agent=outdated", outdated, |_, _, row| row.agent_is_latest == Some(false)).await?;
        let unknown = InstanceFilter { agent: Some(AgentFilter::Unknown), ..all() };
        self.list("instances?agent=unknown", unknown, |_, _, row| row.agent_is_latest.is_none()).await
    }

    /// Verifies which instances a list has: current ones, unless it is of those that are gone. Of the whole list, also
    /// verifies their figures.
    async fn list(
        &mut self,
        list: &str,
        filter: InstanceFilter,
        belongs: impl Fn(&Recomputed, &Instance, &InstanceFigures) -> bool,
    ) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, .. } = self;
        let is_of_gone = filter.instance_state.is_some_and(InstanceState::is_gone);
        let members = recomputed
            .all_shown()
            .filter(|(instance, _)| is_of_gone || instance.is_current())
            .filter(|(instance, row)| belongs(recomputed, instance, row));
        let members: BTreeSet<i64> = members.map(|(instance, _)| instance.instance_key).collect();
        let is_whole = filter == InstanceFilter::default();
        let mut seen = BTreeSet::new();
        let read = |window| reports.instances(InstanceFilter { window, ..filter.clone() });
        each_page(WINDOW, read, |page| {
            tally.equal("total", list, &page.total, &(members.len() as u64));
            for row in page.rows {
                let place = format!("instance {} of account {}", row.instance_id, row.account_id);
                match recomputed.shown(&row.account_id, &row.region, &row.instance_id) {
                    Some((instance, figures)) if seen.insert(instance.instance_key) => {
                        if is_whole {
                            tally.fields("", &place, &row, figures);
                        }
                    }
                    _ => tally.row_of_one_side(list, &place, true),
                }
            }
        })
        .await?;
        tally.rows(list, &seen, &members, |key| recomputed.place_of(*key));
        Ok(())
    }
}
