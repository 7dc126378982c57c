//! `/customers`: who needs a call first, and why.

use crate::{
    model::{
        AccountFilter, ChangeKind, ChangesFilter, CustomerNote, CustomerRow, CustomersFilter, CustomersPage, Due,
        HarvestState, InstanceFilter, PatchStatus, column, filter::updates::ANY_EXCEPTION, past::SINCE,
    },
    ui::{links::LastLook, prelude::*},
};
use jiff::civil::Date;
use std::collections::HashMap;

const COLUMNS: [&str; 7] =
    ["customer_name", "concern", "instances", "up_to_date_percent", "overdue", "failed", "pending_os_updates"];

/// The reasons in words that a row shows; the others are collapsed.
const REASONS_SHOWN: usize = 3;

/// The kinds of changes that the board counts.
const CHANGES: [ChangeKind; 4] = [ChangeKind::Fixed, ChangeKind::New, ChangeKind::Failed, ChangeKind::Regressed];

pub fn customers_page() -> AnyView {
    filtered_page("/customers", |query| rpc::customers(since_last_look(query)), show)
}

/// The day at whose end the reader knew the page: the one before the last look, so that the rest of that day counts as new.
fn known_until() -> Option<Date> {
    let LastLook(day) = use_context::<LastLook>().filter(|_| links::as_of_day().is_none())?;
    day.yesterday().ok()
}

/// Compares with the last look, unless the URL names a day.
fn since_last_look(query: String) -> String {
    let since = |pair: &str| pair.strip_prefix("since=").is_some_and(|day| !day.is_empty());
    let is_named = query.trim_start_matches('?').split('&').any(since);
    match known_until() {
        Some(day) if !is_named => format!("{query}&{SINCE}={day}"),
        _ => query,
    }
}

fn show(page: Filtered<CustomersFilter>, data: CustomersPage) -> AnyView {
    let filter = &page.filter;
    let links = AccountLinks::of(filter);
    let freshness = data.freshness.clone();
    page.show("Customers", &freshness, &links, || content(filter, data))
}

fn content(filter: &CustomersFilter, data: CustomersPage) -> AnyView {
    let CustomersPage { since, rows, notes, .. } = data;
    let href = |window| with_query("/customers", &CustomersFilter { window, ..filter.clone() }.to_query());
    let board = Board {
        filter,
        since: ChangesFilter { since: Some(since), ..filter.changes() },
        notes: rows.rows.iter().map(|row| row.customer_id.clone()).zip(notes).collect(),
    };
    let content = paged(&rows, filter.window, href, no_matches("customers", "/customers"), |rows| board.table(rows));
    let since = match use_context::<LastLook>() {
        Some(LastLook(day)) if known_until() == Some(since) => {
            format!("Changes since you last looked, on {}", format::date(day))
        }
        _ => format!("Changes since the end of {}", format::date(since)),
    };
    Card::new("board", plural(rows.total, "customer", "customers"))
        .note(since)
        .actions(export_links("customers", |excel| export("customers", filter, excel)))
        .content(content)
}

/// What the cells of a row need beside the row.
struct Board<'a> {
    filter: &'a CustomersFilter,
    since: ChangesFilter,
    notes: HashMap<String, CustomerNote>,
}

impl Board<'_> {
    fn table(&self, rows: &[CustomerRow]) -> AnyView {
        let mut columns = columns_named::<CustomerRow>(&COLUMNS);
        let mut heads = sort_headings("/customers", self.filter, &columns);
        // Not a figure of the row: the row is the same whatever it is compared with.
        let changes = columns.first().map(|first| column::Column {
            name: "changes",
            heading: "Changes",
            help: "Fixed, new, failed and regressed updates since the day above.",
            sort: None,
            ..*first
        });
        columns.extend(changes);
        heads.extend(headings(&columns[COLUMNS.len()..]));
        list_table(("Customers", "responsive-table dense"), heads, &columns, "customer_name", rows, &|row, column| {
            self.cell(row, column.name)
        })
    }

    fn cell(&self, row: &CustomerRow, column: &str) -> Option<AnyView> {
        let links = AccountLinks {
            customer: Some(row.customer_id.clone()),
            provider: self.filter.provider.clone(),
            account: None,
        };
        let of = |what: &str| format!("{what} of {}", row.customer_name);
        let cell = match column {
            "customer_name" => {
                let filter = AccountFilter {
                    customer: links.customer.clone(),
                    provider: links.provider.clone(),
                    ..AccountFilter::default()
                };
                let accounts = plural(row.accounts, "account", "accounts");
                view! {
                    <a class="name" href=links::overview(&filter)><bdi>{row.customer_name.clone()}</bdi></a>
                    <span class="secondary">{accounts}</span>
                }
                .into_any()
            }
            "concern" => self.concern(row),
            _ if row.is_unknown() => unknown_figure(),
            "instances" => view! {
                {figure(row.instances, links.all(), of("instances"))} {status_bar(&row.status, "small")}
                {(row.harvest_state == HarvestState::Never)
                    .then(|| view! { <span class="secondary warning">"not all accounts harvested"</span> })}
            }
            .into_any(),
            "up_to_date_percent" => up_to_date(row, self.notes.get(&row.customer_id)),
            "overdue" => {
                let href = links.due(Some(Due::Overdue), None);
                let excepted = (row.overdue_excepted > 0).then(|| {
                    let text = format!("{} excepted", count(row.overdue_excepted));
                    view! { <a class="secondary" href=links.overdue_by_exception(ANY_EXCEPTION)>{text}</a> }
                });
                view! { {figure(row.overdue, href, of("overdue updates"))} {excepted} }.into_any()
            }
            "failed" => {
                let failed = row.status.failed;
                figure(failed, links.status(PatchStatus::Failed), of("instances with failed updates"))
            }
            "pending_os_updates" => view! {
                {figure(row.pending_os_updates, links.pending_updates(), of("pending OS updates"))}
                <a class="secondary" href=links.with_pending_updates()>
                    {format!("on {}", plural(row.instances_pending_os_updates, "instance", "instances"))}
                </a>
            }
            .into_any(),
            "changes" => self.changes(row),
            _ => return None,
        };
        Some(cell)
    }

    fn concern(&self, row: &CustomerRow) -> AnyView {
        let Some(reason) = row.concern else {
            return view! { <span class="tone-up_to_date">{icon(Icon::Success)}" Nothing"</span> }.into_any();
        };
        let among = InstanceFilter {
            customer: Some(row.customer_id.clone()),
            provider: self.filter.provider.clone(),
            ..InstanceFilter::default()
        };
        let mut reasons = row.why.split("; ");
        let shown = reasons.by_ref().take(REASONS_SHOWN).collect::<Vec<_>>().join("; ");
        let rest: Vec<&str> = reasons.collect();
        let rest = (!rest.is_empty()).then(|| {
            let summary = format!("{} more", rest.len());
            view! { <details class="secondary wrap"><summary>{summary}</summary>{rest.join("; ")}</details> }
        });
        view! {
            <a class="plain" href=with_query(&reason.list(among), "")>{attention_badge(reason, reason.label())}</a>
            <span class="secondary wrap">{shown}</span>
            {rest}
        }
        .into_any()
    }

    fn changes(&self, row: &CustomerRow) -> AnyView {
        let Some(note) = self.notes.get(&row.customer_id) else { return ().into_any() };
        let counts = CHANGES.map(|kind| (kind, note.changes.get(kind))).into_iter().filter(|(_, n)| *n > 0);
        let mut parts = counts.map(|(kind, n)| {
            let customer = Some(row.customer_id.clone());
            let filter = ChangesFilter { kind: Some(kind), customer, ..self.since.clone() };
            let what = kind.label().to_lowercase();
            let name = format!("{what} updates of {}", row.customer_name);
            view! { <li>{figure(n, links::changes(&filter), name)}" "{what}</li> }
        });
        match parts.next() {
            Some(first) => view! { <ul class="inline-list">{first}{parts.collect_view()}</ul> }.into_any(),
            None => view! { <span class="muted">"None"</span> }.into_any(),
        }
    }
}

/// The share up to date, how it changed in 30 days, and its line.
fn up_to_date(row: &CustomerRow, note: Option<&CustomerNote>) -> AnyView {
    let Some(share) = row.up_to_date_percent else {
        return view! { <span class="muted">"No instances"</span> }.into_any();
    };
    let change = row.up_to_date_percent_before.map(|before| share - before);
    let change = match change {
        None => "no record 30 days ago".to_owned(),
        Some(change) if change.abs() < 0.05 => "unchanged in 30 days".to_owned(),
        Some(change) => format!("{change:+.1} points in 30 days").replace('-', "\u{2212}"),
    };
    let trend = note.map(|note| note.trend.clone()).filter(|trend| !trend.is_empty());
    // Drawn by the server from figures.
    let trend = trend.map(|svg| view! { <span class="sparkline" inner_html=svg></span> });
    view! { <span class="with-sparkline">{trend}<b>{format!("{share} %")}</b></span><span class="secondary">{change}</span> }
        .into_any()
}
