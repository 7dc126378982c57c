//! What an empty account lacks, and what stands once it is ready.

use crate::support::{REGION, World, request};
use muster_provision::{Plan, ProvisionError, Stage, Step};
use muster_simulator::{Fault, FaultKind};
use serde_json::Value;

#[tokio::test]
async fn an_account_that_does_not_exist_lacks_everything() {
    let world = World::new().await;
    let parts = world.provisioner.plan(&request()).await.expect("a plan");
    let lines: Vec<String> = parts.iter().flat_map(|part| &part.plan.steps).map(Step::to_string).collect();
    assert_eq!(world.requests(), 0, "a plan of nothing needs no request");
    let count = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
    assert!(lines[0].starts_with("AWS Organizations: create account muster-azure-9a3f1c52"), "{}", lines[0]);
    assert!(parts[1].to_string().starts_with("us-east-1\n+ Patch Manager: create patch baseline muster-windows-early"));
    assert_eq!(count("create patch baseline"), 24);
    assert_eq!(count("as default patch baseline"), 8);
    assert_eq!(count("add patch group"), 24);
    assert_eq!(count("IAM: create role"), 2);
    assert_eq!(count("Maintenance Windows: create"), 3);
    assert_eq!(count("State Manager: create association"), 3);
    for line in [
        "Patch Manager: create patch baseline muster-rhel-late (Red Hat Enterprise Linux: approves updates 14 days after \
         their release)",
        "Patch Manager: create patch baseline muster-debian-late (Debian: approves updates at once; the date of the \
         maintenance window delays them)",
        "Maintenance Windows: create muster-on-time (cron(0 2 ? * TUE#3 *) Etc/UTC, 1 day later)",
        "Maintenance Windows: register Run command task of muster-late (AWS-RunPatchBaseline, Install, RebootIfNeeded)",
        "State Manager: create association muster-inventory (AWS-GatherSoftwareInventory, rate(12 hours))",
    ] {
        assert_eq!(count(line), 1, "{line} is not in {lines:#?}");
    }
}

#[tokio::test]
async fn a_new_account_becomes_ready_and_the_second_attempt_changes_nothing() {
    let world = World::new().await;
    let ready = world.provision("first").await.expect("ready");
    assert!(ready.drift.is_empty(), "{:#?}", ready.drift);
    assert_eq!(world.state().stage, Stage::Ready);
    let account = world.account();
    let site = &account.regions[REGION];
    assert_eq!((site.baselines.len(), site.groups.len(), site.defaults.len()), (24, 24, 8));
    assert_eq!((site.windows.len(), site.window_targets.len(), site.window_tasks.len()), (3, 3, 3));
    assert_eq!(site.associations.len(), 3);
    let parameters = &site.window_tasks[0].body["TaskInvocationParameters"]["RunCommand"]["Parameters"];
    assert_eq!(parameters["Operation"][0], "Install");
    let tag = |key: &str| account.tags.iter().find(|(tag, _)| tag == key).map(|(_, value)| value.as_str());
    assert_eq!(tag("muster:customer-id"), Some("c-1001"));
    assert_eq!(tag("muster:external-id"), Some(&*ready.external_id));

    let writes = world.writes();
    let again = world.provision("second").await.expect("ready");
    assert_eq!(again, ready);
    assert_eq!(world.writes(), writes, "the second attempt writes nothing");
}

#[tokio::test]
async fn debian_and_ubuntu_have_no_approval_delay_at_all() {
    let world = World::new().await;
    world.provision("first").await.expect("ready");
    let account = world.account();
    for baseline in &account.regions[REGION].baselines {
        let system = baseline.body["OperatingSystem"].as_str().expect("a system");
        let rule = &baseline.body["ApprovalRules"]["PatchRules"][0];
        let days = rule.as_object().expect("a rule").get("ApproveAfterDays").and_then(Value::as_i64);
        let expected = match baseline.body["Name"].as_str().expect("a name") {
            _ if matches!(system, "DEBIAN" | "UBUNTU") => None,
            name if name.ends_with("-early") => Some(0),
            name if name.ends_with("-on-time") => Some(7),
            _ => Some(14),
        };
        assert_eq!(days, expected, "{system}");
    }
}

#[tokio::test]
async fn centos_whose_repositories_have_no_classifications_gets_unclassified_updates() {
    let world = World::new().await;
    world.provision("first").await.expect("ready");
    let account = world.account();
    for baseline in &account.regions[REGION].baselines {
        let unclassified = &baseline.body["ApprovalRules"]["PatchRules"][0]["EnableNonSecurity"];
        let is_centos = baseline.body["OperatingSystem"] == "CENTOS";
        assert_eq!(unclassified.as_bool(), Some(is_centos), "{}", baseline.body["Name"]);
    }
}

#[tokio::test]
async fn a_plan_of_a_ready_account_takes_few_requests_and_changes_nothing() {
    let world = World::new().await;
    world.provision("first").await.expect("ready");
    let (requests, writes) = (world.requests(), world.writes());
    let parts = world.provisioner.plan(&request()).await.expect("a plan");
    assert!(parts.iter().all(|part| part.plan == Plan::default()), "{parts:#?}");
    // Two for the session, 4 a role, one a baseline, 3 a window, one an association, and 4 lists.
    assert_eq!(world.requests() - requests, 2 + 2 * 4 + 24 + 3 * 3 + 3 + 4);
    assert_eq!(world.writes(), writes);
}

#[tokio::test]
async fn roles_trust_the_harvester_with_the_external_id_and_agents_of_this_account_only() {
    let world = World::new().await;
    let ready = world.provision("first").await.expect("ready");
    let account = world.account();
    let harvest = &account.roles["MusterHarvester"];
    let trust = &harvest.trust["Statement"][0];
    assert_eq!(trust["Condition"]["StringEquals"]["sts:ExternalId"], *ready.external_id);
    assert!(!harvest.policies["muster"].to_string().contains("ssm:GetParameter"));
    let hybrid = &account.roles["MusterHybridInstances"];
    let trust = &hybrid.trust["Statement"][0];
    assert_eq!(trust["Principal"]["Service"], "ssm.amazonaws.com");
    assert_eq!(trust["Condition"]["StringEquals"]["aws:SourceAccount"], *account.id);
    assert_eq!(trust["Condition"]["ArnLike"]["aws:SourceArn"], format!("arn:aws:ssm:*:{}:*", account.id));
    let permissions = hybrid.policies["muster"].to_string();
    assert!(permissions.contains("ssm:UpdateInstanceInformation") && !permissions.contains("GetParameter"));
    assert!(!account.roles.contains_key("MusterHostManagement"), "the account has no EC2 instances of its own");
}

#[tokio::test]
async fn throttled_requests_are_repeated() {
    let world = World::small().await;
    for operation in ["CreateAccount", "CreateRole", "CreatePatchBaseline", "CreateAssociation", "ListAccounts"] {
        world.simulator.set_fault(Fault::on(operation, FaultKind::Throttling).times(2));
    }
    world.provision("first").await.expect("ready");
    assert_eq!(world.account().regions[REGION].baselines.len(), 6);
    assert_eq!(world.account().regions[REGION].associations.len(), 3);
}

#[tokio::test]
async fn what_a_lagging_list_lacks_is_not_ready() {
    let world = World::small().await;
    // The list of the second look; the first one is before anything is created.
    let empty = FaultKind::Body(b"{\"Associations\":[]}".to_vec());
    world.simulator.set_fault(Fault::on("ListAssociations", empty).after(1).times(1));
    let error = world.provision("first").await.expect_err("a lagging list");
    assert!(matches!(error, ProvisionError::StillMissing { missing: 3, .. }), "{error}");
    assert!(error.to_string().contains("3 are still missing, such as: State Manager"), "{error}");
    assert_eq!(world.state().stage, Stage::Ssm);
    world.provision("second").await.expect("ready");
    assert_eq!(world.account().regions[REGION].associations.len(), 3);
}

#[tokio::test]
async fn what_a_lagging_list_lacks_is_not_made_twice() {
    let world = World::small().await;
    world.provision("first").await.expect("ready");
    for (operation, rows) in [
        ("DescribePatchBaselines", "BaselineIdentities"),
        ("DescribeMaintenanceWindows", "WindowIdentities"),
        ("DescribeMaintenanceWindowTargets", "Targets"),
        ("DescribeMaintenanceWindowTasks", "Tasks"),
    ] {
        let empty = FaultKind::Body(format!("{{\"{rows}\":[]}}").into_bytes());
        world.simulator.set_fault(Fault::on(operation, empty).times(1));
        let writes = world.writes();
        world.provision("second").await.expect("ready");
        assert!(world.writes() > writes, "{operation}");
        let account = world.account();
        let site = &account.regions[REGION];
        let lengths = (site.baselines.len(), site.windows.len(), site.window_targets.len(), site.window_tasks.len());
        assert_eq!(lengths, (6, 3, 3, 3), "{operation}");
    }
}
