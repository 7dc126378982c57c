//! The State Manager associations of the account.

use super::Empty;
use crate::{model::AssociationRow, ui::prelude::*};

const COLUMNS: [Column; 5] = [
    Column::text("Association"),
    Column::text("Status"),
    Column::numeric("Succeeded"),
    Column::numeric("Failed"),
    Column::numeric("Last run (UTC)"),
];

pub const EMPTY: Empty = ("No associations", "State Manager has no associations in this account.");

pub fn associations_card(associations: Vec<AssociationRow>, empty: Empty) -> AnyView {
    let content = data_table_or(empty, "Associations", &COLUMNS, associations.into_iter().map(row));
    Card::new("associations", "Associations").note("Failing first").content(content)
}

fn row(association: AssociationRow) -> Vec<AnyView> {
    let (tone, icon) = match association.status.as_str() {
        "Success" => ("up_to_date", Icon::Success),
        "Failed" => ("failed", Icon::Failure),
        _ => ("stale", Icon::Clock),
    };
    let about = match association.schedule.is_empty() {
        true => association.document_name,
        false => format!("{} \u{b7} {}", association.document_name, association.schedule),
    };
    cells![
        view! { <bdi>{association.name}</bdi><span class="secondary"><bdi>{about}</bdi></span> },
        badge(tone, icon, association.status),
        count(association.succeeded),
        count(association.failed),
        short_time(association.last_execution_at, "Never"),
    ]
}
