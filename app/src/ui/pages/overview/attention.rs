//! The accounts that need attention, and why.

use crate::{
    model::{Attention, AttentionReason},
    ui::prelude::*,
};

/// The number of entries that are shown; the others are collapsed.
const SHOWN: usize = 5;

pub fn attention_card(mut entries: Vec<Attention>) -> AnyView {
    let total = entries.len();
    let rest = entries.split_off(total.min(SHOWN));
    let more = (!rest.is_empty()).then(|| {
        view! {
            <details>
                <summary>{format!("{} more", count(rest.len() as u64))}</summary>
                <ul class="item-list">{rest.into_iter().map(entry).collect_view()}</ul>
            </details>
        }
    });
    let content = match total {
        0 => view! {
            <div class="empty-state">
                <p class="tone-up_to_date">{icon(Icon::Success)}" "<strong>"Nothing needs attention."</strong></p>
                <p class="muted">"Every instance is up to date or has no data, and every account was harvested."</p>
            </div>
        }
        .into_any(),
        _ => view! { <ol class="item-list">{entries.into_iter().map(entry).collect_view()}</ol> {more} }.into_any(),
    };
    let issues = format!("{}, worst first", plural(total as u64, "issue", "issues"));
    let note = (total > 0).then(|| view! { <span class="muted">{issues}</span> });
    view! {
        <section class="card list-card">
            <div class="card-header"><h2>"Needs attention"</h2>{note}</div>
            {content}
        </section>
    }
    .into_any()
}

fn entry(entry: Attention) -> AnyView {
    let (tone, icon, label) = label_of(entry.reason, entry.count);
    view! {
        <li>
            <a href=with_query(&entry.href, "")>
                <span class="item-title">
                    <b><bdi>{entry.account_name}</bdi></b>
                    <span class="muted">{entry.provider.label().to_owned()}</span>
                </span>
                {badge(tone, icon, label)}
                <span class="item-reason"><bdi>{entry.why}</bdi></span>
            </a>
        </li>
    }
    .into_any()
}

fn label_of(reason: AttentionReason, n: u64) -> (&'static str, Icon, String) {
    match reason {
        AttentionReason::HarvestFailing => ("stale", Icon::Warning, "Harvest failing".to_owned()),
        AttentionReason::FailedInstances => ("failed", Icon::Failure, format!("{} failed", count(n))),
        AttentionReason::FailedRuns => ("failed", Icon::Failure, plural(n, "run failed", "runs failed")),
        AttentionReason::PendingInstances => ("pending", Icon::Pending, format!("{} pending", count(n))),
        AttentionReason::DetailsMissing => {
            ("details_missing", Icon::Question, plural(n, "instance without details", "instances without details"))
        }
        AttentionReason::StaleInstances => ("stale", Icon::Clock, format!("{} stale", count(n))),
        AttentionReason::PendingReboot => ("pending_reboot", Icon::Reboot, format!("{} pending reboot", count(n))),
        AttentionReason::NonCompliant => ("non_compliant", Icon::Warning, format!("{} non-compliant", count(n))),
    }
}
