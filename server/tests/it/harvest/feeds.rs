//! Feeds about vulnerabilities: imported by rounds when their files change, and what they say decides answers.

use crate::support::{
    process::{folder, muster, refused, succeeded},
    world::World,
};
use axum::{Router, routing::get};
use muster_access::principal::Principal;
use muster_core::clock::{Clock, SystemClock};
use muster_harvest::round::Harvester;
use muster_model::{
    exposure::{Exposure, ExposurePage, ExposureReason, ExposureRow},
    filter::{ExposureFilter, InstanceFilter, OfInstance, UpdateFilter},
    ids::InstanceId,
    ports::Reports,
    update::{UpdateRow, UpdateState},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

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

/// A month of Microsoft's, in which these updates lead to these builds.
fn cvrf(updates: &[(&str, &str)]) -> String {
    let remedy = |(kb, build): &(&str, &str)| json!({ "Type": 2, "Description": { "Value": kb.trim_start_matches("KB") }, "FixedBuild": build });
    let remedies: Vec<Value> = updates.iter().map(remedy).collect();
    json!({ "DocumentTracking": { "CurrentReleaseDate": "2031-01-14T08:00:00Z" },
        "Vulnerability": [{ "CVE": CVE, "Remediations": remedies }] })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_whose_builds_a_feed_knows_tell_the_build_of_windows() {
    let feeds = tempfile::tempdir().expect("a folder");
    let world = world(feeds.path()).await;
    let reports = world.source().for_scope(Principal::local().scope());
    let mut by_instance: BTreeMap<InstanceId, Vec<UpdateRow>> = BTreeMap::new();
    for row in reports.instances(InstanceFilter::default()).await.expect("instances").rows {
        let query = format!("instance={}&q=KB&per_page=500", row.instance_id);
        let filter = UpdateFilter::from_query(&query).expect("a filter");
        by_instance.insert(row.instance_id, reports.updates(filter).await.expect("updates").rows);
    }
    // Definitions of Defender keep their number, so an instance can have one and lack another.
    let of_state = |rows: &[UpdateRow], is: fn(&UpdateState) -> bool| {
        let is_alone = |row: &UpdateRow| rows.iter().filter(|other| other.name == row.name).count() == 1;
        rows.iter().find(|row| is(&row.install_status) && is_alone(row)).map(|row| row.name.clone())
    };
    let found = by_instance.iter().find_map(|(id, rows)| {
        let has = of_state(rows, |state| *state == UpdateState::Installed)?;
        Some((id.clone(), has, of_state(rows, |state| *state == UpdateState::AvailableSecurityUpdate)?))
    });
    let (id, has, lacks) = found.expect("a Windows instance with an installed update and one that waits");
    let version = reports.instance(id.clone()).await.expect("an instance").instance.platform_version;
    let build = |number: u32| format!("{version}.{number}");
    let updates = [(has.as_str(), build(1000)), (lacks.as_str(), build(2000))];
    let updates: Vec<(&str, &str)> = updates.iter().map(|(kb, build)| (*kb, build.as_str())).collect();
    fs::write(feeds.path().join("msrc.json"), cvrf(&updates)).expect("written");
    world.harvest().await;
    for (relation, number, answer) in [
        ("<", 900, Exposure::Fixed),
        ("<", 1000, Exposure::Fixed),
        ("<=", 999, Exposure::Fixed),
        ("<=", 1000, Exposure::Unknown),
        ("<", 1500, Exposure::Unknown),
        ("<", 2000, Exposure::Affected),
        ("<=", 2000, Exposure::Affected),
        ("<", 2500, Exposure::Affected),
        (">", 1500, Exposure::Unknown),
    ] {
        let question = format!("{version} {relation} {}", build(number));
        let asked: String = form_urlencoded::byte_serialize(question.as_bytes()).collect();
        let page = ask(&world, &asked).await;
        let row = page.rows.rows.iter().find(|row| row.instance_id == id).expect("the instance");
        assert_eq!(row.answer, answer, "{question}: {row:?}");
        let reason = if answer == Exposure::Unknown { ExposureReason::NoBuild } else { ExposureReason::Update };
        assert_eq!(row.reason, reason, "{question}: {row:?}");
        for other in page.rows.rows.iter().filter(|row| row.platform_version != version) {
            assert_eq!(other.answer, Exposure::NotAffected, "{question}: {other:?}");
        }
    }
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

/// A server on loopback that answers these paths, and all others with status 404.
async fn vendor(files: &[(&'static str, Vec<u8>)]) -> String {
    let routes = files
        .iter()
        .cloned()
        .fold(Router::new(), |router, (path, body)| router.route(path, get(move || async move { body })));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

fn archive(files: &[(&str, String)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        std::io::Write::write_all(&mut archive, text.as_bytes()).expect("written");
    }
    archive.finish().expect("an archive").into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_downloads_feeds_and_keeps_what_it_cannot_replace() {
    let month = |text: &str| text.replace("CVE-2031-10001", "CVE-2031-20001").into_bytes();
    let this = SystemClock.now().strftime("/cvrf/%Y-%b").to_string();
    let url = vendor(&[
        ("/all.zip", archive(&[("RLSA-2031-1.json", osv("gzip", "1-1")), ("README", String::new())])),
        ("/kev.json", kev().into_bytes()),
        (Box::leak(this.clone().into_boxed_str()), month(&cvrf(&[("KB5000001", "10.0.20348.1")]))),
        ("/broken.json", b"<html>".to_vec()),
        ("/empty.json", b"[]".to_vec()),
    ])
    .await;
    let folder = folder();
    let text = fs::read_to_string(folder.path().join("muster.toml")).expect("a configuration");
    fs::write(folder.path().join("muster.toml"), format!("feeds = \"feeds\"\n{text}")).expect("written");
    let fetch = |feeds: &[String]| {
        let feeds: Vec<&str> = feeds.iter().map(String::as_str).collect();
        muster(folder.path(), &[&["feeds", "fetch", "--config", "muster.toml"], feeds.as_slice()].concat(), &[])
    };
    let output = fetch(&[format!("rocky={url}/all.zip"), format!("kev={url}/kev.json?x=1")]);
    succeeded(&output);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("rocky: OSV, 1 entries") && printed.contains("kev: KEV, 1 entries"), "{printed}");
    let feeds = folder.path().join("feeds");
    assert!(feeds.join("rocky.zip").is_file() && feeds.join("kev.json").is_file());

    // The month before is missing, one is no feed, and an address is none: the present month is there all the same.
    let failing = [
        format!("msrc={url}/cvrf/{{month}}"),
        format!("kev={url}/broken.json"),
        format!("empty={url}/empty.json"),
        format!("late={url}/none/{{month}}"),
        "far=http://example.org/x.json".to_owned(),
    ];
    refused(
        &fetch(&failing),
        &["5 of the feeds", "returned status 404", "has no document", "kev: ", "is not JSON", "far: ", "https URL"],
    );
    let mut names: Vec<String> = fs::read_dir(&feeds)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let present = format!("msrc-{}.json", this.trim_start_matches("/cvrf/"));
    assert_eq!(names, ["kev.json".to_owned(), present, "rocky.zip".to_owned()]);
    assert!(fs::read_to_string(feeds.join("kev.json")).expect("the feed").contains(CVE), "what was there stays");
    refused(&fetch(&["a/b=https://x".to_owned()]), &["letters, digits"]);
    refused(&fetch(&[format!("kev={url}/kev.json"), format!("kev={url}/all.zip")]), &["two feeds have the name `kev`"]);
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
