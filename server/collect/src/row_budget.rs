//! Limits the rows that all pulls together hold in memory. A pull reserves room before it reads the rows of an instance or
//! a page of inventory, and gives it back when they are stored.

use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

/// The rows that pulls may hold. The queue for them is fair.
#[derive(Debug)]
pub struct RowBudget {
    limit: usize,
    free: Semaphore,
    used: Mutex<Used>,
    /// The reservations that wait.
    waiting: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Used {
    rows: usize,
    /// Held beyond the limit: more was read than was expected.
    excess: usize,
    peak: usize,
}

/// Rows that count until this is dropped.
#[derive(Debug)]
pub struct HeldRows {
    budget: Arc<RowBudget>,
    rows: usize,
}

/// Counts as waiting until it is dropped.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl RowBudget {
    pub fn new(limit: usize) -> Arc<Self> {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        let (free, waiting) = (Semaphore::new(limit), watch::Sender::new(0));
        Arc::new(Self { limit, free, used: Mutex::default(), waiting })
    }

    /// The most rows that were held at the same time.
    pub fn peak(&self) -> usize {
        self.used.lock().peak
    }

    /// Waits until as many rows may be held. What exceeds the limit alone is as much as the limit.
    pub async fn reserve(self: &Arc<Self>, rows: usize) -> HeldRows {
        let rows = rows.min(self.limit);
        let permits = u32::try_from(rows).unwrap_or(u32::MAX);
        let permit = match self.free.try_acquire_many(permits) {
            Ok(permit) => Ok(permit),
            Err(_) => {
                let _waiting = Waiting::new(&self.waiting);
                self.free.acquire_many(permits).await
            }
        };
        // Counted here, and not by the permit, which cannot grow. The semaphore is never closed.
        if let Ok(permit) = permit {
            permit.forget();
        }
        self.count(rows);
        HeldRows { budget: self.clone(), rows }
    }

    /// No rows, to which those of reservations are added.
    pub fn nothing(self: &Arc<Self>) -> HeldRows {
        HeldRows { budget: self.clone(), rows: 0 }
    }

    /// Whether a pull waits for rows that others hold.
    pub fn is_short(&self) -> bool {
        *self.waiting.borrow() > 0
    }

    /// Waits until a pull waits for rows that others hold.
    pub async fn shortage(&self) {
        // The sender is not dropped meanwhile.
        let _ = self.waiting.subscribe().wait_for(|waiting| *waiting > 0).await;
    }

    fn count(&self, rows: usize) {
        let mut used = self.used.lock();
        used.rows += rows;
        used.peak = used.peak.max(used.rows);
    }

    fn release(&self, rows: usize) {
        let mut used = self.used.lock();
        used.rows -= rows;
        let repaid = used.excess.min(rows);
        used.excess -= repaid;
        self.free.add_permits(rows - repaid);
    }
}

impl HeldRows {
    /// Corrects the number after reading. More rows than were reserved do not wait: they are there already.
    pub fn set(&mut self, rows: usize) {
        if let Some(less) = self.rows.checked_sub(rows) {
            self.budget.release(less);
        } else {
            let more = rows - self.rows;
            self.budget.count(more);
            let mut used = self.budget.used.lock();
            used.excess += more - self.budget.free.forget_permits(more);
        }
        self.rows = rows;
    }

    /// Adds the rows of another reservation of the same budget.
    pub fn add(&mut self, mut other: Self) {
        self.rows += std::mem::take(&mut other.rows);
    }

    pub fn rows(&self) -> usize {
        self.rows
    }
}

impl Drop for HeldRows {
    fn drop(&mut self) {
        self.budget.release(self.rows);
    }
}

impl<'a> Waiting<'a> {
    /// Only the first one wakes those that wait for a shortage.
    fn new(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_if_modified(|waiting| {
            *waiting += 1;
            *waiting == 1
        });
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_if_modified(|waiting| {
            *waiting -= 1;
            false
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn reservations_wait_for_rows_that_are_held() {
        let budget = RowBudget::new(100);
        let first = budget.reserve(70).await;
        let second = budget.reserve(40);
        tokio::pin!(second);
        assert!(second.as_mut().now_or_never().is_none() && budget.is_short());
        budget.shortage().now_or_never().expect("a shortage");
        drop(first);
        let second = second.now_or_never().expect("room");
        assert!(!budget.is_short());
        assert_eq!((second.rows(), budget.peak()), (40, 70));
    }

    #[tokio::test]
    async fn rows_that_were_not_expected_are_repaid_first() {
        let budget = RowBudget::new(100);
        let mut page = budget.reserve(60).await;
        page.set(130);
        assert!(budget.reserve(1).now_or_never().is_none());
        page.set(99);
        let last = budget.reserve(1).now_or_never().expect("room for one");
        assert!(budget.reserve(1).now_or_never().is_none());
        page.add(last);
        drop(page);
        assert_eq!(budget.reserve(100).await.rows(), 100);
        assert_eq!(budget.peak(), 130);
    }

    #[tokio::test]
    async fn more_than_the_limit_is_read_alone() {
        let budget = RowBudget::new(100);
        let all = budget.reserve(5_000).now_or_never().expect("nothing is held");
        assert!(budget.reserve(1).now_or_never().is_none());
        drop(all);
        assert!(budget.reserve(1).now_or_never().is_some());
    }
}
