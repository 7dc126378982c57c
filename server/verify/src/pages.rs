//! Verifies instance pages and the totals of their lists.

use super::{
    Check, VerifyError, each_page,
    meaning::contradiction,
    recomputed::{InstanceFigures, Recomputed},
    rows::{InstallResult, Instance},
    tally::Tally,
    twins::registrations,
};
use jiff::Timestamp;
use muster_model::{
    filter::{HistoryFilter, InstanceRunsFilter, OfInstance, SoftwareFilter},
    freshness::HarvestState,
    ids::InstanceId,
    instance::InstancePage,
    page::{PAGE_ROWS_MAX, Window},
    ports::Reports,
};
use muster_store::value::{day_of, days_since_epoch};
use serde::Serialize;
use std::collections::BTreeMap;

/// The derived figures of an instance page.
#[derive(Serialize)]
struct PageFigures<'a> {
    instance: &'a InstanceFigures,
    transitions: u64,
    software: u64,
    runs: u64,
    harvest_state: HarvestState,
}

impl Check {
    /// Verifies at most `pages_max` instance pages and returns how many were left out.
    pub(super) async fn pages(&mut self, pages_max: usize) -> Result<u64, VerifyError> {
        let Self { reports, recomputed, tally, .. } = self;
        let mut instances: BTreeMap<&InstanceId, Vec<&Instance>> = BTreeMap::new();
        for instance in recomputed.rows.instances.values().filter(|instance| instance.in_view) {
            instances.entry(&instance.instance_id).or_default().push(instance);
        }
        let stride = instances.len().div_ceil(pages_max.max(1)).max(1);
        let tonight = day_number(recomputed.moment.now) % stride;
        let left_out = instances.len() - instances.len().saturating_sub(tonight).div_ceil(stride);
        for (id, instances) in instances.into_iter().skip(tonight).step_by(stride) {
            compare(tally, recomputed, &reports.instance(id.clone()).await?);
            // The lists of an id have the rows of every instance with that id, and what happened also those of its other registrations.
            let (instance, window) = (id.clone(), Window { offset: 0, limit: 1 });
            let history = HistoryFilter { window, ..HistoryFilter::default() };
            let software = SoftwareFilter { window, ..SoftwareFilter::default() };
            let of = |window| OfInstance { instance: id.clone(), rows: InstanceRunsFilter { window } };
            let sum = |figure: fn(&Instance) -> u64| instances.iter().map(|instance| figure(instance)).sum::<u64>();
            let registered = |instance| registrations(&recomputed.rows.instances, instance).chain([instance]);
            let all: Vec<&Instance> = instances.iter().flat_map(|instance| registered(instance)).collect();
            let sum_all = |figure: fn(&Instance) -> u64| all.iter().map(|instance| figure(instance)).sum::<u64>();
            for (list, published, recomputed) in [
                (
                    "history",
                    reports.history(OfInstance { instance: instance.clone(), rows: history }).await?.total,
                    sum_all(|instance| instance.transitions),
                ),
                (
                    "software",
                    reports.software(OfInstance { instance, rows: software }).await?.total,
                    sum(|instance| instance.software),
                ),
                ("runs", reports.runs(of(window)).await?.total, sum_all(|instance| instance.runs)),
            ] {
                tally.equal("total", &format!("the {list} of instance {id}"), &published, &recomputed);
            }
            let mut published = BTreeMap::new();
            let read = |window| reports.runs(of(window));
            each_page(PAGE_ROWS_MAX, read, |page| {
                let rows = page.rows.into_iter();
                published.extend(rows.filter_map(|row| Some((row.command_id, row.contradiction?.code()))));
            })
            .await?;
            let contradicted = all.iter().flat_map(|instance| {
                let of =
                    |result: &InstallResult| Some((result.command_id.clone(), contradiction(instance, result)?.code()));
                instance.latest_results.iter().filter_map(of)
            });
            tally.equal("contradiction", &format!("the runs of instance {id}"), &published, &contradicted.collect());
        }
        Ok(left_out as u64)
    }
}

fn compare(tally: &mut Tally, recomputed: &Recomputed, page: &InstancePage) {
    let row = &page.instance;
    let place = format!("the page of instance {}", row.instance_id);
    let Some((instance, figures)) = recomputed.shown(&row.account_id, &row.region, &row.instance_id) else {
        return tally.row_of_one_side("instances", &place, true);
    };
    let region = recomputed.rows.region_of(instance);
    let sum = |figure: fn(&Instance) -> u64| {
        registrations(&recomputed.rows.instances, instance).chain([instance]).map(figure).sum::<u64>()
    };
    let figures = PageFigures {
        instance: figures,
        transitions: sum(|instance| instance.transitions),
        software: instance.software,
        runs: sum(|instance| instance.runs),
        harvest_state: region.map_or(HarvestState::Never, |region| recomputed.moment.harvest_state(region)),
    };
    tally.fields("", &place, page, &figures);
    let states: BTreeMap<_, _> =
        page.states.iter().map(|count| (count.state.code().to_owned(), count.updates)).collect();
    tally.equal("states", &place, &states, &instance.updates.states);
    tally.equal("tags", &place, &(page.tags.len() as u64), &instance.tags);
}

/// Returns the number of the day, by which each day checks other pages.
fn day_number(now: Timestamp) -> usize {
    usize::try_from(days_since_epoch(day_of(now))).unwrap_or_default()
}
