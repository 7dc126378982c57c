//! `ListNodes`: the account's EC2 instances that Systems Manager does not manage, in all Regions.

use super::{
    account::SystemsAccount,
    error::CollectError,
    pages::{PAGE_ROWS, Page, Pager},
    text::clean,
    time::timestamp,
};
use aws_sdk_ssm::{
    Client,
    types::{InstanceInfo, ManagedStatus, Node, NodeFilter, NodeFilterKey, NodeType, ResourceType},
};
use muster_core::reference_data::UnmanagedInstanceRecord;
use std::collections::HashSet;

pub const OPERATION: &str = "ListNodes";
/// Pages of one list. More unmanaged instances are not listed one by one.
pub const PAGES_MAX: usize = 20;

/// Lists unmanaged instances, and says whether there are more of them.
pub async fn unmanaged(
    account: &SystemsAccount<'_>,
    sync: Option<&str>,
) -> Result<(Vec<UnmanagedInstanceRecord>, bool), CollectError> {
    let owner = owner_filter(account)?;
    let unmanaged = filter(NodeFilterKey::ManagedStatus, ManagedStatus::Unmanaged.as_str())?;
    let (mut pager, mut pages) = (Pager::default(), 0);
    let (mut records, mut seen) = (Vec::new(), HashSet::new());
    loop {
        let (owner, unmanaged) = (&owner, &unmanaged);
        let page = |token: Option<String>| async move {
            let send = |ssm: Client| {
                let request = ssm
                    .list_nodes()
                    .set_sync_name(sync.map(str::to_owned))
                    .filters(owner.clone())
                    .filters(unmanaged.clone());
                request.max_results(PAGE_ROWS).set_next_token(token.clone()).send()
            };
            let page = account.send(OPERATION, send).await?;
            Ok((page.nodes, page.next_token))
        };
        if pages == PAGES_MAX && pager.has_more() {
            return Ok((records, true));
        }
        let rows: Vec<Node> = match pager.next(OPERATION, page).await? {
            Page::Rows(rows) => rows,
            Page::Restarted => {
                pages = 0;
                continue;
            }
            Page::End => return Ok((records, false)),
        };
        pages += 1;
        let of_account = rows.iter().filter(|row| belongs(row, &account.target().systems_account));
        let new =
            of_account.filter_map(record).filter(|one| seen.insert((one.node_region.clone(), one.node_id.clone())));
        records.extend(new);
    }
}

/// Only the nodes of one account: the administrator of an organization could list all.
pub fn owner_filter(account: &SystemsAccount<'_>) -> Result<NodeFilter, CollectError> {
    filter(NodeFilterKey::AccountId, &account.target().systems_account)
}

pub fn filter(key: NodeFilterKey, value: &str) -> Result<NodeFilter, CollectError> {
    let filter = NodeFilter::builder().key(key).values(value).build();
    filter.map_err(|error| CollectError::schema(OPERATION, error.to_string()))
}

/// Another account's machine is never shown, whatever the endpoint makes of the filter.
fn belongs(row: &Node, systems_account: &str) -> bool {
    row.owner().and_then(|owner| owner.account_id()).is_none_or(|owner| owner == systems_account)
}

/// Returns an EC2 instance that is not managed.
fn record(row: &Node) -> Option<UnmanagedInstanceRecord> {
    let info = match row.node_type() {
        Some(NodeType::Instance(info)) => Some(info),
        _ => None,
    };
    let is_managed =
        info.and_then(InstanceInfo::managed_status).is_some_and(|status| *status == ManagedStatus::Managed);
    let is_other = info.and_then(InstanceInfo::resource_type).is_some_and(|kind| *kind != ResourceType::Ec2Instance);
    let node_id = clean(row.id());
    if is_managed || is_other || node_id.is_empty() {
        return None;
    }
    Some(UnmanagedInstanceRecord {
        node_region: clean(row.region()),
        node_id,
        name: clean(info.and_then(InstanceInfo::name)),
        computer_name: clean(info.and_then(InstanceInfo::computer_name)),
        ip_address: clean(info.and_then(InstanceInfo::ip_address)),
        platform_name: clean(info.and_then(InstanceInfo::platform_name)),
        platform_version: clean(info.and_then(InstanceInfo::platform_version)),
        captured_at: row.capture_time().and_then(timestamp),
    })
}
