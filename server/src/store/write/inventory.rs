//! Tables `tag`, `node`, `software`, `hotfix`, `hardware` and `inventory_capture`.

use super::{
    super::value::time_option,
    InstanceKeys,
    append::{append, key_list, replace_place, text},
};
use crate::collect::{
    inventory::{APPLICATION, DETAILED_INFORMATION, WINDOWS_UPDATE},
    snapshot::{ApplicationRecord, HardwareRecord, HotfixRecord, InventoryRecord, NodeRecord, Snapshot},
};
use duckdb::{Connection, params, types::Value};
use std::collections::BTreeSet;

pub fn write(connection: &Connection, instances: &InstanceKeys, snapshot: &Snapshot) -> duckdb::Result<()> {
    write_tags(connection, instances, snapshot)?;
    replace_place(connection, "node", snapshot, snapshot.nodes.as_deref(), node_row)?;
    write_items(connection, instances, &snapshot.software, ("software", APPLICATION), software_row)?;
    write_items(connection, instances, &snapshot.hotfixes, ("hotfix", WINDOWS_UPDATE), hotfix_row)?;
    write_items(connection, instances, &snapshot.hardware, ("hardware", DETAILED_INFORMATION), hardware_row)
}

/// An instance without tags in the answer keeps those it had: the inventory also leaves out nodes it does not cover.
fn write_tags(connection: &Connection, instances: &InstanceKeys, snapshot: &Snapshot) -> duckdb::Result<()> {
    let rows: Vec<_> = snapshot
        .tags
        .iter()
        .flatten()
        .filter_map(|tag| instances.get(&tag.instance_id).map(|key| (*key, tag)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let covered: BTreeSet<i64> = rows.iter().map(|(key, _)| *key).collect();
    connection.execute(&format!("DELETE FROM tag WHERE instance_key IN ({})", key_list(covered)), [])?;
    append(connection, "tag", rows.into_iter().map(|(key, tag)| [Value::BigInt(key), text(&tag.key), text(&tag.value)]))
}

/// Replaces the rows of those instances whose inventory of one type was read anew.
fn write_items<Row, const COLUMNS: usize>(
    connection: &Connection,
    instances: &InstanceKeys,
    records: &[InventoryRecord<Row>],
    (table, type_name): (&'static str, &'static str),
    row: impl Fn(i64, &Row) -> [Value; COLUMNS],
) -> duckdb::Result<()> {
    let known: Vec<_> =
        records.iter().filter_map(|record| instances.get(&record.instance_id).map(|key| (*key, record))).collect();
    if known.is_empty() {
        return Ok(());
    }
    let keys = key_list(known.iter().map(|(key, _)| *key));
    connection.execute(&format!("DELETE FROM {table} WHERE instance_key IN ({keys})"), [])?;
    let captures = format!("DELETE FROM inventory_capture WHERE type_name = $1 AND instance_key IN ({keys})");
    connection.execute(&captures, params![type_name])?;
    append(connection, table, known.iter().flat_map(|(key, record)| record.rows.iter().map(|item| row(*key, item))))?;
    let captures = known.iter().map(|(key, record)| {
        [Value::BigInt(*key), text(type_name), text(&record.content_hash), time_option(record.captured_at)]
    });
    append(connection, "inventory_capture", captures)
}

fn node_row(account: &str, region: &str, row: &NodeRecord) -> [Value; 8] {
    [
        text(account),
        text(region),
        text(row.instance_id.as_str()),
        text(&row.status),
        text(&row.computer_name),
        text(&row.platform_name),
        text(&row.platform_version),
        time_option(row.captured_at),
    ]
}

fn software_row(instance_key: i64, row: &ApplicationRecord) -> [Value; 6] {
    [
        Value::BigInt(instance_key),
        text(&row.name),
        text(&row.version),
        text(&row.publisher),
        text(&row.architecture),
        time_option(row.installed_at),
    ]
}

fn hotfix_row(instance_key: i64, row: &HotfixRecord) -> [Value; 5] {
    [
        Value::BigInt(instance_key),
        text(&row.hot_fix_id),
        text(&row.description),
        text(&row.installed_by),
        time_option(row.installed_at),
    ]
}

fn hardware_row(instance_key: i64, row: &HardwareRecord) -> [Value; 7] {
    let number = |number: Option<i32>| number.map_or(Value::Null, Value::Int);
    [
        Value::BigInt(instance_key),
        text(&row.cpu_model),
        number(row.cpus),
        number(row.cpu_cores),
        number(row.cpu_sockets),
        number(row.cpu_speed_mhz),
        text(&row.os_service_pack),
    ]
}
