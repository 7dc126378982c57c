//! Small icons that show a state without relying on colour.

use crate::model::PatchStatus;
use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A tick in a disc.
    Success,
    /// A download arrow in a disc: waits to be installed.
    Pending,
    /// A cross in an octagon.
    Failure,
    /// A circular arrow: waits for a reboot.
    Reboot,
    /// A clock face: outdated or due.
    Clock,
    /// A dashed circle: no data.
    Unknown,
    /// A circle with a bar across it: cannot be done.
    Barred,
    /// A question mark in a circle: something is known to be missing.
    Question,
    /// A triangle with an exclamation mark.
    Warning,
    /// A small disc: neutral.
    Dot,
    /// A line that goes up: a figure over time.
    Trend,
}

impl Icon {
    pub fn of_status(status: PatchStatus) -> Self {
        match status {
            PatchStatus::UpToDate => Self::Success,
            PatchStatus::Pending => Self::Pending,
            PatchStatus::Failed => Self::Failure,
            PatchStatus::PendingReboot => Self::Reboot,
            PatchStatus::NonCompliant => Self::Warning,
            PatchStatus::DetailsMissing => Self::Question,
            PatchStatus::Stale => Self::Clock,
            PatchStatus::Unsupported => Self::Barred,
            PatchStatus::NoData => Self::Unknown,
        }
    }

    /// The path and the classes: filled, or drawn as an outline.
    fn path(self) -> (&'static str, &'static str) {
        match self {
            Self::Success => (
                "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.9 5.1-4.5 5-3.3-3.2 1.1-1.2 2.1 2 3.4-3.8 1.2 1.2Z",
                "icon solid",
            ),
            Self::Pending => (
                "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm.8 3v4.6l1.7-1.7 1.1 1.1L8 11.7 4.4 8l1.1-1.1 1.7 1.7V4h1.6Z",
                "icon solid",
            ),
            Self::Failure => (
                "M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1L5.1 1Zm.5 3.4L4.4 5.6 6.8 8l-2.4 2.4 1.2 1.2L8 9.2l2.4 \
                 2.4 1.2-1.2L9.2 8l2.4-2.4-1.2-1.2L8 6.8 5.6 4.4Z",
                "icon solid",
            ),
            Self::Reboot => ("M13.2 8A5.2 5.2 0 1 1 11.4 4M13.4 1.6v3.5H9.9", "icon outline"),
            Self::Clock => ("M8 1.9a6.1 6.1 0 1 0 0 12.2A6.1 6.1 0 0 0 8 1.9ZM8 4.6V8l2.3 1.7", "icon outline"),
            Self::Barred => ("M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM3.8 3.8l8.4 8.4", "icon outline"),
            Self::Unknown => ("M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z", "icon outline dashed"),
            Self::Question => (
                "M8 1.9a6.1 6.1 0 1 0 0 12.2A6.1 6.1 0 0 0 8 1.9ZM6 6.3c0-2.7 4.1-2.6 4.1-.1 0 1.6-2 1.6-2 3.2M8 11.3v.4",
                "icon outline",
            ),
            Self::Warning => ("M8 1.2 15.4 14.6H.6L8 1.2ZM7.2 6v4.4h1.6V6H7.2Zm0 5.4V13h1.6v-1.6H7.2Z", "icon solid"),
            Self::Trend => ("M1.5 12 5.5 7.5l3 3 6-7", "icon outline"),
            Self::Dot => ("M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z", "icon solid"),
        }
    }
}

/// Hidden from screen readers: the text beside it says the same.
pub fn icon(shape: Icon) -> AnyView {
    let (path, class) = shape.path();
    view! {
        <svg class=class viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
            <path d=path />
        </svg>
    }
    .into_any()
}
