//! `GetInventory`: one inventory type of all instances, 50 nodes a page.
//!
//! Content comes whole each time and cannot be left out; its hash says whether it has to be stored again.

use super::{
    account::SystemsAccount,
    error::CollectError,
    known::Known,
    pages::all_rows,
    snapshot::{ApplicationRecord, HardwareRecord, HotfixRecord, InventoryRecord, NodeRecord},
    text::clean_option,
    time::parse,
};
use app::model::ids::InstanceId;
use aws_sdk_ssm::types::{InventoryResultItem, ResultAttribute};
use std::collections::HashMap;

pub const OPERATION: &str = "GetInventory";
const PAGE_ROWS: i32 = 50;
/// AWS's own maximum of rows of one type on one node. What is beyond it was not sent by AWS.
pub const NODE_ROWS_MAX: usize = 10_000;

pub const APPLICATION: &str = "AWS:Application";
pub const WINDOWS_UPDATE: &str = "AWS:WindowsUpdate";
pub const DETAILED_INFORMATION: &str = "AWS:InstanceDetailedInformation";
const INSTANCE_INFORMATION: &str = "AWS:InstanceInformation";

/// One row of an inventory item: names and values, all of them text.
type Entry = HashMap<String, String>;

/// The software of those instances whose content hash is not the one we have.
pub async fn software(
    account: &SystemsAccount<'_>,
    known: &Known,
) -> Result<Vec<InventoryRecord<ApplicationRecord>>, CollectError> {
    changed(account, APPLICATION, known, application).await
}

/// The hotfixes that Windows itself lists.
pub async fn hotfixes(
    account: &SystemsAccount<'_>,
    known: &Known,
) -> Result<Vec<InventoryRecord<HotfixRecord>>, CollectError> {
    changed(account, WINDOWS_UPDATE, known, hotfix).await
}

/// Processors and service packs.
pub async fn hardware(
    account: &SystemsAccount<'_>,
    known: &Known,
) -> Result<Vec<InventoryRecord<HardwareRecord>>, CollectError> {
    changed(account, DETAILED_INFORMATION, known, hardware_of).await
}

/// Every node that inventory knows, the stopped and terminated ones too, which no other operation lists.
pub async fn nodes(account: &SystemsAccount<'_>) -> Result<Vec<NodeRecord>, CollectError> {
    let items = collect(account, INSTANCE_INFORMATION).await?;
    let node = |(instance_id, item): &(InstanceId, InventoryResultItem)| {
        let row = item.content().first()?;
        Some(NodeRecord {
            instance_id: instance_id.clone(),
            status: text(row, "InstanceStatus"),
            computer_name: text(row, "ComputerName"),
            platform_name: text(row, "PlatformName"),
            platform_version: text(row, "PlatformVersion"),
            captured_at: item.capture_time().and_then(parse),
        })
    };
    Ok(items.iter().filter_map(node).collect())
}

/// One type of those instances whose content hash is not the one we have.
async fn changed<Row>(
    account: &SystemsAccount<'_>,
    type_name: &'static str,
    known: &Known,
    read: impl Fn(&Entry) -> Row,
) -> Result<Vec<InventoryRecord<Row>>, CollectError> {
    let items = collect(account, type_name).await?;
    let mut records = Vec::new();
    for (instance_id, item) in items {
        let content_hash = clean_option(item.content_hash());
        if !content_hash.is_empty() && known.content_hash(&instance_id, type_name) == Some(content_hash.as_str()) {
            continue;
        }
        let rows = item.content();
        records.push(InventoryRecord {
            instance_id,
            content_hash,
            captured_at: item.capture_time().and_then(parse),
            rows: rows.iter().take(NODE_ROWS_MAX).map(&read).collect(),
            left_out: rows.len().saturating_sub(NODE_ROWS_MAX),
        });
    }
    Ok(records)
}

/// One inventory type of every instance that has it.
pub(super) async fn collect(
    account: &SystemsAccount<'_>,
    type_name: &'static str,
) -> Result<Vec<(InstanceId, InventoryResultItem)>, CollectError> {
    let attribute = ResultAttribute::builder()
        .type_name(type_name)
        .build()
        .map_err(|error| CollectError::schema(OPERATION, error.to_string()))?;
    let send = |ssm: aws_sdk_ssm::Client, token| {
        ssm.get_inventory().result_attributes(attribute.clone()).max_results(PAGE_ROWS).set_next_token(token).send()
    };
    let entities = all_rows(account, OPERATION, send, |page| (page.entities, page.next_token)).await?;
    // Inventory also knows resources that are not managed nodes; those have other ids.
    Ok(entities
        .into_iter()
        .filter_map(|entity| {
            let instance = entity.id()?.parse().ok()?;
            let item = entity.data?.remove(type_name)?;
            Some((instance, item))
        })
        .collect())
}

fn text(row: &Entry, key: &str) -> String {
    clean_option(row.get(key).map(String::as_str))
}

fn number(row: &Entry, key: &str) -> Option<i32> {
    row.get(key)?.trim().parse().ok()
}

fn application(row: &Entry) -> ApplicationRecord {
    ApplicationRecord {
        name: text(row, "Name"),
        version: match (text(row, "Version"), text(row, "Release")) {
            (version, release) if release.is_empty() => version,
            (version, release) => format!("{version}-{release}"),
        },
        publisher: text(row, "Publisher"),
        architecture: text(row, "Architecture"),
        installed_at: row.get("InstalledTime").and_then(|time| parse(time)),
    }
}

fn hotfix(row: &Entry) -> HotfixRecord {
    HotfixRecord {
        hot_fix_id: text(row, "HotFixId"),
        description: text(row, "Description"),
        installed_by: text(row, "InstalledBy"),
        installed_at: row.get("InstalledTime").and_then(|time| parse(time)),
    }
}

fn hardware_of(row: &Entry) -> HardwareRecord {
    HardwareRecord {
        cpu_model: text(row, "CPUModel"),
        cpus: number(row, "CPUs"),
        cpu_cores: number(row, "CPUCores"),
        cpu_sockets: number(row, "CPUSockets"),
        cpu_speed_mhz: number(row, "CPUSpeedMHz"),
        os_service_pack: text(row, "OSServicePack"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_text() {
        let row = Entry::from([("CPUs", "4"), ("CPUCores", "many")].map(|(key, value)| (key.into(), value.into())));
        assert_eq!((hardware_of(&row).cpus, hardware_of(&row).cpu_cores), (Some(4), None));
    }
}
