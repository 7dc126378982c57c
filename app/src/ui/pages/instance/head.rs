//! The instance's name, identity and pending work.

use crate::{
    model::{
        ExceptionFilter, HarvestState, InstanceId, InstancePage, InstanceRow, Registration, RunFailures, StateCount,
        UpdateState, run_cause, visible::quoted_blanks,
    },
    ui::prelude::*,
};

pub fn head(page: &InstancePage) -> AnyView {
    let row = &page.instance;
    let above = vec![
        ("Instances".to_owned(), "/instances".to_owned()),
        (row.account_name.clone(), links::account(&row.account_id)),
    ];
    let state = row.instance_state.explanation().map(|explanation| {
        let gone = page.gone_at.map(|at| {
            let at = format::date_time(at);
            format!(" The harvest of {at} found it gone. Its last known updates and its history are shown below.")
        });
        view! {
            <div class="notice tone-stale" role="note">
                {icon(Icon::Warning)}
                <p><strong>{row.instance_state.label()}". "</strong>{explanation}{gone}</p>
            </div>
        }
    });
    let excepting = ExceptionFilter { instance: Some(row.instance_id.clone()), ..ExceptionFilter::default() };
    let is_fresh = page.harvest_state == HarvestState::Fresh;
    let staleness = (!is_fresh).then(|| staleness(page.harvest_state, row.last_harvest_at, "muted"));
    view! {
        <div class="page-header">
            {breadcrumbs(above, row.name.clone())}
            <div class="page-title">
                <h1><bdi>{row.name.clone()}</bdi></h1>
                {patch_badge(row.patch_status)} {counts(page)} {staleness}
            </div>
            <ul class="metadata">
                <li><bdi class="mono">{row.instance_id.to_string()}</bdi></li>
                <li><bdi>{format!("{} {}", row.platform_name, row.platform_version)}</bdi></li>
                <li>{row.provider.label().to_owned()}", "<bdi>{row.region.clone()}</bdi></li>
                {patch_group(row)} {patch_policy(&row.patch_policy)}
                <li><a href=links::exceptions(&excepting)>"Exceptions"</a></li>
            </ul>
            {state} {page.failing.as_ref().map(|failing| failures(failing, &row.instance_id))}
            {registrations(&page.registrations)}
        </div>
    }
    .into_any()
}

/// How many installs failed one after the other, since when, and why.
fn failures(failing: &RunFailures, id: &InstanceId) -> AnyView {
    let RunFailures { results, since, cause, evidence } = failing;
    let what = format!("{} failed since {}: ", plural(*results, "install", "installs"), format::day(*since));
    let line = (!evidence.is_empty()).then(|| view! { " "<span class="mono"><bdi>{evidence.clone()}</bdi></span> });
    view! {
        <div class="notice tone-failed" role="note">
            {icon(Icon::Failure)}
            <p>
                <strong>{what}</strong>{run_cause::label(cause)}"."{line}" "{run_cause::remedy(cause)}" "
                <a href=links::instance_tab(id, "runs")>"See its runs"</a>
            </p>
        </div>
    }
    .into_any()
}

/// Links to the history of the same instance under its other ids.
fn registrations(others: &[Registration]) -> AnyView {
    if others.is_empty() {
        return ().into_any();
    }
    let links = others.iter().map(|other| {
        let label = if other.earlier { "Registered before as " } else { "Registered again as " };
        let since = format::day(other.registered_at.unwrap_or(other.first_seen_at));
        let until = other.gone_at.map(|at| format!(" until {}", format::day(at)));
        view! {
            <li>
                <span class="muted">{label}</span>
                <a href=links::instance_tab(&other.instance_id, "history")>
                    <bdi class="mono">{other.instance_id.to_string()}</bdi>
                </a>
                <span class="muted">{format!(" since {since}")}{until}</span>
            </li>
        }
    });
    view! { <ul class="metadata" aria-label="Other registrations of this instance">{links.collect_view()}</ul> }
        .into_any()
}

/// The patch group, and whether it counts. Without one, the policy alone is named.
fn patch_group(row: &InstanceRow) -> Option<AnyView> {
    let group = quoted_blanks(&row.patch_group).into_owned();
    match (row.patch_group.is_empty(), row.patch_policy.is_empty()) {
        (true, true) => Some(view! { <li class="muted">"no patch group"</li> }.into_any()),
        (true, false) => None,
        (false, is_used) => {
            let overruled = (!is_used).then(|| view! { <span class="muted">" (overruled by the patch policy)"</span> });
            Some(view! { <li><span class="muted">"patch group "</span><bdi>{group}</bdi>{overruled}</li> }.into_any())
        }
    }
}

fn patch_policy(policy: &str) -> Option<AnyView> {
    let name = quoted_blanks(policy).into_owned();
    (!policy.is_empty())
        .then(|| view! { <li><span class="muted">"patch policy "</span><bdi>{name}</bdi></li> }.into_any())
}

/// The numbers of updates that need work and of those that are available or not listed, as links.
fn counts(page: &InstancePage) -> AnyView {
    let links = InstanceLinks(&page.instance.instance_id);
    let of = |(state, label): (UpdateState, &'static str)| {
        let n = page.states.iter().find(|count| count.state == state).map_or(0, |StateCount { updates, .. }| *updates);
        (n > 0).then(|| {
            let (tone, shape) = update_look(&state);
            let href = links.updates(&[state], None);
            view! { <a class="badge-link" href=href>{badge(tone, shape, format!("{} {label}", count(n)))}</a> }
        })
    };
    let states = [
        (UpdateState::Failed, "failed"),
        (UpdateState::Missing, "missing"),
        (UpdateState::InstalledPendingReboot, "pending reboot"),
        (UpdateState::InstalledRejected, "installed, rejected"),
        (UpdateState::AvailableSecurityUpdate, "available, waiting"),
    ];
    let unlisted = page.instance.details_missing;
    let unlisted = (unlisted > 0)
        .then(|| badge("details_missing", Icon::Question, format!("{} counted, not listed", count(unlisted))));
    view! { {states.map(of).collect_view()} {unlisted} }.into_any()
}
