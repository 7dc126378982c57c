//! The patch status of a set of instances: their number, the statuses that add up to it, and key figures.

use crate::{
    model::{AccountTotals, PatchStatus, RunFilter, StatusCounts, TrendFigure, UpdateState},
    ui::prelude::*,
};

/// `heading` is a heading element; `scope` says which instances are counted.
pub fn fleet_card(
    heading: AnyView,
    scope: String,
    counts: &StatusCounts,
    totals: &AccountTotals,
    (available_since, now): (Option<Timestamp>, Timestamp),
    links: &AccountLinks,
) -> AnyView {
    let total = counts.total();
    let cards = PatchStatus::ALL.into_iter().map(|status| status_card(status, counts.get(status), total, links));
    let definitions = PatchStatus::in_order_of_decision().iter().map(|&status| {
        view! { <div><dt>{icon(Icon::of_status(status))}{status.label()}</dt><dd>{status.rule()}</dd></div> }
    });
    let definitions = definitions.collect_view();
    view! {
        <section class="card fleet" aria-label="Patch status">
            <div class="fleet-header">
                {heading}
                <p class="muted">{scope}</p>
                {trend_link(TrendFigure::Instances, links)}
            </div>
            {status_bar(counts, "large")}
            <ul class="status-cards">{cards.collect_view()}</ul>
            <details class="definitions">
                <summary>"How is the status determined?"</summary>
                <p class="muted">
                    "Each instance has exactly one status: the first that applies."
                </p>
                <dl>{definitions}</dl>
            </details>
            {key_figures(totals, links)} {further_figures(totals, (available_since, now), links)}
        </section>
    }
    .into_any()
}

fn status_card(status: PatchStatus, n: u64, total: u64, links: &AccountLinks) -> AnyView {
    view! {
        <li>
            <a class=format!("status-card tone-{}", status.code()) href=links.status(status)>
                <b>{count(n)}</b>
                <span class="name">{icon(Icon::of_status(status))}{status.label()}</span>
                <span class="muted">{format!("{} %", percent(n, total))}</span>
            </a>
            {trend_link(TrendFigure::Status(status), links)}
        </li>
    }
    .into_any()
}

fn key_figures(totals: &AccountTotals, links: &AccountLinks) -> AnyView {
    let offline = totals.instances.saturating_sub(totals.online_instances);
    let affected = plural(totals.instances_pending_os_updates, "instance", "instances");
    let entry = |name: &'static str, value: AnyView, more: AnyView, trend: TrendFigure| {
        view! { <div><dt>{name}</dt><dd>{value} {more} {trend_link(trend, links)}</dd></div> }
    };
    view! {
        <dl class="key-figures">
            {entry(
                "Pending OS updates",
                figure(totals.pending_os_updates, links.pending_updates(), "pending OS updates".to_owned()),
                view! { <a class="secondary" href=links.with_pending_updates()>"on "{affected}</a> }.into_any(),
                TrendFigure::PendingOsUpdates,
            )}
            {entry(
                "Pending agent updates",
                figure(totals.pending_agent_updates, links.with_outdated_agent(), "pending agent updates".to_owned()),
                ().into_any(),
                TrendFigure::PendingAgentUpdates,
            )}
            {entry(
                "Online",
                figure(totals.online_instances, links.online(true), "online instances".to_owned()),
                view! { <a class="secondary" href=links.online(false)>{count(offline)}" not online"</a> }.into_any(),
                TrendFigure::OnlineInstances,
            )}
            {entry(
                "Run success, 30 days",
                run_success(totals.runs_succeeded, totals.runs_total, links, ""),
                ().into_any(),
                TrendFigure::RunSuccess,
            )}
        </dl>
    }
    .into_any()
}

/// What is neither pending nor up to date: available security updates with the age of the oldest, and, where there are any,
/// rejected updates and instances without details.
fn further_figures(
    totals: &AccountTotals,
    (available_since, now): (Option<Timestamp>, Timestamp),
    links: &AccountLinks,
) -> AnyView {
    let entry = |name: &'static str, value: AnyView, more: AnyView| {
        view! { <div><dt>{name}</dt><dd>{value} {more}</dd></div> }
    };
    let state = |n, state: UpdateState, what: &str| figure(n, links.updates_in(&state), what.to_owned());
    let oldest = available_since.map(|since| view! { <span class="muted">"oldest seen "{age_of(now, since)}</span> });
    let available = entry(
        "Available, waiting",
        state(
            totals.available_security_updates,
            UpdateState::AvailableSecurityUpdate,
            "security updates that are available and not approved",
        ),
        view! { {oldest} <span class="muted">"Windows only"</span> }.into_any(),
    );
    let rejected = (totals.installed_rejected > 0).then(|| {
        let value =
            state(totals.installed_rejected, UpdateState::InstalledRejected, "installed updates that are rejected");
        entry("Installed, rejected", value, ().into_any())
    });
    let incomplete = (totals.instances_details_missing > 0).then(|| {
        let value = figure(
            totals.instances_details_missing,
            links.details_missing(),
            "instances with details missing".to_owned(),
        );
        let about = view! { <span class="muted">"AWS counts more updates than it lists"</span> };
        entry("Details missing", value, about.into_any())
    });
    view! { <dl class="key-figures further">{available} {rejected} {incomplete}</dl> }.into_any()
}

/// "14 of 15", both as links; `of` completes their accessible names.
pub fn run_success(succeeded: u64, total: u64, links: &AccountLinks, of: &str) -> AnyView {
    if total == 0 {
        return view! { <span class="muted">"No runs"</span> }.into_any();
    }
    let share = percent(succeeded, total);
    let level = match share {
        95.. => "up_to_date",
        80..95 => "pending",
        _ => "failed",
    };
    view! {
        <span class="run-success">
            <span>
                {figure(succeeded, links.run(RunFilter::Succeeded), format!("instances{of} whose last run succeeded"))}
                " of "
                {figure(total, links.run(RunFilter::Finished), format!("instances{of} with a finished run"))}
            </span>
            <span class="meter" aria-hidden="true">
                <span class=format!("fill-{level}") style=format!("width:{share}%")></span>
            </span>
        </span>
    }
    .into_any()
}
