//! The state, scan and harvest times of an instance, with its agent, address, hints and tags.

use crate::{
    model::{CalendarFilter, CalendarKind, InstancePage, NextStart},
    ui::prelude::*,
};

pub fn facts(page: &InstancePage) -> AnyView {
    view! {
        <dl class="details-grid card">{state(page)} {scanned(page)} {next(page)} {harvested(page)} {agent(page)} {computer(page)}</dl>
    }
    .into_any()
}

fn fact(name: &'static str, value: AnyView, about: AnyView) -> AnyView {
    view! { <div><dt>{name}</dt><dd><b>{value}</b><span class="muted">{about}</span></dd></div> }.into_any()
}

fn state(page: &InstancePage) -> AnyView {
    let badge = instance_state_badge(page.instance.instance_state);
    let ping = match page.instance.last_ping_at {
        Some(at) => view! { "last ping "{age_of(page.freshness.now, at)} }.into_any(),
        None => "never pinged".into_any(),
    };
    fact("State", badge, ping)
}

fn scanned(page: &InstancePage) -> AnyView {
    let operation = match page.last_operation.is_empty() {
        true => "no patch operation yet".to_owned(),
        false if page.install_override => format!("by {} with an override list", page.last_operation),
        false => format!("by {}", page.last_operation),
    };
    let baseline = (!page.baseline_id.is_empty()).then(|| view! { ", baseline "<bdi>{page.baseline_id.clone()}</bdi> });
    let about = view! { {operation}{baseline} }.into_any();
    fact("Scanned", time_or(page.instance.last_scan_at, "Never"), about)
}

/// When it is patched next; of what is gone, nothing.
fn next(page: &InstancePage) -> AnyView {
    if page.gone_at.is_some() {
        return ().into_any();
    }
    let instance = Some(page.instance.instance_id.clone());
    let calendar = links::calendar(&CalendarFilter { instance, ..CalendarFilter::default() });
    let about = match &page.next_start {
        Some(NextStart { starts_at, name, kind }) => {
            let kind = if *kind == CalendarKind::Window { "window" } else { "patch policy" };
            view! {
                {format!("{}, {kind} ", format::age(page.freshness.now, *starts_at))}<bdi>{name.clone()}</bdi>"; "
                <a href=calendar>"its calendar"</a>
            }
            .into_any()
        }
        None => {
            view! { "no window or policy that is known patches it; "<a href=calendar>"its calendar"</a> }.into_any()
        }
    };
    fact("Next patching", time_or(page.next_start.as_ref().map(|start| start.starts_at), "Not planned"), about)
}

fn harvested(page: &InstancePage) -> AnyView {
    let about = view! { {harvest_badge(page.harvest_state)} }.into_any();
    fact("Harvested", time_or(page.instance.last_harvest_at, "Never"), about)
}

fn agent(page: &InstancePage) -> AnyView {
    let row = &page.instance;
    let about = match (&page.latest_agent_version, row.agent_is_latest) {
        (_, None) => "not known whether it is the latest".into_any(),
        (_, Some(true)) => "latest version".into_any(),
        (Some(latest), Some(false)) => {
            view! { <span class="warning">"update available: "</span><bdi>{latest.clone()}</bdi> }.into_any()
        }
        (None, Some(false)) => view! { <span class="warning">"update available"</span> }.into_any(),
    };
    fact("Agent", view! { <bdi>{row.agent_version.clone()}</bdi> }.into_any(), about)
}

fn computer(page: &InstancePage) -> AnyView {
    let registered = page.registered_at.unwrap_or(page.first_seen_at);
    let about = view! {
        <bdi>{page.ip_address.clone()}</bdi>
        {format!(", {} since {}", page.resource_type, format::day(registered))}
        {(!page.hardware.is_empty()).then(|| view! { "; "<bdi>{page.hardware.clone()}</bdi> })}
    };
    fact("Computer", view! { <bdi>{page.computer_name.clone()}</bdi> }.into_any(), about.into_any())
}

/// Possible reasons why the instance is offline or data is missing.
pub fn hints(page: &InstancePage) -> AnyView {
    if page.hints.is_empty() {
        return ().into_any();
    }
    let hints = page.hints.iter().cloned().map(|hint| view! { <li><bdi>{hint}</bdi></li> });
    notice("pending", "Hints", Icon::Warning, view! { <ul>{hints.collect_view()}</ul> })
}

pub fn tags(tags: &[(String, String)]) -> AnyView {
    if tags.is_empty() {
        return ().into_any();
    }
    let rows = tags.iter().cloned().map(|(key, value)| {
        view! { <div><dt><bdi>{key}</bdi></dt><dd><bdi>{value}</bdi></dd></div> }
    });
    Card::new("tags", "Tags").content(view! { <dl class="tags">{rows.collect_view()}</dl> })
}
