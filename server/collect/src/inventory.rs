//! `GetInventory`: one inventory type of all instances, 50 instances a page.
//!
//! AWS always sends the whole content; its hash says whether it has to be stored again.

use super::{
    account::SystemsAccount,
    error::CollectError,
    flow::{Sink, Sliced},
    operation_log::OperationLog,
    pages::{PAGE_ROWS, Page, PageOf, Pager, every_page},
    text::{clean, clean_owned},
    time::parse,
};
use aws_sdk_ssm::{
    Client,
    types::{InventoryResultEntity, InventoryResultItem, ResultAttribute},
};
use muster_core::{
    known::Known,
    reference_data::{ApplicationRecord, HardwareRecord, HotfixRecord, InventoryRecord, InventoryRow, NodeRecord},
};
use muster_model::ids::InstanceId;
use std::collections::{HashMap, HashSet};

pub const OPERATION: &str = "GetInventory";
/// AWS's own maximum of rows of one type on one instance. Rows beyond it cannot come from AWS.
pub const INSTANCE_ROWS_MAX: usize = 10_000;

/// The rows that the first page of a type is expected to have. Later pages are expected to be like the one before.
const FIRST_PAGE_ROWS: usize = 10_000;

const INSTANCE_INFORMATION: &str = "AWS:InstanceInformation";

/// One row of an inventory item: names and values, all of them text.
pub type Entry = HashMap<String, String>;

/// Reads every instance that inventory knows. Only inventory lists stopped and terminated ones.
pub async fn nodes(account: &SystemsAccount<'_>) -> Result<Vec<NodeRecord>, CollectError> {
    collect(account, INSTANCE_INFORMATION, |instance_id, item| {
        let mut row = item.content.into_iter().next()?;
        Some(NodeRecord {
            instance_id,
            status: text(&mut row, "InstanceStatus"),
            computer_name: text(&mut row, "ComputerName"),
            platform_name: text(&mut row, "PlatformName"),
            platform_version: text(&mut row, "PlatformVersion"),
        })
    })
    .await
}

/// An inventory type whose rows are read when their content hash has changed.
pub trait ReadRow: InventoryRow + Sliced {
    fn read(row: Entry) -> Self;
}

/// Reads one type of instances whose content hash has changed, and puts each page into the sink: a failure of one page does
/// not lose the instances of those before.
pub async fn pull_changed<Row: ReadRow>(
    account: &SystemsAccount<'_>,
    known: &Known,
    sink: &Sink<'_>,
    log: &mut OperationLog,
) -> Result<(), CollectError> {
    let read = |instance_id: InstanceId, item: InventoryResultItem| {
        let content_hash = clean(item.content_hash.as_deref());
        let rows = item.content;
        let sent = rows.len();
        let is_known =
            !content_hash.is_empty() && known.content_hash(&instance_id, Row::TYPE_NAME) == Some(content_hash.as_str());
        let record = (!is_known).then(|| InventoryRecord {
            instance_id,
            content_hash,
            captured_at: item.capture_time.as_deref().and_then(parse),
            left_out: sent.saturating_sub(INSTANCE_ROWS_MAX),
            rows: rows.into_iter().take(INSTANCE_ROWS_MAX).map(Row::read).collect(),
        });
        Some((sent, record))
    };
    let (mut pager, mut seen) = (Pager::default(), HashSet::new());
    let mut expected = FIRST_PAGE_ROWS;
    while !pager.has_ended() {
        let held = account.wait(OPERATION, sink.reserve(expected)).await?;
        let next = |token| page(account, Row::TYPE_NAME, token, &read);
        // After a restart, instances that the first attempt found are skipped.
        let Page::Rows(rows) = pager.next(OPERATION, next).await? else { continue };
        expected = rows.iter().map(|(_, (sent, _))| sent).sum();
        let new = rows.into_iter().filter(|(instance, _)| seen.insert(instance.clone()));
        let records: Vec<_> = new.filter_map(|(_, (_, record))| record).collect();
        log.count(OPERATION, Ok(records.len()));
        log.errors.extend(records.iter().filter(|record| record.left_out > 0).map(too_long));
        sink.add_inventory(records, held);
    }
    Ok(())
}

/// An instance with more rows than AWS allows is an error beside the rows that are kept.
fn too_long<Row: InventoryRow>(record: &InventoryRecord<Row>) -> CollectError {
    let (instance, rows) = (&record.instance_id, record.left_out);
    let message = format!("{instance} has too many rows of {}: the last {rows} were left out", Row::TYPE_NAME);
    CollectError::schema(OPERATION, message)
}

/// Reads one inventory type of every instance that has it.
pub(super) async fn collect<Row>(
    account: &SystemsAccount<'_>,
    type_name: &'static str,
    read: impl Fn(InstanceId, InventoryResultItem) -> Option<Row>,
) -> Result<Vec<Row>, CollectError> {
    let mut rows = every_page(OPERATION, |token| page(account, type_name, token, &read)).await?;
    // A list that shifts between two pages shows an instance twice.
    let mut seen = HashSet::new();
    rows.retain(|(instance, _)| seen.insert(instance.clone()));
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// Reads a page of one inventory type, and converts it with `read` at once: inventory in the SDK's types takes ten times
/// the memory.
async fn page<Row>(
    account: &SystemsAccount<'_>,
    type_name: &'static str,
    token: Option<String>,
    read: &impl Fn(InstanceId, InventoryResultItem) -> Option<Row>,
) -> Result<PageOf<(InstanceId, Row)>, CollectError> {
    let attributes = attributes(type_name)?;
    let send = |ssm: Client| {
        let request = ssm.get_inventory().set_result_attributes(Some(attributes.clone()));
        request.max_results(PAGE_ROWS).set_next_token(token.clone()).send()
    };
    // Inventory also has resources that are not instances; they have other ids.
    let row = |entity: InventoryResultEntity| {
        let instance: InstanceId = entity.id?.parse().ok()?;
        Some((instance.clone(), read(instance, entity.data?.remove(type_name)?)?))
    };
    let page = account.send(OPERATION, send).await?;
    Ok((page.entities.map(|entities| entities.into_iter().filter_map(row).collect()), page.next_token))
}

/// Selects an inventory type.
pub(super) fn attributes(type_name: &str) -> Result<Vec<ResultAttribute>, CollectError> {
    let attribute = ResultAttribute::builder().type_name(type_name).build();
    attribute.map(|one| vec![one]).map_err(|error| CollectError::schema(OPERATION, error.to_string()))
}

fn text(row: &mut Entry, key: &str) -> String {
    row.remove(key).map(clean_owned).unwrap_or_default()
}

fn number(row: &Entry, key: &str) -> Option<i32> {
    row.get(key)?.trim().parse().ok()
}

impl ReadRow for ApplicationRecord {
    fn read(mut row: Entry) -> Self {
        Self {
            name: text(&mut row, "Name"),
            version: version(&text(&mut row, "Epoch"), text(&mut row, "Version"), &text(&mut row, "Release")),
            publisher: text(&mut row, "Publisher"),
            architecture: text(&mut row, "Architecture"),
            installed_at: row.get("InstalledTime").and_then(|time| parse(time)),
        }
    }
}

/// Formats a version as the system's own tools print and compare it: `EPOCH:VERSION-RELEASE`. Package managers of RPM
/// report epoch and release apart, those of Debian as part of the version. An epoch of 0 is the same as none.
fn version(epoch: &str, version: String, release: &str) -> String {
    let epoch = epoch.trim().parse::<u64>().ok().filter(|epoch| *epoch > 0 && !has_epoch(&version));
    let prefix = epoch.map(|epoch| format!("{epoch}:")).unwrap_or_default();
    match release {
        "" if prefix.is_empty() => version,
        "" => format!("{prefix}{version}"),
        release => format!("{prefix}{version}-{release}"),
    }
}

fn has_epoch(version: &str) -> bool {
    version.split_once(':').is_some_and(|(epoch, _)| epoch.parse::<u64>().is_ok())
}

/// The hotfixes that Windows itself lists.
impl ReadRow for HotfixRecord {
    fn read(mut row: Entry) -> Self {
        Self {
            hot_fix_id: text(&mut row, "HotFixId"),
            description: text(&mut row, "Description"),
            installed_by: text(&mut row, "InstalledBy"),
            installed_at: row.get("InstalledTime").and_then(|time| parse(time)),
        }
    }
}

/// Processors and service packs.
impl ReadRow for HardwareRecord {
    fn read(mut row: Entry) -> Self {
        Self {
            cpu_model: text(&mut row, "CPUModel"),
            cpus: number(&row, "CPUs"),
            cpu_cores: number(&row, "CPUCores"),
            cpu_sockets: number(&row, "CPUSockets"),
            cpu_speed_mhz: number(&row, "CPUSpeedMHz"),
            os_service_pack: text(&mut row, "OSServicePack"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_their_epoch_once() {
        for (epoch, sent, release, expected) in [
            ("1", "9.0.117", "2.el9_8", "1:9.0.117-2.el9_8"),
            ("0", "2.4.62", "13.el9_8.1", "2.4.62-13.el9_8.1"),
            ("", "2.4.62", "13", "2.4.62-13"),
            ("(none)", "2.4.62", "13", "2.4.62-13"),
            (" 2 ", "8.2", "", "2:8.2"),
            ("1", "1:9.2", "3", "1:9.2-3"),
            ("", "1:9.2p1-2+deb12u5", "", "1:9.2p1-2+deb12u5"),
            ("-1", "3", "", "3"),
        ] {
            assert_eq!(version(epoch, sent.to_owned(), release), expected);
        }
    }

    #[test]
    fn parses_numbers_sent_as_text() {
        let row = Entry::from([("CPUs", "4"), ("CPUCores", "many")].map(|(key, value)| (key.into(), value.into())));
        let hardware = HardwareRecord::read(row);
        assert_eq!((hardware.cpus, hardware.cpu_cores), (Some(4), None));
    }
}
