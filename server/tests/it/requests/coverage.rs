//! The coverage ledger: its classes add up to every instance ever seen, and each count equals its linked rows.

use crate::support::world::{get_json, harvested};
use muster_access::principal::Principal;
use muster_model::{
    coverage::{Coverage, CoverageCount},
    filter::{CoverageFilter, InstanceFilter},
    ports::Reports,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_instance_ever_seen_is_in_exactly_one_class() {
    let reports = harvested().reports(&Principal::local());
    let page = reports.coverage(CoverageFilter::default()).await.expect("coverage");
    let sum: u64 = page.counts.iter().map(|count| count.instances).sum();
    assert_eq!(sum, page.rows.total);
    for CoverageCount { coverage, instances } in &page.counts {
        let rows = get_json(&format!("/api/v1/coverage?coverage={}", coverage.code())).await;
        assert_eq!(rows["total"], *instances, "{coverage:?}");
    }
    let current: u64 = page.counts.iter().filter(|one| one.coverage.is_current()).map(|one| one.instances).sum();
    let instances = reports.instances(InstanceFilter::default()).await.expect("instances").total;
    assert_eq!(current, instances, "what is current here is current everywhere");
    let covered = page.counts.iter().find(|count| count.coverage == Coverage::OnSchedule).expect("a count");
    assert!(covered.instances > 0 && covered.instances < current, "{:?}", page.counts);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_work_comes_first() {
    let rows = get_json("/api/v1/coverage?per_page=500").await["rows"].as_array().expect("rows").clone();
    let classes: Vec<Coverage> = rows
        .iter()
        .map(|row| Coverage::from_code(row["coverage"].as_str().expect("a class")).expect("known"))
        .collect();
    assert!(classes.is_sorted(), "{classes:?}");
}
