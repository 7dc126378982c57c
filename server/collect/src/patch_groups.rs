//! `DescribePatchGroups`: the baseline of each patch group, one for each operating system.

use super::{account::SystemsAccount, error::CollectError, pages::list_rows, text::clean};
use muster_core::reference_data::PatchGroupRecord;

pub const OPERATION: &str = "DescribePatchGroups";

pub async fn collect(account: &SystemsAccount<'_>) -> Result<Vec<PatchGroupRecord>, CollectError> {
    let rows = list_rows!(account, OPERATION, describe_patch_groups() => mappings).await?;
    let records = rows.iter().map(|row| {
        let baseline = row.baseline_identity();
        let system = baseline.and_then(|baseline| baseline.operating_system());
        PatchGroupRecord {
            patch_group: clean(row.patch_group()),
            baseline_id: clean(baseline.and_then(|baseline| baseline.baseline_id())),
            operating_system: clean(system),
        }
    });
    Ok(records.collect())
}
