//! The three clocks of a machine, side by side and never merged, with the hints and tags.

use crate::{
    model::instance::InstancePage,
    ui::{
        format,
        parts::{Glyph, age_of, glyph, harvest_badge, note_badge, time_or},
    },
};
use leptos::prelude::*;

pub fn facts(page: &InstancePage) -> AnyView {
    view! {
        <dl class="facts card">{online(page)} {scanned(page)} {harvested(page)} {agent(page)} {machine(page)}</dl>
    }
    .into_any()
}

fn fact(name: &'static str, value: AnyView, about: AnyView) -> AnyView {
    view! { <div><dt>{name}</dt><dd><b>{value}</b><span class="soft">{about}</span></dd></div> }.into_any()
}

fn online(page: &InstancePage) -> AnyView {
    let badge = match page.instance.online {
        true => note_badge("up_to_date", Glyph::Dot, "Online"),
        false => note_badge("stale", Glyph::Unknown, "Offline"),
    };
    let ping = match page.instance.last_ping_at {
        Some(at) => view! { "last ping "{age_of(page.freshness.now, at)} }.into_any(),
        None => "never pinged".into_any(),
    };
    fact("Online", badge, ping)
}

fn scanned(page: &InstancePage) -> AnyView {
    let operation = match page.last_operation.is_empty() {
        true => "no patch operation yet".to_owned(),
        false => format!("by {}", page.last_operation),
    };
    let baseline = (!page.baseline_id.is_empty()).then(|| view! { ", baseline "<bdi>{page.baseline_id.clone()}</bdi> });
    let about = view! { {operation}{baseline} }.into_any();
    fact("Scanned", time_or(page.instance.last_scan_at, "Never"), about)
}

fn harvested(page: &InstancePage) -> AnyView {
    let about = view! { {harvest_badge(page.harvest_state)} }.into_any();
    fact("Harvested", time_or(page.instance.last_harvest_at, "Never"), about)
}

fn agent(page: &InstancePage) -> AnyView {
    let row = &page.instance;
    let about = match (&page.latest_agent_version, row.agent_is_latest) {
        (_, true) => "the latest version".into_any(),
        (Some(latest), false) => {
            view! { <span class="warn">"update pending, latest is "</span><bdi>{latest.clone()}</bdi> }.into_any()
        }
        (None, false) => view! { <span class="warn">"update pending"</span> }.into_any(),
    };
    fact("Agent", view! { <bdi>{row.agent_version.clone()}</bdi> }.into_any(), about)
}

fn machine(page: &InstancePage) -> AnyView {
    let enrolled = page.registered_at.unwrap_or(page.first_seen_at);
    let about = view! {
        <bdi>{page.ip_address.clone()}</bdi>
        {format!(", {} since {}", page.resource_type, format::day(enrolled))}
        {(!page.hardware.is_empty()).then(|| view! { "; "<bdi>{page.hardware.clone()}</bdi> })}
    };
    fact("Machine", view! { <bdi>{page.computer_name.clone()}</bdi> }.into_any(), about.into_any())
}

/// Why it may be offline, or why figures may be missing.
pub fn hints(page: &InstancePage) -> AnyView {
    if page.hints.is_empty() {
        return ().into_any();
    }
    let hints = page.hints.iter().cloned().map(|hint| view! { <li><bdi>{hint}</bdi></li> });
    view! {
        <section class="notice tone-pending" aria-label="Hints">
            {glyph(Glyph::Alert)}<ul>{hints.collect_view()}</ul>
        </section>
    }
    .into_any()
}

pub fn tags(tags: &[(String, String)]) -> AnyView {
    if tags.is_empty() {
        return ().into_any();
    }
    let rows = tags.iter().cloned().map(|(key, value)| {
        view! { <div><dt><bdi>{key}</bdi></dt><dd><bdi>{value}</bdi></dd></div> }
    });
    view! {
        <section class="card" aria-labelledby="tags">
            <div class="card-head"><h2 id="tags">"Tags"</h2></div>
            <dl class="tags">{rows.collect_view()}</dl>
        </section>
    }
    .into_any()
}
