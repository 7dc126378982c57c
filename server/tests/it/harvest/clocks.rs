//! Hostile cases: clocks that are wrong or change, all of number 9.
//!
//! 9. AWS's clock is skewed → `reads_an_endpoint_with_a_skewed_clock`; it jumps during a harvest →
//!    `follows_a_clock_that_jumps_during_a_harvest`; it changes with each call →
//!    `an_unsteady_clock_is_a_clock_error`; our clock is behind or set back →
//!    `no_age_is_negative_when_our_clock_is_behind`, `a_clock_set_back_during_a_harvest_breaks_no_page`

use crate::support::world::{World, get};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use muster_core::clock::Clock;
use muster_model::{freshness::HarvestState, harvest::ErrorClass};
use muster_simulator::{Fault, FaultKind};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

const HOUR: i64 = 3_600;
const TEN_MINUTES: i64 = 600;

async fn assert_all_fresh(world: &World, when: &str) {
    for row in world.harvests().await {
        assert_eq!(row.state, HarvestState::Fresh, "{when}: {:?}", row.errors);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_an_endpoint_with_a_skewed_clock() {
    let world = World::generated(2, 60, 1).await;
    for seconds in [HOUR, -HOUR, TEN_MINUTES, -TEN_MINUTES] {
        world.forget_sessions();
        world.simulator.set_fault(Fault::everywhere(FaultKind::ClockSkew(seconds)));
        world.next_day();
        world.harvest().await;
        assert_all_fresh(&world, &format!("{seconds} s skew")).await;
        world.harvest().await;
        assert_all_fresh(&world, &format!("{seconds} s skew, second harvest")).await;
        world.simulator.clear_faults();
    }
    assert_eq!(world.count("SELECT count(*) FROM instance WHERE gone_at IS NULL").await, 2 * 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_a_clock_that_jumps_during_a_harvest() {
    let world = World::generated(2, 60, 1).await;
    for (seconds, calls) in [(HOUR, 1), (HOUR, 20), (-HOUR, 1), (-HOUR, 20), (TEN_MINUTES, 3), (-TEN_MINUTES, 3)] {
        world.forget_sessions();
        world.simulator.set_fault(Fault::everywhere(FaultKind::ClockSkew(seconds)).after(calls));
        world.next_day();
        world.harvest().await;
        assert_all_fresh(&world, &format!("a jump of {seconds} s after {calls} calls")).await;
        // The clock jumps back.
        world.simulator.clear_faults();
        world.harvest().await;
        assert_all_fresh(&world, &format!("a jump back by {seconds} s")).await;
    }
}

/// Moves the endpoint's clock by two hours with each call, so that each correction of the client is wrong when it is
/// used.
fn set_unsteady_clock(world: &World, operation: &str) {
    for _ in 0..20 {
        for seconds in [HOUR, -HOUR] {
            world.simulator.set_fault(Fault::on(operation, FaultKind::ClockSkew(seconds)).times(1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsteady_clock_is_a_clock_error() {
    let world = World::generated(1, 2, 1).await;
    world.harvest().await;
    let account = world.account(0).clone();
    let before = world.rows_of(&account.account_id).await;
    for operation in ["DescribeInstanceInformation", "AssumeRole"] {
        world.forget_sessions();
        set_unsteady_clock(&world, operation);
        world.harvest().await;
        world.simulator.clear_faults();
        // Calls share the clock correction, so other operations may be refused as well.
        let errors = world.errors_of(&account).await;
        assert!(errors.contains(&(operation.to_owned(), ErrorClass::Clock)), "{errors:?}");
        assert!(errors.iter().all(|(_, class)| *class == ErrorClass::Clock), "{errors:?}");
        assert_eq!(world.rows_of(&account.account_id).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_age_is_negative_when_our_clock_is_behind() {
    let world = World::small().await;
    world.skip_to_last_day();
    world.simulator.set_fault(Fault::on("ListAssociations", FaultKind::AccessDenied));
    world.harvest().await;
    let account = world.account(0).account_id.clone();
    assert!(world.harvests().await.iter().all(|row| row.state == HarvestState::Partial));
    let now = world.clock.now();
    for behind in [HOUR, TEN_MINUTES] {
        world.clock.set(now - SignedDuration::from_secs(behind));
        let (_, list) = get(world.router(), "/api/v1/instances?per_page=500").await;
        let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
        let mut paths = vec!["/".to_owned(), "/harvest".to_owned(), format!("/accounts/{account}")];
        let ids = list["rows"].as_array().expect("rows").iter().filter_map(|row| row["instance_id"].as_str());
        paths.extend(ids.map(|id| format!("/instances/{id}")));
        for path in paths {
            let (status, html) = get(world.router(), &path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            let times: Vec<&str> = html.split("<time").skip(1).filter_map(|tag| tag.split("</time>").next()).collect();
            let texts = times.iter().filter_map(|tag| tag.split_once('>')).map(|(_, text)| text);
            for text in texts {
                assert!(!text.starts_with("in ") && !text.starts_with('-'), "{path}, {behind} s behind: {text}");
            }
        }
    }
}

/// A clock that goes back by a minute with each reading.
struct BackwardClock(AtomicI64);

impl Clock for BackwardClock {
    fn now(&self) -> Timestamp {
        let second = self.0.fetch_sub(60, Ordering::SeqCst);
        Timestamp::from_second(second).expect("a time")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_during_a_harvest_breaks_no_page() {
    let mut world = World::generated(2, 2, 1).await;
    world.harvest().await;
    world.harvester.clock = Arc::new(BackwardClock(AtomicI64::new(world.clock.now().as_second())));
    world.harvest().await;
    for row in world.harvests().await {
        assert_eq!(row.duration_ms, 0, "{row:?}");
    }
    for path in ["/", "/harvest", "/api/v1/harvest", "/instances"] {
        let (status, body) = get(world.router(), path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
    }
}
