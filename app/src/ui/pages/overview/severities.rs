//! Pending updates by severity: the picture, and each band as a link.

use crate::{
    model::{
        chart::Chart,
        severity::{SeverityBand, SeverityCount},
        trend::TrendFigure,
    },
    ui::{
        format::plural,
        links::AccountLinks,
        parts::{chart_figure, figure, trend_link},
    },
};
use leptos::prelude::*;

pub fn severity_card(counts: &[SeverityCount], chart: Chart, links: &AccountLinks) -> AnyView {
    let bands = counts.iter().map(|count| band(count, links)).collect_view();
    view! {
        <section class="card">
            <div class="card-head"><h2>"Pending OS updates by severity"</h2></div>
            <ul class="bands">{bands}</ul>
            <div class="pad">{chart_figure(chart, "Pending OS updates by severity")}</div>
        </section>
    }
    .into_any()
}

fn band(count: &SeverityCount, links: &AccountLinks) -> AnyView {
    let label = count.band.label();
    let about = match count.band {
        SeverityBand::Unrated => "the vendor gives none".to_owned(),
        _ => format!("on {}", plural(count.instances, "machine", "machines")),
    };
    let what = format!("pending OS updates of severity {label}");
    view! {
        <li class=format!("band-{}", count.band.code())>
            <span class="name"><span class="rungs" aria-hidden="true"></span>{label}</span>
            {figure(count.pending_os_updates, links.severity(count.band), what)}
            <span class="soft">{about}</span>
            {trend_link(TrendFigure::Severity(count.band), links)}
        </li>
    }
    .into_any()
}
