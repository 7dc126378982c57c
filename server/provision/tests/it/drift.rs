//! What differs from the settings is listed and left alone.

use crate::{
    activations::activate,
    support::{REGION, World, request},
};
use muster_provision::{Drift, ProvisionError, Ready, Stage};
use muster_simulator::created::{CreatedAccount, Role};
use serde_json::{Value, json};

#[tokio::test]
async fn what_somebody_has_changed_is_listed_and_not_written() {
    let world = World::small().await;
    world.provision("first").await.expect("ready");
    world.simulator.change_created(|accounts| {
        let account = &mut accounts[0];
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
    let parts = world.provisioner.plan(&request()).await.expect("a plan");
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
            "patch baseline muster-windows-late: approval delay is 30 days, wanted 14 days",
            "maintenance window muster-early: number is 2, wanted 1",
            "maintenance window muster-on-time: schedule is rate(7 days), wanted cron(0 2 ? * TUE#3 *)",
        ]
    );
    assert_eq!(world.writes(), writes);

    let ready = world.provision("second").await.expect("ready");
    assert_eq!(world.writes(), writes + 2, "the two steps only");
    let left: usize = ready.drift.iter().map(|part| part.drift.len()).sum();
    assert_eq!(left, 3, "{:#?}", ready.drift);
}

/// Changes the one account after it was ready, and provisions it again.
async fn changed(change: impl FnOnce(&mut CreatedAccount)) -> (World, Result<Ready, ProvisionError>) {
    let world = World::small().await;
    world.provision("first").await.expect("ready");
    world.simulator.change_created(|accounts| change(&mut accounts[0]));
    let writes = world.writes();
    let result = world.provision("second").await;
    assert_eq!(world.writes(), writes, "drift is never written");
    (world, result)
}

fn lines(ready: &Ready) -> Vec<String> {
    ready.drift.iter().flat_map(|part| &part.drift).map(Drift::to_string).collect()
}

fn role<'a>(account: &'a mut CreatedAccount, name: &str) -> &'a mut Role {
    account.roles.get_mut(name).expect("a role")
}

#[tokio::test]
async fn a_role_with_another_trust_is_an_error_and_gets_no_activations() {
    for (name, condition) in [
        ("MusterHarvester", json!({})),
        ("MusterHarvester", json!({ "StringEquals": { "sts:ExternalId": "0123456789abcdef0123456789abcdef" } })),
        ("MusterHybridInstances", json!({})),
    ] {
        let change = |account: &mut CreatedAccount| role(account, name).trust["Statement"][0]["Condition"] = condition;
        let (world, result) = changed(change).await;
        let error = result.expect_err("another trust");
        assert!(matches!(&error, ProvisionError::WrongTrust { resource, .. } if resource.ends_with(name)), "{error}");
        assert_ne!(world.state().stage, Stage::Ready);
        world.provision("third").await.expect_err("it stays an error");
        let error = activate(&world).await.expect_err("not ready");
        assert!(matches!(error, ProvisionError::NotReady { .. }), "{error}");
    }
}

#[tokio::test]
async fn further_policies_of_a_role_are_drift() {
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    let further = json!({ "Statement": [{ "Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": "*" }] });
    let (world, result) = changed(|account| {
        role(account, "MusterHarvester").attached.push(arn.to_owned());
        role(account, "MusterHarvester").policies.insert("more".to_owned(), further);
    })
    .await;
    assert_eq!(
        lines(&result.expect("ready")),
        [
            "role MusterHarvester: further inline policies is more, wanted none",
            "role MusterHarvester: managed policies is arn:aws:iam::aws:policy/AdministratorAccess, wanted none",
        ]
    );
    activate(&world).await.expect("instances do not get this role");
}

#[tokio::test]
async fn a_hybrid_role_that_differs_blocks_activations_until_it_is_corrected() {
    let wide = json!({ "Statement": [{ "Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": "*" }] });
    for change in [
        (|role: &mut Role, _| role.attached.push("arn:aws:iam::aws:policy/x".to_owned())) as fn(&mut Role, Value),
        |role, wide| drop(role.policies.insert("more".to_owned(), wide)),
        |role, wide| drop(role.policies.insert("muster".to_owned(), wide)),
    ] {
        let before = World::small().await;
        before.provision("first").await.expect("ready");
        let right = before.account().roles["MusterHybridInstances"].clone();
        let (world, result) = changed(|account| change(role(account, "MusterHybridInstances"), wide.clone())).await;
        assert_eq!(lines(&result.expect("ready")).len(), 1);
        let error = activate(&world).await.expect_err("blocked");
        assert!(matches!(error, ProvisionError::ActivationsBlocked { .. }), "{error}");
        assert!(error.to_string().contains("role MusterHybridInstances"), "{error}");
        world.simulator.change_created(|accounts| {
            let role = role(&mut accounts[0], "MusterHybridInstances");
            (role.policies, role.attached) = (right.policies, right.attached);
        });
        world.provision("third").await.expect("ready");
        activate(&world).await.expect("an activation");
    }
}

#[tokio::test]
async fn a_default_baseline_that_somebody_set_back_stays() {
    let (world, result) = changed(|account| {
        account.regions.get_mut(REGION).expect("the Region").defaults.remove("WINDOWS");
    })
    .await;
    let drift = ["default patch baseline of Windows: name is one of AWS, wanted muster-windows-on-time"];
    assert_eq!(lines(&result.expect("ready")), drift);
    world.provisioner.ledger().forget(&request().key());
    let writes = world.writes();
    assert_eq!(lines(&world.provision("third").await.expect("ready")), drift, "also after the loss of the ledger");
    assert_eq!(world.writes(), writes);
}

#[tokio::test]
async fn a_region_that_was_ready_gets_no_default_baseline_even_without_its_patch_group() {
    let world = World::small().await;
    world.provision("first").await.expect("ready");
    world.simulator.change_created(|accounts| {
        let site = accounts[0].regions.get_mut(REGION).expect("the Region");
        site.defaults.remove("WINDOWS");
        site.groups.retain(|(group, system, _)| group != "on-time" || system != "WINDOWS");
    });
    assert_eq!(lines(&world.provision("second").await.expect("ready")).len(), 1);
    assert!(!world.account().regions[REGION].defaults.contains_key("WINDOWS"));
}

#[tokio::test]
async fn other_targets_and_parameters_are_drift() {
    let (_, result) = changed(|account| {
        let site = account.regions.get_mut(REGION).expect("the Region");
        let other = site.window_targets[1].id.clone();
        site.window_tasks[0].body["Targets"][0]["Values"][0] = json!(other);
        let parameters = &mut site.window_tasks[1].body["TaskInvocationParameters"]["RunCommand"]["Parameters"];
        parameters["Operation"][0] = json!("Scan");
        let scan = site.associations.iter_mut().find(|one| one.body["AssociationName"] == "muster-scan");
        let scan = scan.expect("an association");
        scan.body["Parameters"]["Operation"][0] = json!("Install");
        site.associations[0].body["Targets"][0]["Values"][0] = json!("mi-00000000000000000");
    })
    .await;
    let lines = lines(&result.expect("ready"));
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(
        lines[0].starts_with("maintenance window muster-early: target of the task is WindowTargetIds="),
        "{}",
        lines[0]
    );
    assert_eq!(
        lines[1..],
        [
            "task of maintenance window muster-on-time: parameters is Operation=Scan, RebootOption=RebootIfNeeded, wanted \
             Operation=Install, RebootOption=RebootIfNeeded",
            "association muster-inventory: targets is InstanceIds=mi-00000000000000000, wanted InstanceIds=*",
            "association muster-scan: parameters is Operation=Install, wanted Operation=Scan",
        ]
    );
}

#[tokio::test]
async fn exceptions_of_a_baseline_are_drift() {
    let filters = json!({ "PatchFilters": [{ "Key": "PRODUCT", "Values": ["WindowsServer2019"] }] });
    let source = json!({ "Name": "own", "Products": ["*"], "Configuration": "x" });
    for (member, value, line) in [
        ("ApprovedPatches", json!(["KB1"]), "approved patches is KB1, wanted none"),
        ("RejectedPatches", json!(["KB2", "KB3"]), "rejected patches is KB2, KB3, wanted none"),
        ("GlobalFilters", filters, "global filters is PRODUCT=WindowsServer2019, wanted none"),
        ("Sources", json!([source]), "sources is own, wanted none"),
        ("ApprovedPatchesEnableNonSecurity", json!(true), "approved non-security patches is true, wanted none"),
        ("rule EnableNonSecurity", json!(true), "approval of non-security updates is true, wanted false"),
        ("rule ComplianceLevel", json!("LOW"), "compliance level is LOW, wanted CRITICAL"),
        ("rule ApproveUntilDate", json!("2026-01-01"), "approval until a date is 2026-01-01, wanted none"),
    ] {
        let (_, result) = changed(|account| {
            let site = account.regions.get_mut(REGION).expect("the Region");
            let body = &mut site.baselines[0].body;
            match member.strip_prefix("rule ") {
                Some(member) => body["ApprovalRules"]["PatchRules"][0][member] = value,
                None => body[member] = value,
            }
        })
        .await;
        assert_eq!(lines(&result.expect("ready")), [format!("patch baseline muster-windows-early: {line}")]);
    }
}
