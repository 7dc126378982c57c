//! The queue before the readers: how many reads run at once, and which one is next.
//!
//! Two reads for each core run at once, long ones in at most half of the permits. The next permit goes to the origin that
//! has fewest, and among equals in rotation. docs/decisions/0046-fair-reads.md has the reasons.

#[cfg(test)]
mod tests;

use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::oneshot, time::timeout};

const PERMITS_PER_CORE: usize = 2;
const PERMITS_MIN: usize = 4;
/// The number of reads of one caller and length that wait. A person who opens many pages at once has fewer.
const WAITING_OF_ONE_MAX: usize = 16;
/// The longest time that a caller's read waits.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// The longest time after which a refused caller is asked to try again.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
/// The mean duration of reads changes by this part of what the last read took.
const MEAN_WEIGHT: u32 = 8;

/// Identifies a caller. The store does not know more about them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallerKey(Arc<str>);

impl CallerKey {
    /// The key of a subject at an issuer.
    pub fn new(issuer: &str, subject: &str) -> Self {
        Self(format!("{issuer}\n{subject}").into())
    }
}

/// Who reads. Permits are shared between origins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ReadOrigin {
    Caller(CallerKey),
    /// The portal's own reads of one kind, which are never refused.
    Internal(&'static str),
}

/// The expected duration of a read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadLength {
    #[default]
    Short,
    /// Over the whole history or a past day, or all rows of a list.
    Long,
}

/// Reads at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadCounts {
    pub running: usize,
    pub waiting: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ReadLimits {
    /// Reads that run at once.
    permits: usize,
    waiting_of_one_max: usize,
    wait_max: Duration,
}

impl ReadLimits {
    /// The limits of a computer with this number of cores.
    pub(super) fn for_cores(cores: usize) -> Self {
        let permits = PERMITS_MIN.max(PERMITS_PER_CORE * cores);
        Self { permits, waiting_of_one_max: WAITING_OF_ONE_MAX, wait_max: WAIT_MAX }
    }

    /// Reads of one length that run at once.
    fn permits_of(&self, length: ReadLength) -> usize {
        match length {
            ReadLength::Short => self.permits,
            ReadLength::Long => (self.permits / 2).max(1),
        }
    }

    /// Reads of one length and origin that run at once. One caller's long reads leave half of the permits for long ones to
    /// others, who would have to wait for seconds; a short read ends soon.
    fn permits_of_one(&self, length: ReadLength) -> usize {
        match length {
            ReadLength::Short => self.permits,
            ReadLength::Long => (self.permits_of(length) / 2).max(1),
        }
    }
}

/// The read was refused.
#[derive(Debug)]
pub(super) struct Busy {
    /// When those that wait now will have run.
    pub(super) retry_after: Duration,
}

/// The permission to run a read. Dropping it starts the next one.
pub(super) struct ReadPermit {
    queue: ReadQueue,
    origin: ReadOrigin,
    length: ReadLength,
    since: Instant,
}

impl Drop for ReadPermit {
    fn drop(&mut self) {
        self.queue.0.lock().of(self.length).end(&self.origin, self.since.elapsed());
        self.queue.start_next();
    }
}

#[derive(Clone)]
pub(super) struct ReadQueue(Arc<Mutex<State>>);

impl ReadQueue {
    pub(super) fn new(limits: ReadLimits) -> Self {
        Self(Arc::new(Mutex::new(State { limits, short: Reads::default(), long: Reads::default() })))
    }

    /// Waits for a permit. Dropping the future leaves the queue.
    pub(super) async fn enter(&self, origin: ReadOrigin, length: ReadLength) -> Result<ReadPermit, Busy> {
        let is_internal = matches!(origin, ReadOrigin::Internal(_));
        let granted = self.0.lock().wait(origin.clone(), length)?;
        self.start_next();
        let wait_max = self.0.lock().limits.wait_max;
        // The queue never drops the sender of a read that waits.
        let permit = match is_internal {
            true => granted.await.ok(),
            false => timeout(wait_max, granted).await.ok().and_then(Result::ok),
        };
        permit.ok_or_else(|| {
            let time = self.0.lock().time_of_waiting(&origin, length);
            Busy { retry_after: time.min(RETRY_AFTER_MAX) }
        })
    }

    pub(super) fn counts(&self) -> ReadCounts {
        let state = &mut *self.0.lock();
        for reads in [&mut state.short, &mut state.long] {
            reads.remove_cancelled();
        }
        let waiting = state.short.waiting.len() + state.long.waiting.len();
        ReadCounts { running: state.short.running() + state.long.running(), waiting }
    }

    /// The number of reads that may run at once.
    pub(super) fn permits(&self) -> usize {
        self.0.lock().limits.permits
    }

    /// Starts as many reads as there are permits.
    fn start_next(&self) {
        loop {
            // The lock is released before the permit is handed over: if the read was just cancelled, dropping the permit
            // takes the lock again.
            let Some((length, waiter)) = self.0.lock().next() else { return };
            let Waiter { origin, granted, .. } = waiter;
            drop(granted.send(ReadPermit { queue: self.clone(), origin, length, since: Instant::now() }));
        }
    }
}

struct State {
    limits: ReadLimits,
    short: Reads,
    long: Reads,
}

impl State {
    fn of(&mut self, length: ReadLength) -> &mut Reads {
        match length {
            ReadLength::Short => &mut self.short,
            ReadLength::Long => &mut self.long,
        }
    }

    /// Adds a read to the queue, unless its caller has too many there, or others that it would wait for too long behind.
    fn wait(&mut self, origin: ReadOrigin, length: ReadLength) -> Result<oneshot::Receiver<ReadPermit>, Busy> {
        self.of(length).remove_cancelled();
        let own = self.of(length).waiting_of(&origin);
        let time = self.time_of_waiting(&origin, length);
        let is_too_much = own >= self.limits.waiting_of_one_max || (own > 0 && time > self.limits.wait_max);
        if is_too_much && matches!(origin, ReadOrigin::Caller(_)) {
            return Err(Busy { retry_after: time.min(RETRY_AFTER_MAX) });
        }
        let (granted, receiver) = oneshot::channel();
        self.of(length).wait(origin, granted);
        Ok(receiver)
    }

    /// Takes the read that runs next out of the queue, if there is a permit for it. Short reads are first, except that one
    /// permit is for long ones, so that they end too.
    fn next(&mut self) -> Option<(ReadLength, Waiter)> {
        let (limits, running) = (self.limits, [self.short.running(), self.long.running()]);
        if running[0] + running[1] >= limits.permits {
            return None;
        }
        let order = match running[1] {
            0 => [ReadLength::Long, ReadLength::Short],
            _ => [ReadLength::Short, ReadLength::Long],
        };
        order.into_iter().find_map(|length| {
            let reads = self.of(length);
            let has_permit = reads.running() < limits.permits_of(length);
            let waiter = has_permit.then(|| reads.start(limits.permits_of_one(length))).flatten()?;
            Some((length, waiter))
        })
    }

    /// The time in which all reads that wait now will have run, and those of this origin, which may get fewer permits.
    fn time_of_waiting(&mut self, origin: &ReadOrigin, length: ReadLength) -> Duration {
        let limits = self.limits;
        let reads = self.of(length);
        let all = reads.waiting.len().div_ceil(limits.permits_of(length));
        let own = reads.waiting_of(origin).div_ceil(limits.permits_of_one(length));
        // Those that run now are before them.
        let reads_before = u32::try_from(all.max(own)).unwrap_or(u32::MAX).saturating_add(1);
        reads.mean.saturating_mul(reads_before)
    }
}

/// The reads of one length.
#[derive(Default)]
struct Reads {
    running: HashMap<ReadOrigin, usize>,
    /// In the order in which they came.
    waiting: Vec<Waiter>,
    /// The latest round of which a read was started.
    round: u64,
    /// The mean duration of the last reads.
    mean: Duration,
}

struct Waiter {
    origin: ReadOrigin,
    /// The rotation: each origin has one read in each round.
    round: u64,
    granted: oneshot::Sender<ReadPermit>,
}

impl Reads {
    fn running(&self) -> usize {
        self.running.values().sum()
    }

    fn running_of(&self, origin: &ReadOrigin) -> usize {
        self.running.get(origin).copied().unwrap_or_default()
    }

    fn waiting_of(&self, origin: &ReadOrigin) -> usize {
        self.waiting.iter().filter(|waiter| waiter.origin == *origin).count()
    }

    fn remove_cancelled(&mut self) {
        self.waiting.retain(|waiter| !waiter.granted.is_closed());
    }

    fn wait(&mut self, origin: ReadOrigin, granted: oneshot::Sender<ReadPermit>) {
        let own = self.waiting.iter().filter(|waiter| waiter.origin == origin).map(|waiter| waiter.round);
        let round = own.max().unwrap_or_default().max(self.round) + 1;
        self.waiting.push(Waiter { origin, round, granted });
    }

    fn start(&mut self, permits_of_one: usize) -> Option<Waiter> {
        self.remove_cancelled();
        let order = |waiter: &Waiter| (self.running_of(&waiter.origin), waiter.round);
        let waiting = self.waiting.iter().map(order).enumerate();
        let (index, _) =
            waiting.filter(|(_, (running, _))| *running < permits_of_one).min_by_key(|(_, order)| *order)?;
        let waiter = self.waiting.remove(index);
        self.round = self.round.max(waiter.round);
        *self.running.entry(waiter.origin.clone()).or_default() += 1;
        Some(waiter)
    }

    fn end(&mut self, origin: &ReadOrigin, took: Duration) {
        self.mean = match self.mean {
            Duration::ZERO => took,
            mean => mean - mean / MEAN_WEIGHT + took / MEAN_WEIGHT,
        };
        if let Some(running) = self.running.get_mut(origin) {
            *running -= 1;
            if *running == 0 {
                self.running.remove(origin);
            }
        }
    }
}
