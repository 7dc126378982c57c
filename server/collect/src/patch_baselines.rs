//! `DescribePatchBaselines`: the account's own baselines and AWS's defaults, whose ids are whole ARNs.

use super::{account::SystemsAccount, error::CollectError, pages::list_rows, text::clean_option};
use aws_sdk_ssm::types::PatchBaselineIdentity;
use muster_core::snapshot::PatchBaselineRecord;

pub const OPERATION: &str = "DescribePatchBaselines";

pub async fn collect(account: &SystemsAccount<'_>) -> Result<Vec<PatchBaselineRecord>, CollectError> {
    let rows = list_rows!(account, OPERATION, describe_patch_baselines() => baseline_identities).await?;
    Ok(rows.iter().map(record).collect())
}

fn record(row: &PatchBaselineIdentity) -> PatchBaselineRecord {
    PatchBaselineRecord {
        baseline_id: clean_option(row.baseline_id()),
        name: clean_option(row.baseline_name()),
        operating_system: clean_option(row.operating_system().map(|system| system.as_str())),
        description: clean_option(row.baseline_description()),
        is_default: row.default_baseline(),
    }
}
