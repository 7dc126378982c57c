//! `DescribeInstancePatchStates`: the last patch operation of each instance, 50 ids a call.
//! Instances that were never scanned are simply absent from the answer.

use super::{account::SystemsAccount, error::CollectError, pages::list_rows, text::clean, time::timestamp};
use aws_sdk_ssm::types::InstancePatchState;
use muster_core::{clock::whole_second, known::ChangeKey, snapshot::PatchStateRecord};
use muster_model::ids::InstanceId;

pub const OPERATION: &str = "DescribeInstancePatchStates";
/// AWS's maximum of ids in one call.
pub const IDS_PER_CALL: usize = 50;

/// Reads the states of at most [`IDS_PER_CALL`] instances.
pub async fn collect(account: &SystemsAccount<'_>, ids: &[InstanceId]) -> Result<Vec<PatchStateRecord>, CollectError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let request = list_rows!(
        account,
        OPERATION,
        describe_instance_patch_states().set_instance_ids(Some(ids.clone())) => instance_patch_states
    );
    request.await?.iter().map(record).collect()
}

fn record(row: &InstancePatchState) -> Result<PatchStateRecord, CollectError> {
    let instance_id = row.instance_id().parse().map_err(|error| CollectError::schema(OPERATION, format!("{error}")))?;
    Ok(PatchStateRecord {
        instance_id,
        patch_group: clean(row.patch_group()),
        key: ChangeKey {
            // A scan that failed counts -1 everywhere and lists nothing, so it says nothing about the instance.
            operation_end_at: timestamp(row.operation_end_time())
                .map(whole_second)
                .filter(|_| row.missing_count() >= 0),
            operation: clean(row.operation().as_str()),
            snapshot_id: clean(row.snapshot_id()),
            baseline_id: clean(row.baseline_id()),
        },
        operation_start_at: timestamp(row.operation_start_time()),
        reboot_option: clean(row.reboot_option()),
        // Not the list itself: its address may carry a signature.
        install_override: row.install_override_list().is_some_and(|list| !list.trim().is_empty()),
        installed_count: row.installed_count().into(),
        installed_other_count: row.installed_other_count().into(),
        installed_pending_reboot_count: row.installed_pending_reboot_count().unwrap_or_default().into(),
        installed_rejected_count: row.installed_rejected_count().unwrap_or_default().into(),
        missing_count: row.missing_count().into(),
        failed_count: row.failed_count().into(),
        not_applicable_count: row.not_applicable_count().into(),
        available_security_update_count: row.available_security_update_count().unwrap_or_default().into(),
        critical_non_compliant_count: row.critical_non_compliant_count().unwrap_or_default().into(),
        security_non_compliant_count: row.security_non_compliant_count().unwrap_or_default().into(),
        other_non_compliant_count: row.other_non_compliant_count().unwrap_or_default().into(),
    })
}
