//! Times to patch, by severity and by month, and their columns for any table.

use crate::{
    model::service_level::{Due, MonthServiceRow, PatchTimes, SeverityServiceRow},
    ui::{
        format::count,
        links::AccountLinks,
        parts::{Card, Column, cells, data_table, empty_state, figure},
    },
};
use leptos::prelude::*;

/// `4.5 days`
pub fn days(days: Option<f64>) -> String {
    match days {
        None => "no updates".to_owned(),
        Some(1.0) => "1 day".to_owned(),
        Some(days) => format!("{days} days"),
    }
}

pub const TIME_COLUMNS: [Column; 3] =
    [Column::numeric("Median days"), Column::numeric("90 % within"), Column::numeric("Updates")];

/// The cells of [`TIME_COLUMNS`]; the last one adds how many of the updates were never installed.
pub fn time_cells(times: &PatchTimes) -> Vec<AnyView> {
    let number = |days: Option<f64>| days.map_or_else(|| "\u{2013}".to_owned(), |days| format!("{days:.1}"));
    let not_installed = [(times.open, "still pending"), (times.gone, "gone without install")];
    let not_installed = not_installed.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(*n)));
    let not_installed = not_installed.collect::<Vec<_>>().join(", ");
    cells![
        number(times.median_days),
        number(times.p90_days),
        view! { {count(times.updates)}<span class="secondary">{not_installed}</span> },
    ]
}

pub fn severities_card(rows: Vec<SeverityServiceRow>, links: &AccountLinks) -> AnyView {
    let mut columns = vec![
        Column::text("Severity"),
        Column::numeric("Pending"),
        Column::numeric("Overdue"),
        Column::numeric("Due in 7 days"),
    ];
    columns.extend(TIME_COLUMNS);
    let rows = rows.into_iter().map(|row| {
        let (severity, due, label) = (row.severity, row.due, row.severity.label());
        let cell =
            |n, due, what: &str| figure(n, links.due(due, Some(severity)), format!("{what} of severity {label}"));
        let mut cells = cells![
            view! {
                <span class=format!("severity band-{}", severity.code())>
                    <span class="severity-bars" aria-hidden="true"></span><span>{label}</span>
                </span>
            },
            cell(due.open, None, "pending updates"),
            cell(due.overdue, Some(Due::Overdue), "overdue updates"),
            cell(due.due_soon, Some(Due::Soon), "updates due in the next 7 days"),
        ];
        cells.extend(time_cells(&row.times));
        cells
    });
    Card::new("severities", "By severity").content(data_table("Service level by severity", &columns, rows))
}

pub fn months_card(rows: Vec<MonthServiceRow>) -> AnyView {
    let mut columns = vec![Column::text("Month")];
    columns.extend(TIME_COLUMNS);
    let content = match rows.is_empty() {
        true => empty_state("No pending updates so far", "Times to patch appear once updates have been missing."),
        false => data_table("Time to patch by month", &columns, rows.into_iter().map(month_row)),
    };
    Card::new("months", "Time to patch by month").note("By the month in which updates became pending").content(content)
}

fn month_row(row: MonthServiceRow) -> Vec<AnyView> {
    let month = if row.month == "earlier" { "Earlier".to_owned() } else { row.month };
    let mut cells = cells![month];
    cells.extend(time_cells(&row.times));
    cells
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn formats_days_as_text() {
        assert_eq!(days(Some(1.0)), "1 day");
        assert_eq!(days(Some(4.5)), "4.5 days");
        assert_eq!(days(Some(26.0)), "26 days");
        assert_eq!(days(None), "no updates");
    }
}
