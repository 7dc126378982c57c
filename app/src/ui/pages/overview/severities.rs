//! Pending updates by severity: each band as a link, and a chart.

use crate::{
    model::{Chart, SeverityBand, SeverityCount, TrendFigure},
    ui::prelude::*,
};

pub fn severity_card(counts: &[SeverityCount], chart: Chart, links: &AccountLinks) -> AnyView {
    let bands = counts.iter().map(|count| band(count, links)).collect_view();
    view! {
        <section class="card">
            <div class="card-header"><h2>"Pending OS updates by severity"</h2></div>
            <ul class="severity-list">{bands}</ul>
            <div class="card-body">{chart_figure(chart, "Pending OS updates by severity")}</div>
        </section>
    }
    .into_any()
}

fn band(count: &SeverityCount, links: &AccountLinks) -> AnyView {
    let label = count.band.label();
    let about = match count.band {
        SeverityBand::Unrated => "not rated by the vendor".to_owned(),
        _ => format!("on {}", plural(count.instances, "instance", "instances")),
    };
    let what = format!("pending OS updates of severity {label}");
    view! {
        <li class=format!("band-{}", count.band.code())>
            <span class="name"><span class="severity-bars" aria-hidden="true"></span>{label}</span>
            {figure(count.pending_os_updates, links.severity(count.band), what)}
            <span class="muted">{about}</span>
            {trend_link(TrendFigure::Severity(count.band), links)}
        </li>
    }
    .into_any()
}
