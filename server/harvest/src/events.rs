//! Reads the queue of events without end, and makes the accounts and Regions that they are about due. A queue that cannot be
//! read disturbs nothing: rounds harvest everything anyway.

use super::{due_targets::DueTargets, round::Harvester, standing_failures::StandingFailures};
use muster_collect::{
    error::CollectError,
    events::{DELETE_MESSAGE_BATCH, EventQueue, EventTarget, RECEIVE_MESSAGE, Received},
};
use muster_core::{queue_url::QueueUrl, schedule::Schedule};
use muster_model::harvest::HarvestError;
use muster_store::{error::StoreError, roster::known_targets};
use std::{sync::Arc, time::Duration};

/// Between two requests to a queue that has messages.
const REQUEST_INTERVAL: Duration = Duration::from_millis(100);
/// The pause after the first failure. It doubles with each further one.
const PAUSE_MIN: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(600);

/// Why events could not be used.
enum EventsError {
    Queue(CollectError),
    Store(StoreError),
}

/// Reads one queue.
pub struct EventReader {
    queue: EventQueue,
    due: Arc<DueTargets>,
    schedule: Arc<Schedule>,
    harvester: Harvester,
    failures: StandingFailures,
    pause_min: Duration,
}

impl EventReader {
    /// Uses the connector, store and clock of the harvester. Accounts come from the store, which knows of later changes.
    pub fn new(harvester: Harvester, url: &QueueUrl, due: Arc<DueTargets>, schedule: Arc<Schedule>) -> Self {
        let queue = EventQueue::new(&harvester.connector, url);
        schedule.update_events(|_| ());
        Self { queue, due, schedule, harvester, failures: StandingFailures::default(), pause_min: PAUSE_MIN }
    }

    /// Sets the pause after the first failure.
    #[must_use]
    pub fn with_pause(self, pause_min: Duration) -> Self {
        Self { pause_min, ..self }
    }

    /// Never returns.
    pub async fn run(self) {
        let mut pause = self.pause_min;
        loop {
            let wait = match self.read_once().await {
                Ok(()) => {
                    pause = self.pause_min;
                    REQUEST_INTERVAL
                }
                Err(error) => {
                    let retry_after = self.report(error);
                    let wait = pause.max(retry_after.unwrap_or_default());
                    pause = (2 * pause).min(PAUSE_MAX);
                    wait
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Messages are deleted only when their targets are due: what is not deleted returns, and costs one more harvest.
    async fn read_once(&self) -> Result<(), EventsError> {
        let received = self.queue.receive().await.map_err(EventsError::Queue)?;
        self.succeeded(RECEIVE_MESSAGE);
        self.use_targets(&received).await.map_err(EventsError::Store)?;
        if !received.targets.is_empty() {
            self.queue.delete(&received).await.map_err(EventsError::Queue)?;
            self.succeeded(DELETE_MESSAGE_BATCH);
        }
        Ok(())
    }

    async fn use_targets(&self, received: &Received) -> Result<(), StoreError> {
        let named: Vec<EventTarget> = received.targets.iter().flatten().cloned().collect();
        let mut used = 0;
        if !named.is_empty() {
            let known = self.harvester.store.read("the accounts of events", known_targets).await?;
            for target in named {
                if known.contains(&(target.systems_account.clone(), target.region.clone())) {
                    self.due.add(target);
                    used += 1;
                }
            }
        }
        let (now, messages) = (self.harvester.clock.now(), received.targets.len() as u64);
        self.schedule.update_events(|events| {
            events.read_at = Some(now);
            events.used += used;
            events.dropped += messages - used;
        });
        Ok(())
    }

    /// Ends the failure of an operation.
    fn succeeded(&self, operation: &'static str) {
        if self.failures.ends(operation) {
            tracing::info!("{operation} succeeds again on the queue of events");
        }
        self.schedule.update_events(|events| events.error = events.error.take().filter(|it| it.operation != operation));
    }

    /// Logs a failure when it starts or changes. Returns how long the queue asks to wait.
    fn report(&self, error: EventsError) -> Option<Duration> {
        let error = match error {
            EventsError::Queue(error) => error,
            EventsError::Store(error) => {
                if self.failures.starts("store", &error.to_string()) {
                    tracing::error!("events cannot be used: {error}");
                }
                return None;
            }
        };
        if self.failures.starts(error.operation, &error.code) {
            tracing::warn!(
                error.operation = error.operation,
                error.class = error.class.code(),
                error.code = error.code,
                "events cannot be read: {}. Rounds harvest every account meanwhile",
                error.message
            );
        }
        let now = self.harvester.clock.now();
        self.schedule.update_events(|events| {
            let before = events.error.take().filter(|before| before.operation == error.operation);
            events.error = Some(HarvestError {
                operation: error.operation.to_owned(),
                class: error.class,
                code: error.code,
                message: error.message,
                since: before.map_or(now, |before| before.since),
            });
        });
        error.retry_after
    }
}
