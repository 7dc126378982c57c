//! `DescribePatchGroups`: the baseline of each patch group, one for each operating system.

use super::{account::SystemsAccount, error::CollectError, pages::list_rows, text::clean_option};
use aws_sdk_ssm::types::PatchGroupPatchBaselineMapping;
use muster_core::snapshot::PatchGroupRecord;

pub const OPERATION: &str = "DescribePatchGroups";

pub async fn collect(account: &SystemsAccount<'_>) -> Result<Vec<PatchGroupRecord>, CollectError> {
    let rows = list_rows!(account, OPERATION, describe_patch_groups() => mappings).await?;
    Ok(rows.iter().map(record).collect())
}

fn record(row: &PatchGroupPatchBaselineMapping) -> PatchGroupRecord {
    let baseline = row.baseline_identity();
    let system = baseline.and_then(|baseline| baseline.operating_system());
    PatchGroupRecord {
        patch_group: clean_option(row.patch_group()),
        baseline_id: clean_option(baseline.and_then(|baseline| baseline.baseline_id())),
        operating_system: clean_option(system.map(|system| system.as_str())),
    }
}
