//! The wording of an instance's history in JSON, CSV and on the page, when the instance, its account or its baseline
//! changes.

use crate::{
    store::integrity::rebuild_lists_sql,
    support::world::{World, get},
};
use axum::http::StatusCode;
use muster_simulator::{
    clock,
    estate::{baseline::Group, command::Operation, trouble::Trouble},
};
use muster_store::error::StoreError;
use serde_json::Value;
use std::collections::BTreeMap;

/// Hybrid instances of one account, one in each patch group. Too few days for random troubles.
const DATACENTER: &str = r#"
name = "datacenter"
seed = 4
first_day = "2025-10-24"
last_day = "2025-11-17"

[[customers]]
id = "c-1"
name = "Steady"

[[customers.accounts]]
provider = "vmware"
id = "org-000001"
name = "Datacenter 1"
prefix = "dc1"
regions = ["us-east-1"]
instances = 3
platforms = ["rhel-9"]
"#;

/// The harvested datacenter, and its instance whose baseline approves updates at once.
async fn datacenter() -> (World, String) {
    let world = World::new(&toml::from_str(DATACENTER).expect("a spec")).await;
    let early = {
        let mut estate = world.estate.write().expect("the estate");
        let instances = estate.instances();
        let one = instances.iter().find(|instance| instance.patch_group == Some("early")).expect("an instance");
        let id = one.instance_id.to_string();
        // Only the test changes this instance.
        let last_day = estate.last_day();
        estate.add_trouble(&id, Trouble::ChangeFreeze, last_day);
        estate.patch_now(&id, Operation::Install);
        id
    };
    world.harvest().await;
    (world, early)
}

/// Advances by a day, changes the estate and harvests.
async fn day_with(world: &World, what: impl FnOnce(&mut muster_simulator::Estate)) {
    world.next_day();
    what(&mut world.estate.write().expect("the estate"));
    world.harvest().await;
}

/// Advances by a day on which an update is uninstalled and a scan reports it. Returns the update's name.
async fn day_without_an_update(world: &World, id: &str) -> &'static str {
    let mut name = "";
    day_with(world, |estate| {
        name = estate.uninstall(id).expect("an update to uninstall");
        estate.patch_now(id, Operation::Scan);
    })
    .await;
    name
}

async fn json(world: &World, path: &str) -> Value {
    let (status, body) = get(world.router(), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    serde_json::from_str(&body).expect("JSON")
}

/// The history of an instance, newest first.
async fn history(world: &World, id: &str) -> Vec<Value> {
    let page = json(world, &format!("/api/v1/instances/{id}/history?per_page=500")).await;
    let rows = page["rows"].as_array().expect("rows").clone();
    assert_eq!(page["total"].as_u64(), Some(rows.len() as u64));
    rows
}

async fn timeline(world: &World, id: &str) -> String {
    let (status, body) = get(world.router(), &format!("/instances/{id}?tab=history&per_page=500")).await;
    assert_eq!(status, StatusCode::OK);
    body
}

/// The kinds of an update's transitions, oldest first.
fn kinds<'a>(history: &'a [Value], name: &str) -> Vec<&'a str> {
    history.iter().rev().filter(|row| row["name"] == name).filter_map(|row| row["kind"].as_str()).collect()
}

/// Asserts that each update has one `first_seen`, as its first transition.
fn assert_first_seen_once(history: &[Value]) {
    let mut seen = BTreeMap::new();
    for row in history.iter().rev() {
        let count = seen.entry((row["description"].to_string(), row["name"].to_string())).or_insert(0);
        assert_eq!(row["kind"] == "first_seen", *count == 0, "{row}");
        *count += 1;
    }
    assert!(!seen.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_update_is_regressed_attempted_still_missing_and_then_installed() {
    let (world, id) = datacenter().await;
    let name = day_without_an_update(&world, &id).await;
    day_with(&world, |estate| {
        let tomorrow = clock::plus_days(estate.today(), 1);
        estate.add_trouble(&id, Trouble::InstallFails, tomorrow);
        estate.patch_now(&id, Operation::Install);
    })
    .await;
    day_with(&world, |estate| estate.patch_now(&id, Operation::Scan)).await;
    day_with(&world, |estate| estate.patch_now(&id, Operation::Install)).await;

    let history = history(&world, &id).await;
    let kinds = kinds(&history, name);
    assert!(kinds.ends_with(&["regressed", "attempted", "still_missing", "installed"]), "{kinds:?} of {name}");
    let attempted = history.iter().find(|row| row["kind"] == "attempted").expect("an attempt");
    assert_eq!((&attempted["from_state"], &attempted["to_state"]), (&"Missing".into(), &"Failed".into()));
    assert_eq!(attempted["operation"], "Install");
    let estate = world.estate.read().expect("the estate").invocations();
    let run = estate.iter().find(|run| *run.command_id == *attempted["command_id"].as_str().expect("its run"));
    let run = run.expect("the run in the estate");
    assert_eq!((&*run.instance_id, run.operation, run.status), (&*id, "Install", "Failed"));
    assert_first_seen_once(&history);
    let page = timeline(&world, &id).await;
    for words in ["attempted, failed to install", "was installed, missing again", "failed before, still missing"] {
        assert!(page.contains(words), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_returns_continues_its_history() {
    let (world, id) = datacenter().await;
    let before = history(&world, &id).await;
    let mut name = "";
    day_with(&world, |estate| {
        let back = clock::plus_days(estate.today(), 2);
        name = estate.uninstall(&id).expect("an update to uninstall");
        estate.add_trouble(&id, Trouble::Stopped, back);
    })
    .await;
    let stopped = json(&world, &format!("/api/v1/instances/{id}")).await;
    assert!(stopped["gone_at"].is_null() && stopped["instance"]["instance_state"] == "stopped", "{stopped}");
    assert_eq!(history(&world, &id).await, before, "an instance that is stopped keeps its history unchanged");
    assert!(!timeline(&world, &id).await.contains("gone since"));

    day_with(&world, |_| {}).await;
    day_with(&world, |estate| estate.patch_now(&id, Operation::Scan)).await;
    assert!(json(&world, &format!("/api/v1/instances/{id}")).await["gone_at"].is_null());
    let after = history(&world, &id).await;
    assert!(after.ends_with(&before) && after.len() > before.len());
    assert_eq!(kinds(&after, name).last(), Some(&"regressed"));
    assert_first_seen_once(&after);
    let page = timeline(&world, &id).await;
    assert!(page.contains("First seen by the harvest of 24 Oct 2025") && !page.contains("gone since"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reregistered_instance_links_to_its_other_registration() {
    let (world, old) = datacenter().await;
    let before = history(&world, &old).await;
    let mut new = String::new();
    day_with(&world, |estate| {
        new = estate.register_again(&old).expect("a new id").to_string();
        estate.patch_now(&new, Operation::Scan);
    })
    .await;

    assert_eq!(history(&world, &old).await, before);
    assert_first_seen_once(&history(&world, &new).await);
    for (id, other, earlier, words) in
        [(&old, &new, false, "Registered again as"), (&new, &old, true, "Registered before as")]
    {
        let page = json(&world, &format!("/api/v1/instances/{id}")).await;
        let others = page["registrations"].as_array().expect("registrations");
        let [registration] = others.as_slice() else { panic!("one other registration expected, not {others:?}") };
        assert_eq!((&registration["instance_id"], &registration["earlier"]), (&other.as_str().into(), &earlier.into()));
        assert_eq!(registration["gone_at"].is_string(), earlier, "the earlier one is gone");
        let page = timeline(&world, id).await;
        assert!(page.contains(words) && page.contains(&format!("/instances/{other}?tab=history")), "{id}: {words}");
    }

    // Two current instances with one name are clones, not registrations of one instance.
    let clone = "UPDATE instance SET gone_at = NULL WHERE gone_at IS NOT NULL";
    let write = world.harvester.store.write("a clone", move |writer| {
        let changed = writer.connection().execute(clone, []).map_err(StoreError::write("a clone"))?;
        writer.connection().execute_batch(&rebuild_lists_sql()).map_err(StoreError::write("the lists"))?;
        Ok(changed)
    });
    assert_eq!(write.await.expect("written"), 1);
    for id in [&old, &new] {
        let page = json(&world, &format!("/api/v1/instances/{id}")).await;
        assert_eq!(page["registrations"].as_array().map(Vec::len), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_account_keeps_its_history_under_its_new_name() {
    let (mut world, id) = datacenter().await;
    let before = history(&world, &id).await;
    let mut accounts = world.harvester.accounts.to_vec();
    accounts[0].account_name = "Chicago".to_owned();
    world.harvester.accounts = accounts.into();
    world.harvest().await;
    let after = history(&world, &id).await;
    let renamed = |mut row: Value| {
        row["account_name"] = "Chicago".into();
        row
    };
    assert!(before.iter().all(|row| row["account_name"] == "Datacenter 1"));
    assert_eq!(after, before.into_iter().map(renamed).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_baseline_is_shown_at_the_first_changes_by_the_new_one() {
    let (world, id) = datacenter().await;
    let before = history(&world, &id).await;
    let (mut old, mut new) = (String::new(), String::new());
    for replaced in [true, false] {
        day_with(&world, |estate| {
            if replaced {
                let ids = estate.replace_baseline(&id).expect("a baseline");
                (old, new) = (ids.0.to_string(), ids.1.to_string());
            }
            estate.uninstall(&id).expect("an update to uninstall");
            estate.patch_now(&id, Operation::Scan);
        })
        .await;
    }
    let after = history(&world, &id).await;
    assert!(after.ends_with(&before_without_names(&after, &before)), "earlier rows must not change");
    let newer = &after[..after.len() - before.len()];
    let (mut with_previous, mut without_previous) = (0, 0);
    for row in newer {
        assert_eq!(
            (&row["baseline_id"], &row["baseline_name"]),
            (&new.as_str().into(), &"redhat-enterprise-linux-early".into())
        );
        match row["previous_baseline_id"].as_str() {
            Some(previous) => {
                assert_eq!(previous, old);
                with_previous += 1;
            }
            None => without_previous += 1,
        }
    }
    assert!(with_previous > 0 && without_previous > 0, "{with_previous} and {without_previous} rows");
    let page = timeline(&world, &id).await;
    assert!(page.contains(&format!("baseline redhat-enterprise-linux-early ({new}), previously {old}")));
}

/// The earlier rows with the baseline name that later rows have, because the old baseline no longer exists.
fn before_without_names(after: &[Value], before: &[Value]) -> Vec<Value> {
    let newest_old = &after[after.len() - before.len()];
    let name = newest_old["baseline_name"].clone();
    let unnamed = |mut row: Value| {
        row["baseline_name"] = name.clone();
        row
    };
    before.iter().cloned().map(unnamed).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_a_baseline_does_not_approve_is_gone_and_later_returns() {
    let (world, id) = datacenter().await;
    let name = day_without_an_update(&world, &id).await;
    let missing = history(&world, &id).await;
    let missing = missing.iter().find(|row| row["kind"] == "regressed").expect("it is missing")["description"].clone();
    for group in [Group::Late, Group::Early] {
        day_with(&world, |estate| {
            estate.move_to_group(&id, group);
            estate.patch_now(&id, Operation::Scan);
        })
        .await;
    }
    let history = history(&world, &id).await;
    let rows: Vec<&Value> = history.iter().filter(|row| row["description"] == missing).collect();
    let newest: Vec<_> = rows.iter().take(3).filter_map(|row| row["kind"].as_str()).collect();
    assert_eq!(newest, ["returned", "gone", "regressed"], "{name}");
    for row in &rows[..2] {
        assert!(row["previous_baseline_id"].is_string() && row["previous_baseline_id"] != row["baseline_id"], "{row}");
    }
    assert!(rows[2]["previous_baseline_id"].is_null());
    assert_first_seen_once(&history);
    let page = timeline(&world, &id).await;
    assert!(page.contains("reported again, missing") && page.contains(", previously "));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_csv_has_the_kinds_of_the_json() {
    let (world, id) = datacenter().await;
    let (status, body) = get(world.router(), &format!("/export/history.csv?instance={id}")).await;
    assert_eq!(status, StatusCode::OK);
    let mut reader = csv::Reader::from_reader(body.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let last: Vec<&str> = header.iter().skip(header.len() - 3).collect();
    assert_eq!(last, ["kind", "baseline_name", "previous_baseline_id"]);
    let kinds: Vec<String> = reader.records().map(|row| row.expect("a row")[header.len() - 3].to_owned()).collect();
    let json: Vec<String> =
        history(&world, &id).await.iter().filter_map(|row| row["kind"].as_str()).map(str::to_owned).collect();
    assert_eq!(kinds, json);
}
