//! Verifies instance pages and the totals of their lists.

use super::{Check, VerifyError};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use muster_model::{
    filter::HistoryFilter, freshness::HarvestState, ids::InstanceId, instance::InstancePage, page::Window,
    ports::Reports,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The figures of an instance page that its row does not have.
#[derive(Serialize)]
struct PageFigures<'a> {
    states: BTreeMap<&'a str, u64>,
    transitions: u64,
    software: u64,
    runs: u64,
    tags: u64,
    baseline_id: &'a str,
    last_operation: &'a str,
    harvest_state: HarvestState,
    gone_at: Option<Timestamp>,
}

impl<'a> From<&'a InstancePage> for PageFigures<'a> {
    fn from(page: &'a InstancePage) -> Self {
        Self {
            states: page.states.iter().map(|count| (count.state.code(), count.updates)).collect(),
            transitions: page.transitions,
            software: page.software,
            runs: page.runs,
            tags: page.tags.len() as u64,
            baseline_id: &page.baseline_id,
            last_operation: &page.last_operation,
            harvest_state: page.harvest_state,
            gone_at: page.gone_at,
        }
    }
}

impl Check {
    /// Verifies at most `pages_max` instance pages and returns how many were left out.
    pub(super) async fn pages(&mut self, pages_max: usize) -> Result<u64, VerifyError> {
        let mut keys: BTreeMap<InstanceId, Vec<i64>> = BTreeMap::new();
        for (key, row) in &self.recomputed.instances {
            keys.entry(row.instance_id.clone()).or_default().push(*key);
        }
        let stride = keys.len().div_ceil(pages_max.max(1)).max(1);
        let tonight = day_number(self.recomputed.moment.now) % stride;
        let left_out = keys.len() - keys.len().saturating_sub(tonight).div_ceil(stride);
        for (id, keys) in keys.into_iter().skip(tonight).step_by(stride) {
            let page = self.reports.instance(id.clone()).await?;
            self.page(&page);
            self.lists_of(id, &keys).await?;
        }
        Ok(left_out as u64)
    }

    fn page(&mut self, page: &InstancePage) {
        let row = &page.instance;
        let place = format!("the page of instance {}", row.instance_id);
        let key = self.recomputed.rows.key_of(row.account_id.as_str(), &row.region, row.instance_id.as_str());
        let found =
            key.and_then(|key| Some((self.recomputed.rows.instances.get(&key)?, self.recomputed.instances.get(&key)?)));
        let Some((instance, recomputed)) = found else {
            return self.tally.row_of_one_side("instances", &place, true);
        };
        self.tally.fields("", &place, row, recomputed);
        let scan = instance.scan.as_ref();
        let figures = PageFigures {
            states: instance.updates.states.iter().map(|(state, count)| (state.as_str(), *count)).collect(),
            transitions: instance.transitions,
            software: instance.software,
            runs: instance.results,
            tags: instance.tags,
            baseline_id: scan.map(|scan| scan.baseline_id.as_str()).unwrap_or_default(),
            last_operation: scan.map(|scan| scan.operation.as_str()).unwrap_or_default(),
            harvest_state: self.recomputed.harvest_state(&instance.account_id, &instance.region),
            gone_at: instance.gone_at,
        };
        self.tally.fields("", &place, &PageFigures::from(page), &figures);
    }

    /// Verifies the lists of an id, which have the rows of every instance with that id.
    async fn lists_of(&mut self, id: InstanceId, keys: &[i64]) -> Result<(), VerifyError> {
        let filter = HistoryFilter { window: Window { offset: 0, limit: 1 }, ..HistoryFilter::of(id.clone()) };
        let sum = |figure: fn(&super::rows::Instance) -> u64| {
            keys.iter().filter_map(|key| self.recomputed.rows.instances.get(key)).map(figure).sum::<u64>()
        };
        let recomputed = [sum(|row| row.transitions), sum(|row| row.software), sum(|row| row.results)];
        let published = [
            self.reports.history(filter.clone()).await?.total,
            self.reports.software(filter.clone()).await?.total,
            self.reports.runs(filter).await?.total,
        ];
        for (place, list) in ["history", "software", "runs"].into_iter().enumerate() {
            let of = format!("the {list} of instance {id}");
            self.tally.equal("total", &of, &published[place], &recomputed[place]);
        }
        Ok(())
    }
}

/// Returns the number of the day, by which each day checks other pages.
fn day_number(now: Timestamp) -> usize {
    let days = now.to_zoned_datetime(TimeZone::UTC).date() - Date::constant(1970, 1, 1);
    usize::try_from(days.get_days()).unwrap_or_default()
}
