//! Tables `tag`, `software` and `software_capture`.

use super::{
    super::value::time_option,
    InstanceKeys,
    append::{append, key_list, text},
};
use crate::collect::snapshot::Snapshot;
use duckdb::{Connection, types::Value};
use std::collections::BTreeSet;

pub fn write(connection: &Connection, instances: &InstanceKeys, snapshot: &Snapshot) -> duckdb::Result<()> {
    write_tags(connection, instances, snapshot)?;
    write_software(connection, instances, snapshot)
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

fn write_software(connection: &Connection, instances: &InstanceKeys, snapshot: &Snapshot) -> duckdb::Result<()> {
    let known: Vec<_> = snapshot
        .software
        .iter()
        .filter_map(|record| instances.get(&record.instance_id).map(|key| (*key, record)))
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    let keys = key_list(known.iter().map(|(key, _)| *key));
    connection.execute(&format!("DELETE FROM software WHERE instance_key IN ({keys})"), [])?;
    connection.execute(&format!("DELETE FROM software_capture WHERE instance_key IN ({keys})"), [])?;
    let rows = known.iter().flat_map(|(key, record)| {
        record.applications.iter().map(|application| {
            [
                Value::BigInt(*key),
                text(&application.name),
                text(&application.version),
                text(&application.publisher),
                text(&application.architecture),
                time_option(application.installed_at),
            ]
        })
    });
    append(connection, "software", rows)?;
    let captures = known
        .iter()
        .map(|(key, record)| [Value::BigInt(*key), text(&record.content_hash), time_option(record.captured_at)]);
    append(connection, "software_capture", captures)
}
