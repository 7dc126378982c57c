//! `DescribePatchBaselines`: the account's own baselines and AWS's defaults, whose ids are whole ARNs.

use super::{account::SystemsAccount, error::CollectError, pages::list_rows, text::clean};
use muster_core::reference_data::PatchBaselineRecord;

pub const OPERATION: &str = "DescribePatchBaselines";

pub async fn collect(account: &SystemsAccount<'_>) -> Result<Vec<PatchBaselineRecord>, CollectError> {
    let rows = list_rows!(account, OPERATION, describe_patch_baselines() => baseline_identities).await?;
    let records = rows.iter().map(|row| PatchBaselineRecord {
        baseline_id: clean(row.baseline_id()),
        name: clean(row.baseline_name()),
        operating_system: clean(row.operating_system()),
        description: clean(row.baseline_description()),
        is_default: row.default_baseline(),
    });
    Ok(records.collect())
}
