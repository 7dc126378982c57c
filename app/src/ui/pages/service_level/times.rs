//! How long updates were pending: by severity, by the month in which they became so, and the columns for any table.

use crate::{
    model::service_level::{Due, MonthServiceRow, PatchTimes, SeverityServiceRow},
    ui::{
        format::count,
        links::AccountLinks,
        parts::{figure, nothing_here, plain_heading, table_region},
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

pub fn time_headings() -> AnyView {
    view! {
        {plain_heading("Median days", "n")} {plain_heading("90 % within", "n")} {plain_heading("Of updates", "n")}
    }
    .into_any()
}

/// The cells under the headings above; of how many updates, and how many of these were never installed.
pub fn time_cells(times: &PatchTimes) -> AnyView {
    let number = |days: Option<f64>| days.map_or_else(|| "\u{2013}".to_owned(), |days| format!("{days:.1}"));
    let rest = [(times.open, "still pending"), (times.gone, "gone uninstalled")];
    let rest = rest.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(*n)));
    let rest = rest.collect::<Vec<_>>().join(", ");
    view! {
        <td class="n" data-label="Median days">{number(times.median_days)}</td>
        <td class="n" data-label="90 % within">{number(times.p90_days)}</td>
        <td class="n" data-label="Of updates">{count(times.updates)}<span class="sub">{rest}</span></td>
    }
    .into_any()
}

pub fn severities_card(rows: Vec<SeverityServiceRow>, links: &AccountLinks) -> AnyView {
    let rows = rows.into_iter().map(|row| {
        let (severity, due, label) = (row.severity, row.due, row.severity.label());
        let cell =
            |n, due, what: &str| figure(n, links.due(due, Some(severity)), format!("{what} of severity {label}"));
        view! {
            <tr>
                <th scope="row">
                    <span class=format!("severity band-{}", severity.code())>
                        <span class="rungs" aria-hidden="true"></span><span>{label}</span>
                    </span>
                </th>
                <td class="n" data-label="Pending">{cell(due.open, None, "pending updates")}</td>
                <td class="n" data-label="Overdue">{cell(due.overdue, Some(Due::Overdue), "overdue updates")}</td>
                <td class="n" data-label="Due in 7 days">
                    {cell(due.due_soon, Some(Due::Soon), "updates due in the next 7 days")}
                </td>
                {time_cells(&row.times)}
            </tr>
        }
    });
    let table = view! {
        <table class="stack">
            <caption class="unseen">"Service level by severity"</caption>
            <thead>
                <tr>
                    {plain_heading("Severity", "")} {plain_heading("Pending", "n")} {plain_heading("Overdue", "n")}
                    {plain_heading("Due in 7 days", "n")} {time_headings()}
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    };
    view! {
        <section class="card" aria-labelledby="severities">
            <div class="card-head"><h2 id="severities">"By severity"</h2></div>
            {table_region("Service level by severity", table.into_any())}
        </section>
    }
    .into_any()
}

pub fn months_card(rows: Vec<MonthServiceRow>) -> AnyView {
    let content = match rows.is_empty() {
        true => nothing_here("No update was pending", "Times to patch are known once updates have been missing."),
        false => table_region("Time to patch by month", months(rows)),
    };
    view! {
        <section class="card" aria-labelledby="months">
            <div class="card-head">
                <h2 id="months">"Time to patch by month"</h2>
                <span class="soft">"the month in which an update became pending"</span>
            </div>
            {content}
        </section>
    }
    .into_any()
}

fn months(rows: Vec<MonthServiceRow>) -> AnyView {
    let rows = rows.into_iter().map(|row| {
        let month = if row.month == "earlier" { "Earlier".to_owned() } else { row.month };
        view! { <tr><th scope="row">{month}</th>{time_cells(&row.times)}</tr> }
    });
    view! {
        <table class="stack">
            <caption class="unseen">"Time to patch by month"</caption>
            <thead><tr>{plain_heading("Month", "")} {time_headings()}</tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn days_are_words() {
        assert_eq!(days(Some(1.0)), "1 day");
        assert_eq!(days(Some(4.5)), "4.5 days");
        assert_eq!(days(Some(26.0)), "26 days");
        assert_eq!(days(None), "no updates");
    }
}
