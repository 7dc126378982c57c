//! Instances as a table; each figure leads to that instance's own updates.

use crate::{
    model::{InstanceFilter, InstanceRow, SeverityBand, UpdateState, column::Column, visible::quoted_blanks},
    ui::prelude::*,
};

/// The first columns; those that are added to the list come after them.
const FIRST: [&str; 13] = [
    "name",
    "patch_status",
    "missing",
    "critical_missing",
    "failed",
    "pending_reboot",
    "available_security_updates",
    "account_name",
    "platform_name",
    "agent_version",
    "last_ping_at",
    "patch_group",
    "last_scan_at",
];

/// `path` is the page whose list this is: its headings sort that page. The list of one account has no column for it.
pub fn instances_table(path: &str, filter: &InstanceFilter, rows: &[InstanceRow]) -> AnyView {
    let mut columns = columns_from::<InstanceRow>(&FIRST);
    columns.retain(|column| filter.account.is_none() || column.name != "account_name");
    let headings = sort_headings(path, filter, &columns);
    list_table(("Instances", "responsive-table dense"), headings, &columns, "name", rows, &cell)
}

fn cell(row: &InstanceRow, column: &Column) -> Option<AnyView> {
    let links = InstanceLinks(&row.instance_id);
    let updates =
        |n, state: UpdateState, what: &str| figure(n, links.updates(&[state], None), format!("{what} on {}", row.name));
    let cell = match column.name {
        "name" => {
            let id = row.instance_id.to_string();
            view! {
                <a class="name" href=links::instance(&row.instance_id)><bdi>{row.name.clone()}</bdi></a>
                <span class="secondary mono">{(id != row.name).then_some(id)}</span>
            }
            .into_any()
        }
        "patch_status" => patch_badge(row.patch_status),
        "missing" => updates(row.missing, UpdateState::Missing, "missing updates"),
        "critical_missing" => {
            let what = format!("critical pending updates on {}", row.name);
            figure(row.critical_missing, links.pending(SeverityBand::Critical), what)
        }
        "failed" => updates(row.failed, UpdateState::Failed, "failed updates"),
        "pending_reboot" => {
            updates(row.pending_reboot, UpdateState::InstalledPendingReboot, "updates waiting for a reboot")
        }
        "available_security_updates" => updates(
            row.available_security_updates,
            UpdateState::AvailableSecurityUpdate,
            "available security updates that are not approved",
        ),
        "account_name" => view! {
            <a class="truncate" href=links::account(&row.account_id) title=row.account_name.clone()>
                <bdi>{row.account_name.clone()}</bdi>
            </a>
            <span class="secondary truncate">{row.provider.label().to_owned()}</span>
        }
        .into_any(),
        "platform_name" => view! {
            <span class="truncate" title=row.platform_name.clone()><bdi>{row.platform_name.clone()}</bdi></span>
            <span class="secondary truncate"><bdi>{row.platform_version.clone()}</bdi></span>
        }
        .into_any(),
        "agent_version" => {
            let about = match row.agent_is_latest {
                Some(true) => None,
                Some(false) => Some(view! { <span class="secondary warning">"update available"</span> }),
                None => Some(view! { <span class="secondary">"latest version unknown"</span> }),
            };
            view! { <bdi>{row.agent_version.clone()}</bdi>{about} }.into_any()
        }
        "last_ping_at" => {
            let state = instance_state_badge(row.instance_state);
            view! { {state}<span class="secondary">{short_time(row.last_ping_at, column.absent)}</span> }.into_any()
        }
        // The policy overrules the group.
        "patch_group" if !row.patch_policy.is_empty() => {
            let (group, policy) = (quoted_blanks(&row.patch_group), quoted_blanks(&row.patch_policy));
            let group = (!group.is_empty()).then(|| view! { <bdi class="block">{group.into_owned()}</bdi> });
            view! { {group}<span class="secondary">"policy "<bdi>{policy.into_owned()}</bdi></span> }.into_any()
        }
        _ => return None,
    };
    Some(cell)
}
