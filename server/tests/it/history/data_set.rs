//! The data set of the benchmark `history`: its store must be as consistent as one that harvests wrote.

#[path = "../../../benches/history/calendar.rs"]
mod calendar;
#[path = "../../../benches/history/day.rs"]
mod day;
#[path = "../../../benches/history/estate.rs"]
mod estate;
#[path = "../../../benches/history/random.rs"]
mod random;
#[path = "../../../benches/history/size.rs"]
mod size;
#[path = "../../../benches/history/vendor.rs"]
mod vendor;
#[path = "../../../benches/history/year.rs"]
mod year;

use crate::store::integrity::{assert_consistent, figure};
use calendar::Calendar;
use estate::Estate;
use jiff::{SignedDuration, Timestamp};
use muster_store::connection::Store;
use size::{Size, YEAR_DAYS};
use vendor::PLATFORMS;

/// Transitions of an instance in a year. The budgets assume 60 million transitions of 100,000 instances.
const TRANSITIONS_PER_YEAR: std::ops::Range<i64> = 550..650;

#[tokio::test]
async fn consecutive_days_give_a_consistent_store() {
    let size = Size { accounts: 3, instances: 12, updates: 40, days: 45, ..Size::DEFAULT };
    let estate = Estate::new(size).expect("an estate");
    let store = Store::in_memory().expect("a store");
    let mut transitions = 0;
    for day in 0..size.days {
        let written = year::harvest(&store, &estate, day).await.expect("a day");
        assert!(written.seconds > 0.0);
        transitions += i64::try_from(written.transitions).expect("a number that fits");
    }
    assert_consistent(&store, "all days").await;
    assert_eq!(figure(&store, "SELECT count(*) FROM instance_update").await, 12 * 40);
    assert_eq!(figure(&store, "SELECT count(*) FROM transition").await, transitions);
    assert_eq!(figure(&store, "SELECT count(DISTINCT day) FROM account_day").await, size.days);
    // Most scans find no change.
    let (changes, scans) = (figure(&store, "SELECT count(*) FROM scan").await, 12 * size.days);
    assert!(changes < scans / 2, "{changes} of {scans} scans have changes");
    for state in ["Missing", "Failed", "InstalledPendingReboot", "Installed"] {
        assert!(reached(&store, state).await, "no update was ever {state}");
    }
}

#[test]
fn a_year_has_the_transitions_that_the_budgets_assume() {
    for (name, instances) in [("S", 400), ("M", 10_000), ("L", 100_000)] {
        assert_eq!(Size::named(name).expect("a size").instances, instances);
    }
    let size = Size { accounts: 1, instances: 4 * PLATFORMS.len(), ..Size::DEFAULT };
    let estate = Estate::new(size).expect("an estate");
    let states = |instance, day| {
        let updates = estate.updates(instance, day).into_iter();
        updates.map(|update| (update.patch.title.clone(), update.state)).collect::<std::collections::BTreeMap<_, _>>()
    };
    let mut transitions = 0;
    let answering: Vec<_> = estate.instances[0].iter().filter(|one| one.answers(YEAR_DAYS)).collect();
    for instance in &answering {
        let mut before = states(instance, 0);
        assert_eq!(before.len(), size.updates);
        transitions += before.len();
        for day in 1..YEAR_DAYS {
            let after = states(instance, day);
            transitions += after.iter().filter(|(title, state)| before.get(*title) != Some(state)).count();
            transitions += before.keys().filter(|title| !after.contains_key(*title)).count();
            before = after;
        }
    }
    let each = (transitions / answering.len()) as i64;
    assert!(TRANSITIONS_PER_YEAR.contains(&each), "{each} transitions per instance and year");
}

#[test]
fn the_last_day_is_over_and_not_stale() {
    const DAYS: i64 = 45;
    for hour in 0..48 {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour + 500 * 24);
        let harvested_at = Calendar::ending(now, DAYS).harvest_at(DAYS - 1, Size::DEFAULT.accounts);
        assert!(harvested_at < now && now.duration_since(harvested_at) < SignedDuration::from_hours(25), "{now}");
    }
}

async fn reached(store: &Store, state: &'static str) -> bool {
    let read = store.read("a state", move |connection| {
        let sql = "SELECT count(*) > 0 FROM transition WHERE to_state = $1";
        let found = connection.query_row(sql, [state], |row| row.get(0));
        found.map_err(muster_store::error::StoreError::read("a state"))
    });
    read.await.expect("an answer")
}
