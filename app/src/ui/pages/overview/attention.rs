//! The accounts that need attention, and why.

use crate::{
    model::{Attention, AttentionReason},
    ui::prelude::*,
};

/// The number of entries that are shown; the others are collapsed.
const SHOWN: usize = 5;

/// `all` is the number of accounts that need attention; `entries` are the worst of them.
pub fn attention_card(mut entries: Vec<Attention>, all: u64) -> AnyView {
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
                <p class="muted">"Every instance is up to date, and every account was harvested."</p>
            </div>
        }
        .into_any(),
        _ => view! { <ol class="item-list">{entries.into_iter().map(entry).collect_view()}</ol> {more} }.into_any(),
    };
    let accounts = plural(all, "account", "accounts");
    let shown = match all > total as u64 {
        true => format!("the worst {total} of {accounts}"),
        false => format!("{accounts}, worst first"),
    };
    let note = (total > 0).then(|| view! { <span class="muted">{shown}</span> });
    view! {
        <section class="card list-card">
            <div class="card-header"><h2>"Needs attention"</h2>{note}</div>
            {content}
        </section>
    }
    .into_any()
}

fn entry(entry: Attention) -> AnyView {
    view! {
        <li>
            <a href=with_query(&entry.href, "")>
                <span class="item-title">
                    <b><bdi>{entry.account_name}</bdi></b>
                    <span class="muted">{entry.provider.label().to_owned()}</span>
                </span>
                {attention_badge(entry.reason, label_of(entry.reason, entry.count))}
                <span class="item-reason"><bdi>{entry.why}</bdi></span>
            </a>
        </li>
    }
    .into_any()
}

fn label_of(reason: AttentionReason, n: u64) -> String {
    match reason {
        AttentionReason::HarvestFailing => reason.label().to_owned(),
        AttentionReason::OverdueUpdates => format!("{} overdue", count(n)),
        AttentionReason::FailedInstances => format!("{} failed", count(n)),
        AttentionReason::FailedRuns => plural(n, "run failed", "runs failed"),
        AttentionReason::PendingInstances => format!("{} pending", count(n)),
        AttentionReason::DetailsMissing => plural(n, "instance without details", "instances without details"),
        AttentionReason::StaleInstances => format!("{} stale", count(n)),
        AttentionReason::NeverScanned => format!("{} never scanned", count(n)),
        AttentionReason::PendingReboot => format!("{} pending reboot", count(n)),
        AttentionReason::NonCompliant => format!("{} non-compliant", count(n)),
        AttentionReason::Unsupported => format!("{} unsupported", count(n)),
    }
}
