//! `DescribeInstancePatches`: every update of one instance. The expensive call, made only where the change key moved.

use super::{
    account::SystemsAccount,
    error::CollectError,
    pages::all_rows,
    snapshot::UpdateRecord,
    text::{clean, clean_option},
    time::timestamp,
};
use app::model::{ids::InstanceId, update::UpdateState};
use aws_sdk_ssm::types::PatchComplianceData;

pub const OPERATION: &str = "DescribeInstancePatches";
/// The service refuses more, though its documentation says 100.
const PAGE_ROWS: i32 = 50;

pub async fn collect(account: &SystemsAccount<'_>, instance: &InstanceId) -> Result<Vec<UpdateRecord>, CollectError> {
    let send = |ssm: aws_sdk_ssm::Client, token| {
        ssm.describe_instance_patches()
            .instance_id(instance.as_str())
            .max_results(PAGE_ROWS)
            .set_next_token(token)
            .send()
    };
    let rows = all_rows(account, OPERATION, send, |page| (page.patches, page.next_token)).await?;
    Ok(rows.iter().map(record).collect())
}

fn record(row: &PatchComplianceData) -> UpdateRecord {
    UpdateRecord {
        title: clean(row.title()),
        kb_id: clean(row.kb_id()),
        classification: clean(row.classification()),
        severity: clean(row.severity()),
        // The wire's spelling, whichever of its two the endpoint speaks.
        state: clean(UpdateState::parse(row.state().as_str()).code()),
        installed_at: timestamp(row.installed_time()),
        cve_ids: clean_option(row.cve_ids()),
    }
}
