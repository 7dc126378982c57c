//! Verifies the customers' board.

use super::{Check, VerifyError, each_page, fleet::Fleet};
use jiff::Span;
use muster_model::{
    filter::CustomersFilter, freshness::HarvestState, overview::AttentionReason, page::PAGE_ROWS_MAX, ports::Reports,
};
use muster_store::value::day_of;
use serde::Serialize;
use std::collections::BTreeSet;

/// The figures of a row.
#[derive(Serialize)]
struct CustomerFigures {
    concern: Option<AttentionReason>,
    up_to_date_percent: Option<f64>,
    up_to_date_percent_before: Option<f64>,
    overdue: u64,
    overdue_excepted: u64,
    harvest_state: HarvestState,
    accounts: usize,
    instances: u64,
    pending_os_updates: u64,
    instances_pending_os_updates: u64,
    runs_succeeded: u64,
    runs_total: u64,
}

impl Check {
    pub(super) async fn customers(&mut self) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, .. } = self;
        let place = |id: &String| format!("customer {id}");
        let mut seen = BTreeSet::new();
        let customers: BTreeSet<String> =
            recomputed.accounts.values().map(|account| account.customer_id.clone()).collect();
        let month_ago = day_of(recomputed.moment.now).saturating_sub(Span::new().days(30));
        let reports = &*reports;
        let read = |window| async move {
            Ok(reports.customers(CustomersFilter { window, ..CustomersFilter::default() }).await?.rows)
        };
        each_page(PAGE_ROWS_MAX, read, |page| {
            tally.equal("total", "customers", &page.total, &(customers.len() as u64));
            for row in page.rows {
                let fleet = Fleet::of(recomputed, |_, account| account.customer_id == row.customer_id);
                let patches = fleet.accounts.keys().filter_map(|id| recomputed.patches.get(*id));
                let pending = patches.flat_map(|patches| patches.values()).map(|patch| &patch.pending);
                let (overdue, overdue_excepted) =
                    pending.fold((0, 0), |sum, patch| (sum.0 + patch.overdue, sum.1 + patch.overdue_excepted));
                let status = fleet.status();
                let before = fleet.recorded(month_ago);
                let counts = fleet.totals().counts;
                let states = fleet.accounts.values().map(|account| account.harvest_state);
                let figures = CustomerFigures {
                    concern: fleet.problem(overdue),
                    up_to_date_percent: tenths(status.up_to_date, status.total()),
                    up_to_date_percent_before: before
                        .and_then(|[_, up_to_date, instances]| tenths(up_to_date, instances)),
                    overdue,
                    overdue_excepted,
                    harvest_state: states.max().unwrap_or(HarvestState::Never),
                    accounts: fleet.accounts.len(),
                    instances: counts.instances,
                    pending_os_updates: counts.pending_os_updates,
                    instances_pending_os_updates: counts.instances_pending_os_updates,
                    runs_succeeded: counts.runs_succeeded,
                    runs_total: counts.runs_total,
                };
                tally.fields("", &place(&row.customer_id), &row.status, &status);
                tally.fields("", &place(&row.customer_id), &row, &figures);
                if !seen.insert(row.customer_id.clone()) {
                    tally.row_of_one_side("customers", &place(&row.customer_id), true);
                }
            }
        })
        .await?;
        tally.rows("customers", &seen, &customers, place);
        Ok(())
    }
}

/// Returns a share in percent with one decimal that is not rounded up.
fn tenths(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 * 1000.0 / whole as f64 + 1e-9).floor() / 10.0)
}
