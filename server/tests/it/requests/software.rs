//! Software over all instances: counts agree with the inventory of each instance, and versions compare by their system's rule.

use crate::support::world::{get_json, harvested};
use muster_access::principal::Principal;
use muster_metrics::version::VersionRule;
use muster_model::{
    filter::{InstalledFilter, InstanceFilter, OfInstance, PackageFilter},
    ports::Reports,
    software::{InstalledRow, SoftwareKind},
};
use std::collections::{BTreeMap, BTreeSet};

#[tokio::test(flavor = "multi_thread")]
async fn packages_count_what_the_instances_have() {
    let reports = harvested().reports(&Principal::local());
    let mut expected: BTreeMap<String, (BTreeSet<String>, u64)> = BTreeMap::new();
    for row in reports.instances(InstanceFilter::default()).await.expect("instances").rows {
        let filter = OfInstance::from_query(row.instance_id.clone(), "per_page=500").expect("a filter");
        for software in reports.software(filter).await.expect("software").rows {
            let (versions, installations) = expected.entry(software.name).or_default();
            versions.insert(software.version);
            *installations += 1;
        }
    }
    let filter = PackageFilter::from_query("kind=package&per_page=500").expect("a filter");
    let packages = reports.packages(filter).await.expect("packages");
    assert_eq!((packages.total, packages.rows.len()), (expected.len() as u64, expected.len()));
    for row in packages.rows {
        let (versions, installations) = &expected[&row.name];
        assert_eq!((row.versions, row.installations), (versions.len() as u64, *installations), "{row:?}");
    }
    let hotfixes = get_json("/api/v1/packages?kind=hotfix").await;
    assert!(hotfixes["total"].as_u64() > Some(0), "{hotfixes}");
}

async fn installed(query: &str) -> Vec<InstalledRow> {
    let filter = InstalledFilter::from_query(&format!("{query}&per_page=500")).expect(query);
    harvested().reports(&Principal::local()).installed(filter).await.expect("installed software").rows.rows
}

#[tokio::test(flavor = "multi_thread")]
async fn older_versions_are_found_by_the_rule_of_the_system() {
    for (name, version) in
        [("openssl", "3.0.14"), ("kernel", "5.14.0-570"), ("sudo", "1.9"), ("Microsoft Edge", "142.0.3595.81")]
    {
        let all = installed(&format!("name={}", name.replace(' ', "+"))).await;
        let older = installed(&format!("name={}&older_than={version}", name.replace(' ', "+"))).await;
        let is_older = |row: &&InstalledRow| {
            let rule = VersionRule::of_system(&row.platform_name);
            rule.compare_with_written(&row.version, version).is_lt()
        };
        assert_eq!(all.iter().filter(is_older).collect::<Vec<_>>(), older.iter().collect::<Vec<_>>(), "{name}");
        assert!(
            !all.is_empty() && all.iter().all(|row| row.name == name && row.kind == SoftwareKind::Package),
            "{name}"
        );
    }
    assert!(installed("name=no-such-package&older_than=1").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_listed_with_their_installations() {
    let filter = InstalledFilter::from_query("name=openssl&per_page=500").expect("a filter");
    let page = harvested().reports(&Principal::local()).installed(filter).await.expect("installed software");
    assert!(page.versions.len() > 2, "{:?}", page.versions);
    for version in &page.versions {
        let rows = page.rows.rows.iter().filter(|row| {
            row.version == version.version && VersionRule::of_system(&row.platform_name).name() == version.rule
        });
        assert_eq!(rows.count() as u64, version.installations, "{version:?}");
    }
}
