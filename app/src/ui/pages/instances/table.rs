//! The table of instances; each figure links to the instance's updates.

use crate::{
    model::{
        filter::{InstanceFilter, InstanceSort},
        instance::InstanceRow,
        severity::SeverityBand,
        update::UpdateState,
    },
    ui::{
        links::{self, InstanceLinks},
        parts::{Icon, badge, figure, patch_badge, short_time, sort_heading, table_region},
    },
};
use leptos::prelude::*;

const COLUMNS: [(InstanceSort, &str, &str); 12] = [
    (InstanceSort::Name, "Instance", ""),
    (InstanceSort::Worst, "Patch status", ""),
    (InstanceSort::Missing, "Missing", "numeric"),
    (InstanceSort::CriticalMissing, "Critical", "numeric"),
    (InstanceSort::Failed, "Failed", "numeric"),
    (InstanceSort::PendingReboot, "Reboot", "numeric"),
    (InstanceSort::Account, "Account", ""),
    (InstanceSort::Platform, "Operating system", ""),
    (InstanceSort::AgentVersion, "Agent", ""),
    (InstanceSort::LastPing, "Online", ""),
    (InstanceSort::PatchGroup, "Patch group", ""),
    (InstanceSort::LastScan, "Last scan (UTC)", "numeric"),
];

/// `path` is the page that the headings sort. The Account column is omitted when the list is filtered by account.
pub fn instances_table(path: &str, filter: &InstanceFilter, rows: Vec<InstanceRow>) -> AnyView {
    let many_accounts = filter.account.is_none();
    let heads = COLUMNS
        .into_iter()
        .filter(|(sort, ..)| many_accounts || *sort != InstanceSort::Account)
        .map(|(sort, label, class)| sort_heading(path, filter, sort, label, class));
    let table = view! {
        <table class="responsive-table dense">
            <caption class="visually-hidden">"Instances"</caption>
            <thead><tr>{heads.collect_view()}</tr></thead>
            <tbody>{rows.into_iter().map(|entry| row(entry, many_accounts)).collect_view()}</tbody>
        </table>
    };
    table_region("Instances", table.into_any())
}

fn row(row: InstanceRow, many_accounts: bool) -> AnyView {
    let links = InstanceLinks(&row.instance_id);
    let of = |what: &str| format!("{what} on {}", row.name);
    let missing = links.updates(&[UpdateState::Missing], None);
    let critical = links.updates(&[UpdateState::Missing], Some(SeverityBand::Critical));
    let failed = links.updates(&[UpdateState::Failed], None);
    let reboot = links.updates(&[UpdateState::InstalledPendingReboot], None);
    let online = match row.online {
        true => badge("up_to_date", Icon::Dot, "Online"),
        false => badge("stale", Icon::Unknown, "Offline"),
    };
    let agent = (!row.agent_is_latest).then(|| view! { <span class="secondary warning">"update available"</span> });
    let id = row.instance_id.to_string();
    let group = match row.patch_group.is_empty() {
        true => view! { <span class="muted">"None"</span> }.into_any(),
        false => view! { <bdi>{row.patch_group}</bdi> }.into_any(),
    };
    let account = many_accounts.then(|| {
        view! {
            <td data-label="Account">
                <a class="truncate" href=links::account(&row.account_id) title=row.account_name.clone()>
                    <bdi>{row.account_name.clone()}</bdi>
                </a>
                <span class="secondary truncate">{row.provider.label().to_owned()}</span>
            </td>
        }
    });
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=links::instance(&row.instance_id)><bdi>{row.name.clone()}</bdi></a>
                <span class="secondary mono">{(id != row.name).then_some(id)}</span>
            </th>
            <td data-label="Patch status">{patch_badge(row.patch_status)}</td>
            <td class="numeric" data-label="Missing">{figure(row.missing, missing, of("missing updates"))}</td>
            <td class="numeric" data-label="Critical">{figure(row.critical_missing, critical, of("critical missing updates"))}</td>
            <td class="numeric" data-label="Failed">{figure(row.failed, failed, of("failed updates"))}</td>
            <td class="numeric" data-label="Reboot">{figure(row.pending_reboot, reboot, of("updates waiting for a reboot"))}</td>
            {account}
            <td data-label="Operating system">
                <span class="truncate" title=row.platform_name.clone()><bdi>{row.platform_name.clone()}</bdi></span>
                <span class="secondary truncate"><bdi>{row.platform_version}</bdi></span>
            </td>
            <td data-label="Agent"><bdi>{row.agent_version}</bdi>{agent}</td>
            <td data-label="Online">{online}<span class="secondary">{short_time(row.last_ping_at, "Never")}</span></td>
            <td data-label="Patch group">{group}</td>
            <td class="numeric" data-label="Last scan (UTC)">{short_time(row.last_scan_at, "Never")}</td>
        </tr>
    }
    .into_any()
}
