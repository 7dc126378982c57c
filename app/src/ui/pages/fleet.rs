//! How some instances are doing: their number, the six statuses that add up to it, and four key figures.

use crate::{
    model::{
        filter::RunFilter,
        patch_status::{PatchStatus, StatusCounts},
        trend::TrendFigure,
    },
    ui::{
        format::{count, percent, plural},
        links::AccountLinks,
        parts::{Glyph, figure, glyph, status_bar, trend_link},
    },
};
use leptos::prelude::*;

/// What is counted beside the statuses; the same definitions as in the Patching table.
#[derive(Clone, Copy)]
pub struct KeyFigures {
    pub instances: u64,
    pub online: u64,
    pub pending_os_updates: u64,
    pub instances_pending_os_updates: u64,
    pub pending_agent_updates: u64,
    pub runs_succeeded: u64,
    pub runs_total: u64,
}

/// `heading` is a heading element; `where_` says whose instances they are.
pub fn fleet_card(
    heading: AnyView,
    where_: String,
    counts: &StatusCounts,
    keys: KeyFigures,
    links: &AccountLinks,
) -> AnyView {
    let total = counts.total();
    let cards = PatchStatus::ALL.into_iter().map(|status| status_card(status, counts.get(status), total, links));
    let rules = PatchStatus::ALL.map(|status| {
        view! { <div><dt>{glyph(Glyph::of_status(status))}{status.label()}</dt><dd>{status.rule()}</dd></div> }
    });
    view! {
        <section class="card fleet" aria-label="Patch status">
            <div class="lead">
                {heading}
                <p class="soft">{where_}</p>
                {trend_link(TrendFigure::Instances, links)}
            </div>
            {status_bar(counts, "large")}
            <ul class="statuses">{cards.collect_view()}</ul>
            <details class="rules">
                <summary>"Each machine is in exactly one status. What decides?"</summary>
                <p class="soft">
                    "The first that applies, in this order: no data, stale, failed, pending, pending reboot, up to date."
                </p>
                <dl>{rules.collect_view()}</dl>
            </details>
            {key_figures(keys, links)}
        </section>
    }
    .into_any()
}

fn status_card(status: PatchStatus, n: u64, total: u64, links: &AccountLinks) -> AnyView {
    view! {
        <li>
            <a class=format!("status tone-{}", status.code()) href=links.status(status)>
                <b>{count(n)}</b>
                <span class="name">{glyph(Glyph::of_status(status))}{status.label()}</span>
                <span class="soft">{format!("{} %", percent(n, total))}</span>
            </a>
            {trend_link(TrendFigure::Status(status), links)}
        </li>
    }
    .into_any()
}

fn key_figures(keys: KeyFigures, links: &AccountLinks) -> AnyView {
    let offline = keys.instances.saturating_sub(keys.online);
    view! {
        <dl class="keys">
            <div>
                <dt>"Pending OS updates"</dt>
                <dd>
                    {figure(keys.pending_os_updates, links.pending_updates(), "pending OS updates".to_owned())}
                    <a class="sub" href=links.with_pending_updates()>
                        {format!("on {}", plural(keys.instances_pending_os_updates, "machine", "machines"))}
                    </a>
                    {trend_link(TrendFigure::PendingOsUpdates, links)}
                </dd>
            </div>
            <div>
                <dt>"Pending agent updates"</dt>
                <dd>
                    {figure(keys.pending_agent_updates, links.with_outdated_agent(), "pending agent updates".to_owned())}
                    {trend_link(TrendFigure::PendingAgentUpdates, links)}
                </dd>
            </div>
            <div>
                <dt>"Online"</dt>
                <dd>
                    {figure(keys.online, links.online(true), "machines online".to_owned())}
                    <a class="sub" href=links.online(false)>{format!("{} offline", count(offline))}</a>
                    {trend_link(TrendFigure::OnlineInstances, links)}
                </dd>
            </div>
            <div>
                <dt>"Run success, 30 days"</dt>
                <dd>
                    {run_success(keys.runs_succeeded, keys.runs_total, links, "")}
                    {trend_link(TrendFigure::RunSuccess, links)}
                </dd>
            </div>
        </dl>
    }
    .into_any()
}

/// "14 of 15", each of them a link; `of` says whose, for those who don't see the row.
pub fn run_success(succeeded: u64, total: u64, links: &AccountLinks, of: &str) -> AnyView {
    if total == 0 {
        return view! { <span class="soft">"no runs"</span> }.into_any();
    }
    let share = percent(succeeded, total);
    let level = match share {
        95.. => "up_to_date",
        80..95 => "pending",
        _ => "failed",
    };
    view! {
        <span class="runs">
            <span>
                {figure(succeeded, links.run(RunFilter::Succeeded), format!("machines{of} whose last run succeeded"))}
                " of "
                {figure(total, links.run(RunFilter::Finished), format!("machines{of} with a finished run"))}
            </span>
            <span class="meter" aria-hidden="true">
                <span class=format!("fill-{level}") style=format!("width:{share}%")></span>
            </span>
        </span>
    }
    .into_any()
}
