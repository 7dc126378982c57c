//! Events make an account due before the next round, each at most once in an interval, and nothing else.

use crate::{
    store::integrity::figure,
    support::{
        log::CapturedLog,
        wait::happens,
        world::{World, get, portal},
    },
};
use muster_access::principal::Principal;
use muster_collect::events::DETAIL_TYPES;
use muster_core::schedule::Schedule;
use muster_harvest::{due_targets::DueTargets, events::EventReader, schedule};
use muster_model::harvest::EventsStatus;
use muster_reports::ReportSource;
use muster_simulator::{Fault, FaultKind, Simulator, estate::organization::MANAGEMENT_ACCOUNT};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{sync::watch, time::Instant};

/// No second round starts while a test runs.
const ROUND_INTERVAL: Duration = Duration::from_secs(3_600);
const PAUSE: Duration = Duration::from_millis(20);

/// A portal that harvests on a schedule and reads events.
struct Running {
    world: World,
    source: ReportSource,
}

impl Running {
    async fn start(round_interval: Duration, events_interval: Duration) -> Self {
        let world = World::small().await;
        let (schedule, due) = (Arc::new(Schedule::default()), Arc::new(DueTargets::new(events_interval)));
        let queue = Simulator::queue_url().try_into().expect("a queue");
        let reader = EventReader::new(world.harvester.clone(), &queue, due.clone(), schedule.clone());
        tokio::spawn(reader.with_pause(PAUSE).run());
        let (rounds, current) = (schedule.clone(), watch::channel(world.harvester.clone()).1);
        tokio::spawn(async move { schedule::run(&rounds, current, round_interval, &due).await });
        let source = ReportSource { schedule, ..world.source() };
        Self { world, source }
    }

    /// Waits until the first round is over. Returns the number of harvests.
    async fn first_round(&self) -> i64 {
        let all = self.world.harvester.accounts.iter().map(|account| account.regions.len()).sum::<usize>() as i64;
        self.wait_for("the first round", async || self.harvests().await == all && !self.is_running()).await;
        all
    }

    fn is_running(&self) -> bool {
        self.source.schedule.status().round_running
    }

    fn events(&self) -> EventsStatus {
        self.source.schedule.status().events.expect("events are read")
    }

    async fn harvests(&self) -> i64 {
        figure(&self.world.harvester.store, "SELECT count(*) FROM harvest").await
    }

    async fn wait_for(&self, what: &str, is_there: impl AsyncFnMut() -> bool) {
        assert!(happens(is_there).await, "waited in vain for {what}: {:?}", self.source.schedule.status());
    }

    async fn queue_is_empty(&self) {
        self.wait_for("an empty queue", async || self.world.simulator.queue_length() == 0).await;
    }

    async fn page(&self, path: &str) -> String {
        get(portal(&self.source, Principal::local().identity), path).await.1
    }

    /// An event about an account's first Region.
    fn event(&self, account: usize, detail_type: &str) -> Value {
        let account = self.world.account(account);
        json!({
            "version": "0", "id": "7ae3c1a4-0000-4000-8000-000000000000", "detail-type": detail_type, "source": "aws.ssm",
            "account": account.systems_account, "time": "2025-11-23T00:00:00Z", "region": account.regions[0],
            "resources": [], "detail": { "status": "Success" }
        })
    }

    fn send(&self, event: &Value) {
        self.world.simulator.send_message(&event.to_string());
    }

    /// The systems accounts and Regions with requests since the last reset, without those to the queue.
    fn requested(&self) -> BTreeSet<(String, String)> {
        let calls = self.world.simulator.calls().into_iter();
        let of_accounts = calls.filter(|call| call.systems_account != MANAGEMENT_ACCOUNT);
        of_accounts.map(|call| (call.systems_account, call.region)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_each_type_harvests_its_account_and_region_before_the_next_round() {
    let running = Running::start(ROUND_INTERVAL, PAUSE).await;
    let world = &running.world;
    let mut harvests = running.first_round().await;
    let next_round_at = running.source.schedule.status().next_round_at;
    for (index, detail_type) in DETAIL_TYPES.iter().enumerate() {
        let account = world.account(index % world.harvester.accounts.len()).clone();
        let list = format!("/api/v1/instances?account={}", account.account_id);
        let before = running.page(&list).await;
        world.next_day();
        world.simulator.reset_calls();
        running.send(&running.event(index % world.harvester.accounts.len(), detail_type));
        harvests += 1;
        running.wait_for("the harvest", async || running.harvests().await == harvests && !running.is_running()).await;
        running.queue_is_empty().await;
        assert_eq!(
            running.requested(),
            BTreeSet::from([(account.systems_account.clone(), account.regions[0].clone())]),
            "{detail_type}"
        );
        assert_ne!(running.page(&list).await, before, "the list shows what changed after {detail_type}");
    }
    assert_eq!((running.events().used, running.events().dropped), (DETAIL_TYPES.len() as u64, 0));
    assert_eq!(running.source.schedule.status().next_round_at, next_round_at, "the schedule goes on");
    let page = running.page("/harvest").await;
    assert!(page.contains("7 events") && page.contains("0 other messages"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_events_causes_one_harvest_in_an_interval() {
    const EVENTS: u64 = 120;
    const INTERVAL: Duration = Duration::from_secs(2);
    let running = Running::start(ROUND_INTERVAL, INTERVAL).await;
    let before = running.first_round().await;
    let start = Instant::now();
    for number in 0..EVENTS {
        // Half of them are the same event again.
        running.send(&running.event(0, DETAIL_TYPES[number as usize % 2]));
    }
    running.queue_is_empty().await;
    // The last event is not lost.
    running.wait_for("a harvest", async || running.harvests().await > before && !running.is_running()).await;
    tokio::time::sleep(2 * INTERVAL).await;
    let (caused, passed) = (running.harvests().await - before, start.elapsed());
    assert!(caused >= 1 && caused <= 1 + (passed.as_millis() / INTERVAL.as_millis()) as i64, "{caused} in {passed:?}");
    assert_eq!(running.events().used, EVENTS);
    let after = running.harvests().await;
    tokio::time::sleep(2 * INTERVAL).await;
    assert_eq!(running.harvests().await, after, "without events nothing is harvested");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_during_a_round_is_used_after_it() {
    let running = Running::start(ROUND_INTERVAL, PAUSE).await;
    running.world.simulator.set_fault(Fault::on("AssumeRole", FaultKind::Slow(Duration::from_secs(2))));
    // The round has begun and has stored the accounts.
    running.wait_for("accounts", async || !running.world.harvests().await.is_empty()).await;
    running.send(&running.event(0, DETAIL_TYPES[0]));
    running.queue_is_empty().await;
    assert!(running.is_running() && running.events().used == 1, "{:?}", running.source.schedule.status());
    let all = running.world.harvests().await.len() as i64;
    running.wait_for("one more harvest", async || running.harvests().await == all + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_of_a_harvested_account_is_counted_and_deleted() {
    let running = Running::start(ROUND_INTERVAL, PAUSE).await;
    let before = running.first_round().await;
    let good = running.event(0, DETAIL_TYPES[0]);
    let with = |key: &str, value: Value| {
        let mut event = good.clone();
        event[key] = value;
        event.to_string()
    };
    let accounts = &running.world.harvester.accounts;
    let other_region = accounts.iter().find(|one| one.regions != running.world.account(0).regions);
    // At another provider, whose account has an id of its own.
    let elsewhere = accounts.iter().find(|one| one.account_id.as_str() != one.systems_account).expect("one");
    let messages = [
        with("account", json!("999999999999")),
        with("account", json!(MANAGEMENT_ACCOUNT)),
        with("account", json!("' OR 1=1 --")),
        with("account", json!(elsewhere.account_id)),
        with("account", json!(["110000000011"])),
        with("region", json!("ap-east-1")),
        with("region", json!(other_region.expect("another Region").regions.last())),
        with("region", json!(format!("{}\u{0}", running.world.account(0).regions[0]))),
        with("source", json!("aws.ec2")),
        with("detail-type", json!("Parameter Store Change")),
        with("detail-type", Value::Null),
        with("detail", json!("x".repeat(300 * 1_024))),
        good.to_string().replace('}', ""),
        format!("[{good}]"),
        "\u{202e}<script>".to_owned(),
        "[".repeat(100_000),
        String::new(),
    ];
    running.world.simulator.reset_calls();
    for message in &messages {
        running.world.simulator.send_message(message);
    }
    running.queue_is_empty().await;
    running.wait_for("their count", async || running.events().dropped == messages.len() as u64).await;
    tokio::time::sleep(10 * PAUSE).await;
    assert_eq!((running.harvests().await, running.requested()), (before, BTreeSet::new()));
    assert_eq!((running.events().used, running.events().error), (0, None));
    let page = running.page("/harvest").await;
    assert!(page.contains(&format!("{} other messages", messages.len())), "{page}");
}

/// The operation that fails, how, the code that is reported, and a word of the advice.
const FAILURES: [(&str, FaultKind, &str, &str); 4] = [
    ("ReceiveMessage", FaultKind::AccessDenied, "AccessDeniedException", "harvester_policy_for_events"),
    ("ReceiveMessage", FaultKind::HtmlBody500, "Http500", "read again"),
    ("ReceiveMessage", FaultKind::Throttling, "RequestThrottled", "read again"),
    ("DeleteMessageBatch", FaultKind::AccessDenied, "AccessDeniedException", "harvester_policy_for_events"),
];

// On one thread, because the log of one thread is captured.
#[tokio::test]
async fn a_queue_that_fails_is_reported_once_and_disturbs_no_round() {
    let (running, log) = (Running::start(Duration::from_millis(300), ROUND_INTERVAL).await, CapturedLog::start());
    running.wait_for("a round", async || running.harvests().await > 0).await;
    for (operation, kind, code, advice) in FAILURES {
        log.take();
        running.world.simulator.set_fault(Fault::on(operation, kind));
        running.world.simulator.send_message("no event");
        running.wait_for("the failure", async || running.events().error.is_some()).await;
        let harvests = running.harvests().await;
        running.wait_for("further rounds", async || running.harvests().await > harvests + 10).await;
        let page = running.page("/harvest").await;
        assert!([operation, code, advice].iter().all(|word| page.contains(word)), "{operation} {code}: {page}");
        let text = log.take();
        assert_eq!(text.matches("events cannot be read").count(), 1, "{text}");
        assert!(text.contains(operation) && text.contains(code), "{text}");
        running.world.simulator.clear_faults();
        // What could not be deleted is hidden for a minute.
        running.world.simulator.send_message("no event");
        running.wait_for("success", async || running.events().error.is_none()).await;
        assert_eq!(log.take().matches(&format!("{operation} succeeds again on the queue")).count(), 1);
    }
    assert_eq!(running.world.harvests().await.iter().map(|row| row.errors.len()).sum::<usize>(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_does_not_exist_is_named_as_that() {
    let world = World::small().await;
    let (schedule, due) = (Arc::new(Schedule::default()), Arc::new(DueTargets::default()));
    let queue = Simulator::queue_url().replace("muster-events", "others-events").try_into().expect("a queue");
    let reader = EventReader::new(world.harvester.clone(), &queue, due, schedule.clone());
    tokio::spawn(reader.with_pause(PAUSE).run());
    let running = Running { source: ReportSource { schedule, ..world.source() }, world };
    running.wait_for("the failure", async || running.events().error.is_some()).await;
    let page = running.page("/harvest").await;
    assert!(page.contains("QueueDoesNotExist") && page.contains("events_queue_url"), "{page}");
}
