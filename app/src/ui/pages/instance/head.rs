//! Which machine it is, and what needs work on it.

use crate::model::freshness::HarvestState;
use crate::{
    model::{
        instance::{InstancePage, Registration, StateCount},
        update::UpdateState,
    },
    ui::{
        format::{self, count},
        links::{self, InstanceLinks},
        parts::{Glyph, crumbs, glyph, harvest_badge, note_badge, patch_badge},
    },
};
use leptos::prelude::*;

pub fn head(page: &InstancePage) -> AnyView {
    let row = &page.instance;
    let above = vec![
        ("Instances".to_owned(), "/instances".to_owned()),
        (row.account_name.clone(), links::account(&row.account_id)),
    ];
    let gone = page.gone_at.map(|at| {
        view! {
            <div class="notice tone-stale" role="note">
                {glyph(Glyph::Alert)}
                <p>
                    <strong>"This machine is gone."</strong>
                    {format!(
                        " The harvest of {} no longer found it. What follows is its last known state and its history.",
                        format::stamp(at),
                    )}
                </p>
            </div>
        }
    });
    let doubt = (page.harvest_state != HarvestState::Fresh).then(|| {
        let as_of = row
            .last_harvest_at
            .map_or("no figures yet".to_owned(), |at| format!("figures as of {}", format::stamp(at)));
        view! { <span class="doubt">{harvest_badge(page.harvest_state)}<span class="soft">{as_of}</span></span> }
    });
    view! {
        <div class="page-head">
            {crumbs(above, row.name.clone())}
            <div class="title">
                <h1><bdi>{row.name.clone()}</bdi></h1>
                {patch_badge(row.patch_status)} {counts(page)} {doubt}
            </div>
            <ul class="about">
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

/// The way to the history that the same machine has under its other ids.
fn registrations(others: &[Registration]) -> AnyView {
    if others.is_empty() {
        return ().into_any();
    }
    let links = others.iter().map(|other| {
        let word = if other.earlier { "Earlier registration " } else { "Later registration " };
        let since = format::day(other.registered_at.unwrap_or(other.first_seen_at));
        let until = other.gone_at.map(|at| format!(", gone {}", format::day(at)));
        view! {
            <li>
                <span class="soft">{word}</span>
                <a href=links::instance_tab(&other.instance_id, "history")>
                    <bdi class="mono">{other.instance_id.to_string()}</bdi>
                </a>
                <span class="soft">{format!(" since {since}")}{until}</span>
            </li>
        }
    });
    view! { <ul class="about" aria-label="Other registrations of this machine">{links.collect_view()}</ul> }.into_any()
}

fn patch_group(group: &str) -> AnyView {
    match group.is_empty() {
        true => view! { <li class="soft">"outside any patch group"</li> }.into_any(),
        false => view! { <li><span class="soft">"patch group "</span><bdi>{group.to_owned()}</bdi></li> }.into_any(),
    }
}

/// What is not done yet, each as a link to those updates.
fn counts(page: &InstancePage) -> AnyView {
    let links = InstanceLinks(&page.instance.instance_id);
    let of = |state: UpdateState| {
        let n = page.states.iter().find(|count| count.state == state).map_or(0, |StateCount { updates, .. }| *updates);
        let (tone, shape, word) = match state {
            UpdateState::Failed => ("failed", Glyph::Wrong, "failed"),
            UpdateState::Missing => ("pending", Glyph::Waiting, "missing"),
            _ => ("pending_reboot", Glyph::Turn, "to reboot"),
        };
        (n > 0).then(|| {
            let href = links.updates(&[state], None);
            view! { <a class="badge-link" href=href>{note_badge(tone, shape, format!("{} {word}", count(n)))}</a> }
        })
    };
    [UpdateState::Failed, UpdateState::Missing, UpdateState::InstalledPendingReboot].map(of).collect_view().into_any()
}
