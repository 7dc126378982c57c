//! `GetInventory`: one inventory type of all instances, 50 nodes a page.

use super::{
    client::SystemsAccount,
    error::CollectError,
    pages::all_rows,
    snapshot::{ApplicationRecord, SoftwareRecord},
    text::clean_option,
    time::parse,
};
use app::model::ids::InstanceId;
use aws_sdk_ssm::types::{InventoryResultItem, ResultAttribute};
use std::collections::HashMap;

pub const OPERATION: &str = "GetInventory";
const PAGE_ROWS: i32 = 50;
const APPLICATION: &str = "AWS:Application";

/// The software of those instances whose content hash is not the one we have.
pub async fn software(
    account: &SystemsAccount,
    known_hashes: &HashMap<InstanceId, String>,
) -> Result<Vec<SoftwareRecord>, CollectError> {
    let items = collect(account, APPLICATION).await?;
    let changed = items.into_iter().filter(|(instance, item)| {
        let hash = item.content_hash().unwrap_or_default();
        hash.is_empty() || known_hashes.get(instance).is_none_or(|known| known != hash)
    });
    Ok(changed
        .map(|(instance_id, item)| SoftwareRecord {
            instance_id,
            content_hash: clean_option(item.content_hash()),
            captured_at: item.capture_time().and_then(parse),
            applications: item.content().iter().map(application).collect(),
        })
        .collect())
}

/// One inventory type of every instance that has it.
pub(super) async fn collect(
    account: &SystemsAccount,
    type_name: &'static str,
) -> Result<Vec<(InstanceId, InventoryResultItem)>, CollectError> {
    let attribute = ResultAttribute::builder()
        .type_name(type_name)
        .build()
        .map_err(|error| CollectError::schema(OPERATION, error.to_string()))?;
    let entities = all_rows(OPERATION, |token| async {
        let page = account
            .ssm
            .get_inventory()
            .result_attributes(attribute.clone())
            .max_results(PAGE_ROWS)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| CollectError::from_sdk(OPERATION, &error))?;
        Ok((page.entities, page.next_token))
    })
    .await?;
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

fn application(row: &HashMap<String, String>) -> ApplicationRecord {
    let text = |key: &str| clean_option(row.get(key).map(String::as_str));
    ApplicationRecord {
        name: text("Name"),
        version: match (text("Version"), text("Release")) {
            (version, release) if release.is_empty() => version,
            (version, release) => format!("{version}-{release}"),
        },
        publisher: text("Publisher"),
        architecture: text("Architecture"),
        installed_at: row.get("InstalledTime").and_then(|time| parse(time)),
    }
}
