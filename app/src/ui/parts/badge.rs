//! States as badges: an icon, a word and a colour, always all three.

use super::icon::{Icon, icon};
use crate::model::{freshness::HarvestState, patch_status::PatchStatus, severity::SeverityBand, update::UpdateState};
use leptos::prelude::*;

/// The suffix of the state's `tone-` class, which badges, bars and timelines share.
pub fn update_tone(state: &UpdateState) -> &'static str {
    match state {
        UpdateState::Failed => "failed",
        UpdateState::Missing => "pending",
        UpdateState::InstalledPendingReboot => "pending_reboot",
        UpdateState::AvailableSecurityUpdate | UpdateState::InstalledRejected => "pending",
        UpdateState::Installed | UpdateState::InstalledOther => "up_to_date",
        UpdateState::NotApplicable | UpdateState::Other(_) => "no_data",
    }
}

pub fn badge(tone: &str, shape: Icon, text: impl Into<String>) -> AnyView {
    view! { <span class=format!("badge tone-{tone}")>{icon(shape)}<bdi>{text.into()}</bdi></span> }.into_any()
}

pub fn patch_badge(status: PatchStatus) -> AnyView {
    badge(status.code(), Icon::of_status(status), status.label())
}

pub fn update_badge(state: &UpdateState) -> AnyView {
    badge(update_tone(state), Icon::of_update(state), state.label())
}

pub fn harvest_badge(state: HarvestState) -> AnyView {
    let tone = match state {
        HarvestState::Fresh => "up_to_date",
        HarvestState::Partial => "pending",
        HarvestState::Stale => "stale",
        HarvestState::Failing => "failed",
        HarvestState::Never => "no_data",
    };
    badge(tone, Icon::of_harvest(state), state.label())
}

/// The vendor's severity with the bars of its band; the band's name follows where it differs.
pub fn severity_label(vendor_word: &str) -> AnyView {
    let band = SeverityBand::of(vendor_word);
    let same = vendor_word.eq_ignore_ascii_case(band.label());
    let word = if vendor_word.is_empty() { "Not rated".to_owned() } else { vendor_word.to_owned() };
    let beside = (!same && band != SeverityBand::Unrated).then(|| format!(" ({})", band.label()));
    view! {
        <span class=format!("severity band-{}", band.code())>
            <span class="severity-bars" aria-hidden="true"></span>
            <span><bdi>{word}</bdi>{beside}</span>
        </span>
    }
    .into_any()
}
