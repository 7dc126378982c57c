//! Clocks. Only this file reads the system time.

use jiff::{SignedDuration, Timestamp};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::SystemTime,
};

/// The source of time of the harvester, the store and the portal.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

pub type SharedClock = Arc<dyn Clock>;

/// Truncates a time to the second, the resolution of the history: it is kept forever, and finer times take twice the
/// space. DuckDB would round.
pub fn whole_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

/// Returns the system time. AWS sessions expire by it, whatever the day of a simulated estate.
pub fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// The system clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The system clock with an offset that can be set: the demo's estate has its own time.
#[derive(Default)]
pub struct OffsetClock {
    offset_seconds: AtomicI64,
}

impl OffsetClock {
    /// Sets the clock to `moment`.
    pub fn set(&self, moment: Timestamp) {
        self.offset_seconds.store(moment.as_second() - Timestamp::now().as_second(), Ordering::SeqCst);
    }
}

impl Clock for OffsetClock {
    fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_secs(self.offset_seconds.load(Ordering::SeqCst));
        let now = Timestamp::now();
        now.checked_add(offset).unwrap_or(now)
    }
}

/// A clock that changes only when it is set, for tests whose results must not depend on their duration.
pub struct FixedClock {
    second: AtomicI64,
}

impl FixedClock {
    pub fn at(moment: Timestamp) -> Self {
        Self { second: AtomicI64::new(moment.as_second()) }
    }

    pub fn set(&self, moment: Timestamp) {
        self.second.store(moment.as_second(), Ordering::SeqCst);
    }

    /// Sets it forward by seconds, or back by negative ones.
    pub fn advance(&self, seconds: i64) {
        self.second.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.second.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
