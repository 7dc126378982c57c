//! The windows that patch nothing, with the reason.

use crate::{
    model::{Coverage, CoverageFilter, IdleReason, IdleWindowRow},
    ui::prelude::*,
};

pub fn idle_card(total: u64, rows: Vec<IdleWindowRow>) -> AnyView {
    let uncovered = CoverageFilter { coverage: Some(Coverage::NoWindow), ..CoverageFilter::default() };
    let note = match rows.len() as u64 {
        shown if shown < total => format!("The first {} of {}", count(shown), count(total)),
        _ => plural(total, "window", "windows"),
    };
    let columns = [Column::text("Window"), Column::text("Reason"), Column::text("Account"), Column::text("Region")];
    let rows = rows.into_iter().map(|row| {
        let tone = if row.reason == IdleReason::Disabled { "stale" } else { "pending" };
        cells![
            view! { <bdi>{row.name}</bdi><span class="secondary mono">{row.window_id}</span> },
            badge(tone, Icon::Warning, row.reason.label()),
            account_cell(&row.account_id, row.account_name, &row.provider, row.customer_name),
            row.region,
        ]
    });
    let content = match total {
        0 => view! { <p class="card-footer muted">"Every window is scheduled, patches, and has an instance."</p> }
            .into_any(),
        _ => data_table("Windows that patch nothing", &columns, rows),
    };
    Card::new("idle", "Windows that patch nothing").note(note).content(view! {
        {content}
        <p class="card-footer muted">
            "Instances that no window or policy patches: "<a href=links::coverage(&uncovered)>"Coverage, no window"</a>
        </p>
    })
}
