//! Times as UTC text in `<time>` elements.

use crate::ui::prelude::*;

/// `23 Nov 2026, 02:40 UTC`
pub fn time(at: Timestamp) -> AnyView {
    view! { <time datetime=format::rfc3339(at)>{format::date_time(at)}</time> }.into_any()
}

/// What stands where there is no value.
pub fn muted(absent: &'static str) -> AnyView {
    view! { <span class="muted">{absent}</span> }.into_any()
}

/// A time, or a text for its absence.
pub fn time_or(at: Option<Timestamp>, absent: &'static str) -> AnyView {
    at.map_or_else(|| muted(absent), time)
}

/// `23 Nov 2026, 02:40` for a column whose heading says UTC, or a text for its absence.
pub fn short_time(at: Option<Timestamp>, absent: &'static str) -> AnyView {
    let short = |at| view! { <time datetime=format::rfc3339(at)>{format::date_time_short(at)}</time> }.into_any();
    at.map_or_else(|| muted(absent), short)
}

/// `3 minutes ago` by the portal's clock, with the exact time on hover. A time in the future, from a clock that is ahead,
/// is shown as just now.
pub fn age_of(now: Timestamp, at: Timestamp) -> AnyView {
    view! { <time datetime=format::rfc3339(at) title=format::date_time(at)>{format::age(now, at.min(now))}</time> }
        .into_any()
}
