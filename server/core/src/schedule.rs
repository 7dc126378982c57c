//! The status of scheduled rounds: written by the harvest, shown by the harvest page.

use muster_model::{
    harvest::{EventsStatus, ScheduleStatus},
    verification::Verification,
};
use parking_lot::Mutex;

#[derive(Default)]
pub struct Schedule {
    status: Mutex<ScheduleStatus>,
}

impl Schedule {
    pub fn status(&self) -> ScheduleStatus {
        self.status.lock().clone()
    }

    /// Changes the status in one step.
    pub fn update(&self, change: impl FnOnce(&mut ScheduleStatus)) {
        change(&mut self.status.lock());
    }

    /// Changes how events are read, in one step.
    pub fn update_events(&self, change: impl FnOnce(&mut EventsStatus)) {
        self.update(|status| change(status.events.get_or_insert_default()));
    }

    /// Stores the result of a verification.
    pub fn verified(&self, verification: Verification) {
        self.update(|status| status.verification = Some(verification));
    }
}
