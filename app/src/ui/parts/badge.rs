//! States as badges: an icon, a word and a colour, always all three.

use super::icon::{Icon, icon};
use crate::model::{AttentionReason, HarvestState, InstanceState, PatchStatus, SeverityBand, UpdateState};
use leptos::prelude::*;

/// The suffix of the state's `tone-` class, which badges, bars and timelines share, and its icon.
pub fn update_look(state: &UpdateState) -> (&'static str, Icon) {
    match state {
        UpdateState::Failed => ("failed", Icon::Failure),
        UpdateState::Missing => ("pending", Icon::Pending),
        UpdateState::InstalledPendingReboot => ("pending_reboot", Icon::Reboot),
        UpdateState::AvailableSecurityUpdate => ("available", Icon::Clock),
        UpdateState::InstalledRejected => ("non_compliant", Icon::Warning),
        UpdateState::Installed | UpdateState::InstalledOther => ("up_to_date", Icon::Success),
        UpdateState::NotApplicable | UpdateState::Other(_) => ("no_data", Icon::Dot),
    }
}

pub fn badge(tone: &str, shape: Icon, text: impl Into<String>) -> AnyView {
    view! { <span class=format!("badge tone-{tone}")>{icon(shape)}<bdi>{text.into()}</bdi></span> }.into_any()
}

pub fn patch_badge(status: PatchStatus) -> AnyView {
    badge(status.code(), Icon::of_status(status), status.label())
}

pub fn update_badge(state: &UpdateState) -> AnyView {
    let (tone, shape) = update_look(state);
    badge(tone, shape, state.label())
}

pub fn harvest_badge(state: HarvestState) -> AnyView {
    let (tone, shape) = match state {
        HarvestState::Fresh => ("up_to_date", Icon::Success),
        HarvestState::Partial => ("pending", Icon::Warning),
        HarvestState::Stale => ("stale", Icon::Clock),
        HarvestState::Failing => ("failed", Icon::Failure),
        HarvestState::Never => ("no_data", Icon::Unknown),
    };
    badge(tone, shape, state.label())
}

/// What needs attention, with these words.
pub fn attention_badge(reason: AttentionReason, text: impl Into<String>) -> AnyView {
    let of_status = |status: PatchStatus| (status.code(), Icon::of_status(status));
    let (tone, shape) = match reason {
        AttentionReason::HarvestFailing => ("stale", Icon::Warning),
        AttentionReason::OverdueUpdates => ("failed", Icon::Clock),
        AttentionReason::FailedInstances | AttentionReason::FailedRuns => of_status(PatchStatus::Failed),
        AttentionReason::PendingInstances => of_status(PatchStatus::Pending),
        AttentionReason::DetailsMissing => of_status(PatchStatus::DetailsMissing),
        AttentionReason::StaleInstances => of_status(PatchStatus::Stale),
        AttentionReason::NeverScanned => of_status(PatchStatus::NoData),
        AttentionReason::PendingReboot => of_status(PatchStatus::PendingReboot),
        AttentionReason::NonCompliant => of_status(PatchStatus::NonCompliant),
        AttentionReason::Unsupported => of_status(PatchStatus::Unsupported),
    };
    badge(tone, shape, text)
}

pub fn instance_state_badge(state: InstanceState) -> AnyView {
    let (tone, shape) = match state {
        InstanceState::Online => ("up_to_date", Icon::Dot),
        InstanceState::AgentLost => ("stale", Icon::Unknown),
        InstanceState::Unreadable => ("stale", Icon::Warning),
        InstanceState::Stopped | InstanceState::Deregistered | InstanceState::Duplicate | InstanceState::Terminated => {
            ("no_data", Icon::Dot)
        }
    };
    badge(tone, shape, state.label())
}

/// The vendor's severity with the bars of its band; the band's name follows where it differs.
pub fn severity_label(vendor_word: &str, band: SeverityBand) -> AnyView {
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
