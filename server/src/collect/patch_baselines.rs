//! `DescribePatchBaselines`: the account's own baselines and AWS's defaults.

use super::{
    client::SystemsAccount, error::CollectError, pages::all_rows, snapshot::PatchBaselineRecord, text::clean_option,
};

pub const OPERATION: &str = "DescribePatchBaselines";
const PAGE_ROWS: i32 = 50;

pub async fn collect(account: &SystemsAccount) -> Result<Vec<PatchBaselineRecord>, CollectError> {
    let rows = all_rows(OPERATION, |token| async {
        let page = account
            .ssm
            .describe_patch_baselines()
            .max_results(PAGE_ROWS)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| CollectError::from_sdk(OPERATION, &error))?;
        Ok((page.baseline_identities, page.next_token))
    })
    .await?;
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
