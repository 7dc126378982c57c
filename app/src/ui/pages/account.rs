//! `/accounts/{account}`: one account's machines, patch groups, runs, harvests, and what is set up for them.

mod associations;
mod baselines;
mod groups;
mod head;
mod runs;
mod windows;

use super::{
    fleet::{KeyFigures, fleet_card},
    instances::instances_table,
    overview::{chart_card, severity_card},
};
use crate::{
    model::{
        account::{AccountPage, AccountRow},
        filter::InstanceFilter,
        instance::InstanceRow,
        page::{Page, Window},
    },
    rpc::{self, RpcError},
    ui::{
        format::plural,
        links::{self, AccountLinks},
        load::{Address, page},
        parts::{export_links, nothing_here},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

/// How many of the worst machines the page shows; the list has them all.
const WORST: u32 = 10;

pub fn account_page() -> AnyView {
    page("/", load, show)
}

fn filter_of(account: &AccountRow) -> InstanceFilter {
    InstanceFilter {
        account: Some(account.account_id.clone()),
        window: Window { offset: 0, limit: WORST },
        ..InstanceFilter::default()
    }
}

async fn load(at: Address) -> Result<(AccountPage, Page<InstanceRow>), RpcError> {
    let account = rpc::account(at.id).await?;
    let worst = rpc::instances(filter_of(&account.account).to_query()).await?;
    Ok((account, worst))
}

fn show(_: Address, (page, worst): (AccountPage, Page<InstanceRow>)) -> AnyView {
    let account = &page.account;
    let links = AccountLinks::of_account(&account.account_id);
    let name = account.account_name.clone();
    let heading = view! { <h2>{plural(account.status.total(), "machine", "machines")}</h2> }.into_any();
    let fleet =
        fleet_card(heading, "current at the last good harvest".to_owned(), &account.status, keys(account), &links);
    let machines = machines(account, worst, &links);
    let now = page.freshness.now;
    view! {
        <Title text=name />
        {head::head(account, &page.systems_account)}
        <div class="first">{fleet} {head::harvests(page.harvests, &account.account_id, now)}</div>
        {machines}
        <div class="halves">
            {groups::groups_card(page.patch_groups, &links)} {runs::runs_card(page.runs)}
        </div>
        {windows::windows_card(page.maintenance_windows, now)}
        {baselines::baselines_card(page.patch_baselines)}
        {associations::associations_card(page.associations)}
        <div class="halves">
            {chart_card("Patch status over time", page.trend)} {severity_card(&page.severities, page.severity, &links)}
        </div>
    }
    .into_any()
}

fn keys(account: &AccountRow) -> KeyFigures {
    KeyFigures {
        instances: account.instances,
        online: account.online_instances,
        pending_os_updates: account.pending_os_updates,
        instances_pending_os_updates: account.instances_pending_os_updates,
        pending_agent_updates: account.pending_agent_updates,
        runs_succeeded: account.runs_succeeded,
        runs_total: account.runs_total,
    }
}

fn machines(account: &AccountRow, worst: Page<InstanceRow>, links: &AccountLinks) -> AnyView {
    let all = links.all();
    let all_of = InstanceFilter { window: Window::default(), ..filter_of(account) };
    let export = |excel: bool| links::export("instances", &all_of, excel);
    let more = (worst.total > worst.rows.len() as u64).then(|| {
        view! {
            <p class="card-foot">
                <a href=all>{format!("All {}", plural(worst.total, "instance", "instances"))}</a>
            </p>
        }
    });
    let content = match worst.rows.is_empty() {
        true => nothing_here("No machine", "The last good harvest of this account found none."),
        false => instances_table("/instances", &all_of, worst.rows),
    };
    view! {
        <section class="card" aria-labelledby="machines">
            <div class="card-head">
                <h2 id="machines">"Instances"</h2>
                <span class="soft">"worst first"</span>
                {export_links("instances", export(false), export(true))}
            </div>
            {content} {more}
        </section>
    }
    .into_any()
}
