//! Verifies the pending updates by patch.

use super::{Check, VerifyError, each_page, exceptions::Exceptions};
use jiff::{Timestamp, civil::Date};
use muster_model::{
    filter::PatchFilter, ids::AccountId, page::PAGE_ROWS_MAX, patch::PatchRow, ports::Reports, severity::SeverityBand,
    visible::is_blank,
};
use serde::Serialize;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// The pending updates of each account, by title and name.
pub type Patches = BTreeMap<AccountId, BTreeMap<(String, String), PatchCounts>>;

/// The updates of a patch that are missing, and all that are pending.
#[derive(Clone, Default)]
pub struct PatchCounts {
    pub missing: Counted,
    pub pending: Counted,
}

#[derive(Clone, Default)]
pub struct Counted {
    pub instances: u64,
    pub failed: u64,
    pub overdue: u64,
    pub overdue_excepted: u64,
    /// The most severe severity: its band, then the word.
    severity: Option<(Reverse<SeverityBand>, String)>,
    first_seen_at: Option<Timestamp>,
    oldest_pending_since: Option<Timestamp>,
    next_due_at: Option<Timestamp>,
}

/// One pending update.
pub struct CountedUpdate<'a> {
    pub is_failed: bool,
    pub severity: (SeverityBand, &'a str),
    pub first_seen_at: Timestamp,
    pub pending_since: Timestamp,
    pub due_at: Option<Timestamp>,
    pub is_overdue: bool,
    pub is_excepted: bool,
}

/// A recomputed row of the list.
#[derive(Serialize)]
pub struct PatchFigures {
    pub description: String,
    pub title: String,
    pub name: String,
    severity: String,
    pub severity_band: SeverityBand,
    pub instances: u64,
    accounts: usize,
    first_seen_at: Option<Timestamp>,
    pub exploited_on: Option<Date>,
    #[serde(skip)]
    of_list: Counted,
    #[serde(skip)]
    customers: usize,
}

impl PatchCounts {
    pub fn add(&mut self, update: &CountedUpdate<'_>) {
        self.pending.add(update);
        if !update.is_failed {
            self.missing.add(update);
        }
    }
}

impl Counted {
    fn add(&mut self, update: &CountedUpdate<'_>) {
        let (band, word) = update.severity;
        self.merge(&Self {
            instances: 1,
            failed: update.is_failed.into(),
            overdue: update.is_overdue.into(),
            overdue_excepted: (update.is_overdue && update.is_excepted).into(),
            severity: Some((Reverse(band), word.to_owned())),
            first_seen_at: Some(update.first_seen_at),
            oldest_pending_since: Some(update.pending_since),
            next_due_at: update.due_at,
        });
    }

    fn merge(&mut self, other: &Self) {
        let earlier = |one: Option<Timestamp>, other: Option<Timestamp>| one.into_iter().chain(other).min();
        self.instances += other.instances;
        self.failed += other.failed;
        self.overdue += other.overdue;
        self.overdue_excepted += other.overdue_excepted;
        self.severity = self.severity.take().max(other.severity.clone());
        self.first_seen_at = earlier(self.first_seen_at, other.first_seen_at);
        self.oldest_pending_since = earlier(self.oldest_pending_since, other.oldest_pending_since);
        self.next_due_at = earlier(self.next_due_at, other.next_due_at);
    }
}

/// Adds up the patches of some accounts, each with its customer.
pub fn sum<'a>(
    (patches, exceptions): (&Patches, &Exceptions),
    accounts: impl Iterator<Item = (&'a AccountId, &'a str)>,
    counted: fn(&PatchCounts) -> &Counted,
) -> Vec<PatchFigures> {
    let mut sums: BTreeMap<&(String, String), (Counted, usize, BTreeSet<&str>)> = BTreeMap::new();
    for (account, customer) in accounts {
        for (patch, counts) in patches.get(account).into_iter().flatten() {
            let counts = counted(counts);
            if counts.instances > 0 {
                let (sum, accounts, customers) = sums.entry(patch).or_default();
                sum.merge(counts);
                *accounts += 1;
                customers.insert(customer);
            }
        }
    }
    let figures =
        |((title, name), (sum, accounts, customers)): (&(String, String), (Counted, usize, BTreeSet<&str>))| {
            let (band, severity) = sum.severity.clone().unwrap_or((Reverse(SeverityBand::Unrated), String::new()));
            PatchFigures {
                description: if is_blank(title) { name.clone() } else { title.clone() },
                title: title.clone(),
                name: name.clone(),
                severity,
                severity_band: band.0,
                instances: sum.instances,
                accounts,
                first_seen_at: sum.first_seen_at,
                exploited_on: exceptions.exploited_on(name, title),
                of_list: sum,
                customers: customers.len(),
            }
        };
    sums.into_iter().map(figures).collect()
}

impl Check {
    pub(super) async fn patches(&mut self) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, .. } = self;
        let accounts = recomputed.accounts.iter().map(|(id, account)| (id, account.customer_id.as_str()));
        let recomputed: BTreeMap<(String, String), PatchFigures> =
            sum((&recomputed.patches, &recomputed.exceptions), accounts, |counts| &counts.pending)
                .into_iter()
                .map(|patch| ((patch.title.clone(), patch.name.clone()), patch))
                .collect();
        let place = |(title, name): &(String, String)| format!("patch {name} {title}");
        let mut seen = BTreeSet::new();
        let read = |window| reports.patches(PatchFilter { window, ..PatchFilter::default() });
        each_page(PAGE_ROWS_MAX, read, |page| {
            tally.equal("total", "patches", &page.total, &(recomputed.len() as u64));
            for row in page.rows {
                let key = (row.title.clone(), row.name.clone());
                if let Some(figures) = recomputed.get(&key) {
                    tally.fields("", &place(&key), &row, figures);
                    tally.equal("counts", &place(&key), &counts(&row), &figures.counts());
                }
                if !seen.insert(key.clone()) {
                    tally.row_of_one_side("patches", &place(&key), true);
                }
            }
        })
        .await?;
        tally.rows("patches", &seen, &recomputed.into_keys().collect(), place);
        Ok(())
    }
}

/// The figures that only the list of patches has.
type ListCounts = (u64, u64, u64, Option<Timestamp>, Option<Timestamp>);

fn counts(row: &PatchRow) -> ListCounts {
    (row.failed, row.overdue, row.customers, row.oldest_pending_since, row.next_due_at)
}

impl PatchFigures {
    fn counts(&self) -> ListCounts {
        let Counted { failed, overdue, oldest_pending_since, next_due_at, .. } = self.of_list;
        (failed, overdue, self.customers as u64, oldest_pending_since, next_due_at)
    }
}
