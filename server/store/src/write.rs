//! Writes harvests: each slice in one transaction, which small slices share.

pub(super) mod append;
mod attested;
mod harvest;
mod instance_state;
mod instances;
mod inventory;
mod latest_agent;
mod listed;
mod listed_software;
mod nodes;
mod provider;
mod reference;
pub(super) mod row;
mod runs;
mod twins;
mod unsupported;
mod updates;

use super::{connection::Writer, error::StoreError, listed_regions, value::day_of};
use append::{SEPARATOR, Tables};
use muster_core::snapshot::Snapshot;
pub use muster_core::snapshot::Written;
use muster_model::ids::InstanceId;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The result for one of several snapshots.
pub type Stored = Result<Written, StoreError>;

/// Limits of harvests and rows in one transaction.
pub const BATCH_HARVESTS_MAX: usize = 100;
const BATCH_ROWS_MAX: usize = 200_000;

/// The keys of the account's instances in this Region, by id.
type InstanceKeys = HashMap<InstanceId, i64>;

/// A snapshot that is being written.
struct Harvest<'a> {
    snapshot: &'a Snapshot,
    harvest_id: i64,
    is_first: bool,
    instances: InstanceKeys,
}

/// Stores slices of harvests, each whole or not at all. Stored rows that a snapshot does not cover stay unchanged.
///
/// All snapshots share one transaction, because planning statements and committing costs more than writing the rows of
/// a small account. If that fails, each snapshot gets its own transaction, so that one failure does not affect the
/// others.
pub fn write(writer: &mut Writer, snapshots: &[Snapshot]) -> Result<Vec<Stored>, StoreError> {
    let targets: HashSet<_> = snapshots.iter().map(|one| (&one.account_id, &one.region)).collect();
    let days: HashSet<_> = snapshots.iter().map(|one| day_of(one.started_at)).collect();
    // Appended rows are not visible until the end of the transaction, so harvests of the same target cannot share one.
    // All rows of a transaction are valid from the same day.
    if targets.len() == snapshots.len()
        && days.len() == 1
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

/// Writes snapshots in one transaction. Keys that were assigned to rows of a transaction that was rolled back, by an
/// error or a panic, are discarded before the next attempt.
fn attempt(writer: &mut Writer, snapshots: &[Snapshot]) -> Result<duckdb::Result<Vec<Written>>, StoreError> {
    if writer.keys_are_stale {
        writer.keys.reload(&writer.connection)?;
    }
    writer.keys_are_stale = true;
    let written = in_transaction(writer, snapshots);
    writer.keys_are_stale = written.is_err();
    Ok(written)
}

fn in_transaction(writer: &mut Writer, snapshots: &[Snapshot]) -> duckdb::Result<Vec<Written>> {
    let Some(first) = snapshots.first() else { return Ok(Vec::new()) };
    let transaction = writer.connection.transaction()?;
    let keys = &mut writer.keys;
    let mut tables = Tables::new(&transaction);
    tables.today = day_of(first.started_at);
    let mut harvests = Vec::with_capacity(snapshots.len());
    for snapshot in snapshots {
        let (harvest_id, is_first) = match snapshot.earlier {
            Some(earlier) => (earlier.harvest_id, false),
            None => keys.next_harvest(&snapshot.account_id, &snapshot.region),
        };
        tables.is_first_harvest = is_first;
        let instances = instances::write(&mut tables, keys, snapshot)?;
        harvests.push(Harvest { snapshot, harvest_id, is_first, instances });
    }
    let transitions = updates::write(&mut tables, keys, &harvests)?;
    let mut written = Vec::with_capacity(snapshots.len());
    for (harvest, transitions) in harvests.iter().zip(transitions) {
        tables.is_first_harvest = harvest.is_first;
        let transitions = transitions + harvest.snapshot.earlier.map_or(0, |earlier| earlier.transitions);
        inventory::write(&mut tables, &harvest.instances, harvest.snapshot)?;
        if harvest.snapshot.is_last {
            write_rest(&mut tables, harvest, transitions)?;
        }
        written.push(Written { harvest_id: harvest.harvest_id, transitions });
    }
    let today = tables.today;
    let changed = tables.flush()?;
    let has_new_agent = changed.contains("instance") && latest_agent::write(&transaction)?;
    unsupported::write(&transaction, snapshots, today)?;
    let accounts: BTreeSet<&str> = snapshots.iter().map(|snapshot| snapshot.account_id.as_str()).collect();
    let joined = accounts.iter().copied().collect::<Vec<_>>().join(SEPARATOR);
    attested::write(&transaction, snapshots, &joined, first.started_at)?;
    let has_new_twins = twins::write(&transaction, &joined, first.started_at)?;
    let counted = listed_software::Counted::read(&transaction, snapshots, &changed, has_new_twins)?;
    if snapshots.iter().any(|snapshot| snapshot.is_last) {
        listed_regions::update(&transaction, &joined)?;
    }
    let keys: Vec<i64> = harvests.iter().flat_map(|harvest| harvest.instances.values()).copied().collect();
    listed::write(&transaction, snapshots, &keys, &changed)?;
    counted.count_changed(&transaction)?;
    nodes::compare(&transaction, snapshots)?;
    // A new agent makes those of other accounts outdated.
    let closed = writer.instance_cache.close(today).filter(|_| !has_new_agent);
    transaction.commit()?;
    writer.instance_cache.follow(&mut writer.connection, closed, &accounts);
    Ok(written)
}

/// Writes what only the last slice of a harvest has.
fn write_rest<'a>(tables: &mut Tables<'_, 'a>, harvest: &Harvest<'a>, transitions: u64) -> duckdb::Result<()> {
    let snapshot = harvest.snapshot;
    runs::write(tables, snapshot)?;
    reference::write(tables, snapshot)?;
    provider::write(tables, snapshot)?;
    nodes::write(tables, snapshot)?;
    harvest::write(tables, snapshot, harvest.harvest_id, transitions)
}

/// Groups slices to be written together: few enough that none waits long for its report and that a transaction does not
/// need much memory. Large ones are written one by one.
pub fn batches<Slice: AsRef<Snapshot>>(slices: Vec<Slice>) -> Vec<Vec<Slice>> {
    let mut batches: Vec<Vec<Slice>> = Vec::new();
    let mut rows = 0;
    for slice in slices {
        let more = slice.as_ref().held_rows();
        rows += more;
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_HARVESTS_MAX && rows <= BATCH_ROWS_MAX => batch.push(slice),
            _ => {
                rows = more;
                batches.push(vec![slice]);
            }
        }
    }
    batches
}
