//! The share of each status, as a stacked bar.

use crate::{
    model::{PatchStatus, StatusCounts},
    ui::prelude::*,
};

/// Hidden from screen readers: the figures beside it say the same.
pub fn status_bar(counts: &StatusCounts, class: &'static str) -> AnyView {
    let total = counts.total();
    let parts = PatchStatus::ALL.into_iter().filter(|status| counts.get(*status) > 0).map(|status| {
        let n = counts.get(status);
        let title = format!("{}: {} of {} ({} %)", status.label(), count(n), count(total), percent(n, total));
        view! { <span class=format!("segment fill-{}", status.code()) style=format!("flex-grow:{n}") title=title></span> }
    });
    view! { <span class=format!("stacked-bar {class}") aria-hidden="true">{parts.collect_view()}</span> }.into_any()
}
