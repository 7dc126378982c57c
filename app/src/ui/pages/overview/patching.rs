//! The Patching table: one row per account, grouped by provider.

use super::patching_row::{account_row, totals_row};
use crate::{
    model::{AccountFilter, AccountRow, AccountTotals, Page, Provider},
    ui::prelude::*,
};

const COLUMNS: [&str; 7] = [
    "account_name",
    "instances",
    "online_instances",
    "pending_os_updates",
    "pending_agent_updates",
    "run_success_percent",
    "last_harvest_at",
];

pub fn patching_card(
    filter: &AccountFilter,
    page: Page<AccountRow>,
    totals: &AccountTotals,
    now: Timestamp,
) -> AnyView {
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 if total > 0 => {
            after_the_end(total, filter.window, |window| links::overview(&AccountFilter { window, ..filter.clone() }))
        }
        0 => no_matches("accounts", "/"),
        _ => table_region("Patching", table(filter, page.rows, totals, now)),
    };
    let pager = (total > shown as u64).then(|| {
        pagination(total, shown, filter.window, |window| links::overview(&AccountFilter { window, ..filter.clone() }))
    });
    Card::new("patching", "Patching")
        .note("By provider, worst first")
        .actions(export_links("accounts", |excel| export("accounts", filter, excel)))
        .content((content, pager))
}

fn table(filter: &AccountFilter, rows: Vec<AccountRow>, totals: &AccountTotals, now: Timestamp) -> AnyView {
    let heads = sort_headings("/", filter, &columns_named::<AccountRow>(&COLUMNS));
    let groups = by_provider(rows).into_iter().map(|(provider, rows)| group(provider, rows, now));
    view! {
        <table class="responsive-table">
            <caption class="visually-hidden">"Patching: one row per account, grouped by provider"</caption>
            <thead><tr>{heads}</tr></thead>
            {groups.collect_view()}
            <tfoot>{totals_row(totals, filter)}</tfoot>
        </table>
    }
    .into_any()
}

fn group(provider: Provider, rows: Vec<AccountRow>, now: Timestamp) -> AnyView {
    let instances = rows.iter().map(|row| row.instances).sum();
    let accounts = plural(rows.len() as u64, "account", "accounts");
    let unknown = rows.iter().filter(|row| row.is_unknown()).count() as u64;
    let unknown = (unknown > 0).then(|| format!(", {} never harvested", count(unknown)));
    let label = provider.label().to_owned();
    view! {
        <tbody>
            <tr class="group-row">
                <th scope="rowgroup" colspan="7">
                    <bdi>{label}</bdi>
                    <span class="muted">{format!(" {accounts}, {}", plural(instances, "instance", "instances"))}{unknown}</span>
                </th>
            </tr>
            {rows.into_iter().map(|row| account_row(row, now)).collect_view()}
        </tbody>
    }
    .into_any()
}

/// Groups the rows by provider without changing their order; a provider stands where its first row stood.
fn by_provider(rows: Vec<AccountRow>) -> Vec<(Provider, Vec<AccountRow>)> {
    let mut groups: Vec<(Provider, Vec<AccountRow>)> = Vec::new();
    for row in rows {
        match groups.iter_mut().find(|(provider, _)| *provider == row.provider) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((row.provider.clone(), vec![row])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::by_provider;
    use crate::model::{account::AccountRow, freshness::HarvestState, patch_status::StatusCounts, provider::Provider};

    fn row(provider: &str, account: &str) -> AccountRow {
        AccountRow {
            provider: Provider::new(provider),
            account_id: account.parse().expect("an id"),
            account_name: account.to_owned(),
            customer_id: String::new(),
            customer_name: String::new(),
            instances: 1,
            online_instances: 1,
            pending_os_updates: 0,
            instances_pending_os_updates: 0,
            pending_agent_updates: 0,
            run_success_percent: None,
            runs_succeeded: 0,
            runs_total: 0,
            last_scan_at: None,
            last_harvest_at: None,
            harvest_state: HarvestState::Fresh,
            status: StatusCounts::default(),
            available_security_updates: 0,
            installed_rejected: 0,
            instances_details_missing: 0,
            unmanaged_instances: None,
        }
    }

    #[test]
    fn providers_come_as_their_first_row_does() {
        let groups = by_provider(vec![row("vmware", "a"), row("aws", "b"), row("vmware", "c")]);
        let shape: Vec<_> = groups
            .iter()
            .map(|(provider, rows)| {
                (provider.code(), rows.iter().map(|row| row.account_name.as_str()).collect::<String>())
            })
            .collect();
        assert_eq!(shape, [("vmware", "ac".to_owned()), ("aws", "b".to_owned())]);
    }
}
