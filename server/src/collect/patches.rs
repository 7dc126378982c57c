//! `DescribeInstancePatches`: every update of one instance. The expensive call, made only where the change key moved.

use super::{
    account::SystemsAccount,
    error::CollectError,
    pages::all_rows,
    snapshot::UpdateRecord,
    text::{clean, clean_owned},
    time::timestamp,
};
use app::model::{ids::InstanceId, update::UpdateState};
use aws_sdk_ssm::{operation::describe_instance_patches::DescribeInstancePatchesOutput, types::PatchComplianceData};

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
    let open = |page: DescribeInstancePatchesOutput| {
        (page.patches.map(|rows| rows.into_iter().map(record).collect()), page.next_token)
    };
    all_rows(account, OPERATION, send, open).await
}

fn record(row: PatchComplianceData) -> UpdateRecord {
    UpdateRecord {
        title: clean_owned(row.title),
        kb_id: clean_owned(row.kb_id),
        classification: clean_owned(row.classification),
        severity: clean_owned(row.severity),
        // The wire's spelling, whichever of its two the endpoint speaks.
        state: clean(UpdateState::parse(row.state.as_str()).code()),
        installed_at: timestamp(&row.installed_time),
        cve_ids: row.cve_ids.map(clean_owned).unwrap_or_default(),
    }
}
