//! Times as text that means the same everywhere, with their machine-readable form.

use crate::ui::format;
use jiff::Timestamp;
use leptos::prelude::*;

/// `23 Nov 2026, 02:40 UTC`
pub fn time(at: Timestamp) -> AnyView {
    view! { <time datetime=format::iso(at)>{format::stamp(at)}</time> }.into_any()
}

/// A time, or words for its absence.
pub fn time_or(at: Option<Timestamp>, absent: &'static str) -> AnyView {
    match at {
        Some(at) => time(at),
        None => view! { <span class="soft">{absent}</span> }.into_any(),
    }
}

/// `23 Nov 2026, 02:40` for a column whose heading says UTC; a dash where there is none.
pub fn short_time(at: Option<Timestamp>, absent: &'static str) -> AnyView {
    match at {
        Some(at) => view! { <time datetime=format::iso(at)>{format::stamp_short(at)}</time> }.into_any(),
        None => view! { <span class="soft">{absent}</span> }.into_any(),
    }
}

/// `3 minutes ago`, counted from the portal's clock; the exact time is in the markup and on hover. For what has happened:
/// by a clock ahead of ours it happened just now.
pub fn age_of(now: Timestamp, at: Timestamp) -> AnyView {
    view! { <time datetime=format::iso(at) title=format::stamp(at)>{format::age(now, at.min(now))}</time> }.into_any()
}
