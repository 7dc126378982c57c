//! Tags: in bulk from the inventory type `AWS:Tag`, and by `ListTagsForResource` for new hybrid nodes that inventory does
//! not cover.

use super::{account::SystemsAccount, error::CollectError, inventory, text::clean};
use aws_sdk_ssm::{
    Client,
    types::{InventoryResultItem, ResourceTypeForTagging},
};
use muster_core::reference_data::TagRecord;
use muster_model::ids::InstanceId;
use std::collections::{HashMap, HashSet};

pub const OPERATION: &str = "ListTagsForResource";
const TAG: &str = "AWS:Tag";

pub async fn collect(account: &SystemsAccount<'_>) -> Result<Vec<TagRecord>, CollectError> {
    let of_instance = |instance_id: InstanceId, item: InventoryResultItem| {
        let tag = |row: &HashMap<String, String>| TagRecord {
            instance_id: instance_id.clone(),
            key: clean(row.get("Key")),
            value: clean(row.get("Value")),
        };
        Some(item.content().iter().map(tag).collect::<Vec<_>>())
    };
    Ok(inventory::collect(account, TAG, of_instance).await?.into_iter().flatten().collect())
}

/// Reads the tags of `new` hybrid nodes one by one. AWS does not serve tags of EC2 instances this way.
pub async fn of_new_instances(
    account: &SystemsAccount<'_>,
    new: &[InstanceId],
    covered: &[TagRecord],
) -> Result<Vec<TagRecord>, CollectError> {
    let covered: HashSet<&InstanceId> = covered.iter().map(|tag| &tag.instance_id).collect();
    let mut tags = Vec::new();
    for instance in new.iter().filter(|id| id.is_hybrid() && !covered.contains(id)) {
        let send = |ssm: Client| {
            ssm.list_tags_for_resource()
                .resource_type(ResourceTypeForTagging::ManagedInstance)
                .resource_id(instance.as_str())
                .send()
        };
        let answer = account.send(OPERATION, send).await?;
        tags.extend(answer.tag_list().iter().map(|tag| TagRecord {
            instance_id: instance.clone(),
            key: clean(tag.key()),
            value: clean(tag.value()),
        }));
    }
    Ok(tags)
}
