//! `DescribeInstanceInformation`: every instance of the account and Region that is not stopped or terminated.

use super::{
    account::SystemsAccount,
    error::CollectError,
    pages::{PAGE_ROWS, Page, Pager, list_rows},
    text::clean,
    time::timestamp,
};
use aws_sdk_ssm::types::{InstanceInformation, InstanceInformationStringFilter};
use muster_core::snapshot::InstanceRecord;
use muster_model::{enrollment, ids::InstanceId};
use std::collections::HashSet;
use tokio::sync::mpsc::UnboundedSender;

pub const OPERATION: &str = "DescribeInstanceInformation";

/// Ids in one request: one page of answers.
const IDS_PER_CALL: usize = 50;

/// Lists instances, and sends the id of each to `found` as soon as its page arrives. Without filters: they cannot be combined,
/// and only add empty pages.
pub async fn collect(
    account: &SystemsAccount<'_>,
    found: UnboundedSender<InstanceId>,
) -> Result<Vec<InstanceRecord>, CollectError> {
    let mut pager = Pager::default();
    let (mut records, mut seen) = (Vec::new(), HashSet::new());
    loop {
        let page = |token: Option<String>| async move {
            let send = |ssm: aws_sdk_ssm::Client| {
                ssm.describe_instance_information().max_results(PAGE_ROWS).set_next_token(token.clone()).send()
            };
            let page = account.send(OPERATION, send).await?;
            Ok((page.instance_information_list, page.next_token))
        };
        let rows: Vec<InstanceInformation> = match pager.next(OPERATION, page).await? {
            Page::Rows(rows) => rows,
            // Instances that the first attempt found are skipped below.
            Page::Restarted => continue,
            Page::End => return Ok(records),
        };
        for row in &rows {
            let record = record(row)?;
            if seen.insert(record.instance_id.clone()) {
                // The receiver is gone when the account's time is up.
                let _ = found.send(record.instance_id.clone());
                records.push(record);
            }
        }
    }
}

/// Reads certain instances. Those that are stopped, terminated or deregistered are absent.
pub async fn of_ids(account: &SystemsAccount<'_>, ids: &[InstanceId]) -> Result<Vec<InstanceRecord>, CollectError> {
    let mut records = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_PER_CALL) {
        let filter = InstanceInformationStringFilter::builder()
            .key("InstanceIds")
            .set_values(Some(ids.iter().map(ToString::to_string).collect()))
            .build()
            .map_err(|error| CollectError::schema(OPERATION, error.to_string()))?;
        let rows = list_rows!(
            account,
            OPERATION,
            describe_instance_information().set_filters(Some(vec![filter.clone()])) => instance_information_list
        );
        for row in &rows.await? {
            records.push(record(row)?);
        }
    }
    Ok(records)
}

fn record(row: &InstanceInformation) -> Result<InstanceRecord, CollectError> {
    let id = row.instance_id().unwrap_or_default();
    let instance_id = id.parse().map_err(|error| CollectError::schema(OPERATION, format!("{error}")))?;
    Ok(InstanceRecord {
        instance_id,
        // Nodes that enrolled are called by their enrollment until somebody names them.
        name: clean(row.name().filter(|name| !enrollment::is_id(name))),
        computer_name: clean(row.computer_name()),
        ip_address: clean(row.ip_address()),
        platform_type: clean(row.platform_type()),
        platform_name: clean(row.platform_name()),
        platform_version: clean(row.platform_version()),
        agent_version: clean(row.agent_version()),
        agent_is_latest: row.is_latest_version(),
        ping_status: clean(row.ping_status()),
        last_ping_at: row.last_ping_date_time().and_then(timestamp),
        resource_type: clean(row.resource_type()),
        source_type: clean(row.source_type()),
        source_id: clean(row.source_id()),
        registered_at: row.registration_date().and_then(timestamp),
        association_status: clean(row.association_status()),
    })
}
