//! A failure that lasts is logged at the round in which it starts, when it changes, and when it is over.

use crate::support::{log::CapturedLog, world::World};
use muster_harvest::{organization::Organization, progress::LogProgress, round::RoundOptions};
use muster_simulator::{Fault, FaultKind};

/// Lines with a level, and words that each of them has.
fn lines<'a>(log: &'a str, level: &str, words: &str) -> Vec<&'a str> {
    let level = format!("\"level\":\"{level}\"");
    log.lines().filter(|line| line.contains(&level) && line.contains(words)).collect()
}

#[tokio::test]
async fn each_standing_failure_is_logged_once() {
    let world = World::small().await;
    let (log, progress) = (CapturedLog::start(), LogProgress::default());
    let round = async || {
        world.harvester.round(&RoundOptions::default(), &progress).await.expect("a working store");
        world.next_day();
        log.take()
    };
    round().await;
    let harvests = world.harvests().await.len();
    world.simulator.set_fault(Fault::on("GetInventory", FaultKind::AccessDenied));
    assert_eq!(lines(&round().await, "WARN", "AccessDeniedException").len(), harvests);
    for _ in 0..3 {
        assert_eq!(lines(&round().await, "WARN", "").len(), 0);
    }
    world.simulator.set_fault(Fault::on("ListCommands", FaultKind::AccessDenied));
    assert_eq!(lines(&round().await, "WARN", "ListCommands").len(), harvests, "another operation");
    world.simulator.clear_faults();
    world.simulator.set_fault(Fault::on("GetInventory", FaultKind::InternalServerError));
    let changed = round().await;
    assert_eq!(lines(&changed, "WARN", "GetInventory").len(), harvests, "another code");
    assert_eq!(lines(&changed, "INFO", "ListCommands succeeds again").len(), harvests, "{changed}");
    world.simulator.clear_faults();
    assert_eq!(lines(&round().await, "INFO", "GetInventory succeeds again").len(), harvests);
    let quiet = round().await;
    assert!(!quiet.contains("again") && !quiet.contains("WARN"), "{quiet}");
    world.simulator.set_fault(Fault::on("GetInventory", FaultKind::InternalServerError));
    assert_eq!(lines(&round().await, "WARN", "GetInventory").len(), harvests, "it fails again");
}

#[tokio::test]
async fn an_organization_that_cannot_be_listed_is_logged_once() {
    let mut world = World::small().await;
    world.harvester.accounts = Vec::new().into();
    world.harvester.organization = Some(Organization::new("muster".to_owned()));
    world.simulator.set_fault(Fault::on("ListAccounts", FaultKind::AccessDenied));
    let log = CapturedLog::start();
    for expected in [1, 0, 0] {
        world.harvest().await;
        assert_eq!(lines(&log.take(), "WARN", "cannot list the accounts").len(), expected);
    }
    world.simulator.clear_faults();
    world.harvest().await;
    assert_eq!(lines(&log.take(), "INFO", "can be listed again").len(), 1);
}
