//! `/updates/{patch}`: one patch on all instances in scope: who has it, who lacks it, and since when.

use super::{COLUMNS, patches_table, table::table_of};
use crate::{
    model::{
        Chart, Exact, ExceptionDraft, ExceptionFilter, OutcomeElsewhere, Page, PatchAccountRow, PatchFilter,
        PatchOutcome, PatchPage, PatchRow, StateCount, UpdateFilter, UpdateRow, UpdateState, Window,
    },
    ui::{
        pages::{except_link, overview::chart_card},
        prelude::*,
    },
};

const ACCOUNT_COLUMNS: [Column; 5] = [
    Column::text("Account"),
    Column::numeric("Missing"),
    Column::numeric("Failed"),
    Column::numeric("Pending reboot"),
    Column::numeric("Installed"),
];

const CURVE: &str = "Instances that still lack it";

const INSTANCE_COLUMNS: [&str; 6] =
    ["instance_name", "install_status", "account_name", "due_at", "install_time", "first_seen_at"];

/// The instances that are shown; the list of instances has all.
const INSTANCES_SHOWN: u32 = 20;

/// The versions that are shown; the others are collapsed.
const VERSIONS_SHOWN: usize = 10;

/// The accounts that are shown; the list of instances has all.
const ACCOUNTS_SHOWN: usize = 8;

pub fn patch_page() -> AnyView {
    page("/updates", load, show)
}

/// The updates of the patch with this name among those that a query string selects.
fn updates_of(name: &str, query: &str) -> UpdateFilter {
    let filter = PatchFilter::of_name(name, query).ok().flatten().unwrap_or_default();
    let window = Window { offset: 0, limit: INSTANCES_SHOWN };
    UpdateFilter { window, ..filter.in_any_state().updates() }
}

async fn load(at: Address) -> Result<(PatchPage, Page<UpdateRow>, u64), RpcError> {
    let page = rpc::patch(at.id.clone(), at.query.clone()).await?;
    let updates = updates_of(&at.id, &at.query);
    let exceptions = rpc::exceptions(exceptions_of(&updates).to_query()).await?.total;
    let instances = rpc::updates(updates.to_query()).await?;
    Ok((page, instances, exceptions))
}

/// The exceptions of the patches of a name.
fn exceptions_of(filter: &UpdateFilter) -> ExceptionFilter {
    let UpdateFilter { name, customer, provider, account, .. } = filter.clone();
    ExceptionFilter { name, customer, provider, account, ..ExceptionFilter::default() }
}

fn show(at: Address, (page, instances, exceptions): (PatchPage, Page<UpdateRow>, u64)) -> AnyView {
    let filter = UpdateFilter { window: Window::default(), ..updates_of(&at.id, &at.query) };
    let PatchPage { freshness, patches, states, accounts, outcome, elsewhere, curve } = page;
    let title = match patches.as_slice() {
        [one] => one.description.clone(),
        _ => patches.first().map(|patch| patch.name.clone()).unwrap_or_default(),
    };
    let links = AccountLinks::of(&filter);
    let excepted = (exceptions > 0).then(|| {
        let text = plural(exceptions, "exception", "exceptions");
        view! { <a href=links::exceptions(&exceptions_of(&filter))>{text}</a> }
    });
    let except = match patches.as_slice() {
        [one] => except_link("Accept or defer", &draft_of(one, &filter)),
        _ => None,
    };
    // In any state, as the page counts.
    let of_page = PatchFilter::from(filter.clone());
    let scope = PatchFilter { name: None, title: None, states: Vec::new(), ..of_page.clone() };
    let patches = versions_card(patches, &of_page);
    view! {
        <Title text=title.clone() />
        {breadcrumbs(vec![("Updates".to_owned(), links::patches(&scope))], title.clone())}
        <div class="page-header"><h1><bdi>{title}</bdi></h1>{freshness_line(&freshness, &links)} {excepted} {except}</div>
        {states_card(&states, outcome, elsewhere, &filter)}
        <div class="split-even">{curve_card(curve)} {accounts_card(accounts, &filter)}</div>
        {instances_card(instances, &filter)}
        {patches}
    }
    .into_any()
}

fn draft_of(patch: &PatchRow, filter: &UpdateFilter) -> ExceptionDraft {
    let [name, title] = [&patch.name, &patch.title].map(|text| Some(Exact::new(text.clone())));
    ExceptionDraft { name, title, account: filter.account.clone(), ..ExceptionDraft::default() }
}

/// The patches of the name; those that are pending first, and all but the first few collapsed.
fn versions_card(mut patches: Vec<PatchRow>, filter: &PatchFilter) -> AnyView {
    patches.sort_by_key(|patch| patch.oldest_pending_since.is_none());
    let columns = columns_named::<PatchRow>(&COLUMNS);
    let table = |rows: &[PatchRow]| patches_table(headings(&columns), filter, rows);
    let (shown, rest) = patches.split_at(patches.len().min(VERSIONS_SHOWN));
    let more = collapsed(rest.len(), || table(rest));
    Card::new("patches", if patches.len() == 1 { "Update" } else { "Versions" })
        .note("In any state, on current instances; pending ones first")
        .content((table(shown), more))
}

fn curve_card(curve: Chart) -> AnyView {
    if curve.rows.is_empty() {
        let empty = empty_state("No instance lacked it", "It was never missing on an instance in scope.");
        return Card::new("curve", CURVE).content(empty);
    }
    chart_card(CURVE, curve)
}

/// The instances by state, and how installing it went.
fn states_card(
    states: &[StateCount],
    outcome: PatchOutcome,
    elsewhere: Option<OutcomeElsewhere>,
    filter: &UpdateFilter,
) -> AnyView {
    let states = states.iter().map(|StateCount { state, updates }| {
        let href = links::updates(&UpdateFilter { states: vec![state.clone()], ..filter.clone() });
        let label = state.label().to_owned();
        view! { <div><dt>{label.clone()}</dt><dd>{figure(*updates, href, format!("updates: {label}"))}</dd></div> }
    });
    let PatchOutcome { attempted, failed, regressed } = outcome;
    let attempts = match attempted {
        0 => "No install of it was seen so far.".to_owned(),
        _ => format!(
            "Of {} on which an install was seen, it failed at least once on {} ({} %){}.",
            plural(attempted, "instance", "instances"),
            count(failed),
            format::percent(failed, attempted),
            match regressed {
                0 => String::new(),
                regressed => format!("; it was missing again later on {}", count(regressed)),
            },
        ),
    };
    let fails_elsewhere = elsewhere.is_some_and(OutcomeElsewhere::fails_often);
    let elsewhere = elsewhere.map(|OutcomeElsewhere { failed_percent, regressed_percent }| {
        let text = format!(
            "For other customers, it failed at least once on {failed_percent} % of the instances on which it was tried, and \
             was missing again later on {regressed_percent} %."
        );
        view! { <p class="muted card-footer">{text}</p> }
    });
    let fails_often = outcome.fails_often() || fails_elsewhere;
    let warning = fails_often.then(|| {
        let text = "It fails often: try it on a few instances before the others.";
        view! { <p class="card-footer"><strong>{icon(Icon::Warning)}" "{text}</strong></p> }
    });
    Card::new("states", "Updates by state").note(attempts).content(view! {
        <dl class="key-figures">{states.collect_view()}</dl>
        {warning} {elsewhere}
    })
}

fn accounts_card(accounts: Vec<PatchAccountRow>, filter: &UpdateFilter) -> AnyView {
    let all = accounts.len();
    let note = match all > ACCOUNTS_SHOWN {
        true => format!("The worst {ACCOUNTS_SHOWN} of {}", count(all as u64)),
        false => "Those that lack it first".to_owned(),
    };
    let rows = accounts.into_iter().take(ACCOUNTS_SHOWN).map(|row| account_row(row, filter));
    Card::new("accounts", plural(all as u64, "account", "accounts")).note(note).content(data_table(
        "Accounts",
        &ACCOUNT_COLUMNS,
        rows,
    ))
}

fn account_row(row: PatchAccountRow, filter: &UpdateFilter) -> Vec<AnyView> {
    let of = |n: u64, states: &[UpdateState], what: &str| {
        let account = Some(row.account_id.clone());
        let filter = UpdateFilter { account, states: states.to_vec(), ..filter.clone() };
        figure(n, links::updates(&filter), format!("updates of {}: {what}", row.account_name))
    };
    let installed = [UpdateState::Installed, UpdateState::InstalledOther];
    cells![
        account_cell(&row.account_id, row.account_name.clone(), &row.provider, row.customer_name.clone()),
        of(row.missing, &[UpdateState::Missing], "missing"),
        of(row.failed, &[UpdateState::Failed], "failed"),
        of(row.pending_reboot, &[UpdateState::InstalledPendingReboot], "pending reboot"),
        of(row.installed, &installed, "installed"),
    ]
}

fn instances_card(instances: Page<UpdateRow>, filter: &UpdateFilter) -> AnyView {
    let all = links::updates(filter);
    let more = (instances.total > instances.rows.len() as u64).then(|| {
        let text = format!("View all {}", plural(instances.total, "update", "updates"));
        view! { <p class="card-footer"><a href=all>{text}</a></p> }
    });
    let columns = columns_named::<UpdateRow>(&INSTANCE_COLUMNS);
    let caption = ("Instances with the update", "responsive-table dense");
    let table = table_of(caption, (links::UPDATE_LIST, filter), &columns, &instances.rows);
    Card::new("instances", "Instances")
        .note("Failed and missing first")
        .actions(export_links("updates", |excel| export("updates", filter, excel)))
        .content((table, more))
}
