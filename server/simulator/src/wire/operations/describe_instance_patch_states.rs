//! DescribeInstancePatchStates: the counts of the last reports of up to 50 instances. Instances that were never scanned
//! are left out.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        epoch::Epoch,
        error::ApiError,
        page::{Limits, paged_input},
    },
    shared::{INSTANCE_ID_PATTERN, existing_instance, is_instance_id},
};
use crate::estate::{command::reboot_option, instance::Instance, report::Report};

/// The service model allows 100. The service refuses more than 50.
const LIMITS: Limits = Limits::new(10, 50, 50);
const INSTANCE_IDS_MAX: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    instance_ids: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct State<'a> {
    instance_id: &'a str,
    patch_group: &'static str,
    baseline_id: &'a str,
    snapshot_id: &'a str,
    owner_information: &'static str,
    installed_count: i64,
    installed_other_count: i64,
    installed_pending_reboot_count: i64,
    installed_rejected_count: i64,
    missing_count: i64,
    failed_count: i64,
    unreported_not_applicable_count: i64,
    not_applicable_count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    available_security_update_count: Option<i64>,
    operation_start_time: Epoch,
    operation_end_time: Epoch,
    operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_no_reboot_install_operation_time: Option<Epoch>,
    reboot_option: &'static str,
    critical_non_compliant_count: i64,
    security_non_compliant_count: i64,
    other_non_compliant_count: i64,
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (Input, _) = paged_input(context, LIMITS)?;
    let ids = input.instance_ids.ok_or_else(|| ApiError::required("instanceIds"))?;
    ApiError::length("instanceIds", ids.len(), 0..=INSTANCE_IDS_MAX)?;
    if let Some(malformed) = ids.iter().find(|id| !is_instance_id(id)) {
        return Err(ApiError::pattern("instanceIds", malformed, INSTANCE_ID_PATTERN));
    }
    let instances = ids.iter().filter_map(|id| existing_instance(context, id));
    let reported: Vec<(&Instance, &Report)> =
        instances.filter_map(|instance| Some((instance, instance.report.as_ref()?))).collect();
    pager.respond("InstancePatchStates", &ids.concat(), &reported, |(instance, report)| state(instance, report))
}

fn state<'a>(instance: &'a Instance, report: &'a Report) -> State<'a> {
    let counts = report.counts;
    let is_windows = instance.platform.is_windows();
    State {
        instance_id: &instance.id,
        patch_group: instance.group_name(),
        baseline_id: &report.baseline_id,
        snapshot_id: &report.snapshot_id,
        owner_information: "",
        installed_count: counts.installed,
        installed_other_count: counts.installed_other,
        installed_pending_reboot_count: counts.installed_pending_reboot,
        installed_rejected_count: counts.installed_rejected,
        missing_count: counts.missing,
        failed_count: counts.failed,
        // Only Windows counts these. All other platforms report -1.
        unreported_not_applicable_count: if is_windows { counts.unreported_not_applicable } else { -1 },
        not_applicable_count: counts.not_applicable,
        available_security_update_count: is_windows.then_some(counts.available_security_update),
        operation_start_time: Epoch(report.started_at),
        operation_end_time: Epoch(report.ended_at),
        operation: report.operation.into_str(),
        last_no_reboot_install_operation_time: report.last_no_reboot_install_at.map(Epoch),
        reboot_option: reboot_option(report.no_reboot),
        critical_non_compliant_count: counts.critical_non_compliant,
        security_non_compliant_count: counts.security_non_compliant,
        other_non_compliant_count: counts.other_non_compliant,
    }
}
