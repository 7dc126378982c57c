//! The figures of all accounts together.

use super::times::days;
use crate::{
    model::service_level::{Due, DueCounts, PatchTimes},
    ui::{links::AccountLinks, parts::figure},
};
use leptos::prelude::*;

pub fn figures_card(counts: &DueCounts, times: &PatchTimes, links: &AccountLinks) -> AnyView {
    let due = |n, due: Due, what: &str| figure(n, links.due(Some(due), None), what.to_owned());
    view! {
        <section class="card" aria-label="Pending updates against their due dates">
            <dl class="keys">
                <div>
                    <dt>"Pending OS updates"</dt>
                    <dd>{figure(counts.open, links.due(None, None), "pending OS updates".to_owned())}</dd>
                </div>
                <div>
                    <dt>"Overdue"</dt>
                    <dd>{due(counts.overdue, Due::Overdue, "overdue updates")}</dd>
                </div>
                <div>
                    <dt>"Due in the next 7 days"</dt>
                    <dd>{due(counts.due_soon, Due::Soon, "updates due in the next 7 days")}</dd>
                </div>
                <div>
                    <dt>"Time to patch, 365 days"</dt>
                    <dd>
                        <span class="figure">{days(times.median_days)}</span>
                        <span class="soft">{format!("median; 90 % within {}", days(times.p90_days))}</span>
                    </dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}
