//! `DescribePatchGroups`: which baseline is used for which patch group, one for each operating system.

use super::{account::SystemsAccount, pages::all_rows, text::clean_option};
use muster_core::{error::CollectError, snapshot::PatchGroupRecord};

pub const OPERATION: &str = "DescribePatchGroups";
const PAGE_ROWS: i32 = 50;

pub async fn collect(account: &SystemsAccount<'_>) -> Result<Vec<PatchGroupRecord>, CollectError> {
    let send = |ssm: aws_sdk_ssm::Client, token| {
        ssm.describe_patch_groups().max_results(PAGE_ROWS).set_next_token(token).send()
    };
    let rows = all_rows(account, OPERATION, send, |page| (page.mappings, page.next_token)).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let baseline = row.baseline_identity();
            PatchGroupRecord {
                patch_group: clean_option(row.patch_group()),
                baseline_id: clean_option(baseline.and_then(|baseline| baseline.baseline_id())),
                operating_system: clean_option(
                    baseline.and_then(|baseline| baseline.operating_system()).map(|system| system.as_str()),
                ),
            }
        })
        .collect())
}
