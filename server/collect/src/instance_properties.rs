//! `DescribeInstanceProperties`: the instances of the account and Region, up to 1,000 a page, without their private
//! addresses and without whether their agents are current.

use super::{
    account::SystemsAccount,
    error::CollectError,
    pages::{PAGE_ROWS, PageOf, every_page},
    text::clean,
    time::timestamp,
};
use aws_sdk_ssm::{Client, types::InstanceProperty};
use muster_core::{known::ListedInstance, snapshot::InstanceRecord};
use muster_model::ids::InstanceId;
use std::collections::HashSet;

pub const OPERATION: &str = "DescribeInstanceProperties";
/// The largest page that AWS's model allows.
pub const PAGE_ROWS_MAX: i32 = 1_000;
/// AWS's code for a page that is too large, among others.
const REFUSED_SIZE: &str = "ValidationException";
/// The states of EC2 instances that `DescribeInstanceInformation` does not list.
const UNLISTED_STATES: [&str; 2] = ["stopped", "terminated"];

/// How an account's Region answers this operation. It is remembered from pull to pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// Pages of this many rows are accepted.
    PageRows(i32),
    /// The operation is refused.
    Refused(CollectError),
}

/// Lists the instances that are neither stopped nor terminated. A page size that is refused is lowered once.
pub async fn collect(account: &SystemsAccount<'_>) -> Result<Vec<InstanceProperty>, CollectError> {
    let page_rows = match account.properties_support() {
        Some(Support::Refused(error)) => return Err(error),
        Some(Support::PageRows(rows)) => rows,
        None => PAGE_ROWS_MAX,
    };
    let rows = match list(account, page_rows).await {
        Err(error) if error.code == REFUSED_SIZE && page_rows > PAGE_ROWS => {
            let rows = list(account, PAGE_ROWS).await;
            if rows.is_ok() {
                account.remember_properties_support(Support::PageRows(PAGE_ROWS));
            }
            rows
        }
        rows => rows,
    };
    let rows = rows.map_err(|error| {
        let error = CollectError {
            message: format!(
                "{}; instances are listed by DescribeInstanceInformation, in more requests",
                error.message
            ),
            ..error
        };
        if error.is_refusal() {
            account.remember_properties_support(Support::Refused(error.clone()));
        }
        error
    })?;
    let mut seen = HashSet::new();
    let is_listed = |row: &InstanceProperty| {
        !row.instance_state().is_some_and(|state| UNLISTED_STATES.iter().any(|one| state.eq_ignore_ascii_case(one)))
    };
    Ok(rows.into_iter().filter(|row| is_listed(row) && seen.insert(row.instance_id.clone())).collect())
}

async fn list(account: &SystemsAccount<'_>, page_rows: i32) -> Result<Vec<InstanceProperty>, CollectError> {
    let page = |token: Option<String>| async move {
        let send = |ssm: Client| {
            ssm.describe_instance_properties().max_results(page_rows).set_next_token(token.clone()).send()
        };
        let page = account.send(OPERATION, send).await?;
        Ok::<PageOf<InstanceProperty>, _>((page.instance_properties, page.next_token))
    };
    every_page(OPERATION, page).await
}

pub fn id(row: &InstanceProperty) -> Result<InstanceId, CollectError> {
    let id = row.instance_id().unwrap_or_default();
    id.parse().map_err(|error| CollectError::schema(OPERATION, format!("{error}")))
}

/// Completes a row by what is stored of the same instance with the same agent.
pub fn record(row: &InstanceProperty, instance_id: InstanceId, stored: &ListedInstance) -> InstanceRecord {
    InstanceRecord {
        instance_id,
        // Here these would be the tag `Name` and the public address.
        name: stored.name.clone(),
        ip_address: stored.ip_address.clone(),
        computer_name: clean(row.computer_name()),
        platform_type: clean(row.platform_type()),
        platform_name: clean(row.platform_name()),
        platform_version: clean(row.platform_version()),
        agent_version: clean(row.agent_version()),
        agent_is_latest: stored.agent_is_latest,
        ping_status: clean(row.ping_status()),
        last_ping_at: row.last_ping_date_time().and_then(timestamp),
        resource_type: clean(row.resource_type()),
        source_type: clean(row.source_type()),
        source_id: clean(row.source_id()),
        registered_at: row.registration_date().and_then(timestamp),
        association_status: clean(row.association_status()),
    }
}
