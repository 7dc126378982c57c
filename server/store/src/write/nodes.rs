//! Tables `node_listing`, `node_count` and `unmanaged_instance`: AWS's own list of an account's nodes, compared with what is
//! stored of them.

use super::{
    super::{
        temporal,
        value::{day, day_of, read_time_option, time},
    },
    append::{Tables, with_target},
    row::row,
};
use duckdb::{Connection, params};
use jiff::Timestamp;
use muster_core::{record::Record, snapshot::Snapshot};
use std::collections::BTreeMap;

const OF_TARGET: &str = "account_id = $1 AND region = $2";
/// The current instances of an account by Region and resource type.
const STORED: &str = include_str!("stored_nodes.sql");

/// The nodes of one Region and resource type.
#[derive(Default)]
struct Counted {
    nodes: i64,
    instances: i64,
    unlisted: i64,
    differed_since: Option<Timestamp>,
}

impl Counted {
    /// Whether AWS counts more than is stored, or less than was listed.
    fn differs(&self) -> bool {
        self.nodes > self.instances || self.nodes < self.instances - self.unlisted
    }
}

pub fn write<'a>(tables: &mut Tables<'_, 'a>, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    let Some(listing) = &snapshot.reference_data.node_listing else { return Ok(()) };
    let rows = listing.listing.iter().map(|one| {
        let read_at = row! { read_at: snapshot.started_at };
        with_target(snapshot, read_at.into_iter().chain(one.fields()))
    });
    let target = params![snapshot.account_id.as_str(), snapshot.region];
    tables.replace_where("node_listing", OF_TARGET, target, rows)?;
    tables.replace_target_rows("unmanaged_instance", snapshot, &listing.unmanaged);
    Ok(())
}

/// Compares AWS's counts with the instances. All other tables must be written and flushed before.
pub fn compare(connection: &Connection, snapshots: &[Snapshot]) -> duckdb::Result<()> {
    snapshots.iter().try_for_each(|snapshot| compare_one(connection, snapshot))
}

fn compare_one(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<()> {
    let Some(listing) = &snapshot.reference_data.node_listing else { return Ok(()) };
    let (account, region, today) =
        (snapshot.account_id.as_str(), snapshot.region.as_str(), day_of(snapshot.started_at));
    let mut counted: BTreeMap<(String, String), Counted> = BTreeMap::new();
    for count in &listing.counts {
        let key = (count.node_region.clone(), count.resource_type.clone());
        counted.entry(key).or_default().nodes += count.nodes;
    }
    // AWS that counts no node at all has not begun to.
    if !counted.is_empty() {
        let mut statement = connection.prepare_cached(STORED)?;
        let mut rows = statement.query(params![account])?;
        while let Some(row) = rows.next()? {
            let key: (String, String) = (row.get(0)?, row.get(1)?);
            if listing.is_of_one_region && key.0 != region {
                continue;
            }
            let found = counted.entry(key).or_default();
            (found.instances, found.unlisted) = (row.get(2)?, row.get(3)?);
        }
    }
    let before = format!("SELECT node_region, resource_type, differs_since FROM node_count WHERE {OF_TARGET}");
    let mut statement = connection.prepare_cached(&before)?;
    let mut rows = statement.query(params![account, region])?;
    while let Some(row) = rows.next()? {
        if let Some(found) = counted.get_mut(&(row.get(0)?, row.get(1)?)) {
            found.differed_since = read_time_option(row, 2)?;
        }
    }
    temporal::remove(connection, "node_count", OF_TARGET, params![account, region], today)?;
    let mut insert = connection.prepare_cached("INSERT INTO node_count VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for ((node_region, resource_type), found) in &counted {
        let differs_since = found.differs().then(|| time(found.differed_since.unwrap_or(snapshot.started_at)));
        let Counted { nodes, instances, unlisted, .. } = found;
        insert.execute(params![
            account,
            region,
            node_region,
            resource_type,
            nodes,
            instances,
            unlisted,
            differs_since,
            day(today)
        ])?;
    }
    Ok(())
}
