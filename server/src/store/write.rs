//! Writes harvests: everything of a snapshot in one transaction, and several small ones in the same.

pub(super) mod append;
mod harvest;
mod instances;
mod inventory;
mod listed;
mod provider;
mod reference;
mod runs;
mod updates;

use super::{connection::Writer, error::StoreError, keys::Keys, value::day_of};
use crate::collect::snapshot::Snapshot;
use app::model::ids::InstanceId;
use append::Tables;
use std::collections::{HashMap, HashSet};

/// What a harvest added to the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub harvest_id: i64,
    pub transitions: u64,
}

/// How it went with one of several.
pub type Stored = Result<Written, StoreError>;

/// Harvests and rows in one transaction.
pub const BATCH_HARVESTS_MAX: usize = 32;
const BATCH_ROWS_MAX: u64 = 200_000;

/// The keys of the account's instances in this Region, by id.
type InstanceKeys = HashMap<InstanceId, i64>;

/// Stores snapshots, each whole or not at all; what one does not contain stays as it is.
///
/// They go into one transaction, because to plan statements and to commit costs more than the rows of a small account.
/// Should that fail, each gets one of its own, so that one that cannot be stored takes no other with it.
pub fn write(writer: &mut Writer, snapshots: &[Snapshot]) -> Result<Vec<Stored>, StoreError> {
    let places: HashSet<_> = snapshots.iter().map(|one| (&one.account_id, &one.region)).collect();
    // Appended rows are not seen before the end: a second harvest of the same place has to wait for the first.
    if places.len() == snapshots.len()
        && let Ok(written) = attempt(writer, snapshots)?
    {
        return Ok(written.into_iter().map(Ok).collect());
    }
    let mut all = Vec::with_capacity(snapshots.len());
    for snapshot in snapshots {
        let written = attempt(writer, std::slice::from_ref(snapshot))?;
        let what = || format!("store the harvest of account {} in {}", snapshot.account_id, snapshot.region);
        all.push(written.map(|mut one| one.remove(0)).map_err(|error| StoreError::write(what())(error)));
    }
    Ok(all)
}

/// Keys given out for rows that were rolled back, by an error or a panic, must not be taken for stored ones.
fn attempt(writer: &mut Writer, snapshots: &[Snapshot]) -> Result<duckdb::Result<Vec<Written>>, StoreError> {
    if writer.keys_in_doubt {
        writer.keys = Keys::load(&writer.connection)?;
    }
    writer.keys_in_doubt = true;
    let written = in_transaction(writer, snapshots);
    writer.keys_in_doubt = written.is_err();
    Ok(written)
}

fn in_transaction(writer: &mut Writer, snapshots: &[Snapshot]) -> duckdb::Result<Vec<Written>> {
    let transaction = writer.connection.transaction()?;
    let mut tables = Tables::of(&transaction);
    let written = snapshots
        .iter()
        .map(|snapshot| write_one(&mut tables, &mut writer.keys, snapshot))
        .collect::<duckdb::Result<_>>()?;
    let keys = std::mem::take(&mut tables.instance_keys);
    tables.flush()?;
    listed::write(&transaction, snapshots, &keys)?;
    transaction.commit()?;
    Ok(written)
}

fn write_one(tables: &mut Tables<'_>, keys: &mut Keys, snapshot: &Snapshot) -> duckdb::Result<Written> {
    let (harvest_id, is_first) = keys.next_harvest(&snapshot.account_id, &snapshot.region);
    tables.is_first_harvest = is_first;
    tables.today = day_of(snapshot.started_at);
    let instances = instances::write(tables, keys, snapshot)?;
    tables.instance_keys.extend(instances.values());
    let transitions = updates::write(tables, keys, &instances, snapshot, harvest_id)?;
    runs::write(tables, snapshot)?;
    inventory::write(tables, &instances, snapshot)?;
    reference::write(tables, snapshot)?;
    provider::write(tables, snapshot)?;
    harvest::write(tables, snapshot, harvest_id, transitions)?;
    Ok(Written { harvest_id, transitions })
}

/// Parts snapshots into those to be written together: few enough that none waits long for its report, and not so many
/// rows that a transaction takes much memory. Large accounts are written one by one.
pub fn batches(snapshots: Vec<Snapshot>) -> Vec<Vec<Snapshot>> {
    let mut batches: Vec<Vec<Snapshot>> = Vec::new();
    let mut rows = 0;
    for snapshot in snapshots {
        rows += snapshot.total_rows();
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_HARVESTS_MAX && rows <= BATCH_ROWS_MAX => batch.push(snapshot),
            _ => {
                rows = snapshot.total_rows();
                batches.push(vec![snapshot]);
            }
        }
    }
    batches
}
