//! `/accounts/{account}`: one account's instances, patch groups, runs, harvests, maintenance windows, patch policies and
//! baselines.

mod associations;
mod baselines;
mod groups;
mod head;
mod policies;
mod runs;
mod unmanaged;
mod windows;

use super::{
    enrollment::drift_card,
    fleet::fleet_card,
    instances::instances_table,
    overview::{chart_card, severity_card},
};
use crate::{
    model::{
        AccountPage, AccountRow, EnrollmentAccount, EnrollmentFilter, EnrollmentOutage, InstanceFilter, InstanceRow,
        Page, Window,
    },
    ui::prelude::*,
};
use std::collections::BTreeSet;

/// The title and the reason of a list without rows.
type Empty = (&'static str, &'static str);

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

struct AccountData {
    page: AccountPage,
    worst: Page<InstanceRow>,
    enrollment: Option<Result<EnrollmentAccount, EnrollmentOutage>>,
}

async fn load(at: Address) -> Result<AccountData, RpcError> {
    let page = rpc::account(at.id).await?;
    let worst = rpc::instances(filter_of(&page.account).to_query()).await?;
    let enrolling = EnrollmentFilter {
        provider: Some(page.account.provider.code().to_owned()),
        account: Some(page.account.account_id.clone()),
        ..EnrollmentFilter::default()
    };
    let enrollment = rpc::enrollment_account(enrolling.to_query()).await?;
    Ok(AccountData { page, worst, enrollment })
}

fn show(_: Address, AccountData { page, worst, enrollment }: AccountData) -> AnyView {
    let account = &page.account;
    let drift = drift_card(enrollment, page.freshness.now);
    let links = AccountLinks::of_account(&account.account_id);
    let name = account.account_name.clone();
    if account.is_unknown() {
        let unknown = Card::new("instances", "Instances").content(never_harvested(1));
        let harvests = head::harvests(page.harvests, &account.account_id, page.freshness.now);
        return view! {
            <Title text=name />
            {head::head(account, &page.systems_account)}
            <div class="split">{unknown} {harvests}</div>
            {drift}
        }
        .into_any();
    }
    // An empty list says that there is nothing only if it was read.
    let unread: BTreeSet<String> =
        page.harvests.iter().flat_map(|harvest| &harvest.errors).map(|error| error.operation.clone()).collect();
    let or_unread = |operations: &[&str], empty: Empty| match operations.iter().any(|one| unread.contains(*one)) {
        true => ("Unknown", "The last harvest could not read this: see Harvest above."),
        false => empty,
    };
    let groups = or_unread(&["GetInventory", "ListTagsForResource"], groups::EMPTY);
    let runs = or_unread(&["ListCommands"], runs::EMPTY);
    let windows = or_unread(&["DescribeMaintenanceWindows"], windows::EMPTY);
    let policies = or_unread(&["ListConfigurations", "GetConfiguration"], policies::EMPTY);
    let baselines = or_unread(&["DescribePatchBaselines"], baselines::EMPTY);
    let associations = or_unread(&["ListAssociations"], associations::EMPTY);
    let heading = view! { <h2>{plural(account.status.total(), "instance", "instances")}</h2> }.into_any();
    let now = page.freshness.now;
    let scope = "As of the last harvest".to_owned();
    let waiting = (page.available_since, now);
    let fleet = fleet_card(heading, scope, &account.status, &account.totals(), waiting, &links);
    let instances = instances_card(account, worst, &links);
    view! {
        <Title text=name />
        {head::head(account, &page.systems_account)}
        {notices(&page.notices)}
        <div class="split">{fleet} {head::harvests(page.harvests, &account.account_id, now)}</div>
        {instances}
        {unmanaged::unmanaged_card(page.unmanaged, now)}
        <div class="split-even">
            {groups::groups_card(page.patch_groups, groups, &links)} {runs::runs_card(page.runs, runs, &account.account_id)}
        </div>
        {windows::windows_card(&account.account_id, page.maintenance_windows, windows, now)}
        {policies::policies_card(&page.patch_policies, policies)}
        {baselines::baselines_card(page.patch_baselines, baselines)}
        {associations::associations_card(page.associations, associations)}
        {drift}
        <div class="split-even">
            {chart_card("Patch status over time", page.trend)} {severity_card(&page.severities, page.severity, &links)}
        </div>
    }
    .into_any()
}

fn notices(notices: &[String]) -> AnyView {
    if notices.is_empty() {
        return ().into_any();
    }
    let notices = notices.iter().cloned().map(|one| view! { <li><bdi>{one}</bdi></li> });
    notice("pending", "Notices", Icon::Warning, view! { <ul>{notices.collect_view()}</ul> })
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
        true => empty_state("No instances", "The last harvest of this account found no instances."),
        false => instances_table("/instances", &all, &worst.rows),
    };
    Card::new("instances", "Instances")
        .note("Worst first")
        .actions(export_links("instances", |excel| export("instances", &all, excel)))
        .content((content, more))
}
