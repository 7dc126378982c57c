//! When rounds run and how the last ones went: written by the harvest, shown by the harvest page.

use muster_model::{harvest::ScheduleStatus, verification::Verification};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub struct Schedule {
    status: Mutex<ScheduleStatus>,
}

impl Schedule {
    pub fn status(&self) -> ScheduleStatus {
        self.locked().clone()
    }

    /// Changes the status in one step.
    pub fn update(&self, change: impl FnOnce(&mut ScheduleStatus)) {
        change(&mut self.locked());
    }

    /// Keeps what a verification found.
    pub fn verified(&self, verification: Verification) {
        self.update(|status| status.verification = Some(verification));
    }

    fn locked(&self) -> MutexGuard<'_, ScheduleStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
