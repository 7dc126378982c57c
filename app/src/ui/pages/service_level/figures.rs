//! The key figures of all accounts together.

use super::times::days;
use crate::{
    model::{
        Due, DueCounts, PatchTimes,
        filter::updates::{ANY_EXCEPTION, NO_EXCEPTION},
    },
    ui::prelude::*,
};

/// The overdue updates with and without those under an exception, if there are any of these.
fn excepted(counts: &DueCounts, links: &AccountLinks) -> Option<AnyView> {
    let DueCounts { overdue_excepted, overdue_unexcepted, .. } = *counts;
    let link = |n: u64, exception: &str, what: &str| {
        view! { <a href=links.overdue_by_exception(exception)>{format!("{} {what}", count(n))}</a> }
    };
    (overdue_excepted > 0).then(|| {
        view! {
            <span class="muted">
                {link(overdue_excepted, ANY_EXCEPTION, "under an exception")} ", "
                {link(overdue_unexcepted, NO_EXCEPTION, "without")}
            </span>
        }
        .into_any()
    })
}

pub fn figures_card(counts: &DueCounts, times: &PatchTimes, links: &AccountLinks) -> AnyView {
    let due = |name: &'static str, n, due, what: &str| {
        view! { <div><dt>{name}</dt><dd>{figure(n, links.due(due, None), what.to_owned())}</dd></div> }
    };
    view! {
        <section class="card" aria-label="Pending updates by due date">
            <dl class="key-figures">
                {due("Pending OS updates", counts.open, None, "pending OS updates")}
                <div>
                    <dt>"Overdue"</dt>
                    <dd>
                        {figure(counts.overdue, links.due(Some(Due::Overdue), None), "overdue updates".to_owned())}
                        {excepted(counts, links)}
                    </dd>
                </div>
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
