//! The instance's name, identity and pending work.

use crate::{
    model::{HarvestState, InstancePage, Registration, StateCount, UpdateState},
    ui::prelude::*,
};

pub fn head(page: &InstancePage) -> AnyView {
    let row = &page.instance;
    let above = vec![
        ("Instances".to_owned(), "/instances".to_owned()),
        (row.account_name.clone(), links::account(&row.account_id)),
    ];
    let gone = page.gone_at.map(|at| {
        view! {
            <div class="notice tone-stale" role="note">
                {icon(Icon::Warning)}
                <p>
                    <strong>"This instance is gone."</strong>
                    {format!(
                        " It was missing from the harvest of {}. Its last known state and its history are shown below.",
                        format::date_time(at),
                    )}
                </p>
            </div>
        }
    });
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
                {patch_group(&row.patch_group)}
            </ul>
            {gone} {registrations(&page.registrations)}
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
        let label = if other.earlier { "Earlier registration " } else { "Later registration " };
        let since = format::day(other.registered_at.unwrap_or(other.first_seen_at));
        let until = other.gone_at.map(|at| format!(", gone {}", format::day(at)));
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

fn patch_group(group: &str) -> AnyView {
    match group.is_empty() {
        true => view! { <li class="muted">"no patch group"</li> }.into_any(),
        false => view! { <li><span class="muted">"patch group "</span><bdi>{group.to_owned()}</bdi></li> }.into_any(),
    }
}

/// The numbers of failed and missing updates and of those that wait for a reboot, as links.
fn counts(page: &InstancePage) -> AnyView {
    let links = InstanceLinks(&page.instance.instance_id);
    let of = |state: UpdateState| {
        let n = page.states.iter().find(|count| count.state == state).map_or(0, |StateCount { updates, .. }| *updates);
        let (tone, shape, label) = match state {
            UpdateState::Failed => ("failed", Icon::Failure, "failed"),
            UpdateState::Missing => ("pending", Icon::Pending, "missing"),
            _ => ("pending_reboot", Icon::Reboot, "pending reboot"),
        };
        (n > 0).then(|| {
            let href = links.updates(&[state], None);
            view! { <a class="badge-link" href=href>{badge(tone, shape, format!("{} {label}", count(n)))}</a> }
        })
    };
    [UpdateState::Failed, UpdateState::Missing, UpdateState::InstalledPendingReboot].map(of).collect_view().into_any()
}
