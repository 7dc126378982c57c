//! Writes one harvest: everything of one snapshot, in one transaction.

pub(super) mod append;
mod harvest;
mod instances;
mod inventory;
mod provider;
mod reference;
mod runs;
mod updates;

use super::{connection::Writer, error::StoreError, keys::Keys};
use crate::collect::snapshot::Snapshot;
use app::model::ids::InstanceId;
use duckdb::Connection;
use std::collections::HashMap;

/// What a harvest added to the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub harvest_id: i64,
    pub transitions: u64,
}

/// The keys of the account's instances in this Region, by id.
type InstanceKeys = HashMap<InstanceId, i64>;

/// Stores a snapshot whole or not at all. What it does not contain stays as it is.
pub fn write(writer: &mut Writer, snapshot: &Snapshot) -> Result<Written, StoreError> {
    // Keys given out for rows that were rolled back, by an error or a panic, must not be taken for stored ones.
    if writer.keys_in_doubt {
        writer.keys = Keys::load(&writer.connection)?;
    }
    writer.keys_in_doubt = true;
    let result = in_transaction(writer, snapshot);
    writer.keys_in_doubt = result.is_err();
    result.map_err(StoreError::write(format!(
        "store the harvest of account {} in {}",
        snapshot.account_id, snapshot.region
    )))
}

fn in_transaction(writer: &mut Writer, snapshot: &Snapshot) -> duckdb::Result<Written> {
    let harvest_id = writer.keys.next_harvest();
    let transaction = writer.connection.transaction()?;
    let connection: &Connection = &transaction;
    let instances = instances::write(connection, &mut writer.keys, snapshot)?;
    let transitions = updates::write(connection, &mut writer.keys, &instances, snapshot, harvest_id)?;
    runs::write(connection, snapshot)?;
    inventory::write(connection, &instances, snapshot)?;
    reference::write(connection, snapshot)?;
    provider::write(connection, snapshot)?;
    harvest::write(connection, snapshot, harvest_id, transitions)?;
    transaction.commit()?;
    Ok(Written { harvest_id, transitions })
}
