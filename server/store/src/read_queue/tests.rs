//! The order in which reads run, with reads that start and end when the test says so.

use super::*;
use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use ReadLength::{Long, Short};

type Entering = Pin<Box<dyn Future<Output = Result<ReadPermit, Busy>>>>;

/// Reads of a queue that start and end when the test says so.
struct Reads {
    queue: ReadQueue,
    waiting: Vec<(String, Entering)>,
    running: Vec<(String, ReadPermit)>,
    started: Vec<String>,
    refused: Vec<(String, Duration)>,
}

fn limits(permits: usize) -> ReadLimits {
    ReadLimits { permits, waiting_of_one_max: WAITING_OF_ONE_MAX, wait_max: WAIT_MAX }
}

/// The origin of a read that is named like `a1`: its caller is `a`.
fn origin(name: &str) -> ReadOrigin {
    ReadOrigin::Caller(CallerKey::new("issuer", &name[..1]))
}

impl Reads {
    fn new(permits: usize) -> Self {
        let queue = ReadQueue::new(limits(permits));
        Self { queue, waiting: Vec::new(), running: Vec::new(), started: Vec::new(), refused: Vec::new() }
    }

    fn ask(&mut self, name: &str, length: ReadLength) {
        self.ask_as(name, origin(name), length);
    }

    fn ask_as(&mut self, name: &str, origin: ReadOrigin, length: ReadLength) {
        let queue = self.queue.clone();
        // The test never returns to the runtime, which would let futures wait after many polls.
        let entering = tokio::task::unconstrained(async move { queue.enter(origin, length).await });
        self.waiting.push((name.to_owned(), Box::pin(entering)));
        self.poll();
    }

    fn end(&mut self, name: &str) {
        let index = self.running.iter().position(|(running, _)| running == name).expect("it runs");
        self.running.remove(index);
        self.poll();
    }

    /// Takes the permits that were granted.
    fn poll(&mut self) {
        for (name, mut entering) in std::mem::take(&mut self.waiting) {
            match entering.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => self.waiting.push((name, entering)),
                Poll::Ready(Ok(permit)) => {
                    self.started.push(name.clone());
                    self.running.push((name, permit));
                }
                Poll::Ready(Err(busy)) => self.refused.push((name, busy.retry_after)),
            }
        }
    }

    fn counts(&self) -> (usize, usize) {
        let ReadCounts { running, waiting } = self.queue.counts();
        (running, waiting)
    }
}

#[test]
fn twice_the_cores_read_at_once_and_at_least_four() {
    for (cores, permits, long, long_of_one) in [(1, 4, 2, 1), (2, 4, 2, 1), (3, 6, 3, 1), (8, 16, 8, 4)] {
        let limits = ReadLimits::for_cores(cores);
        let of_length = (limits.permits_of(Short), limits.permits_of(Long), limits.permits_of_one(Long));
        assert_eq!(of_length, (permits, long, long_of_one), "{cores} cores");
    }
}

#[tokio::test]
async fn callers_read_in_rotation() {
    let mut reads = Reads::new(1);
    for name in ["a1", "a2", "a3", "a4", "b1", "b2", "c1"] {
        reads.ask(name, Short);
    }
    for name in ["a1", "a2", "b1"] {
        reads.end(name);
    }
    // A caller who comes later is not behind all reads of those who were there.
    reads.ask("d1", Short);
    for name in ["c1", "a3", "b2", "d1", "a4"] {
        reads.end(name);
    }
    assert_eq!(reads.started.join(" "), "a1 a2 b1 c1 a3 b2 d1 a4");
    assert_eq!(reads.counts(), (0, 0));
}

#[tokio::test]
async fn the_caller_with_the_fewest_running_reads_is_next() {
    let mut reads = Reads::new(4);
    for name in ["a1", "a2", "a3", "a4", "a5", "a6", "b1", "b2", "b3"] {
        reads.ask(name, Short);
    }
    for name in ["a1", "a2", "a3"] {
        reads.end(name);
    }
    assert_eq!(reads.started.join(" "), "a1 a2 a3 a4 b1 b2 a5");
}

#[tokio::test]
async fn short_reads_pass_long_ones() {
    let mut reads = Reads::new(4);
    for name in ["a1", "a2", "b1", "c1"] {
        reads.ask(name, Long);
    }
    // One caller has half of the permits for long reads, and these are half of all.
    assert_eq!(reads.started.join(" "), "a1 b1");
    for name in ["a3", "a4", "d1"] {
        reads.ask(name, Short);
    }
    assert_eq!(reads.started.join(" "), "a1 b1 a3 a4");
    reads.end("b1");
    assert_eq!(reads.started.join(" "), "a1 b1 a3 a4 d1");
    reads.end("a3");
    reads.end("a1");
    assert_eq!(reads.started.join(" "), "a1 b1 a3 a4 d1 c1 a2");
}

#[tokio::test]
async fn short_reads_leave_a_permit_to_long_ones() {
    let mut reads = Reads::new(4);
    for name in ["a1", "b1", "c1", "d1", "e1"] {
        reads.ask(name, Short);
    }
    reads.ask("f1", Long);
    reads.ask("g1", Long);
    reads.end("a1");
    reads.end("b1");
    assert_eq!(reads.started.join(" "), "a1 b1 c1 d1 f1 e1");
}

#[tokio::test]
async fn a_caller_with_too_many_waiting_reads_is_refused_and_the_portal_never() {
    let mut reads = Reads::new(1);
    reads.queue.0.lock().short.mean = Duration::from_millis(100);
    for read in 0..=WAITING_OF_ONE_MAX {
        reads.ask(&format!("a{read}"), Short);
        reads.ask_as("internal", ReadOrigin::Internal("a kind"), Short);
    }
    reads.ask_as("internal", ReadOrigin::Internal("a kind"), Short);
    assert!(reads.refused.is_empty());
    reads.ask("a too many", Short);
    // All 34 that wait, and the one that runs.
    assert_eq!(reads.refused, [("a too many".to_owned(), Duration::from_millis(3_500))]);
    reads.ask("b1", Short);
    reads.ask("a", Long);
    assert_eq!(reads.refused.len(), 1);
    assert_eq!(reads.counts(), (1, WAITING_OF_ONE_MAX * 2 + 4));
}

#[tokio::test]
async fn a_read_that_would_wait_for_too_long_behind_others_of_its_caller_is_refused_at_once() {
    let mut reads = Reads::new(4);
    reads.queue.0.lock().long.mean = Duration::from_secs(3);
    for read in 0..6 {
        reads.ask(&format!("a{read}"), Long);
    }
    // One runs, and three wait for nine seconds.
    assert_eq!(
        reads.refused,
        [("a4", 12), ("a5", 12)].map(|(name, time)| (name.to_owned(), Duration::from_secs(time)))
    );
    // Nobody is refused because reads are slow, unless too many wait.
    reads.queue.0.lock().long.mean = Duration::from_secs(100);
    reads.ask("b1", Long);
    reads.ask("b2", Long);
    reads.ask("b3", Long);
    assert_eq!(reads.refused[2..], [("b3".to_owned(), RETRY_AFTER_MAX)]);
    assert_eq!(reads.counts(), (2, 4));
}

#[tokio::test]
async fn a_caller_who_waited_too_long_is_refused_and_the_portal_never() {
    let queue = ReadQueue::new(ReadLimits { wait_max: Duration::ZERO, ..limits(1) });
    let permit = queue.enter(origin("a"), Short).await.expect("a permit");
    assert!(queue.enter(origin("b"), Short).await.is_err());
    assert_eq!(queue.counts(), ReadCounts { running: 1, waiting: 0 });
    let internal = queue.clone();
    let internal = tokio::spawn(async move { internal.enter(ReadOrigin::Internal("a kind"), Short).await.is_ok() });
    while queue.counts().waiting == 0 {
        tokio::task::yield_now().await;
    }
    drop(permit);
    assert!(internal.await.expect("it waits"));
}

#[tokio::test]
async fn cancelled_reads_leave_the_queue() {
    let mut reads = Reads::new(1);
    for name in ["a1", "a2", "b1", "c1"] {
        reads.ask(name, Short);
    }
    drop(reads.waiting.remove(0));
    assert_eq!(reads.counts(), (1, 2));
    // `b1` is granted the permit, and cancelled before it takes it.
    reads.running.clear();
    assert_eq!(reads.waiting.remove(0).0, "b1");
    reads.poll();
    assert_eq!(reads.started, ["a1", "c1"]);
    reads.end("c1");
    assert_eq!(reads.counts(), (0, 0));
}

/// Asks, ends and cancels at random.
struct RandomReads {
    reads: Reads,
    /// The length of each read, by its name.
    lengths: HashMap<String, ReadLength>,
    random: fastrand::Rng,
}

impl RandomReads {
    fn step(&mut self) {
        let Self { reads, lengths, random } = self;
        match random.u8(..8) {
            0..4 => {
                let length = if random.bool() { Long } else { Short };
                let name = format!("{}{}", ["a", "b", "c", "d"][random.usize(..4)], lengths.len());
                lengths.insert(name.clone(), length);
                reads.ask(&name, length);
            }
            4..7 if !reads.running.is_empty() => {
                let name = reads.running[random.usize(..reads.running.len())].0.clone();
                reads.end(&name);
            }
            _ if !reads.waiting.is_empty() => {
                drop(reads.waiting.remove(random.usize(..reads.waiting.len())));
                reads.poll();
            }
            _ => {}
        }
    }

    fn long<'a>(&self, names: impl Iterator<Item = &'a String>) -> Vec<ReadOrigin> {
        names.filter(|name| self.lengths[*name] == Long).map(|name| origin(name)).collect()
    }

    /// Asserts that no limit is exceeded, and that no read waits for a permit that is free.
    fn check(&self, what: &str) {
        let Reads { waiting, running, queue, .. } = &self.reads;
        let limits = queue.0.lock().limits;
        let (long_running, long_waiting) =
            (self.long(running.iter().map(|(name, _)| name)), self.long(waiting.iter().map(|(name, _)| name)));
        let of = |origin: &ReadOrigin| long_running.iter().filter(|running| *running == origin).count();
        assert!(running.len() <= limits.permits && long_running.len() <= limits.permits_of(Long), "{what}");
        assert!(long_running.iter().all(|origin| of(origin) <= limits.permits_of_one(Long)), "{what}");
        assert_eq!(self.reads.counts(), (running.len(), waiting.len()), "{what}");
        if running.len() < limits.permits {
            assert_eq!(waiting.len(), long_waiting.len(), "{what}: a short read waits");
            let may_run = |origin: &ReadOrigin| of(origin) < limits.permits_of_one(Long);
            let is_full = long_running.len() == limits.permits_of(Long);
            assert!(is_full || !long_waiting.iter().any(may_run), "{what}: a long read waits");
        }
    }
}

#[tokio::test]
async fn no_read_waits_for_a_free_permit_whatever_happens() {
    for seed in 0..200 {
        let permits = 1 + seed as usize % 9;
        let (reads, random) = (Reads::new(permits), fastrand::Rng::with_seed(seed));
        let mut all = RandomReads { reads, lengths: HashMap::new(), random };
        for step in 0..300 {
            all.step();
            all.check(&format!("seed {seed}, step {step}"));
        }
        while let Some((name, _)) = all.reads.running.first() {
            let name = name.clone();
            all.reads.end(&name);
        }
        assert_eq!(all.reads.counts(), (0, 0), "seed {seed}");
    }
}
