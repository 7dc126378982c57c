//! Feeds about vulnerabilities: imported by rounds when their files change, and what they say decides answers.

use crate::support::{
    process::{folder, muster, refused, succeeded},
    world::World,
};
use muster_access::principal::Principal;
use muster_harvest::round::Harvester;
use muster_model::{
    exposure::{Exposure, ExposurePage, ExposureReason, ExposureRow},
    filter::{ExposureFilter, InstanceFilter, OfInstance},
    ports::Reports,
};
use serde_json::json;
use std::{fs, path::Path};

const CVE: &str = "CVE-2031-10001";

fn osv(package: &str, fixed: &str) -> String {
    let affected = json!({
        "package": { "ecosystem": "Rocky Linux:9", "name": package },
        "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
    });
    json!({ "id": "RLSA-2031:1", "modified": "2031-01-02T03:04:05Z", "upstream": [CVE], "affected": [affected] })
        .to_string()
}

fn kev() -> String {
    let one = json!({ "cveID": CVE, "dateAdded": "2031-01-03", "dueDate": "2031-01-24" });
    json!({ "catalogVersion": "2031.01.03", "dateReleased": "2031-01-03T18:00:00Z", "vulnerabilities": [one] })
        .to_string()
}

/// A world at its last day, with a folder of feeds.
async fn world(feeds: &Path) -> World {
    let mut world = World::small().await;
    world.harvester = Harvester { feeds: Some(feeds.to_owned()), ..world.harvester.clone() };
    world.skip_to_last_day();
    world.harvest().await;
    world
}

/// The page, with the rows of every answer.
async fn ask(world: &World, question: &str) -> ExposurePage {
    let reports = world.source().for_scope(Principal::local().scope());
    let mut all: Option<ExposurePage> = None;
    for answer in Exposure::ALL {
        let query = format!("q={question}&answer={}&per_page=500", answer.code());
        let page = reports.exposure(ExposureFilter::from_query(&query).expect("a filter")).await.expect("the exposure");
        match &mut all {
            Some(all) => all.rows.rows.extend(page.rows.rows),
            None => all = Some(page),
        }
    }
    all.expect("a page")
}

/// The answer of the instance with Rocky Linux, and whether all others are unknown.
fn on_rocky(page: &ExposurePage) -> ExposureRow {
    let (rocky, others): (Vec<&ExposureRow>, Vec<&ExposureRow>) =
        page.rows.rows.iter().partition(|row| row.platform_name == "Rocky Linux");
    for row in others {
        assert_eq!(row.answer, Exposure::Unknown, "a feed of another system says nothing of {row:?}");
    }
    rocky.first().map(|row| (*row).clone()).expect("an instance with Rocky Linux")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_feed_says_decides_by_version() {
    let feeds = tempfile::tempdir().expect("a folder");
    let world = world(feeds.path()).await;
    let reports = world.source().for_scope(Principal::local().scope());
    let instances = reports.instances(InstanceFilter::default()).await.expect("instances").rows;
    let rocky = instances.iter().find(|row| row.platform_name == "Rocky Linux").expect("Rocky Linux");
    let software = OfInstance::from_query(rocky.instance_id.clone(), "per_page=500").expect("a filter");
    let software = reports.software(software).await.expect("software").rows;
    let package = software.iter().find(|one| one.name == "gzip").expect("gzip");
    let row = on_rocky(&ask(&world, CVE).await);
    assert_eq!((row.answer, row.reason), (Exposure::Unknown, ExposureReason::NoSource), "without a feed");

    for (name, fixed, answer, reason) in [
        ("gzip", format!("{}.1", package.version), Exposure::Affected, ExposureReason::Inventory),
        ("gzip", package.version.clone(), Exposure::Fixed, ExposureReason::Inventory),
        // Between the fixes of two streams, nothing tells which counts.
        ("gzip", format!("0.1-1.el9_0.1\n{}.1", package.version), Exposure::Unknown, ExposureReason::VersionUnclear),
        ("no-such-package", "1-1".to_owned(), Exposure::NotAffected, ExposureReason::NotInstalled),
    ] {
        let documents: Vec<String> = fixed.lines().map(|fixed| osv(name, fixed)).collect();
        fs::write(feeds.path().join("rocky.json"), documents.join("\n")).expect("written");
        world.harvest().await;
        for question in [CVE, "RLSA-2031:1"] {
            let page = ask(&world, question).await;
            let row = on_rocky(&page);
            assert_eq!((row.answer, row.reason), (answer, reason), "{row:?}");
            assert!(row.source == "rocky" || answer == Exposure::Unknown, "{row:?}");
            assert_eq!(page.items[0].sources, ["rocky"]);
            assert_eq!(page.feeds[0].entries as usize, documents.len());
        }
    }
    assert_eq!(ask(&world, CVE).await.items[0].exploited, None);
    fs::write(feeds.path().join("kev.json"), kev()).expect("written");
    // What cannot be read is left as it was.
    fs::write(feeds.path().join("rocky.json"), "{").expect("written");
    world.harvest().await;
    let page = ask(&world, CVE).await;
    assert_eq!(page.items[0].exploited.expect("exploited").0.to_string(), "2031-01-03");
    assert_eq!(on_rocky(&page).answer, Exposure::NotAffected);

    fs::remove_file(feeds.path().join("rocky.json")).expect("removed");
    world.harvest().await;
    let page = ask(&world, CVE).await;
    assert_eq!((on_rocky(&page).answer, page.feeds.len()), (Exposure::Unknown, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_did_not_change_is_not_read_again() {
    let feeds = tempfile::tempdir().expect("a folder");
    fs::write(feeds.path().join("rocky.json"), osv("gzip", "1-1")).expect("written");
    let world = world(feeds.path()).await;
    let imported = ask(&world, CVE).await.feeds[0].imported_at;
    world.clock.set(world.clock_now() + jiff::SignedDuration::from_hours(1));
    world.harvest().await;
    assert_eq!(ask(&world, CVE).await.feeds[0].imported_at, imported);
}

#[test]
fn the_command_checks_feeds_before_it_copies_them() {
    let folder = folder();
    let import = |file: &str| muster(folder.path(), &["feeds", "import", "--config", "muster.toml", file], &[]);
    fs::write(folder.path().join("rocky.json"), osv("gzip", "1-1")).expect("written");
    refused(&import("rocky.json"), &["`feeds` is not configured"]);
    let text = fs::read_to_string(folder.path().join("muster.toml")).expect("a configuration");
    fs::write(folder.path().join("muster.toml"), format!("feeds = \"feeds\"\n{text}")).expect("written");
    let output = import("rocky.json");
    succeeded(&output);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("rocky: OSV, 1 entries, newest change 2031-01-02T03:04:05Z"), "{text}");
    let copied = folder.path().join("feeds/rocky.json");
    assert!(copied.is_file());
    fs::write(folder.path().join("rocky.json"), "<html>").expect("written");
    refused(&import("rocky.json"), &["rocky.json", "is not JSON"]);
    assert!(fs::read_to_string(copied).expect("the copy").contains(CVE), "what was there stays");
    refused(&import("no-such-file.json"), &["no-such-file.json"]);
}
