//! The days until an update is overdue, by customer and severity, and the rules in words.

use crate::{
    model::{Policy, SeverityBand},
    ui::prelude::*,
};

const RULES: [(&str, &str); 5] = [
    (
        "Due date",
        "The clock starts when the baseline approved the update or, if that is unknown, when the update was first seen \
         missing. The update is due the configured number of days later. The clock never starts before the instance was \
         first seen, and it restarts when an installed update goes missing again.",
    ),
    (
        "Approval",
        "The release date plus the delay of the baseline's rule that matches the update. Systems Manager does not report \
         the release dates of an instance's patches. For security updates of Windows, the release is the second Tuesday \
         of the month in the title, if the last scan that lacked the update and the first that had it agree. Everything \
         else is unknown, and counted from when the update was first seen missing.",
    ),
    (
        "Systems with apt",
        "Baselines have no approval delay: all patch groups see an update at once, and the maintenance window decides when \
         it is installed. The clock starts when the update is first seen missing.",
    ),
    (
        "Time to patch",
        "From when an update became missing until it was no longer missing or failed. Pending updates count with their \
         age so far. Updates that went away without being installed (superseded, withdrawn, instance gone) count with \
         the time until then, so unfinished work never improves the figures. Includes all updates that were pending in \
         the last 365 days or since the start of the history.",
    ),
    (
        "Months",
        "Each update counts in the month in which it became pending. Updates that stay open raise the figures of that month.",
    ),
];

pub fn rules_card(policies: Vec<Policy>) -> AnyView {
    let rules = RULES.map(|(name, rule)| view! { <div><dt>{name}</dt><dd>{rule}</dd></div> });
    let bands = SeverityBand::ALL.map(|band| Column::numeric(band.label()));
    let columns: Vec<Column> = [Column::text("Customer")].into_iter().chain(bands).collect();
    let others = if policies.len() > 1 { "All other customers" } else { "All customers" };
    let rows = policies.into_iter().map(|policy| {
        let customer = match policy.customer_id {
            None => others.into_any(),
            Some(id) => {
                view! { <bdi>{policy.customer_name}</bdi><span class="secondary"><bdi>{id}</bdi></span> }.into_any()
            }
        };
        [customer].into_iter().chain(policy.days.map(|days| days.into_any())).collect()
    });
    let table = data_table("Days until an update is overdue", &columns, rows);
    let details = view! {
        <div class="card-body">
            <details class="definitions">
                <summary>"How due dates and times are calculated"</summary>
                <dl>{rules.collect_view()}</dl>
            </details>
        </div>
    };
    Card::new("rules", "Days until an update is overdue").content((table, details))
}
