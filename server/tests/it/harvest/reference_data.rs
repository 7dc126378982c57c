//! Reference data is stored as the estate has it, table by table.

use crate::{
    harvest::wire_proxy::with_wire_proxy,
    support::{
        table::{rows, time},
        world::World,
    },
};
use jiff::{SignedDuration, Timestamp, ToSpan};
use muster_simulator::{
    EstateSpec,
    estate::{
        Estate,
        association::associations,
        baseline::{Baseline, Group, PATCH_GROUP_TAG},
        instance::Instance,
        inventory::{self, Entry},
        site::{COMMAND_DAYS, Site},
        spec::Mix,
        window::{CUTOFF_HOURS, DURATION_HOURS},
    },
};
use std::collections::BTreeSet;

async fn last_day() -> World {
    let world = World::small().await;
    world.skip_to_last_day();
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    world
}

/// The estate's rows as text, sorted; at least one.
pub fn estate_rows<const COLUMNS: usize>(
    world: &World,
    of: impl Fn(&Estate, &Site) -> Vec<[String; COLUMNS]>,
) -> Vec<[String; COLUMNS]> {
    let estate = world.estate.read().expect("the estate");
    let mut rows: Vec<_> = estate.sites().flat_map(|site| of(&estate, site)).collect();
    rows.sort();
    assert!(!rows.is_empty(), "the estate has nothing to compare with");
    rows
}

/// A row that starts with the account and Region of a site.
fn row_of<const COLUMNS: usize>(site: &Site, rest: &[&str]) -> [String; COLUMNS] {
    let mut texts = vec![site.account_id.to_string(), site.region.to_string()];
    texts.extend(rest.iter().map(ToString::to_string));
    texts.try_into().expect("as many texts as columns")
}

fn seconds(at: Timestamp) -> String {
    time(Timestamp::from_second(at.as_second()).expect("in range"))
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_baselines_and_patch_groups() {
    let world = last_day().await;
    let baselines = estate_rows(&world, |_, site| {
        let row = |one: &Baseline| {
            row_of::<6>(site, &[&one.id, &one.name, one.operating_system, &one.is_aws_owned().to_string()])
        };
        site.baselines.iter().map(row).collect()
    });
    let stored = "SELECT account_id, region, baseline_id, name, operating_system, is_default FROM patch_baseline";
    assert_eq!(rows::<6>(&world, stored).await, baselines);

    let groups = estate_rows(&world, |_, site| {
        let mapped = site.baselines.iter().filter_map(|one| Some((one.group?.name(), one)));
        mapped.map(|(group, one)| row_of::<5>(site, &[group, &one.id, one.operating_system])).collect()
    });
    let stored = "SELECT account_id, region, patch_group, baseline_id, operating_system FROM patch_group";
    assert_eq!(rows::<5>(&world, stored).await, groups);
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_the_rules_of_custom_baselines_and_of_aws_baselines_in_use() {
    let world = last_day().await;
    // The second harvest knows which baselines of AWS are in use.
    world.harvest().await;
    let used = |site: &Site, baseline: &Baseline| {
        let reports = site.instances.iter().filter_map(|one| one.report.as_ref());
        reports.into_iter().any(|report| report.baseline_id == baseline.id)
    };
    let wanted = |site: &Site, one: &Baseline| !one.is_aws_owned() || used(site, one);
    let details = estate_rows(&world, |_, site| {
        let read = site.baselines.iter().filter(|one| wanted(site, one));
        read.map(|one| {
            row_of::<6>(site, &[&one.id, &one.rejected.join(" "), "ALLOW_AS_DEPENDENCY", &time(one.created)])
        })
        .collect()
    });
    let stored = "SELECT account_id, region, baseline_id, rejected_patches, rejected_patches_action, created_at
                  FROM patch_baseline_detail";
    assert_eq!(rows::<6>(&world, stored).await, details);
    assert!(details.iter().any(|row| row[3] == "tcpdump") && details.iter().any(|row| row[2].starts_with("arn:")));

    let rules = estate_rows(&world, |_, site| {
        let read = site.baselines.iter().filter(|one| wanted(site, one));
        let days = |one: &Baseline| one.approve_after_days().map_or("-".to_owned(), |days| days.to_string());
        read.map(|one| row_of::<6>(site, &[&one.id, "0", &days(one), "CRITICAL"])).collect()
    });
    let stored =
        "SELECT account_id, region, baseline_id, position, approve_after_days, compliance_level FROM patch_rule";
    assert_eq!(rows::<6>(&world, stored).await, rules);
    assert!(rules.iter().any(|row| row[4] == "-"), "rules of Debian and Ubuntu have no approval delay");
    let filters = "SELECT DISTINCT filters FROM patch_rule JOIN patch_baseline USING (account_id, region, baseline_id)
                   WHERE operating_system = 'UBUNTU'";
    assert_eq!(rows::<1>(&world, filters).await, [["PRODUCT=*; PRIORITY=Required,Important,Standard,Optional,Extra"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_windows_with_targets_tasks_and_executions() {
    let world = last_day().await;
    let windows = estate_rows(&world, |estate, site| {
        let (hours, cutoff) = (DURATION_HOURS.to_string(), CUTOFF_HOURS.to_string());
        let row = |one: &muster_simulator::estate::window::Window| {
            let next = time(one.next_opening(estate.now()));
            row_of::<10>(site, &[&one.id, &one.name, "true", &one.schedule(), "Etc/UTC", &hours, &cutoff, &next])
        };
        site.windows.iter().map(row).collect()
    });
    let stored = "SELECT account_id, region, window_id, name, enabled, schedule, schedule_timezone, duration_hours,
                      cutoff_hours, next_execution_at FROM maintenance_window";
    assert_eq!(rows::<10>(&world, stored).await, windows);

    let targets = estate_rows(&world, |_, site| {
        let of = |group: Group| format!("tag:{PATCH_GROUP_TAG}={}", group.name());
        site.windows
            .iter()
            .map(|one| row_of::<6>(site, &[&one.id, &one.target_id, one.group.name(), &of(one.group)]))
            .collect()
    });
    let stored = "SELECT account_id, region, window_id, target_id, name, targets FROM window_target";
    assert_eq!(rows::<6>(&world, stored).await, targets);

    let tasks = estate_rows(&world, |_, site| {
        let rest = ["Install", "RUN_COMMAND", "AWS-RunPatchBaseline", "1", "50", "100%"];
        site.windows.iter().map(|one| row_of::<10>(site, &[&[&*one.id, &*one.task_id], &rest[..]].concat())).collect()
    });
    let stored = "SELECT account_id, region, window_id, task_id, name, task_type, task_arn, priority, max_concurrency,
                      max_errors FROM window_task";
    assert_eq!(rows::<10>(&world, stored).await, tasks);

    let executions = estate_rows(&world, |estate, site| {
        let oldest_listed = estate.now() - SignedDuration::from_hours(24 * COMMAND_DAYS);
        let row = |one: &muster_simulator::estate::window::WindowExecution| {
            let status = if one.failed { "FAILED" } else { "SUCCESS" };
            row_of::<7>(site, &[&one.window_id, &one.id, status, &time(one.started_at), &time(one.ended_at)])
        };
        site.executions.iter().filter(|one| one.started_at >= oldest_listed).map(row).collect()
    });
    let stored =
        "SELECT account_id, region, window_id, execution_id, status, started_at, ended_at FROM window_execution";
    assert_eq!(rows::<7>(&world, stored).await, executions);
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_window_executions_that_systems_manager_no_longer_lists() {
    let world = last_day().await;
    const STORED: &str = "SELECT execution_id FROM window_execution";
    let before = rows::<1>(&world, STORED).await;
    for _ in 0..32 {
        world.next_day();
    }
    world.harvest().await;
    let after: BTreeSet<_> = rows::<1>(&world, STORED).await.into_iter().collect();
    assert!(before.iter().all(|id| after.contains(id)) && after.len() > before.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_associations() {
    let world = last_day().await;
    let all = estate_rows(&world, |estate, site| {
        let row = |one: &muster_simulator::estate::association::Association| {
            let count = |status| one.counts.get(status).copied().unwrap_or_default().to_string();
            let last = one.last_execution_at.map_or("-".to_owned(), time);
            let counts = [count("Success"), count("Failed")];
            let texts = [
                &one.id,
                one.name,
                one.document,
                one.schedule,
                "InstanceIds=*",
                one.status(),
                &counts[0],
                &counts[1],
                &last,
            ];
            row_of::<11>(site, &texts)
        };
        associations(site, estate.now()).iter().map(row).collect()
    });
    let stored = "SELECT account_id, region, association_id, name, document_name, schedule, targets, status, succeeded,
                      failed, last_execution_at FROM association";
    assert_eq!(rows::<11>(&world, stored).await, all);
}

/// The rows of current instances whose inventory is still known.
fn instance_rows<const COLUMNS: usize>(
    world: &World,
    of: impl Fn(&Site, &Instance) -> Vec<[String; COLUMNS]>,
) -> Vec<[String; COLUMNS]> {
    estate_rows(world, |estate, site| {
        let today = estate.today();
        let known =
            site.instances.iter().filter(|one| one.is_current(today) && inventory::status(one, today).is_some());
        known.flat_map(|one| of(site, one)).collect()
    })
}

/// The texts of an entry, empty for those that it lacks.
fn texts<const NAMES: usize>(entry: &Entry, names: [&str; NAMES]) -> [String; NAMES] {
    names.map(|name| entry.get(name).unwrap_or_default().to_owned())
}

fn installed_time(entry: &Entry) -> String {
    let at = entry.get("InstalledTime").and_then(|text| text.parse::<Timestamp>().ok());
    at.map_or("-".to_owned(), seconds)
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_software_and_hotfixes() {
    let world = last_day().await;
    let software = instance_rows(&world, |_, one| {
        let row = |entry: &Entry| {
            let [name, version, release, epoch, publisher, architecture] =
                texts(entry, ["Name", "Version", "Release", "Epoch", "Publisher", "Architecture"]);
            let version = if release.is_empty() { version } else { format!("{version}-{release}") };
            let has_epoch = !matches!(epoch.as_str(), "" | "0");
            let version = if has_epoch { format!("{epoch}:{version}") } else { version };
            [one.id.to_string(), name, version, publisher, architecture, installed_time(entry)]
        };
        inventory::applications(one).iter().map(row).collect()
    });
    let stored = "SELECT i.instance_id, s.name, s.version, s.publisher, s.architecture, s.installed_at
                  FROM software s JOIN instance i USING (instance_key)";
    assert_eq!(rows::<6>(&world, stored).await, software);

    let hotfixes = instance_rows(&world, |_, one| {
        let row = |entry: &Entry| {
            let [id, description, by] = texts(entry, ["HotFixId", "Description", "InstalledBy"]);
            [one.id.to_string(), id, description, by, installed_time(entry)]
        };
        inventory::windows_updates(one).iter().map(row).collect()
    });
    let stored = "SELECT i.instance_id, hot_fix_id, description, installed_by, installed_at
                  FROM hotfix JOIN instance i USING (instance_key)";
    assert_eq!(rows::<5>(&world, stored).await, hotfixes);
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_hardware_tags_and_nodes() {
    let world = last_day().await;
    let hardware = instance_rows(&world, |_, one| {
        let entry = inventory::instance_detailed_information(one);
        let [model, cpus, cores, sockets, speed] =
            texts(&entry, ["CPUModel", "CPUs", "CPUCores", "CPUSockets", "CPUSpeedMHz"]);
        vec![[one.id.to_string(), model, cpus, cores, sockets, speed]]
    });
    let stored = "SELECT i.instance_id, cpu_model, cpus, cpu_cores, cpu_sockets, cpu_speed_mhz
                  FROM hardware JOIN instance i USING (instance_key)";
    assert_eq!(rows::<6>(&world, stored).await, hardware);

    // Tags of hybrid nodes that the inventory no longer lists are requested for each node.
    let tags = estate_rows(&world, |estate, site| {
        let today = estate.today();
        let has_tags = |one: &&Instance| inventory::status(one, today).is_some() || one.is_hybrid();
        let instances = site.instances.iter().filter(|one| one.is_current(today)).filter(has_tags);
        let of = |one: &Instance| {
            let tags = inventory::tags(site, one).into_iter();
            tags.map(|(key, value)| [one.id.to_string(), key.to_string(), value]).collect::<Vec<_>>()
        };
        instances.flat_map(of).collect()
    });
    let stored = "SELECT i.instance_id, key, value FROM tag JOIN instance i USING (instance_key)";
    assert_eq!(rows::<3>(&world, stored).await, tags);

    let nodes = estate_rows(&world, |estate, site| {
        let known = site.instances.iter().filter_map(|one| Some((one, inventory::status(one, estate.today())?)));
        let row = |(one, status): (&Instance, &str)| {
            let (name, platform) = (&one.computer_name, one.platform);
            row_of::<7>(site, &[&one.id, status, name, platform.name, platform.version])
        };
        known.map(row).collect()
    });
    let stored = "SELECT account_id, region, instance_id, status, computer_name, platform_name, platform_version
                  FROM node";
    assert_eq!(rows::<7>(&world, stored).await, nodes);
    assert!(nodes.iter().any(|row| row[3] == "Terminated"), "the inventory lists no terminated node");
}

/// Also where reference data is not due: when it is, the instance is no longer new.
#[tokio::test(flavor = "multi_thread")]
async fn the_tags_of_a_new_hybrid_instance_are_read_at_once() {
    let mut spec = EstateSpec::named("small").expect("the small estate");
    spec.first_day = spec.last_day - 90.days();
    // Only hybrid instances, the first of which joins later.
    spec.customers.remove(0);
    spec.mix = Mix { joins: 1, ..Mix::default() };
    let mut world = World::new(&spec).await;
    world.harvester.reference_data_interval = SignedDuration::from_hours(24 * 365);
    world.harvest().await;
    const HYBRID: &str = "SELECT count(*) FROM instance WHERE instance_id LIKE 'mi-%'";
    let first = world.count(HYBRID).await;
    while !world.is_at_last_day() {
        world.next_day();
        world.harvest().await;
    }
    assert!(world.count(HYBRID).await > first, "no instance is new");
    const WITHOUT_TAGS: &str = "SELECT count(*) FROM instance
        WHERE instance_id LIKE 'mi-%' AND instance_key NOT IN (SELECT instance_key FROM tag)";
    assert_eq!(world.count(WITHOUT_TAGS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_the_output_of_failed_results_only() {
    let world = last_day().await;
    // Each pull reads a limited number of outputs, so several are needed.
    for _ in 0..4 {
        world.harvest().await;
    }
    const FAILED: &str = "SELECT command_id, instance_id, step FROM invocation WHERE status = 'Failed'";
    const OUTPUTS: &str = "SELECT command_id, instance_id, step FROM invocation_output";
    let failed = rows::<3>(&world, FAILED).await;
    assert!(failed.len() > 1);
    assert_eq!(rows::<3>(&world, OUTPUTS).await, failed);
    let steps: BTreeSet<_> = failed.iter().map(|row| row[2].as_str()).collect();
    assert!(steps.iter().all(|step| ["PatchWindows", "PatchLinux"].contains(step)), "{steps:?}");
    let outputs = rows::<5>(
        &world,
        "SELECT o.instance_id, step, status, response_code, standard_output FROM invocation_output o",
    );
    for [instance, step, status, code, output] in outputs.await {
        assert!(status == "Failed" && ["1", "146"].contains(&code.as_str()), "{status} {code}");
        assert!(output.contains(&instance), "the output is of another instance or step: {output}");
        let messages = if step == "PatchWindows" {
            ["0x80", "hook", "Unsupported"]
        } else {
            ["exit status 1", "hook", "Unsupported"]
        };
        assert!(messages.iter().any(|text| output.contains(text)), "{output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_on_two_pages_is_stored_once() {
    let (world, wire_proxy) = with_wire_proxy(World::small().await).await;
    wire_proxy.alter(|operation, _, answer| {
        if let ("GetInventory", Some(entities)) = (operation, answer["Entities"].as_array_mut()) {
            entities.extend(entities.first().cloned());
        }
    });
    world.harvest().await;
    for sql in [
        "SELECT count(*) FROM (SELECT instance_key, type_name FROM inventory_capture GROUP BY ALL HAVING count(*) > 1)",
        "SELECT count(*) FROM (SELECT account_id, region, instance_id FROM node GROUP BY ALL HAVING count(*) > 1)",
        "SELECT count(*) FROM (SELECT instance_key FROM hardware GROUP BY ALL HAVING count(*) > 1)",
        "SELECT count(*) - count(DISTINCT (instance_key, key)) FROM tag",
    ] {
        assert_eq!(world.count(sql).await, 0, "{sql}");
    }
    assert!(world.count("SELECT count(*) FROM software").await > 0);
}
