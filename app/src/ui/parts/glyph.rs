//! Small shapes that say a state without its colour.

use crate::model::{freshness::HarvestState, patch_status::PatchStatus, update::UpdateState};
use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// A tick in a disc: done.
    Done,
    /// An arrow into a disc: waits to be installed.
    Waiting,
    /// A cross in an octagon: went wrong.
    Wrong,
    /// A turning arrow: waits for a reboot.
    Turn,
    /// A clock: too old.
    Old,
    /// A dashed ring: nothing known.
    Unknown,
    /// A triangle: look here.
    Alert,
    /// A small disc: said, and no more.
    Dot,
}

impl Glyph {
    pub fn of_status(status: PatchStatus) -> Self {
        match status {
            PatchStatus::UpToDate => Self::Done,
            PatchStatus::Pending => Self::Waiting,
            PatchStatus::Failed => Self::Wrong,
            PatchStatus::PendingReboot => Self::Turn,
            PatchStatus::Stale => Self::Old,
            PatchStatus::NoData => Self::Unknown,
        }
    }

    pub fn of_update(state: &UpdateState) -> Self {
        match state {
            UpdateState::Failed => Self::Wrong,
            UpdateState::Missing => Self::Waiting,
            UpdateState::InstalledPendingReboot => Self::Turn,
            UpdateState::AvailableSecurityUpdate | UpdateState::InstalledRejected => Self::Alert,
            UpdateState::Installed | UpdateState::InstalledOther => Self::Done,
            UpdateState::NotApplicable | UpdateState::Other(_) => Self::Dot,
        }
    }

    pub fn of_harvest(state: HarvestState) -> Self {
        match state {
            HarvestState::Fresh => Self::Done,
            HarvestState::Partial => Self::Alert,
            HarvestState::Stale => Self::Old,
            HarvestState::Failing => Self::Wrong,
            HarvestState::Never => Self::Unknown,
        }
    }

    /// The outline, and whether it is filled or drawn as a line.
    fn path(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => (
                "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.9 5.1-4.5 5-3.3-3.2 1.1-1.2 2.1 2 3.4-3.8 1.2 1.2Z",
                "glyph solid",
            ),
            Self::Waiting => (
                "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm.8 3v4.6l1.7-1.7 1.1 1.1L8 11.7 4.4 8l1.1-1.1 1.7 1.7V4h1.6Z",
                "glyph solid",
            ),
            Self::Wrong => (
                "M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1L5.1 1Zm.5 3.4L4.4 5.6 6.8 8l-2.4 2.4 1.2 1.2L8 9.2l2.4 \
                 2.4 1.2-1.2L9.2 8l2.4-2.4-1.2-1.2L8 6.8 5.6 4.4Z",
                "glyph solid",
            ),
            Self::Turn => ("M13.2 8A5.2 5.2 0 1 1 11.4 4M13.4 1.6v3.5H9.9", "glyph outline"),
            Self::Old => ("M8 1.9a6.1 6.1 0 1 0 0 12.2A6.1 6.1 0 0 0 8 1.9ZM8 4.6V8l2.3 1.7", "glyph outline"),
            Self::Unknown => ("M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z", "glyph outline dashed"),
            Self::Alert => ("M8 1.2 15.4 14.6H.6L8 1.2ZM7.2 6v4.4h1.6V6H7.2Zm0 5.4V13h1.6v-1.6H7.2Z", "glyph solid"),
            Self::Dot => ("M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z", "glyph solid"),
        }
    }
}

/// Decoration beside a word that says the same, so it is hidden from screen readers.
pub fn glyph(shape: Glyph) -> AnyView {
    let (path, class) = shape.path();
    view! {
        <svg class=class viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
            <path d=path />
        </svg>
    }
    .into_any()
}
