//! `/calendar`: when windows and patch policies start, what they will meet, and how they ended.

mod idle;
mod week;

use crate::{
    model::{
        CalendarFilter, CalendarKind, CalendarPage, CalendarRow, CalendarState, InstanceFilter, STARTS_MAX,
        column::Column, schedule::Schedule,
    },
    ui::{parts::LocalZone, prelude::*, viewer::creates_links},
};
use jiff::civil::{Date, DateTime};

const COLUMNS: [&str; 8] =
    ["starts_at", "name", "state", "account_name", "instances", "pending_updates", "reboot_instances", "usual_minutes"];

pub fn calendar_page() -> AnyView {
    filtered_page("/calendar", rpc::calendar, show)
}

fn show(page: Filtered<CalendarFilter>, data: CalendarPage) -> AnyView {
    let filter = &page.filter;
    let links = AccountLinks::of(filter);
    let freshness = data.freshness.clone();
    page.show("Calendar", &freshness, &links, || content(filter, data))
}

fn content(filter: &CalendarFilter, data: CalendarPage) -> AnyView {
    let CalendarPage { zone, from, to, days, idle_total, idle, rows, .. } = data;
    let href = |window| links::calendar(&CalendarFilter { window, ..filter.clone() });
    let empty = empty_state(
        "Nothing starts on these days",
        "No maintenance window or patch policy that matches starts then. Windows that are disabled or have ended are listed below.",
    );
    let content = paged(&rows, filter.window, href, empty, |rows| {
        let columns = columns_named::<CalendarRow>(&COLUMNS);
        let headings = sort_headings("/calendar", filter, &columns);
        list_table(("Calendar", "responsive-table dense"), headings, &columns, "starts_at", rows, &cell)
    });
    view! {
        {week::week_card(filter, &zone, (from, to), &days)}
        {Card::new("list", plural(rows.total, "start", "starts"))
            .note(format!("Times in {zone}. Updates and instances as they are at present.{}", cut(rows.total)))
            .actions(view! {
                <a class="button" href=links::calendar_file(filter) download="" aria-label="Export calendar as iCalendar">
                    "iCalendar"
                </a>
                {subscribe_link()}
                {export_links("calendar", |excel| export("calendar", filter, excel))}
            })
            .content(content)}
        {idle::idle_card(idle_total, idle)}
    }
    .into_any()
}

/// Where addresses for calendar programs are created, for those who may.
fn subscribe_link() -> Option<AnyView> {
    creates_links().then(|| view! { <a class="button" href=with_query("/auditors", "")>"Subscribe"</a> }.into_any())
}

/// A link that shows the calendar in the reader's own zone, once scripts know it.
fn own_zone(filter: &CalendarFilter, zone: &str) -> AnyView {
    let others = links::calendar(&CalendarFilter { zone: None, ..filter.clone() });
    view! { <LocalZone address=others shown=zone.to_owned() /> }.into_any()
}

/// The date and time of a start in the zone of the page.
fn local(text: &str) -> Option<DateTime> {
    text.parse().ok()
}

fn cell(row: &CalendarRow, column: &Column) -> Option<AnyView> {
    let cell = match column.name {
        "starts_at" => {
            let text = local(&row.local_start).map(|at| at.strftime("%a %-d %b, %H:%M").to_string());
            view! { <time datetime=format::rfc3339(row.starts_at) title=format::date_time(row.starts_at)>{text}</time> }
                .into_any()
        }
        "name" => name(row),
        "state" => state(row),
        "account_name" => {
            account_cell(&row.account_id, row.account_name.clone(), &row.provider, row.customer_name.clone())
        }
        "instances" => figure(row.instances, targets(row, None), format!("instances that {} targets", row.name)),
        "reboot_instances" => figure_or_plain(row.reboot_instances, None, String::new()),
        "pending_updates" => {
            let waiting =
                (row.waiting_updates > 0).then(|| format!("{} wait for approval", count(row.waiting_updates)));
            let on = (row.pending_updates > 0).then(|| {
                let text = format!("on {}", plural(row.pending_instances, "instance", "instances"));
                view! { <a class="secondary" href=targets(row, Some(true))>{text}</a> }
            });
            view! {
                {figure_or_plain(row.pending_updates, None, String::new())} {on} <span class="secondary">{waiting}</span>
            }
            .into_any()
        }
        "usual_minutes" => {
            let minutes = row.usual_minutes.map(|minutes| format!("about {minutes:.0}"));
            let failed = (row.failed_executions > 0)
                .then(|| format!("{} of {} failed", count(row.failed_executions), count(row.executions)));
            view! { {minutes.unwrap_or_else(|| "\u{2014}".to_owned())} <span class="secondary">{failed}</span> }
                .into_any()
        }
        _ => return None,
    };
    Some(cell)
}

/// The instances that a window or policy targets.
fn targets(row: &CalendarRow, pending: Option<bool>) -> String {
    links::instances(&InstanceFilter {
        account: Some(row.account_id.clone()),
        region: Some(row.region.clone()),
        targeted_by: Some(row.id.clone()),
        pending,
        ..InstanceFilter::default()
    })
}

fn name(row: &CalendarRow) -> AnyView {
    let words = Schedule::parse(&row.schedule).and_then(|schedule| schedule.words());
    let words = words.unwrap_or_else(|| row.schedule.clone());
    let zone = match row.schedule_timezone.as_str() {
        _ if row.schedule.is_empty() => String::new(),
        "" | "Etc/UTC" => " UTC".to_owned(),
        zone => format!(" {zone}"),
    };
    let kind = (row.kind != CalendarKind::Window).then(|| format!("{}. ", row.kind.label()));
    view! {
        <a class="name" href=links::account(&row.account_id)><bdi>{row.name.clone()}</bdi></a>
        <span class="secondary">{kind}{words}{zone}</span>
    }
    .into_any()
}

fn state(row: &CalendarRow) -> AnyView {
    let (tone, shape) = match row.state {
        CalendarState::Planned => ("available", Icon::Clock),
        CalendarState::Running => ("pending", Icon::Clock),
        CalendarState::Succeeded => ("up_to_date", Icon::Success),
        CalendarState::Failed => ("failed", Icon::Failure),
        CalendarState::Missed => ("failed", Icon::Warning),
        CalendarState::Unknown => ("no_data", Icon::Unknown),
    };
    let results =
        (row.results > 0).then(|| format!("{} of {} succeeded", count(row.succeeded_results), count(row.results)));
    let took = row.started_at.zip(row.ended_at).map(|(started, ended)| {
        let minutes = (ended.as_second() - started.as_second()).unsigned_abs().div_ceil(60);
        format!(" in {minutes} min")
    });
    view! { {badge(tone, shape, row.state.label())} <span class="secondary">{results} {took}</span> }.into_any()
}

/// What is left out of a list that is as long as it can be.
fn cut(total: u64) -> &'static str {
    if total >= STARTS_MAX { " There are more: choose fewer days or accounts." } else { "" }
}

/// The filter for other days.
fn on_days(filter: &CalendarFilter, from: Date, to: Date) -> CalendarFilter {
    CalendarFilter { from: Some(from), to: Some(to), window: Default::default(), ..filter.clone() }
}
