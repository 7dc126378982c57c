//! What an account's Region is known to refuse, for a day: permissions and limits change seldom.

use muster_core::snapshot::Target;
use parking_lot::Mutex;
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

pub struct Remembered<T>(Mutex<HashMap<(String, String), (Instant, T)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Remembered<T> {
    pub fn get(&self, target: &Target) -> Option<T> {
        let known = self.0.lock();
        known.get(&key(target)).filter(|(at, _)| at.elapsed() < MAX_AGE).map(|(_, value)| value.clone())
    }

    /// Whether anything is known of another Region of the same account.
    pub fn has(&self, target: &Target, region: &str) -> bool {
        self.get(&Target { region: region.to_owned(), ..target.clone() }).is_some()
    }

    pub fn set(&self, target: &Target, value: T) {
        self.0.lock().insert(key(target), (Instant::now(), value));
    }
}

fn key(target: &Target) -> (String, String) {
    (target.role_arn.clone(), target.region.clone())
}
