//! `ListNodesSummary`: how many managed nodes AWS counts in the account, by Region and resource type. It needs the unified
//! console of Systems Manager; where that is off, AWS says so and is not asked again for a while.

use super::{
    account::SystemsAccount,
    error::CollectError,
    nodes::{filter, owner_filter},
    pages::list_rows,
    text::clean,
};
use aws_sdk_ssm::types::{
    ManagedStatus, NodeAggregator, NodeAggregatorType, NodeAttributeName, NodeFilterKey, NodeTypeName,
};
use muster_core::reference_data::NodeCountRecord;
use std::collections::HashMap;

pub const OPERATION: &str = "ListNodesSummary";
/// The members of a row. The others have the name of the attribute that is counted by.
const COUNT: &str = "Count";

/// Counts the account's managed nodes, in all of its Regions if there is a resource data sync of this name. An organization's
/// administrator would be told of all accounts, so the request names the account.
pub async fn collect(account: &SystemsAccount<'_>, sync: Option<&str>) -> Result<Vec<NodeCountRecord>, CollectError> {
    let (by_region, owner) = (by_region()?, owner_filter(account)?);
    let managed = filter(NodeFilterKey::ManagedStatus, ManagedStatus::Managed.as_str())?;
    let rows = list_rows!(
        account,
        OPERATION,
        list_nodes_summary()
            .set_sync_name(sync.map(str::to_owned))
            .aggregators(by_region.clone())
            .filters(owner.clone())
            .filters(managed.clone()) => summary
    );
    rows.await?.iter().map(record).collect()
}

/// Region, and within it the resource type.
pub fn by_region() -> Result<NodeAggregator, CollectError> {
    let by = |attribute| {
        NodeAggregator::builder()
            .aggregator_type(NodeAggregatorType::Count)
            .type_name(NodeTypeName::Instance)
            .attribute_name(attribute)
    };
    let failed =
        |error: aws_smithy_types::error::operation::BuildError| CollectError::schema(OPERATION, error.to_string());
    let by_type = by(NodeAttributeName::ResourceType).build().map_err(failed)?;
    by(NodeAttributeName::Region).aggregators(by_type).build().map_err(failed)
}

fn record(row: &HashMap<String, String>) -> Result<NodeCountRecord, CollectError> {
    let text = |attribute: &NodeAttributeName| clean(row.get(attribute.as_str()).map(String::as_str));
    let nodes = row.get(COUNT).and_then(|count| count.parse().ok());
    let nodes = nodes.ok_or_else(|| CollectError::schema(OPERATION, "a row of the summary has no count"))?;
    let node_region = text(&NodeAttributeName::Region);
    if node_region.is_empty() {
        return Err(CollectError::schema(OPERATION, "a row of the summary has no Region"));
    }
    Ok(NodeCountRecord { node_region, resource_type: text(&NodeAttributeName::ResourceType), nodes })
}
