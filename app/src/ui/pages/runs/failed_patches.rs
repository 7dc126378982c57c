//! The updates that are failed where runs failed.

use crate::{
    model::{Exact, FailedPatchRow, PatchFilter, RunResultsFilter},
    ui::prelude::*,
};

const COLUMNS: [Column; 5] = [
    Column::wide("Update"),
    Column::numeric("Results"),
    Column::numeric("Instances"),
    Column::numeric("Customers"),
    Column::numeric("Failed since (UTC)"),
];

/// The updates that are shown; the others are collapsed.
const SHOWN: usize = 8;

/// Nothing if no update is failed. `results` selects the results that were counted.
pub fn failed_patches_card(mut rows: Vec<FailedPatchRow>, results: &RunResultsFilter) -> Option<AnyView> {
    (!rows.is_empty()).then(|| {
        let rest = rows.split_off(rows.len().min(SHOWN));
        let table = |rows: Vec<FailedPatchRow>| {
            let rows = rows.into_iter().map(|row| patch_row(row, results));
            data_table("Failures by update", &COLUMNS, rows)
        };
        let more = collapsed(rest.len(), || table(rest));
        Card::new("failed-patches", "Failures by update")
            .note("Updates that are failed now where an Install run failed; the 50 with most results at most")
            .content((table(rows), more))
    })
}

fn patch_row(row: FailedPatchRow, results: &RunResultsFilter) -> Vec<AnyView> {
    let [name, title] = [&row.name, &row.title].map(|text| Some(Exact::new(text.clone())));
    let counted = links::run_results(&RunResultsFilter { name, title, ..results.clone() });
    let RunResultsFilter { customer, provider, account, .. } = results.clone();
    let patch = PatchFilter { customer, provider, account, ..PatchFilter::default() };
    let label = format!("failed results with the update {}", row.description);
    cells![
        view! {
            <a class="name wide-text" href=links::patch(&row.name, &row.title, &patch)>
                <bdi>{row.description.clone()}</bdi>
            </a>
            <span class="secondary mono"><bdi>{row.name.clone()}</bdi></span>
        },
        figure(row.results, counted, label),
        count(row.instances),
        count(row.customers),
        short_time(Some(row.since), ""),
    ]
}
