//! Accounts and Regions that are due before the next round, because events are about them.

use muster_collect::events::EventTarget;
use parking_lot::Mutex;
use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The time in which events are gathered before the harvest that they cause, and between two such harvests: one patch
/// operation sends many of them.
const GATHER: Duration = Duration::from_secs(10);

/// The targets of events, each once. Events never make a target due again before the interval has passed.
#[derive(Debug)]
pub struct DueTargets {
    /// Between two harvests of a target that events cause.
    interval: Duration,
    gather: Duration,
    state: Mutex<State>,
    added: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Targets with the time of their first event.
    waiting: HashMap<EventTarget, Instant>,
    /// Targets that were taken within the interval.
    taken: HashMap<EventTarget, Instant>,
    last_taken: Option<Instant>,
}

impl DueTargets {
    pub fn new(interval: Duration) -> Self {
        Self { interval, gather: GATHER.min(interval), state: Mutex::default(), added: Notify::new() }
    }

    /// Adds a target of an event.
    pub fn add(&self, target: EventTarget) {
        self.state.lock().waiting.entry(target).or_insert_with(Instant::now);
        self.added.notify_one();
    }

    /// Forgets the targets that wait, because a round harvests everything.
    pub fn clear(&self) {
        self.state.lock().waiting.clear();
    }

    /// Waits until targets are due, and takes them. Takes none if it is cancelled.
    pub async fn take(&self) -> BTreeSet<EventTarget> {
        loop {
            let next = match self.take_due(Instant::now()) {
                Ok(due) => return due,
                Err(next) => next,
            };
            match next {
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = self.added.notified() => {}
                },
                None => self.added.notified().await,
            }
        }
    }

    /// Takes the targets that are due, or returns when the first one will be.
    fn take_due(&self, now: Instant) -> Result<BTreeSet<EventTarget>, Option<Instant>> {
        let mut state = self.state.lock();
        state.taken.retain(|_, at| *at + self.interval > now);
        let due_at = |(target, added): (&EventTarget, &Instant)| {
            let after = |at: Option<Instant>, pause: Duration| at.map(|at| at + pause);
            let taken = after(state.taken.get(target).copied(), self.interval);
            [Some(*added + self.gather), taken, after(state.last_taken, self.gather)].into_iter().flatten().max()
        };
        let due: BTreeSet<EventTarget> = state
            .waiting
            .iter()
            .filter(|one| due_at(*one).is_some_and(|at| at <= now))
            .map(|(target, _)| target.clone())
            .collect();
        if due.is_empty() {
            return Err(state.waiting.iter().filter_map(due_at).min());
        }
        for target in &due {
            state.waiting.remove(target);
            state.taken.insert(target.clone(), now);
        }
        state.last_taken = Some(now);
        Ok(due)
    }
}

impl Default for DueTargets {
    fn default() -> Self {
        Self::new(GATHER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(300);

    fn target(name: &str) -> EventTarget {
        EventTarget { systems_account: name.to_owned(), region: "us-east-1".to_owned() }
    }

    /// The seconds at which targets are taken, with events at these seconds.
    fn taken(events: &[(u64, &str)], until: u64) -> Vec<(u64, Vec<String>)> {
        let (due, start) = (DueTargets::new(INTERVAL), Instant::now());
        let mut taken = Vec::new();
        for second in 0..until {
            let now = start + Duration::from_secs(second);
            for (_, name) in events.iter().filter(|(at, _)| *at == second) {
                due.state.lock().waiting.entry(target(name)).or_insert(now);
            }
            if let Ok(targets) = due.take_due(now) {
                taken.push((second, targets.into_iter().map(|one| one.systems_account).collect()));
            }
        }
        taken
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn events_are_gathered_and_each_target_is_taken_once_in_the_interval() {
        assert_eq!(taken(&[], 1_000), []);
        assert_eq!(taken(&[(5, "a")], 1_000), [(15, names(&["a"]))]);
        assert_eq!(taken(&[(5, "a"), (9, "b"), (9, "a")], 1_000), [(15, names(&["a"])), (25, names(&["b"]))]);
        let events = [(0, "a"), (20, "a"), (25, "b"), (305, "a")];
        let expected = [(10, names(&["a"])), (35, names(&["b"])), (310, names(&["a"]))];
        assert_eq!(taken(&events, 1_000), expected);
    }

    /// Whatever is sent, a target is taken at most once in the interval, and after its last event.
    #[test]
    fn a_flood_is_taken_at_the_pace_of_the_interval() {
        let flood: Vec<(u64, &str)> = (0..900).flat_map(|second| [(second, "a"), (second, "b")]).collect();
        let found = taken(&flood, 2_000);
        for name in ["a", "b"] {
            let at: Vec<u64> = found.iter().filter(|one| one.1.contains(&name.to_owned())).map(|one| one.0).collect();
            assert!(at.windows(2).all(|pair| pair[1] - pair[0] >= INTERVAL.as_secs()), "{at:?}");
            assert!(at.len() == 4 && at.last() >= Some(&899), "{at:?}");
        }
    }

    #[tokio::test]
    async fn waits_for_events_and_forgets_what_a_round_harvests() {
        let due = DueTargets::new(Duration::from_millis(20));
        due.add(target("a"));
        due.clear();
        let later = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            due.add(target("b"));
        };
        let (found, ()) = tokio::join!(due.take(), later);
        assert_eq!(found, BTreeSet::from([target("b")]));
    }
}
