//! `/accounts/{account}`: one account's instances, patch groups, runs, harvests, maintenance windows and baselines.

mod associations;
mod baselines;
mod groups;
mod head;
mod runs;
mod windows;

use super::{
    fleet::fleet_card,
    instances::instances_table,
    overview::{chart_card, severity_card},
};
use crate::{
    model::{AccountPage, AccountRow, InstanceFilter, InstanceRow, Page, Window},
    ui::prelude::*,
};

/// The number of instances on the page; the list has all of them.
const WORST_INSTANCES: u32 = 10;

pub fn account_page() -> AnyView {
    page("/", load, show)
}

fn filter_of(account: &AccountRow) -> InstanceFilter {
    InstanceFilter {
        account: Some(account.account_id.clone()),
        window: Window { offset: 0, limit: WORST_INSTANCES },
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
    let heading = view! { <h2>{plural(account.status.total(), "instance", "instances")}</h2> }.into_any();
    let fleet =
        fleet_card(heading, "As of the last successful harvest".to_owned(), &account.status, &account.totals(), &links);
    let instances = instances_card(account, worst, &links);
    let now = page.freshness.now;
    view! {
        <Title text=name />
        {head::head(account, &page.systems_account)}
        <div class="split">{fleet} {head::harvests(page.harvests, &account.account_id, now)}</div>
        {instances}
        <div class="split-even">
            {groups::groups_card(page.patch_groups, &links)} {runs::runs_card(page.runs)}
        </div>
        {windows::windows_card(page.maintenance_windows, now)}
        {baselines::baselines_card(page.patch_baselines)}
        {associations::associations_card(page.associations)}
        <div class="split-even">
            {chart_card("Patch status over time", page.trend)} {severity_card(&page.severities, page.severity, &links)}
        </div>
    }
    .into_any()
}

fn instances_card(account: &AccountRow, worst: Page<InstanceRow>, links: &AccountLinks) -> AnyView {
    let all = InstanceFilter { window: Window::default(), ..filter_of(account) };
    let more = (worst.total > worst.rows.len() as u64).then(|| {
        view! {
            <p class="card-footer">
                <a href=links.all()>{format!("View all {}", plural(worst.total, "instance", "instances"))}</a>
            </p>
        }
    });
    let content = match worst.rows.is_empty() {
        true => empty_state("No instances", "The last successful harvest of this account found no instances."),
        false => instances_table("/instances", &all, &worst.rows),
    };
    Card::new("instances", "Instances")
        .note("Worst first")
        .actions(export_links("instances", |excel| export("instances", &all, excel)))
        .content((content, more))
}
