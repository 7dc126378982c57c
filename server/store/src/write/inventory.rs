//! Tables `tag`, `node`, `software`, `hotfix`, `hardware` and `inventory_capture`.

use super::{
    InstanceKeys,
    append::{Cell, Tables, of_instances, text, time_option},
};
use duckdb::params;
use muster_core::snapshot::{APPLICATION, DETAILED_INFORMATION, WINDOWS_UPDATE};
use muster_core::snapshot::{ApplicationRecord, HardwareRecord, HotfixRecord, InventoryRecord, NodeRecord, Snapshot};
use std::collections::BTreeSet;

pub fn write<'a>(tables: &mut Tables<'_, 'a>, instances: &InstanceKeys, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    write_tags(tables, instances, snapshot);
    tables.replace_place("node", snapshot, snapshot.nodes.as_deref(), node_row);
    write_items(tables, instances, &snapshot.software, ("software", APPLICATION), software_row)?;
    write_items(tables, instances, &snapshot.hotfixes, ("hotfix", WINDOWS_UPDATE), hotfix_row)?;
    write_items(tables, instances, &snapshot.hardware, ("hardware", DETAILED_INFORMATION), hardware_row)
}

/// An instance without tags in the answer keeps those it had: the inventory also leaves out nodes it does not cover.
fn write_tags<'a>(tables: &mut Tables<'_, 'a>, instances: &InstanceKeys, snapshot: &'a Snapshot) {
    let known = snapshot.tags.iter().flatten().filter_map(|tag| Some((*instances.get(&tag.instance_id)?, tag)));
    let rows: Vec<_> = known.collect();
    let covered: BTreeSet<i64> = rows.iter().map(|(key, _)| *key).collect();
    let rows = rows.into_iter().map(|(key, tag)| [Cell::BigInt(key), text(&tag.key), text(&tag.value)]);
    tables.replace("tag", covered, rows);
}

/// Replaces the rows of those instances whose inventory of one type was read anew.
fn write_items<'a, Row, const COLUMNS: usize>(
    tables: &mut Tables<'_, 'a>,
    instances: &InstanceKeys,
    records: &'a [InventoryRecord<Row>],
    (table, type_name): (&'static str, &'static str),
    row: impl Fn(i64, &'a Row) -> [Cell<'a>; COLUMNS],
) -> duckdb::Result<()> {
    let known: Vec<_> =
        records.iter().filter_map(|record| instances.get(&record.instance_id).map(|key| (*key, record))).collect();
    if known.is_empty() {
        return Ok(());
    }
    let items = known.iter().flat_map(|&(key, record)| record.rows.iter().map(move |item| (key, item)));
    tables.replace(table, known.iter().map(|(key, _)| *key), items.map(|(key, item)| row(key, item)));
    if !tables.is_first_harvest {
        let these = of_instances(known.iter().map(|(key, _)| *key));
        let captures = format!("DELETE FROM inventory_capture WHERE type_name = $1 AND {these}");
        tables.connection.execute(&captures, params![type_name])?;
    }
    let captures = known.iter().map(|(key, record)| {
        [Cell::BigInt(*key), text(type_name), text(&record.content_hash), time_option(record.captured_at)]
    });
    tables.append("inventory_capture", captures)
}

fn node_row<'a>(account: &'a str, region: &'a str, row: &'a NodeRecord) -> [Cell<'a>; 7] {
    [
        text(account),
        text(region),
        text(row.instance_id.as_str()),
        text(&row.status),
        text(&row.computer_name),
        text(&row.platform_name),
        text(&row.platform_version),
    ]
}

fn software_row(instance_key: i64, row: &ApplicationRecord) -> [Cell<'_>; 6] {
    [
        Cell::BigInt(instance_key),
        text(&row.name),
        text(&row.version),
        text(&row.publisher),
        text(&row.architecture),
        time_option(row.installed_at),
    ]
}

fn hotfix_row(instance_key: i64, row: &HotfixRecord) -> [Cell<'_>; 5] {
    [
        Cell::BigInt(instance_key),
        text(&row.hot_fix_id),
        text(&row.description),
        text(&row.installed_by),
        time_option(row.installed_at),
    ]
}

fn hardware_row(instance_key: i64, row: &HardwareRecord) -> [Cell<'_>; 7] {
    let number = |number: Option<i32>| number.map_or(Cell::Null, Cell::Int);
    [
        Cell::BigInt(instance_key),
        text(&row.cpu_model),
        number(row.cpus),
        number(row.cpu_cores),
        number(row.cpu_sockets),
        number(row.cpu_speed_mhz),
        text(&row.os_service_pack),
    ]
}
