//! The estate's ground truth as plain data, for tests, the demo and benchmarks. The wire does not use it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::{Account, Instance, Operation, PatchCounts, PatchRow, Report, Site, Trouble, reboot_option};
use crate::clock;

/// One account as an operator enters it in the portal's roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RosterAccount {
    pub provider: String,
    pub account_id: String,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    pub systems_account: String,
    pub role_arn: String,
    pub external_id: String,
    pub regions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TrueInstance {
    pub account_id: Arc<str>,
    pub systems_account: Arc<str>,
    pub region: Arc<str>,
    pub instance_id: Arc<str>,
    /// Whether DescribeInstanceInformation lists it.
    pub current: bool,
    pub online: bool,
    pub last_ping_at: Timestamp,
    pub agent_version: &'static str,
    pub platform_type: &'static str,
    pub platform_name: &'static str,
    pub platform_version: &'static str,
    pub operating_system: &'static str,
    pub registered_at: Option<Timestamp>,
    pub resource_type: &'static str,
    pub name: Option<String>,
    pub ip_address: String,
    pub computer_name: String,
    pub source_type: &'static str,
    pub patch_group: Option<&'static str>,
    /// Whether Patch Manager does not support its operating system.
    pub is_unsupported: bool,
    /// None if it was never scanned.
    pub patch: Option<PatchSummary>,
    /// As SSM reports them now, that is as of the last patch operation.
    pub updates: Vec<TrueUpdate>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchSummary {
    pub baseline_id: Arc<str>,
    pub snapshot_id: Arc<str>,
    pub operation: &'static str,
    pub reboot_option: &'static str,
    pub operation_ended_at: Timestamp,
    pub counts: PatchCounts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueUpdate {
    pub title: &'static str,
    pub kb_id: &'static str,
    pub classification: &'static str,
    pub severity: &'static str,
    pub state: &'static str,
    pub installed_at: Option<Timestamp>,
    pub cve_ids: &'static str,
}

/// One change of what SSM reports about one update of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueTransition {
    pub account_id: Arc<str>,
    pub region: Arc<str>,
    pub instance_id: Arc<str>,
    pub title: &'static str,
    pub kb_id: &'static str,
    /// The state before. None if SSM did not list the update.
    pub from: Option<&'static str>,
    /// The state after. None if SSM no longer lists the update.
    pub to: Option<&'static str>,
    /// When the change happened on the instance.
    pub happened_at: Timestamp,
    /// OperationEndTime of the operation that reported it.
    pub reported_at: Timestamp,
    pub operation: &'static str,
    /// Whether it is part of the instance's first report: nothing changed, the update was only seen for the first time.
    pub baseline: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueInvocation {
    pub account_id: Arc<str>,
    pub systems_account: Arc<str>,
    pub region: Arc<str>,
    pub command_id: Arc<str>,
    pub instance_id: Arc<str>,
    pub operation: &'static str,
    pub reboot_option: &'static str,
    pub status: &'static str,
    pub status_details: &'static str,
    pub requested_at: Timestamp,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
}

pub(super) fn roster_account(account: &Account) -> RosterAccount {
    RosterAccount {
        provider: account.provider.clone(),
        account_id: account.account_id.to_string(),
        account_name: account.account_name.clone(),
        customer_id: account.customer_id.clone(),
        customer_name: account.customer_name.clone(),
        systems_account: account.systems_account.to_string(),
        role_arn: account.role_arn(),
        external_id: account.roster_external_id.clone(),
        regions: account.regions.iter().map(ToString::to_string).collect(),
    }
}

pub(super) fn instances(site: &Site, now: Timestamp) -> impl Iterator<Item = TrueInstance> {
    site.instances.iter().filter(move |one| one.joined <= clock::date_of(now)).map(move |one| instance(site, one, now))
}

fn instance(site: &Site, one: &Instance, now: Timestamp) -> TrueInstance {
    let today = clock::date_of(now);
    let hybrid = one.is_hybrid();
    TrueInstance {
        account_id: site.account_id.clone(),
        systems_account: site.systems_account.clone(),
        region: site.region.clone(),
        instance_id: one.id.clone(),
        current: one.is_current(today),
        online: one.is_online(today),
        last_ping_at: one.last_ping_at(now),
        agent_version: one.agent_version(today),
        platform_type: one.platform.type_name(),
        platform_name: one.platform.name,
        platform_version: one.platform.version,
        operating_system: one.platform.operating_system,
        registered_at: hybrid.then_some(one.registered_at),
        resource_type: one.resource_type(),
        name: hybrid.then(|| one.name.to_string()),
        ip_address: one.ip_address.to_string(),
        computer_name: one.computer_name.to_string(),
        source_type: one.source_type,
        patch_group: one.group.map(|group| group.name()),
        is_unsupported: one.has(Trouble::Unsupported, today),
        patch: one.report.as_ref().map(summary),
        updates: one.report.iter().flat_map(|report| report.rows().iter().map(update).collect::<Vec<_>>()).collect(),
    }
}

fn summary(report: &Report) -> PatchSummary {
    PatchSummary {
        baseline_id: report.baseline_id.clone(),
        snapshot_id: report.snapshot_id.clone(),
        operation: report.operation.into_str(),
        reboot_option: reboot_option(report.no_reboot),
        operation_ended_at: report.ended_at,
        counts: report.counts,
    }
}

fn update(row: &PatchRow) -> TrueUpdate {
    let release = row.release();
    TrueUpdate {
        title: &release.title,
        kb_id: &release.kb_id,
        classification: row.classification(),
        severity: row.severity(),
        state: row.state.into_str(),
        installed_at: row.installed_at,
        cve_ids: row.cve_ids(),
    }
}

/// What turns a change between two reports into a transition: the operation that reported it.
pub(super) struct TransitionSource<'a> {
    pub account_id: &'a Arc<str>,
    pub region: &'a Arc<str>,
    pub instance_id: &'a Arc<str>,
    pub operation: Operation,
    pub reported_at: Timestamp,
    pub baseline: bool,
}

impl TransitionSource<'_> {
    /// The transition from one row of an update to another one. `from` or `to` must be there.
    pub(super) fn transition(
        &self,
        from: Option<&PatchRow>,
        to: Option<&PatchRow>,
        happened_at: Timestamp,
    ) -> Option<TrueTransition> {
        let release = from.or(to)?.release();
        Some(TrueTransition {
            account_id: self.account_id.clone(),
            region: self.region.clone(),
            instance_id: self.instance_id.clone(),
            title: &release.title,
            kb_id: &release.kb_id,
            from: from.map(|row| row.state.into_str()),
            to: to.map(|row| row.state.into_str()),
            happened_at,
            reported_at: self.reported_at,
            operation: self.operation.into_str(),
            baseline: self.baseline,
        })
    }
}

pub(super) fn invocations(site: &Site) -> impl Iterator<Item = TrueInvocation> {
    site.invocations.iter().map(|invocation| {
        let command = &site.commands[invocation.command];
        TrueInvocation {
            account_id: site.account_id.clone(),
            systems_account: site.systems_account.clone(),
            region: site.region.clone(),
            command_id: command.id.clone(),
            instance_id: site.instances[invocation.instance].id.clone(),
            operation: command.operation.into_str(),
            reboot_option: command.reboot_option(),
            status: invocation.outcome.status(),
            status_details: invocation.outcome.status_details(),
            requested_at: command.requested_at,
            started_at: invocation.started_at,
            finished_at: invocation.finished_at,
        }
    })
}
