//! Limits of exports: how many run at the same time, their rows and their duration.

use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc, time::Duration};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportLimits {
    pub rows_max: u64,
    /// From the start of the query to the last byte read by the client.
    pub time_max: Duration,
    pub at_once_of_one: usize,
    pub at_once: usize,
}

impl Default for ExportLimits {
    fn default() -> Self {
        Self { rows_max: 1_000_000, time_max: Duration::from_secs(5 * 60), at_once_of_one: 2, at_once: 8 }
    }
}

/// A person: the issuer of the identity, and the subject there.
pub type Person = (String, String);

/// Admits exports.
#[derive(Clone, Default)]
pub struct ExportGate {
    pub limits: ExportLimits,
    running: Arc<Mutex<HashMap<Person, usize>>>,
}

/// The slot of one running export; dropping it frees the slot.
pub struct Turn {
    gate: ExportGate,
    person: Person,
}

impl ExportGate {
    pub fn new(limits: ExportLimits) -> Self {
        Self { limits, running: Arc::default() }
    }

    /// Takes a slot, or none at once: a queue would be a second place where requests pile up.
    pub fn enter(&self, person: Person) -> Option<Turn> {
        let mut running = self.running.lock();
        let all: usize = running.values().sum();
        let own = running.get(&person).copied().unwrap_or_default();
        if all >= self.limits.at_once || own >= self.limits.at_once_of_one {
            return None;
        }
        running.insert(person.clone(), own + 1);
        drop(running);
        Some(Turn { gate: self.clone(), person })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut running = self.gate.running.lock();
        if let Some(own) = running.get_mut(&self.person) {
            *own -= 1;
            if *own == 0 {
                running.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_runs_two_and_all_together_eight() {
        assert_eq!((ExportLimits::default().at_once_of_one, ExportLimits::default().at_once), (2, 8));
        assert_eq!(ExportLimits::default().rows_max, 1_000_000);
        let gate = ExportGate::default();
        let enter = |name: usize| gate.enter(("issuer".to_owned(), name.to_string()));
        let turns: Vec<Turn> = (0..8).map(|turn| enter(turn / 2).expect("a turn")).collect();
        assert!(enter(0).is_none() && enter(9).is_none());
        drop(turns);
        let first = enter(0).expect("a turn");
        let second = enter(0).expect("a turn");
        assert!(enter(0).is_none());
        drop(first);
        assert!(enter(0).is_some());
        drop(second);
        assert!(gate.running.lock().is_empty());
    }
}
