//! The rows of the Patching table: an account, and the totals.

use crate::{
    model::{AccountFilter, AccountRow, AccountTotals, HarvestState},
    ui::{pages::fleet::run_success, prelude::*},
};

pub fn account_row(row: AccountRow, now: Timestamp) -> AnyView {
    let is_fresh = matches!(row.harvest_state, HarvestState::Fresh);
    let stale_note = (!is_fresh).then(|| staleness(row.harvest_state, row.last_harvest_at, "secondary"));
    let harvested = match row.last_harvest_at {
        Some(at) if is_fresh => view! {
            <time datetime=format::rfc3339(at) title=format::date_time(at)>{format::time_of_day(at)}</time>
        }
        .into_any(),
        Some(at) => age_of(now, at),
        None if row.is_unknown() => "Never".into_any(),
        None => "Not all Regions".into_any(),
    };
    let figures = if row.is_unknown() { unknown_cells() } else { figure_cells(&row) };
    view! {
        <tr class:stale-row=!is_fresh>
            <th scope="row">
                <a class="name" href=links::account(&row.account_id)><bdi>{row.account_name.clone()}</bdi></a>
                <span class="secondary"><bdi>{row.account_id.to_string()}</bdi></span>
                {stale_note}
            </th>
            {figures}
            <td class="numeric" data-label="Harvested (UTC)">
                {harvest_link(Some(&row.account_id), "subtle", harvested)}
            </td>
        </tr>
    }
    .into_any()
}

fn unknown_cells() -> AnyView {
    ["Instances", "Online", "Pending OS updates", "Pending agent updates", "Run success"]
        .map(|label| view! { <td class="numeric" data-label=label>{unknown_figure()}</td> })
        .collect_view()
        .into_any()
}

fn figure_cells(row: &AccountRow) -> AnyView {
    let links = AccountLinks::of_account(&row.account_id);
    let of = |what: &str| format!("{what} of {}", row.account_name);
    let not_online = row.instances.saturating_sub(row.online_instances);
    let not_online = (not_online > 0).then(|| {
        let label = of(&format!("{} not online", plural(not_online, "instance", "instances")));
        let text = format!("{} not online", count(not_online));
        view! { <a class="secondary" href=links.online(false) aria-label=label>{text}</a> }
    });
    let pending = row.instances_pending_os_updates;
    let pending = (pending > 0).then(|| {
        let text = format!("on {}", plural(pending, "instance", "instances"));
        view! { <a class="secondary" href=links.with_pending_updates()>{text}</a> }
    });
    view! {
        <td class="numeric" data-label="Instances">
            {figure(row.instances, links.all(), of("instances"))} {status_bar(&row.status, "small")} {unmanaged(row)}
        </td>
        <td class="numeric" data-label="Online">
            {figure(row.online_instances, links.online(true), of("online instances"))}
            {not_online}
        </td>
        <td class="numeric" data-label="Pending OS updates">
            {figure(row.pending_os_updates, links.pending_updates(), of("pending OS updates"))}
            {pending}
        </td>
        <td class="numeric" data-label="Pending agent updates">
            {figure(row.pending_agent_updates, links.with_outdated_agent(), of("pending agent updates"))}
        </td>
        <td class="numeric" data-label="Run success">
            {run_success(row.runs_succeeded, row.runs_total, &links, &format!(" of {}", row.account_name))}
        </td>
    }
    .into_any()
}

/// The EC2 instances that none of the other figures include.
fn unmanaged(row: &AccountRow) -> Option<AnyView> {
    let unmanaged = row.unmanaged_instances.filter(|instances| *instances > 0)?;
    let href = format!("{}#unmanaged", links::account(&row.account_id));
    let text = format!("{} unmanaged", count(unmanaged));
    Some(view! { <a class="secondary" href=href>{text}</a> }.into_any())
}

pub fn totals_row(totals: &AccountTotals, filter: &AccountFilter) -> AnyView {
    let links = AccountLinks::of(filter);
    // The lists of instances and updates cannot filter by `q` or `harvest`, so their totals would differ.
    let exact = filter.q.is_none() && filter.harvest.is_none();
    let to = |href: String| exact.then_some(href);
    let all = |what: &str| format!("{what} of all accounts");
    let runs = match exact {
        true => run_success(totals.runs_succeeded, totals.runs_total, &links, " of all accounts"),
        false => format!("{} of {}", count(totals.runs_succeeded), count(totals.runs_total)).into_any(),
    };
    view! {
        <tr>
            <th scope="row">"All "{plural(totals.accounts, "account", "accounts")}</th>
            <td class="numeric" data-label="Instances">{figure_or_plain(totals.instances, to(links.all()), all("instances"))}</td>
            <td class="numeric" data-label="Online">
                {figure_or_plain(totals.online_instances, to(links.online(true)), all("online instances"))}
            </td>
            <td class="numeric" data-label="Pending OS updates">
                {figure_or_plain(totals.pending_os_updates, to(links.pending_updates()), all("pending OS updates"))}
            </td>
            <td class="numeric" data-label="Pending agent updates">
                {figure_or_plain(
                    totals.pending_agent_updates,
                    to(links.with_outdated_agent()),
                    all("pending agent updates"),
                )}
            </td>
            <td class="numeric" data-label="Run success">{runs}</td>
            <td class="numeric">{harvest_link(None, "subtle", "all")}</td>
        </tr>
    }
    .into_any()
}
