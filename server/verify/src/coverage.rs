//! Verifies the coverage ledger.

use super::{
    Check, VerifyError,
    meaning::Moment,
    recomputed::{InstanceFigures, Recomputed},
    rows::Instance,
};
use duckdb::Connection;
use muster_model::{
    column::Columns, coverage::Coverage, filter::CoverageFilter, ids::AccountId, instance_state::InstanceState,
    patch_status::PatchStatus, ports::Reports, run::PATCH_DOCUMENTS,
};
use muster_store::{error::StoreError, named_row::each};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The targets of an enabled window, with a document that it runs.
#[derive(Columns)]
struct Target {
    account_id: AccountId,
    region: String,
    targets: String,
    document: String,
}

const TARGETS: &str = "
    SELECT t.account_id, t.region, t.targets, k.task_arn AS document
    FROM maintenance_window w
    JOIN window_target t USING (account_id, region, window_id)
    JOIN window_task k USING (account_id, region, window_id)
    WHERE w.enabled AND w.next_execution_at IS NOT NULL";

#[derive(Columns)]
struct Tag {
    instance_key: i64,
    key: String,
    value: String,
}

#[derive(Columns)]
struct InstallPolicy {
    account_id: AccountId,
    region: String,
    name: String,
}

#[derive(Default)]
struct Plans {
    targets: Vec<Target>,
    tags: HashMap<i64, Vec<Tag>>,
    install_policies: Vec<InstallPolicy>,
}

fn plans(connection: &Connection) -> duckdb::Result<Plans> {
    let mut plans = Plans::default();
    each(connection, TARGETS, [], |target: Target| {
        if PATCH_DOCUMENTS.contains(&target.document.as_str()) && target.document != "AWS-FindWindowsUpdates" {
            plans.targets.push(target);
        }
    })?;
    each(connection, "SELECT instance_key, key, value FROM tag", [], |tag: Tag| {
        plans.tags.entry(tag.instance_key).or_default().push(tag);
    })?;
    let policies = "SELECT account_id, region, name FROM patch_policy WHERE operation = 'ScanAndInstall'";
    each(connection, policies, [], |policy| plans.install_policies.push(policy))?;
    Ok(plans)
}

impl Plans {
    fn has_window(&self, instance: &Instance, figures: &InstanceFigures) -> bool {
        let here = |target: &&Target| (&target.account_id, &target.region) == (&instance.account_id, &instance.region);
        self.targets.iter().filter(here).any(|target| {
            target.targets.split("; ").all(|part| {
                let (key, texts) = part.split_once('=').unwrap_or((part, ""));
                let has = |text: &str| texts.split(',').any(|one| one == text);
                match key.strip_prefix("tag:") {
                    Some(tag) => self.has_tag(instance, figures, |key, value| key == tag && has(value)),
                    None if key == "InstanceIds" => has(instance.instance_id.as_str()) || has("*"),
                    None => key == "tag-key" && self.has_tag(instance, figures, |key, _| has(key)),
                }
            })
        })
    }

    fn has_tag(&self, instance: &Instance, figures: &InstanceFigures, is: impl Fn(&str, &str) -> bool) -> bool {
        match self.tags.get(&instance.instance_key) {
            Some(tags) => tags.iter().any(|tag| is(&tag.key, &tag.value)),
            // Where no tags are known, the patch group that a scan reported tells one.
            None => {
                let group = figures.patch_group.as_str();
                !group.is_empty() && (is("Patch Group", group) || is("PatchGroup", group))
            }
        }
    }

    fn installs_by_policy(&self, instance: &Instance, figures: &InstanceFigures) -> bool {
        let installs = |policy: &InstallPolicy| {
            (&policy.account_id, &policy.region) == (&instance.account_id, &instance.region)
                && figures.patch_policy.split(", ").any(|name| name == policy.name)
        };
        !figures.patch_policy.is_empty() && self.install_policies.iter().any(installs)
    }

    fn coverage(&self, instance: &Instance, figures: &InstanceFigures, moment: Moment) -> Coverage {
        let by_policy = self.installs_by_policy(instance, figures);
        let ran = instance.latest_install.as_ref().is_some_and(|install| moment.run_counts(install.requested_at));
        match (figures.instance_state, figures.patch_status) {
            (InstanceState::Duplicate, _) => Coverage::Duplicate,
            (InstanceState::Terminated | InstanceState::Deregistered, _) => Coverage::Gone,
            (InstanceState::Unreadable, _) => Coverage::AccountUnread,
            (InstanceState::Stopped, _) => Coverage::Stopped,
            (InstanceState::AgentLost, _) => Coverage::AgentLost,
            (_, PatchStatus::Unsupported) => Coverage::Unsupported,
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
