//! The stored transitions equal the estate's history, by default over 50 days.

use crate::{history::time_machine::days, support::world::World};
use jiff::Timestamp;
use muster_store::{
    error::StoreError,
    value::{read_time, read_time_option, whole_second},
};
use std::collections::BTreeMap;

/// The days of the estate.
const DAYS_MAX: i64 = 120;

/// Healthy instances of the usual platforms.
const STEADY: &str = r#"
name = "steady"
seed = 1
first_day = "2025-07-26"
last_day = "2025-11-23"

[[customers]]
id = "c-1"
name = "Steady"

[[customers.accounts]]
provider = "vmware"
id = "org-000001"
name = "Datacenter 1"
prefix = "dc1"
regions = ["us-east-1"]
instances = 6
platforms = ["windows-2022", "rhel-9", "ubuntu-22.04", "amazon-2023"]

[[customers.accounts]]
provider = "vmware"
id = "org-000002"
name = "Datacenter 2"
prefix = "dc2"
regions = ["us-east-1"]
instances = 6
platforms = ["windows-2022", "rhel-9", "ubuntu-22.04", "amazon-2023"]
"#;

/// A transition: report time, instance, title, KB id, state before, state after, and time of the change.
type Change = (Option<Timestamp>, String, String, String, Option<String>, Option<String>, Timestamp);

async fn stored_changes(world: &World) -> Vec<Change> {
    let rows = world.harvester.store.read("transitions", |connection| {
        let read = || -> duckdb::Result<Vec<Change>> {
            connection
                .prepare(
                    "SELECT c.operation_end_at, i.instance_id, p.title, p.kb_id, t.from_state, t.to_state, t.happened_at
                     FROM transition t JOIN scan c USING (scan_key) JOIN patch p USING (patch_key)
                     JOIN instance i ON i.instance_key = t.instance_key",
                )?
                .query_map([], |row| {
                    Ok((
                        read_time_option(row, 0)?,
                        row.get(1)?,
                        row.get(2)?,
                        row.get(3)?,
                        row.get(4)?,
                        row.get(5)?,
                        read_time(row, 6)?,
                    ))
                })?
                .collect()
        };
        read().map_err(StoreError::read("transitions"))
    });
    rows.await.expect("rows")
}

#[tokio::test(flavor = "multi_thread")]
async fn transitions_are_exactly_the_changes_of_the_estate() {
    let world = World::new(&toml::from_str(STEADY).expect("a spec")).await;
    let mut harvested = 0;
    loop {
        world.harvest().await;
        if world.is_at_last_day() || harvested == days() {
            break;
        }
        world.next_day();
        harvested += 1;
    }
    assert!(harvested >= days().min(DAYS_MAX), "{harvested} days");
    let mut stored = stored_changes(&world).await;
    let estate = world.estate.read().expect("the estate");
    let owned = |state: Option<&str>| state.map(str::to_owned);
    let mut expected: Vec<Change> = estate
        .history()
        .iter()
        .map(|change| {
            // Systems Manager reports when an update was installed, but not when it was published or when its instance
            // was rebooted. Such changes have the time of the scan that reported them.
            let is_reboot = change.from == Some("InstalledPendingReboot");
            let is_install = change.to.is_some_and(|state| state.starts_with("Installed")) && !is_reboot;
            let happened_at = if is_install { change.happened_at } else { change.reported_at };
            // The history has a resolution of one second.
            let (happened_at, reported_at) = (whole_second(happened_at), whole_second(change.reported_at));
            (
                Some(reported_at),
                change.instance_id.to_string(),
                change.title.to_string(),
                change.kb_id.to_string(),
                owned(change.from),
                owned(change.to),
                happened_at,
            )
        })
        .collect();
    assert!(expected.iter().any(|change| change.4.is_some()), "the estate must have changes");
    stored.sort();
    expected.sort();
    let only = |these: &[Change], those: &[Change]| -> Vec<Change> {
        these.iter().filter(|change| those.binary_search(change).is_err()).take(3).cloned().collect()
    };
    assert_eq!(
        (only(&stored, &expected), only(&expected, &stored)),
        (vec![], vec![]),
        "stored but not in the estate; in the estate but not stored"
    );
    assert_eq!(stored.len(), expected.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn transitions_fold_to_the_current_state() {
    let world = crate::support::world::harvested();
    let rows = world.source.store.read("states", |connection| {
        let read = || -> duckdb::Result<Vec<(i64, i64, Option<String>)>> {
            connection
                .prepare(
                    "SELECT instance_key, patch_key, arg_max_null(to_state, scan_key) FROM transition GROUP BY ALL",
                )?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        };
        let current = || -> duckdb::Result<BTreeMap<(i64, i64), String>> {
            connection
                .prepare("SELECT instance_key, patch_key, state FROM instance_update")?
                .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
                .collect()
        };
        let rows = read().map_err(StoreError::read("states"))?;
        Ok((rows, current().map_err(StoreError::read("states"))?))
    });
    let (folded, current) = rows.await.expect("rows");
    let folded: BTreeMap<_, _> =
        folded.into_iter().filter_map(|(instance, patch, state)| Some(((instance, patch), state?))).collect();
    assert!(!current.is_empty());
    assert_eq!(folded, current);
}
