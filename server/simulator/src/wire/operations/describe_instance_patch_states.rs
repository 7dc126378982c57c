//! DescribeInstancePatchStates: the counts of the last reports of up to 50 instances. Instances that were never scanned
//! are left out.

use super::*;
use crate::estate::{Instance, Report, reboot_option};

/// The service model allows 100. The service refuses more than 50.
const LIMITS: Limits = Limits::new(10, 50, 50);
const INSTANCE_IDS_MAX: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    instance_ids: Option<Vec<String>>,
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

fn state(instance: &Instance, report: &Report) -> Value {
    let counts = report.counts;
    let mut state = json!({
        "InstanceId": instance.id,
        "PatchGroup": instance.group_name(),
        "BaselineId": report.baseline_id,
        "SnapshotId": report.snapshot_id,
        "OwnerInformation": "",
        "InstalledCount": counts.installed,
        "InstalledOtherCount": counts.installed_other,
        "InstalledPendingRebootCount": counts.installed_pending_reboot,
        "InstalledRejectedCount": counts.installed_rejected,
        "MissingCount": counts.missing,
        "FailedCount": counts.failed,
        // Only Windows counts these. All other platforms report -1.
        "UnreportedNotApplicableCount": -1,
        "NotApplicableCount": counts.not_applicable,
        "OperationStartTime": Epoch(report.started_at),
        "OperationEndTime": Epoch(report.ended_at),
        "Operation": report.operation.into_str(),
        "RebootOption": reboot_option(report.no_reboot),
        "CriticalNonCompliantCount": counts.critical_non_compliant,
        "SecurityNonCompliantCount": counts.security_non_compliant,
        "OtherNonCompliantCount": counts.other_non_compliant,
    });
    if instance.platform.is_windows() {
        state["UnreportedNotApplicableCount"] = counts.unreported_not_applicable.into();
        state["AvailableSecurityUpdateCount"] = counts.available_security_update.into();
    }
    if let Some(at) = report.last_no_reboot_install_at {
        state["LastNoRebootInstallOperationTime"] = json!(Epoch(at));
    }
    state
}
