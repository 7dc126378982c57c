//! Who is worst off, and why.

use crate::{
    model::overview::{Attention, AttentionReason},
    ui::{
        format::{count, plural},
        links::with_query,
        parts::{Glyph, glyph, note_badge},
    },
};
use leptos::prelude::*;

/// How many are shown before the rest is folded away.
const SHOWN: usize = 5;

pub fn attention_card(mut entries: Vec<Attention>) -> AnyView {
    let total = entries.len();
    if total == 0 {
        return view! {
            <section class="card attention">
                <div class="card-head"><h2>"Needs attention"</h2></div>
                <div class="empty">
                    <p class="tone-up_to_date">{glyph(Glyph::Done)}" "<strong>"Nothing needs attention."</strong></p>
                    <p class="soft">"No account has failed, missing or stale machines, and every harvest succeeds."</p>
                </div>
            </section>
        }
        .into_any();
    }
    let rest = entries.split_off(total.min(SHOWN));
    let more = (!rest.is_empty()).then(|| {
        view! {
            <details>
                <summary>{format!("{} more", count(rest.len() as u64))}</summary>
                <ul class="rows">{rest.into_iter().map(entry).collect_view()}</ul>
            </details>
        }
    });
    view! {
        <section class="card attention">
            <div class="card-head">
                <h2>"Needs attention"</h2>
                <span class="soft">{format!("{}, worst first", plural(total as u64, "case", "cases"))}</span>
            </div>
            <ol class="rows">{entries.into_iter().map(entry).collect_view()}</ol>
            {more}
        </section>
    }
    .into_any()
}

fn entry(entry: Attention) -> AnyView {
    let (tone, shape, word) = words(entry.reason, entry.count);
    view! {
        <li>
            <a href=with_query(&entry.href, "")>
                <span class="who">
                    <b><bdi>{entry.account_name}</bdi></b>
                    <span class="soft">{entry.provider.label().to_owned()}</span>
                </span>
                {note_badge(tone, shape, word)}
                <span class="why"><bdi>{entry.why}</bdi></span>
            </a>
        </li>
    }
    .into_any()
}

fn words(reason: AttentionReason, n: u64) -> (&'static str, Glyph, String) {
    match reason {
        AttentionReason::HarvestFailing => ("stale", Glyph::Alert, "Harvest failing".to_owned()),
        AttentionReason::FailedInstances => ("failed", Glyph::Wrong, format!("{} failed", count(n))),
        AttentionReason::FailedRuns => ("failed", Glyph::Wrong, plural(n, "run failed", "runs failed")),
        AttentionReason::PendingInstances => ("pending", Glyph::Waiting, format!("{} pending", count(n))),
        AttentionReason::StaleInstances => ("stale", Glyph::Old, format!("{} stale", count(n))),
        AttentionReason::PendingReboot => ("pending_reboot", Glyph::Turn, format!("{} to reboot", count(n))),
    }
}
