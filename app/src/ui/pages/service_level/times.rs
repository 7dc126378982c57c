//! Times to patch, by severity and by month, and their columns for any table.

use crate::{
    model::{Due, DueCounts, MonthServiceRow, PatchTimes, SeverityServiceRow},
    ui::prelude::*,
};

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

pub const DUE_COLUMNS: [Column; 3] =
    [Column::numeric("Pending"), Column::numeric("Overdue"), Column::numeric("Due in 7 days")];

/// The cells of [`DUE_COLUMNS`]: `of` completes their accessible names, `href` gives the list of the updates.
pub fn due_cells(counts: &DueCounts, of: &str, href: impl Fn(Option<Due>) -> String) -> [AnyView; 3] {
    let cells = [
        (counts.open, None, "pending updates"),
        (counts.overdue, Some(Due::Overdue), "overdue updates"),
        (counts.due_soon, Some(Due::Soon), "updates due in the next 7 days"),
    ];
    cells.map(|(n, due, what)| figure(n, href(due), format!("{what} {of}")))
}

pub fn severities_card(rows: Vec<SeverityServiceRow>, links: &AccountLinks) -> AnyView {
    let columns = [&[Column::text("Severity")][..], &DUE_COLUMNS, &TIME_COLUMNS].concat();
    let rows = rows.into_iter().map(|row| {
        let (severity, label) = (row.severity, row.severity.label());
        let name = view! {
            <span class=format!("severity band-{}", severity.code())>
                <span class="severity-bars" aria-hidden="true"></span><span>{label}</span>
            </span>
        };
        let due = due_cells(&row.due, &format!("of severity {label}"), |due| links.due(due, Some(severity)));
        [name.into_any()].into_iter().chain(due).chain(time_cells(&row.times)).collect()
    });
    Card::new("severities", "By severity").content(data_table("Service level by severity", &columns, rows))
}

pub fn months_card(rows: Vec<MonthServiceRow>) -> AnyView {
    let columns = [&[Column::text("Month")][..], &TIME_COLUMNS].concat();
    let empty = ("No pending updates so far", "Times to patch appear once updates have been missing.");
    let content = data_table_or(empty, "Time to patch by month", &columns, rows.into_iter().map(month_row));
    Card::new("months", "Time to patch by month").note("By the month in which updates became pending").content(content)
}

fn month_row(row: MonthServiceRow) -> Vec<AnyView> {
    let month = if row.month == "earlier" { "Earlier".to_owned() } else { row.month };
    [month.into_any()].into_iter().chain(time_cells(&row.times)).collect()
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
