//! The EC2 instances of the account that Systems Manager does not manage.

use crate::{
    model::{UnmanagedInstance, UnmanagedInstances},
    ui::prelude::*,
};

const COLUMNS: [Column; 5] = [
    Column::mono("Instance"),
    Column::text("Name"),
    Column::mono("Region"),
    Column::mono("IP address"),
    Column::text("Operating system"),
];

/// Nothing where AWS does not list them.
pub fn unmanaged_card(unmanaged: Option<UnmanagedInstances>, now: Timestamp) -> AnyView {
    let Some(UnmanagedInstances { read_at, is_cut, rows }) = unmanaged else { return ().into_any() };
    let listed = rows.len() as u64;
    let note = match is_cut {
        true => format!("The first {} of more", count(listed)),
        false => plural(listed, "EC2 instance", "EC2 instances"),
    };
    let empty =
        ("No unmanaged instances", "Systems Manager manages every EC2 instance that AWS lists in this account.");
    let table = data_table_or(empty, "Unmanaged instances", &COLUMNS, rows.into_iter().map(row));
    let rule = "EC2 instances without a connected SSM Agent: nothing is known of their updates, and no other figure includes them.";
    Card::new("unmanaged", "Unmanaged instances")
        .note(view! { {note}", listed "{age_of(now, read_at)} })
        .content(view! { {table} <p class="card-footer muted">{rule}</p> })
}

fn row(instance: UnmanagedInstance) -> Vec<AnyView> {
    let name = if instance.name.is_empty() { instance.computer_name } else { instance.name };
    let system = format!("{} {}", instance.platform_name, instance.platform_version);
    cells![
        view! { <bdi>{instance.instance_id}</bdi> },
        view! { <bdi>{name}</bdi> },
        view! { <bdi>{instance.region}</bdi> },
        view! { <bdi>{instance.ip_address}</bdi> },
        view! { <bdi>{system.trim().to_owned()}</bdi> },
    ]
}
