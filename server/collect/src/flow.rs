//! How the rows of a pull reach the store before it ends: in slices of whole instances, one at a time.
//!
//! A slice is handed over when its oldest rows are as old as the flow allows, or when another pull waits for the rows that
//! this one holds. The next slice waits until the one before is stored, so slices become larger when the store is slow.

use super::row_budget::{HeldRows, RowBudget};
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use muster_core::{
    known::Known,
    reference_data::{ApplicationRecord, HardwareRecord, HotfixRecord, InventoryRecord, rows_of},
    snapshot::{InstanceRecord, ScanRecord, Snapshot, Written},
};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

/// A part of a harvest, with the rows that it holds until it is stored.
#[derive(Debug)]
pub struct Slice {
    pub snapshot: Snapshot,
    pub held: HeldRows,
    /// Where the pull waits for the result, unless this is its last slice.
    pub stored: Option<oneshot::Sender<Written>>,
}

impl AsRef<Snapshot> for Slice {
    fn as_ref(&self) -> &Snapshot {
        &self.snapshot
    }
}

/// What the pulls of one round share.
#[derive(Clone, Debug)]
pub struct Flow {
    budget: Arc<RowBudget>,
    /// How long a pull keeps rows before it hands them over.
    age_max: Duration,
    slices: UnboundedSender<Slice>,
}

impl Flow {
    /// Also returns the end at which slices arrive. Its length is bounded: each pull waits for its slice to be stored.
    pub fn new(budget: Arc<RowBudget>, age_max: Duration) -> (Self, UnboundedReceiver<Slice>) {
        let (slices, handed_over) = unbounded();
        (Self { budget, age_max, slices }, handed_over)
    }
}

/// The rows of one pull that are not handed over yet.
pub struct Sink<'a> {
    flow: &'a Flow,
    state: Mutex<State>,
    progress: watch::Sender<Progress>,
}

struct State {
    /// What the next slice starts with.
    empty: Snapshot,
    next: Snapshot,
    held: HeldRows,
}

/// What decides when a slice is handed over.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// When the oldest rows were added, if there are any.
    oldest_at: Option<Instant>,
    /// Whether the list of instances was read, or could not be. Updates of new instances cannot be stored before.
    is_listed: bool,
    has_ended: bool,
}

/// An inventory type that is stored by instance.
pub trait Sliced: Sized {
    fn of(snapshot: &mut Snapshot) -> &mut Vec<InventoryRecord<Self>>;
}

impl Sliced for ApplicationRecord {
    fn of(snapshot: &mut Snapshot) -> &mut Vec<InventoryRecord<Self>> {
        &mut snapshot.reference_data.software
    }
}

impl Sliced for HotfixRecord {
    fn of(snapshot: &mut Snapshot) -> &mut Vec<InventoryRecord<Self>> {
        &mut snapshot.reference_data.hotfixes
    }
}

impl Sliced for HardwareRecord {
    fn of(snapshot: &mut Snapshot) -> &mut Vec<InventoryRecord<Self>> {
        &mut snapshot.reference_data.hardware
    }
}

impl<'a> Sink<'a> {
    /// `empty` says of which account, Region and time the slices are.
    pub fn new(flow: &'a Flow, empty: &Snapshot) -> Self {
        let empty = Snapshot { is_last: false, ..empty.clone() };
        let state = State { next: empty.clone(), empty, held: flow.budget.nothing() };
        Self { flow, state: Mutex::new(state), progress: watch::Sender::default() }
    }

    /// Waits until as many rows may be read.
    pub async fn reserve(&self, rows: usize) -> HeldRows {
        self.flow.budget.reserve(rows).await
    }

    /// Adds one instance with all its updates.
    pub fn add_scan(&self, scan: ScanRecord, mut held: HeldRows) {
        held.set(scan.updates.len());
        self.add(held, |next| next.scans.push(scan));
    }

    /// Adds the rows of an inventory type of some instances.
    pub fn add_inventory<Row: Sliced>(&self, records: Vec<InventoryRecord<Row>>, mut held: HeldRows) {
        held.set(rows_of(&records));
        if !records.is_empty() {
            self.add(held, |next| Row::of(next).extend(records));
        }
    }

    fn add(&self, held: HeldRows, add: impl FnOnce(&mut Snapshot)) {
        let mut state = self.state.lock();
        add(&mut state.next);
        state.held.add(held);
        self.progress.send_if_modified(|progress| {
            progress.oldest_at.replace(progress.oldest_at.unwrap_or_else(Instant::now)).is_none()
        });
    }

    /// Ends the wait for the list of instances. The first slice adds those that are new.
    pub fn end_list(&self, instances: Option<&[InstanceRecord]>, known: &Known) {
        let new = instances.into_iter().flatten().filter(|one| !known.instances.contains(&one.instance_id));
        let new: Vec<_> = new.cloned().collect();
        if !new.is_empty() {
            self.state.lock().next.instances = Some(new);
        }
        self.progress.send_modify(|progress| progress.is_listed = true);
    }

    /// Nothing is added any more.
    pub fn end(&self) {
        self.progress.send_modify(|progress| progress.has_ended = true);
    }

    /// Hands over one slice after the other until [`Self::end`] is called, or the round has ended.
    pub async fn run(&self) {
        while self.is_due().await {
            let (stored, result) = oneshot::channel();
            let slice = Slice { stored: Some(stored), ..self.take() };
            if self.flow.slices.unbounded_send(slice).is_err() {
                return;
            }
            let Ok(written) = result.await else { return };
            let mut state = self.state.lock();
            (state.empty.earlier, state.next.earlier) = (Some(written), Some(written));
        }
    }

    /// Returns what was not handed over. Not before `run` has returned.
    pub fn take(&self) -> Slice {
        let mut state = self.state.lock();
        let empty = state.empty.clone();
        let snapshot = std::mem::replace(&mut state.next, empty);
        let held = std::mem::replace(&mut state.held, self.flow.budget.nothing());
        self.progress.send_if_modified(|progress| {
            progress.oldest_at = None;
            false
        });
        Slice { snapshot, held, stored: None }
    }

    /// Waits until a slice is due. Returns false at the end.
    async fn is_due(&self) -> bool {
        let mut progress = self.progress.subscribe();
        loop {
            let Progress { oldest_at, is_listed, has_ended } = *progress.borrow_and_update();
            if has_ended {
                return false;
            }
            let due = async {
                match oldest_at.filter(|_| is_listed) {
                    // A time that cannot be reached is as good as none.
                    Some(at) => tokio::select! {
                        () = wait_until(at.checked_add(self.flow.age_max)) => {}
                        () = self.flow.budget.shortage() => {}
                    },
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => return true,
                // The sender is not dropped meanwhile.
                _ = progress.changed() => {}
            }
        }
    }
}

async fn wait_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
