//! States as badges: a shape, a word and a colour, always all three.

use super::glyph::{Glyph, glyph};
use crate::model::{freshness::HarvestState, patch_status::PatchStatus, severity::SeverityBand, update::UpdateState};
use leptos::prelude::*;

/// The colour's name in the stylesheet, shared by badges, bars and timelines.
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

fn badge(tone: &str, shape: Glyph, text: String) -> AnyView {
    view! { <span class=format!("badge tone-{tone}")>{glyph(shape)}<bdi>{text}</bdi></span> }.into_any()
}

pub fn patch_badge(status: PatchStatus) -> AnyView {
    badge(status.code(), Glyph::of_status(status), status.label().to_owned())
}

pub fn update_badge(state: &UpdateState) -> AnyView {
    badge(update_tone(state), Glyph::of_update(state), state.label().to_owned())
}

pub fn harvest_badge(state: HarvestState) -> AnyView {
    let tone = match state {
        HarvestState::Fresh => "up_to_date",
        HarvestState::Partial => "pending",
        HarvestState::Stale => "stale",
        HarvestState::Failing => "failed",
        HarvestState::Never => "no_data",
    };
    badge(tone, Glyph::of_harvest(state), state.label().to_owned())
}

/// A badge with words of its own.
pub fn note_badge(tone: &str, shape: Glyph, text: impl Into<String>) -> AnyView {
    badge(tone, shape, text.into())
}

/// The vendor's own word, marked by the band it falls into; the band is said where the word differs.
pub fn severity_word(vendor_word: &str) -> AnyView {
    let band = SeverityBand::of(vendor_word);
    let same = vendor_word.eq_ignore_ascii_case(band.label());
    let word = if vendor_word.is_empty() { "Not given".to_owned() } else { vendor_word.to_owned() };
    let beside = (!same && band != SeverityBand::Unrated).then(|| format!(" ({})", band.label()));
    view! {
        <span class=format!("severity band-{}", band.code())>
            <span class="rungs" aria-hidden="true"></span>
            <span><bdi>{word}</bdi>{beside}</span>
        </span>
    }
    .into_any()
}
