//! The estate's truth in plain data, for tests, the demo and benchmarks to compare with. Not what the wire uses.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::{instance::Instance, report::Row, site::Site};
use crate::clock;

/// One account as an operator enters it into the portal's roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RosterAccount {
    pub provider: String,
    pub account_id: String,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    /// Twelve digits.
    pub systems_account: String,
    pub role_arn: String,
    pub external_id: String,
    pub regions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrueInstance {
    pub account_id: Arc<str>,
    pub systems_account: Arc<str>,
    pub region: Arc<str>,
    pub instance_id: Arc<str>,
    /// Listed by DescribeInstanceInformation.
    pub current: bool,
    pub online: bool,
    pub last_ping_at: Timestamp,
    pub agent_version: &'static str,
    pub is_latest_version: bool,
    pub platform_type: &'static str,
    pub platform_name: &'static str,
    pub platform_version: &'static str,
    pub operating_system: &'static str,
    pub activation_id: Option<String>,
    pub iam_role: Option<String>,
    pub registered_at: Option<Timestamp>,
    pub resource_type: &'static str,
    pub name: Option<String>,
    pub ip_address: String,
    pub computer_name: String,
    pub source_id: String,
    pub source_type: &'static str,
    pub patch_group: Option<&'static str>,
    /// None: never scanned.
    pub patch: Option<PatchSummary>,
    /// As SSM reports them now, which is as of the last patch operation.
    pub updates: Vec<TrueUpdate>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PatchSummary {
    pub baseline_id: Arc<str>,
    pub snapshot_id: Arc<str>,
    pub operation: &'static str,
    pub reboot_option: &'static str,
    pub operation_started_at: Timestamp,
    pub operation_ended_at: Timestamp,
    pub installed: i64,
    pub installed_other: i64,
    pub installed_pending_reboot: i64,
    pub installed_rejected: i64,
    pub missing: i64,
    pub failed: i64,
    pub not_applicable: i64,
    pub available_security_update: i64,
    pub critical_non_compliant: i64,
    pub security_non_compliant: i64,
    pub other_non_compliant: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrueTransition {
    pub account_id: Arc<str>,
    pub region: Arc<str>,
    pub instance_id: Arc<str>,
    pub title: &'static str,
    pub kb_id: &'static str,
    /// None: SSM did not list it.
    pub from: Option<&'static str>,
    /// None: SSM lists it no longer.
    pub to: Option<&'static str>,
    /// When it came about on the machine.
    pub happened_at: Timestamp,
    /// OperationEndTime of the operation that reported it.
    pub reported_at: Timestamp,
    pub operation: &'static str,
    /// Part of the instance's first report: nothing changed, it was only seen for the first time.
    pub baseline: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

pub(super) fn instances(site: &Site, now: Timestamp) -> impl Iterator<Item = TrueInstance> {
    site.instances.iter().filter(move |one| one.joined <= clock::date_of(now)).map(move |one| instance(site, one, now))
}

fn instance(site: &Site, one: &Instance, now: Timestamp) -> TrueInstance {
    let today = clock::date_of(now);
    let agent_version = one.agent.version(one.last_day_seen(today));
    let hybrid = one.is_hybrid();
    TrueInstance {
        account_id: site.account_id.clone(),
        systems_account: site.systems_account.clone(),
        region: site.region.clone(),
        instance_id: one.id.clone(),
        current: one.is_current(today),
        online: one.is_online(today),
        last_ping_at: one.last_ping_at(now),
        agent_version,
        is_latest_version: agent_version == super::agent::latest(today),
        platform_type: one.platform.type_name(),
        platform_name: one.platform.name,
        platform_version: one.platform.version,
        operating_system: one.platform.operating_system,
        activation_id: hybrid.then(|| one.activation_id.to_string()),
        iam_role: hybrid.then(|| super::instance::HYBRID_ROLE.to_owned()),
        registered_at: hybrid.then_some(one.registered_at),
        resource_type: one.resource_type(),
        name: hybrid.then(|| one.name.to_string()),
        ip_address: one.ip_address.to_string(),
        computer_name: one.computer_name.to_string(),
        source_id: one.source_id.to_string(),
        source_type: one.source_type,
        patch_group: one.group.map(super::baseline::Group::name),
        patch: one.report.as_ref().map(summary),
        updates: one.report.iter().flat_map(|report| report.rows().iter().map(update).collect::<Vec<_>>()).collect(),
    }
}

fn summary(report: &super::instance::Report) -> PatchSummary {
    let counts = report.counts;
    PatchSummary {
        baseline_id: report.baseline_id.clone(),
        snapshot_id: report.snapshot_id.clone(),
        operation: report.operation.name(),
        reboot_option: super::command::reboot_option(report.no_reboot),
        operation_started_at: report.started_at,
        operation_ended_at: report.ended_at,
        installed: counts.installed,
        installed_other: counts.installed_other,
        installed_pending_reboot: counts.installed_pending_reboot,
        installed_rejected: counts.installed_rejected,
        missing: counts.missing,
        failed: counts.failed,
        not_applicable: counts.not_applicable,
        available_security_update: counts.available_security_update,
        critical_non_compliant: counts.critical_non_compliant,
        security_non_compliant: counts.security_non_compliant,
        other_non_compliant: counts.other_non_compliant,
    }
}

fn update(row: &Row) -> TrueUpdate {
    let release = row.release();
    TrueUpdate {
        title: &release.title,
        kb_id: &release.kb_id,
        classification: row.classification(),
        severity: row.severity(),
        state: row.state.name(),
        installed_at: row.installed_at,
        cve_ids: row.cve_ids(),
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
            operation: command.operation.name(),
            reboot_option: command.reboot_option(),
            status: invocation.outcome.status(),
            status_details: invocation.outcome.status_details(),
            requested_at: command.requested_at,
            started_at: invocation.started_at,
            finished_at: invocation.finished_at,
        }
    })
}
