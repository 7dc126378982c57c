//! "Are we exposed?": the answers to each question add up to the current instances, equal their linked rows, and agree with the
//! updates and the inventory.

use crate::{
    requests::routes::encoded,
    support::world::{World, get_json, harvested},
};
use muster_access::principal::Principal;
use muster_metrics::version::VersionRule;
use muster_model::{
    exposure::{Exposure, ExposurePage, ExposureReason, ExposureRow},
    filter::{ExposureFilter, InstanceFilter, OfInstance, UpdateFilter},
    ports::Reports,
    update::UpdateState,
};
use muster_reports::ScopedReports;
use std::collections::{BTreeMap, BTreeSet};

/// Windows servers over two months of updates.
const PATCHED: &str = r#"
name = "patched"
seed = 1
first_day = "2025-10-05"
last_day = "2025-11-23"

[[customers]]
id = "c-1"
name = "Patched"

[[customers.accounts]]
provider = "vmware"
id = "org-000001"
name = "Datacenter 1"
prefix = "dc1"
regions = ["us-east-1"]
instances = 4
platforms = ["windows-2022"]
"#;

fn reports() -> ScopedReports {
    harvested().reports(&Principal::local())
}

/// The page, with the rows of every answer.
async fn ask(text: &str) -> ExposurePage {
    ask_of(&reports(), text).await
}

async fn ask_of(reports: &ScopedReports, text: &str) -> ExposurePage {
    let mut all: Option<ExposurePage> = None;
    for answer in Exposure::ALL {
        let query = format!("q={}&answer={}&per_page=500", encoded(text), answer.code());
        let filter = ExposureFilter::from_query(&query).expect(text);
        let page = reports.exposure(filter).await.expect("the exposure");
        match &mut all {
            Some(all) => all.rows.rows.extend(page.rows.rows),
            None => all = Some(page),
        }
    }
    all.expect("a page")
}

/// The answer of each instance to the only question of a text.
async fn answers(text: &str) -> BTreeMap<String, ExposureRow> {
    let page = ask(text).await;
    assert_eq!(page.items.len(), 1, "{text}");
    page.rows.rows.into_iter().map(|row| (row.instance_id.to_string(), row)).collect()
}

/// A CVE that an update fixes which is missing somewhere, and a KB that some instance has installed.
async fn known() -> (String, String) {
    let updates =
        reports().updates(UpdateFilter::from_query("per_page=500").expect("a filter")).await.expect("updates").rows;
    let pending = |state: &UpdateState| matches!(state, UpdateState::Missing | UpdateState::Failed);
    let cve = updates.iter().filter(|row| pending(&row.install_status)).find_map(|row| row.cve_ids.first());
    let installed =
        updates.iter().find(|row| row.name.starts_with("KB") && row.install_status == UpdateState::Installed);
    (cve.expect("a missing update with a CVE").clone(), installed.expect("an installed KB").name.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_add_up_and_equal_their_linked_rows() {
    let (cve, kb) = known().await;
    let text =
        format!("{cve}, {kb} openssl < 3.0.14 CVE-1999-0001 RHSA-2099:1 10.0.20348 < 10.0.20348.2582 \"no such\" = 1");
    let page = ask(&text).await;
    let instances = reports().instances(InstanceFilter::default()).await.expect("instances").total;
    assert_eq!((page.items.len(), page.words.len()), (7, 0), "{:?}", page.items);
    assert_eq!(page.rows.rows.len() as u64, 7 * instances, "each instance has an answer to each question");
    let affected: u64 = page.items.iter().map(|item| item.affected).sum();
    assert_eq!(page.rows.total, affected, "affected ones are listed unless another answer is chosen");
    assert_eq!(get_json(&format!("/api/v1/exposure?q={}", encoded(&text))).await["total"], affected);
    for item in &page.items {
        let counts = [
            (Exposure::Affected, item.affected),
            (Exposure::Unknown, item.unknown),
            (Exposure::Fixed, item.fixed),
            (Exposure::NotAffected, item.not_affected),
        ];
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), instances, "{item:?}");
        assert_eq!(item.unknown_reasons.iter().map(|(_, count)| count).sum::<u64>(), item.unknown, "{item:?}");
        for (answer, count) in counts {
            let question = encoded(&item.question.to_string());
            let query = format!("q={}&question={question}&answer={}", encoded(&text), answer.code());
            assert_eq!(get_json(&format!("/api/v1/exposure?{query}")).await["total"], count, "{item:?} {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_lacks_an_update_with_the_cve_is_affected() {
    let (cve, _) = known().await;
    let filter = UpdateFilter::from_query(&format!("q={cve}&state=Missing,Failed&per_page=500")).expect("a filter");
    let lacking = reports().updates(filter).await.expect("updates").rows;
    let lacking: BTreeSet<String> = lacking.iter().map(|row| row.instance_id.to_string()).collect();
    let answers = answers(&cve).await;
    assert!(!lacking.is_empty());
    for id in &lacking {
        let row = &answers[id];
        assert_eq!((row.answer, row.reason), (Exposure::Affected, ExposureReason::Update), "{row:?}");
        assert!(row.since.is_some() && row.source == "Systems Manager" && !row.package.is_empty(), "{row:?}");
    }
    for row in answers.values().filter(|row| !lacking.contains(row.instance_id.as_str())) {
        let is_explained = row.reason == ExposureReason::Inventory && !row.installed_version.is_empty();
        assert!(row.answer != Exposure::Affected || is_explained, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_an_update_fixed_was_exposed_while_it_lacked_it() {
    let world = World::new(&toml::from_str(PATCHED).expect("a spec")).await;
    world.harvest().await;
    while !world.is_at_last_day() {
        world.next_day();
        world.harvest().await;
    }
    let reports = world.source().for_scope(Principal::local().scope());
    let filter = UpdateFilter::from_query("state=Installed&per_page=500").expect("a filter");
    let installed = reports.updates(filter).await.expect("updates").rows;
    let names: BTreeSet<&str> =
        installed.iter().map(|row| row.name.as_str()).filter(|name| name.starts_with("KB")).collect();
    let text = names.into_iter().take(40).collect::<Vec<_>>().join(" ");
    let mut exposed = 0;
    for row in ask_of(&reports, &text).await.rows.rows {
        let Some(from) = row.exposed_from else { continue };
        assert_eq!((row.answer, row.reason), (Exposure::Fixed, ExposureReason::Update), "{row:?}");
        assert!(row.since.is_some_and(|since| from <= since), "{row:?}");
        let list = OfInstance::from_query(row.instance_id.clone(), "per_page=500").expect("a filter");
        let history = reports.history(list).await.expect("a history").rows;
        let began = history
            .iter()
            .any(|change| change.happened_at == from && change.to_state.as_ref().is_some_and(UpdateState::is_pending));
        assert!(began, "nothing became pending on {} at {from}: {row:?}", row.instance_name);
        exposed += 1;
    }
    assert!(exposed > 0, "nothing was ever fixed");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_compared_by_the_rule_of_the_system() {
    let reports = reports();
    let answers = answers("openssl < 3.0.14").await;
    let mut seen = BTreeSet::new();
    for row in answers.values() {
        let filter = OfInstance::from_query(row.instance_id.clone(), "per_page=500").expect("a filter");
        let software = reports.software(filter).await.expect("software").rows;
        let rule = VersionRule::of_system(&row.platform_name);
        let versions = software.iter().filter(|one| one.name == "openssl").map(|one| one.version.as_str());
        let newest = versions.max_by(|one, other| rule.compare(one, other));
        let expected = match newest {
            Some(version) if rule.compare_with_written(version, "3.0.14").is_lt() => Exposure::Affected,
            Some(_) => Exposure::Fixed,
            None if software.is_empty() => Exposure::Unknown,
            None => Exposure::NotAffected,
        };
        assert_eq!((row.answer, row.installed_version.as_str()), (expected, newest.unwrap_or_default()), "{row:?}");
        seen.insert(expected);
    }
    assert!(seen.len() > 2, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nothing_tells_is_unknown_and_says_why() {
    for row in answers("CVE-1999-0001").await.values() {
        assert_eq!(row.answer, Exposure::Unknown, "{row:?}");
        assert!([ExposureReason::NoSource, ExposureReason::NeverScanned].contains(&row.reason), "{row:?}");
    }
    let (_, kb) = known().await;
    for row in answers(&kb).await.values() {
        let is_windows = row.platform_name.contains("Windows");
        let is_other = (row.answer, row.reason) == (Exposure::NotAffected, ExposureReason::OtherSystem);
        assert_eq!(is_other, !is_windows, "{row:?}");
    }
    for row in answers("10.0.20348 < 10.0.20348.2582").await.values() {
        let expected = match row.platform_version.as_str() {
            "10.0.20348" => Exposure::Unknown,
            _ => Exposure::NotAffected,
        };
        assert_eq!(row.answer, expected, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_box_answers_questions_and_finds_instances() {
    use crate::support::world::{get, portal};
    let source = &harvested().source;
    for (query, title) in
        [("q=CVE-2024-6387", "<title>Exposure"), ("q=web", "<title>Instances"), ("", "<title>Instances")]
    {
        let (status, body) = get(portal(source, Principal::local().identity), &format!("/search?{query}")).await;
        assert!(status.is_success() && body.contains(title), "{query}: {body}");
    }
}
