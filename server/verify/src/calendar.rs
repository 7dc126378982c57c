//! Verifies the calendar: the next execution of each window, as AWS says it, is a start with the instances that it targets.

use super::{Check, VerifyError, each_page, plans::plans, recomputed::Recomputed};
use duckdb::Connection;
use jiff::{Span, tz::TimeZone};
use muster_model::{calendar::CalendarState, filter::CalendarFilter, page::PAGE_ROWS_MAX, ports::Reports};
use muster_store::error::StoreError;
use std::collections::{BTreeMap, BTreeSet};

/// The days that are verified.
const DAYS: i64 = 7;

impl Check {
    pub(super) async fn calendar(&mut self) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, transaction, .. } = self;
        let read = |connection: &Connection| plans(connection).map_err(StoreError::read("windows"));
        let plans = transaction.read("windows", read).await?;
        let Recomputed { rows, figures, accounts, moment, .. } = &*recomputed;
        let today = TimeZone::UTC.to_datetime(moment.now).date();
        let last = today.saturating_add(Span::new().days(DAYS - 1));
        let mut published = BTreeMap::new();
        let page = |window| {
            let (from, to, state) = (Some(today), Some(last), Some(CalendarState::Planned));
            reports.calendar(CalendarFilter { from, to, state, window, ..CalendarFilter::default() })
        };
        let read = |window| async move { Ok(page(window).await?.rows) };
        each_page(PAGE_ROWS_MAX, read, |page| {
            for row in page.rows {
                published.insert((row.account_id.to_string(), row.region, row.id, row.starts_at), row.instances);
            }
        })
        .await?;
        let mut recomputed: BTreeMap<_, BTreeSet<i64>> = BTreeMap::new();
        for target in plans.targets.iter().filter(|target| accounts.contains_key(&target.account_id)) {
            let Some(next) = target.next_execution_at.filter(|next| *next > moment.now) else { continue };
            if TimeZone::UTC.to_datetime(next).date() > last {
                continue;
            }
            let window = (target.account_id.to_string(), target.region.clone(), target.window_id.clone(), next);
            let of_window = recomputed.entry(window).or_default();
            let current = rows.instances.iter().filter(|(_, instance)| instance.is_current());
            for (key, instance) in current {
                let figures = figures.get(key).filter(|figures| plans.is_target(target, instance, figures));
                of_window.extend(figures.map(|_| *key));
            }
        }
        for (window, instances) in recomputed {
            let place = format!("the start of {} at {}", window.2, window.3);
            tally.equal("instances", &place, &published.get(&window).copied(), &Some(instances.len() as u64));
        }
        Ok(())
    }
}
