//! `DescribePatchBaselines`: the account's own baselines and AWS's defaults, whose ids are whole ARNs.

use super::{account::SystemsAccount, pages::all_rows, text::clean_option};
use muster_core::{error::CollectError, snapshot::PatchBaselineRecord};

pub const OPERATION: &str = "DescribePatchBaselines";
const PAGE_ROWS: i32 = 50;

pub async fn collect(account: &SystemsAccount<'_>) -> Result<Vec<PatchBaselineRecord>, CollectError> {
    let send = |ssm: aws_sdk_ssm::Client, token| {
        ssm.describe_patch_baselines().max_results(PAGE_ROWS).set_next_token(token).send()
    };
    let rows = all_rows(account, OPERATION, send, |page| (page.baseline_identities, page.next_token)).await?;
    Ok(rows
        .iter()
        .map(|row| PatchBaselineRecord {
            baseline_id: clean_option(row.baseline_id()),
            name: clean_option(row.baseline_name()),
            operating_system: clean_option(row.operating_system().map(|system| system.as_str())),
            description: clean_option(row.baseline_description()),
            is_default: row.default_baseline(),
        })
        .collect())
}
