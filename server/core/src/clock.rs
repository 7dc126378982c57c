//! The time that everything else is told. Nothing but this file asks the machine for it.

use jiff::{SignedDuration, Timestamp};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::SystemTime,
};

/// Where the harvester, the store and the portal get the time from.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock as AWS sessions are measured by: they run out in real time, whatever day an estate has.
pub fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that runs at the machine's pace, a settable distance away from it: the demo's estate lives in its own time.
#[derive(Default)]
pub struct OffsetClock {
    offset_seconds: AtomicI64,
}

impl OffsetClock {
    /// Makes `moment` the present.
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

/// A clock that stands still until it is set: for tests, whose figures must not depend on how long they take.
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
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.second.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
