//! `DescribeInstanceInformation`: every managed node of the account and Region that is not stopped or terminated.

use super::{
    client::SystemsAccount, error::CollectError, pages::all_rows, snapshot::InstanceRecord, text::clean_option,
    time::timestamp,
};
use aws_sdk_ssm::types::InstanceInformation;

pub const OPERATION: &str = "DescribeInstanceInformation";
/// AWS's maximum; its default is 10.
const PAGE_ROWS: i32 = 50;

pub async fn collect(account: &SystemsAccount) -> Result<Vec<InstanceRecord>, CollectError> {
    let rows = all_rows(OPERATION, |token| async {
        let page = account
            .ssm
            .describe_instance_information()
            .max_results(PAGE_ROWS)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| CollectError::from_sdk(OPERATION, &error))?;
        Ok((page.instance_information_list, page.next_token))
    })
    .await?;
    rows.iter().map(record).collect()
}

fn record(row: &InstanceInformation) -> Result<InstanceRecord, CollectError> {
    let id = row.instance_id().unwrap_or_default();
    let instance_id = id.parse().map_err(|error| CollectError::schema(OPERATION, format!("{error}")))?;
    Ok(InstanceRecord {
        instance_id,
        name: clean_option(row.name()),
        computer_name: clean_option(row.computer_name()),
        ip_address: clean_option(row.ip_address()),
        platform_type: clean_option(row.platform_type().map(|platform| platform.as_str())),
        platform_name: clean_option(row.platform_name()),
        platform_version: clean_option(row.platform_version()),
        agent_version: clean_option(row.agent_version()),
        agent_is_latest: row.is_latest_version(),
        ping_status: clean_option(row.ping_status().map(|status| status.as_str())),
        last_ping_at: row.last_ping_date_time().and_then(timestamp),
        resource_type: clean_option(row.resource_type().map(|kind| kind.as_str())),
        source_type: clean_option(row.source_type().map(|kind| kind.as_str())),
        registered_at: row.registration_date().and_then(timestamp),
        association_status: clean_option(row.association_status()),
    })
}
