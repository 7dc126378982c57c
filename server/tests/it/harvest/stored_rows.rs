//! After a harvest, the store has the rows of the estate.

use crate::support::world::World;
use jiff::Timestamp;
use muster_simulator::{Estate, GeneratedSpec};
use muster_store::{
    error::StoreError,
    value::{read_time_option, whole_second},
};
use std::collections::{BTreeMap, BTreeSet};

type Update = (String, String, String, String, String, Option<Timestamp>, String);

/// The stored updates of current instances, by instance id.
async fn stored_updates(world: &World) -> BTreeMap<String, BTreeSet<Update>> {
    let rows = world.harvester.store.read("updates", |connection| {
        let read = || -> duckdb::Result<Vec<(String, Update)>> {
            connection
                .prepare(
                    "SELECT i.instance_id, p.title, p.kb_id, u.classification, u.severity, u.state, u.installed_at,
                        u.cve_ids
                     FROM instance_update u JOIN patch p USING (patch_key) JOIN instance i USING (instance_key)
                     WHERE i.gone_at IS NULL",
                )?
                .query_map([], |row| {
                    let text = |column| row.get::<_, String>(column);
                    let update =
                        (text(1)?, text(2)?, text(3)?, text(4)?, text(5)?, read_time_option(row, 6)?, text(7)?);
                    Ok((text(0)?, update))
                })?
                .collect()
        };
        read().map_err(StoreError::read("updates"))
    });
    let mut updates: BTreeMap<String, BTreeSet<Update>> = BTreeMap::new();
    for (instance, update) in rows.await.expect("rows") {
        assert!(updates.entry(instance).or_default().insert(update), "an update is stored twice");
    }
    updates
}

/// The updates of the estate, as Systems Manager reports them now.
fn true_updates(estate: &Estate) -> BTreeMap<String, BTreeSet<Update>> {
    let current = estate.instances().into_iter().filter(|instance| instance.current && !instance.updates.is_empty());
    current
        .map(|instance| {
            let updates = instance.updates.iter().map(|update| {
                (
                    update.title.to_string(),
                    update.kb_id.to_string(),
                    update.classification.to_string(),
                    update.severity.to_string(),
                    update.state.to_string(),
                    update.installed_at,
                    update.cve_ids.to_string(),
                )
            });
            (instance.instance_id.to_string(), updates.collect())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_updates_match_the_estate_each_day() {
    let world = World::small().await;
    loop {
        let round = world.harvest().await;
        assert_eq!((round.failed, round.partial), (0, 0));
        let truth = true_updates(&world.estate.read().expect("the estate"));
        let stored = stored_updates(&world).await;
        assert_eq!(stored.keys().collect::<Vec<_>>(), truth.keys().collect::<Vec<_>>());
        for (instance, updates) in &stored {
            let difference: Vec<_> = updates.symmetric_difference(&truth[instance]).collect();
            assert!(difference.is_empty(), "{instance}: {difference:#?}");
        }
        if world.is_at_last_day() {
            break;
        }
        world.next_day();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_instances_match_the_estate() {
    let world = World::small().await;
    world.skip_to_last_day();
    world.harvest().await;
    let rows = world.harvester.store.read("instances", |connection| {
        let read = || -> duckdb::Result<BTreeMap<String, [String; 6]>> {
            connection
                .prepare(
                    "SELECT instance_id, computer_name, platform_name, platform_version, agent_version, ping_status,
                        last_ping_at::VARCHAR FROM instance JOIN instance_ping USING (instance_key) WHERE gone_at IS NULL",
                )?
                .query_map([], |row| {
                    let text = |column| row.get::<_, String>(column);
                    Ok((text(0)?, [text(1)?, text(2)?, text(3)?, text(4)?, text(5)?, text(6)?]))
                })?
                .collect()
        };
        read().map_err(StoreError::read("instances"))
    });
    let stored = rows.await.expect("rows");
    let estate = world.estate.read().expect("the estate");
    let truth: BTreeMap<String, [String; 6]> = estate
        .instances()
        .iter()
        .filter(|instance| instance.current)
        .map(|instance| {
            let ping = whole_second(instance.last_ping_at).to_string().replace('T', " ").replace('Z', "");
            let row = [
                instance.computer_name.to_string(),
                instance.platform_name.to_string(),
                instance.platform_version.to_string(),
                instance.agent_version.to_string(),
                if instance.online { "Online".to_owned() } else { "ConnectionLost".to_owned() },
                ping,
            ];
            (instance.instance_id.to_string(), row)
        })
        .collect();
    for (instance, row) in &truth {
        assert_eq!(stored.get(instance), Some(row), "{instance}");
    }
    assert_eq!(stored.len(), truth.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_harvest_of_an_unchanged_estate_writes_no_transitions_and_requests_no_patches() {
    let world = World::small().await;
    world.skip_to_last_day();
    assert!(world.harvest().await.transitions > 0);
    world.simulator.reset_calls();
    assert_eq!(world.harvest().await.transitions, 0);
    let calls = world.simulator.calls();
    assert!(!calls.is_empty());
    assert!(calls.iter().all(|call| call.operation != "DescribeInstancePatches"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_harvest_reports_the_number_of_its_api_calls() {
    let world = World::small().await;
    let round = world.harvest().await;
    assert_eq!(round.api_calls, world.simulator.calls().len() as u64);
    world.simulator.reset_calls();
    let round = world.harvest().await;
    assert_eq!(round.api_calls, world.simulator.calls().len() as u64);
    let sessions = world.simulator.calls().iter().filter(|call| call.operation == "AssumeRole").count();
    assert_eq!(sessions, 0, "the session must be reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_account_is_read_to_the_last_page() {
    let spec = GeneratedSpec { seed: 1, accounts: 1, instances_per_account: 120, updates_per_instance: 60 };
    let world = World::of(Estate::generated(&spec)).await;
    world.harvest().await;
    let truth = world.estate.read().expect("the estate").instances().iter().filter(|i| i.current).count() as i64;
    let stored = world.harvester.store.read("instances", |connection| {
        connection
            .query_row("SELECT count(*) FROM instance", [], |row| row.get::<_, i64>(0))
            .map_err(StoreError::read("instances"))
    });
    assert!(truth > 100);
    assert_eq!(stored.await.expect("a count"), truth);
}
