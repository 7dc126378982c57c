//! The key figures of all accounts together.

use super::times::days;
use crate::{
    model::{Due, DueCounts, PatchTimes},
    ui::prelude::*,
};

pub fn figures_card(counts: &DueCounts, times: &PatchTimes, links: &AccountLinks) -> AnyView {
    let due = |name: &'static str, n, due, what: &str| {
        view! { <div><dt>{name}</dt><dd>{figure(n, links.due(due, None), what.to_owned())}</dd></div> }
    };
    view! {
        <section class="card" aria-label="Pending updates by due date">
            <dl class="key-figures">
                {due("Pending OS updates", counts.open, None, "pending OS updates")}
                {due("Overdue", counts.overdue, Some(Due::Overdue), "overdue updates")}
                {due(
                    "Due in the next 7 days",
                    counts.due_soon,
                    Some(Due::Soon),
                    "updates due in the next 7 days",
                )}
                <div>
                    <dt>"Time to patch, 365 days"</dt>
                    <dd>
                        <span class="figure">{days(times.median_days)}</span>
                        <span class="muted">{format!("median; 90 % within {}", days(times.p90_days))}</span>
                    </dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}
