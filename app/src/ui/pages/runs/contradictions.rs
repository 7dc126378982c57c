//! Results that the instances contradict, by how.

use crate::{
    model::{ContradictionCount, RunResultsFilter},
    ui::prelude::*,
};

const COLUMNS: [Column; 2] = [Column::wide("Contradiction"), Column::numeric("Results")];

/// Nothing if no result is contradicted. `results` selects the results that were counted.
pub fn contradictions_card(counts: &[ContradictionCount], results: &RunResultsFilter) -> Option<AnyView> {
    (!counts.is_empty()).then(|| {
        let rows = counts.iter().map(|count| contradiction_row(*count, results));
        Card::new("contradictions", "Contradicted by the instance")
            .note("Latest Install runs whose result a later patch operation does not confirm")
            .content(data_table("Contradicted by the instance", &COLUMNS, rows))
    })
}

fn contradiction_row(row: ContradictionCount, results: &RunResultsFilter) -> Vec<AnyView> {
    let ContradictionCount { contradiction, results: counted } = row;
    let href = links::run_results(&RunResultsFilter { contradiction: Some(contradiction), ..results.clone() });
    cells![
        view! {
            <span class="wrap">{contradiction.label()}</span>
            <span class="secondary wrap">{contradiction.remedy()}</span>
        },
        figure(counted, href, format!("results: {}", contradiction.label())),
    ]
}
