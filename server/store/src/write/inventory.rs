//! Tables `tag`, `node`, `software`, `hotfix`, `hardware` and `inventory_capture`.

use super::{
    InstanceKeys,
    append::{Tables, of_instances},
    row::row,
};
use duckdb::params;
use muster_core::{
    reference_data::{InventoryRecord, InventoryRow},
    snapshot::Snapshot,
};
use std::collections::BTreeSet;

pub fn write<'a>(tables: &mut Tables<'_, 'a>, instances: &InstanceKeys, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    let data = &snapshot.reference_data;
    write_tags(tables, instances, snapshot);
    tables.replace_target("node", snapshot, &data.nodes);
    write_items(tables, instances, "software", &data.software)?;
    write_items(tables, instances, "hotfix", &data.hotfixes)?;
    write_items(tables, instances, "hardware", &data.hardware)
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
fn write_items<'a, Row: InventoryRow>(
    tables: &mut Tables<'_, 'a>,
    instances: &InstanceKeys,
    table: &'static str,
    records: &'a [InventoryRecord<Row>],
) -> duckdb::Result<()> {
    let known: Vec<_> =
        records.iter().filter_map(|record| instances.get(&record.instance_id).map(|key| (*key, record))).collect();
    if known.is_empty() {
        return Ok(());
    }
    let rows = known.iter().flat_map(|&(key, record)| {
        record.rows.iter().map(move |item| row! { instance_key: key }.into_iter().chain(item.fields()))
    });
    tables.replace(table, known.iter().map(|(key, _)| *key), rows);
    if !tables.is_first_harvest {
        let condition = of_instances(known.iter().map(|(key, _)| *key));
        let delete = format!("DELETE FROM inventory_capture WHERE type_name = $1 AND {condition}");
        tables.connection.execute(&delete, params![Row::TYPE_NAME])?;
    }
    let captures = known.iter().map(|(key, record)| {
        row! {
            instance_key: *key,
            type_name: Row::TYPE_NAME,
            content_hash: &record.content_hash,
            captured_at: record.captured_at,
        }
    });
    tables.append("inventory_capture", captures)
}
