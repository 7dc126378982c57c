//! Tables `tag`, `node`, `software`, `hotfix`, `hardware` and `inventory_capture`.

use super::{
    InstanceKeys,
    append::{Tables, of_instances},
    row::{Field, IntoCell, row},
};
use duckdb::params;
use muster_core::snapshot::{
    APPLICATION, ApplicationRecord, DETAILED_INFORMATION, HardwareRecord, HotfixRecord, InventoryRecord, NodeRecord,
    Snapshot, WINDOWS_UPDATE,
};
use std::collections::BTreeSet;

pub fn write<'a>(tables: &mut Tables<'_, 'a>, instances: &InstanceKeys, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    write_tags(tables, instances, snapshot);
    tables.replace_target("node", snapshot, snapshot.reference_data.nodes.as_deref(), node_row);
    write_items(tables, instances, &snapshot.reference_data.software, ("software", APPLICATION), software_row)?;
    write_items(tables, instances, &snapshot.reference_data.hotfixes, ("hotfix", WINDOWS_UPDATE), hotfix_row)?;
    write_items(tables, instances, &snapshot.reference_data.hardware, ("hardware", DETAILED_INFORMATION), hardware_row)
}

/// Replaces the tags of instances that have any in the answer. The others keep theirs: inventory also omits the tags of
/// nodes that it does not cover.
fn write_tags<'a>(tables: &mut Tables<'_, 'a>, instances: &InstanceKeys, snapshot: &'a Snapshot) {
    let known =
        snapshot.reference_data.tags.iter().flatten().filter_map(|tag| Some((*instances.get(&tag.instance_id)?, tag)));
    let rows: Vec<_> = known.collect();
    let covered: BTreeSet<i64> = rows.iter().map(|(key, _)| *key).collect();
    let rows = rows.into_iter().map(|(key, tag)| row! { instance_key: key, key: &tag.key, value: &tag.value });
    tables.replace("tag", covered, rows);
}

/// Replaces the rows of the instances whose inventory of one type was read again.
fn write_items<'a, Row, const COLUMNS: usize>(
    tables: &mut Tables<'_, 'a>,
    instances: &InstanceKeys,
    records: &'a [InventoryRecord<Row>],
    (table, type_name): (&'static str, &'static str),
    row: impl Fn(i64, &'a Row) -> [Field<'a>; COLUMNS],
) -> duckdb::Result<()> {
    let known: Vec<_> =
        records.iter().filter_map(|record| instances.get(&record.instance_id).map(|key| (*key, record))).collect();
    if known.is_empty() {
        return Ok(());
    }
    let items = known.iter().flat_map(|&(key, record)| record.rows.iter().map(move |item| (key, item)));
    tables.replace(table, known.iter().map(|(key, _)| *key), items.map(|(key, item)| row(key, item)));
    if !tables.is_first_harvest {
        let condition = of_instances(known.iter().map(|(key, _)| *key));
        let delete = format!("DELETE FROM inventory_capture WHERE type_name = $1 AND {condition}");
        tables.connection.execute(&delete, params![type_name])?;
    }
    let captures = known.iter().map(|(key, record)| {
        row! {
            instance_key: *key,
            type_name: type_name,
            content_hash: &record.content_hash,
            captured_at: record.captured_at,
        }
    });
    tables.append("inventory_capture", captures)
}

fn node_row(node: &NodeRecord) -> [Field<'_>; 5] {
    row! {
        instance_id: node.instance_id.as_str(),
        status: &node.status,
        computer_name: &node.computer_name,
        platform_name: &node.platform_name,
        platform_version: &node.platform_version,
    }
}

fn software_row(instance_key: i64, application: &ApplicationRecord) -> [Field<'_>; 6] {
    row! {
        instance_key: instance_key,
        name: &application.name,
        version: &application.version,
        publisher: &application.publisher,
        architecture: &application.architecture,
        installed_at: application.installed_at,
    }
}

fn hotfix_row(instance_key: i64, hotfix: &HotfixRecord) -> [Field<'_>; 5] {
    row! {
        instance_key: instance_key,
        hot_fix_id: &hotfix.hot_fix_id,
        description: &hotfix.description,
        installed_by: &hotfix.installed_by,
        installed_at: hotfix.installed_at,
    }
}

fn hardware_row(instance_key: i64, hardware: &HardwareRecord) -> [Field<'_>; 7] {
    row! {
        instance_key: instance_key,
        cpu_model: &hardware.cpu_model,
        cpus: hardware.cpus,
        cpu_cores: hardware.cpu_cores,
        cpu_sockets: hardware.cpu_sockets,
        cpu_speed_mhz: hardware.cpu_speed_mhz,
        os_service_pack: &hardware.os_service_pack,
    }
}
