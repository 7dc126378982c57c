//! What differs from the settings is listed and left alone.

use crate::support::{REGION, World, request};
use muster_provision::Drift;
use serde_json::json;

#[tokio::test]
async fn what_somebody_has_changed_is_listed_and_not_written() {
    let world = World::small().await;
    world.provision("first").await.expect("ready");
    world.simulator.change_created(|accounts| {
        let account = &mut accounts[0];
        if let Some(role) = account.roles.get_mut("MusterHybridInstances") {
            role.trust["Statement"][0]["Condition"] = json!({});
        }
        let site = account.regions.get_mut(REGION).expect("the Region");
        let late = site.baselines.iter_mut().find(|one| one.body["Name"] == "muster-windows-late").expect("a baseline");
        late.body["ApprovalRules"]["PatchRules"][0]["ApproveAfterDays"] = json!(30);
        let copy = site.windows[0].clone();
        site.windows[1].body["Schedule"] = json!("rate(7 days)");
        site.windows.push(copy);
        site.associations.retain(|one| one.body["AssociationName"] != "muster-scan");
        site.groups.retain(|(group, system, _)| group != "late" || system != "UBUNTU");
    });
    let writes = world.writes();
    let state = world.state();
    let parts = world.provisioner.plan(&request(), Some(&state)).await.expect("a plan");
    let steps: Vec<String> = parts.iter().flat_map(|part| &part.plan.steps).map(ToString::to_string).collect();
    assert_eq!(
        steps,
        [
            "Patch Manager: add patch group late to muster-ubuntu-late",
            "State Manager: create association muster-scan (AWS-RunPatchBaseline, rate(1 day))",
        ]
    );
    let drift: Vec<String> = parts.iter().flat_map(|part| &part.plan.drift).map(Drift::to_string).collect();
    assert_eq!(
        drift,
        [
            "role MusterHybridInstances: trust policy is another policy, wanted the one of the settings",
            "patch baseline muster-windows-late: approval delay is 30 days, wanted 14 days",
            "maintenance window muster-early: number is 2, wanted 1",
            "maintenance window muster-on-time: schedule is rate(7 days), wanted cron(0 2 ? * TUE#3 *)",
        ]
    );
    assert_eq!(world.writes(), writes);

    let ready = world.provision("second").await.expect("ready");
    assert_eq!(world.writes(), writes + 2, "the two steps only");
    let left: usize = ready.drift.iter().map(|part| part.drift.len()).sum();
    assert_eq!(left, 4, "{:#?}", ready.drift);
}
