//! The updates that become overdue within seven days unless they are installed, soonest first.

use crate::{
    model::{Due, UpdateRow, column::Column},
    ui::{pages::updates::common_cell, prelude::*},
};

const COLUMNS: [&str; 6] = ["due_at", "description", "severity", "install_status", "instance_name", "account_name"];

pub fn breaches_card(rows: Vec<UpdateRow>, total: u64, links: &AccountLinks) -> AnyView {
    let shown = rows.len() as u64;
    let content = match shown {
        0 => empty_state("No upcoming breaches", "No pending update is due in the next 7 days."),
        _ => table(&rows),
    };
    let all = (total > shown).then(|| {
        let label = format!("View all {}", plural(total, "update", "updates"));
        view! { <a class="button" href=links.due(Some(Due::Soon), None)>{label}</a> }
    });
    Card::new("breaches", "Breaches in the next 7 days")
        .note("Unless installed before they are due")
        .actions(all)
        .content(content)
}

fn table(rows: &[UpdateRow]) -> AnyView {
    let mut columns = columns_named::<UpdateRow>(&COLUMNS);
    for column in columns.iter_mut().filter(|column| column.name == "description") {
        column.heading = "Update";
    }
    plain_table("Breaches in the next 7 days", &columns, "description", rows, &cell)
}

/// No release and approval dates, CVEs and provider here.
fn cell(row: &UpdateRow, column: &Column) -> Option<AnyView> {
    match column.name {
        "account_name" => {
            Some(view! { <a href=links::account(&row.account_id)><bdi>{row.account_name.clone()}</bdi></a> }.into_any())
        }
        _ => common_cell(row, column),
    }
}
