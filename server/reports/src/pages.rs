//! Pages that several queries, the charts and the schedule make up together.

use muster_chart::{one_figure, pending_by_severity, sparkline, still_missing, trend as trend_chart};
use muster_model::{
    account::{AccountPage, PatchGroupRow},
    calendar::CalendarPage,
    change::{ChangeCounts, ChangesPage},
    coverage::CoveragePage,
    customer::{CustomerNote, CustomerRow, CustomersPage},
    exposure::{ExposureItem, ExposurePage, questions},
    filter::{
        AccountFilter, CalendarFilter, ChangesFilter, CoverageFilter, CustomersFilter, ExposureFilter, HarvestFilter,
        InstalledFilter, PatchFilter, RunResultsFilter, RunsFilter, TrendFilter, ZoneName,
    },
    freshness::Freshness,
    harvest::{HarvestPage, HarvestRow, ScheduleStatus},
    ids::AccountId,
    overview::Overview,
    page::Page,
    patch::PatchPage,
    plan::{AssociationRow, MaintenanceWindowRow, PatchBaselineRow, PatchPolicyRow},
    run::{RunPage, RunRow, RunsPage},
    software::InstalledPage,
    trend::{TrendDay, TrendPage},
};
use muster_query::{
    accounts,
    builder::{AccountSelection, Context},
    calendar, changes, choices, coverage, customers, exposure,
    freshness::freshness,
    harvest,
    listing::rows_of,
    nodes, patch_policies, runs, software, trend,
    updates::{self, counts::UpdateCounts},
};
use muster_store::{error::StoreError, value::day_of};

/// The updates that the overview shows as missing on most instances.
const TOP_MISSING_ROWS: u32 = 8;

pub fn overview(context: Context<'_>, filter: &AccountFilter) -> Result<Overview, StoreError> {
    let selection = AccountSelection::from(filter);
    // All accounts are read once: cards, sums, attention list and table are computed from the same rows.
    let fleet_filter = AccountFilter { q: None, harvest: None, ..filter.clone() };
    let accounts = |context: Context<'_>, filter: &AccountFilter| -> Result<_, StoreError> {
        Ok(accounts::list::listing(context, filter)?.page(None)?.1)
    };
    let trend_filter =
        TrendFilter { customer: filter.customer.clone(), provider: filter.provider.clone(), ..TrendFilter::default() };
    let of_accounts = |context: Context<'_>| {
        Ok((
            accounts(context, &fleet_filter)?,
            (*filter != fleet_filter).then(|| accounts(context, filter)).transpose()?,
            freshness(context, selection)?,
            trend::trend(context, &trend_filter)?.days,
            choices::choices(context)?,
        ))
    };
    let of_patches =
        PatchFilter { customer: filter.customer.clone(), provider: filter.provider.clone(), ..PatchFilter::default() };
    let of_updates = |context: Context<'_>| {
        Ok((
            updates::counts::by_severity(context, selection)?,
            updates::patches::most_missing(context, of_patches.clone(), TOP_MISSING_ROWS)?,
        ))
    };
    let ((fleet, matching, freshness, days, choices), (by_severity, top_missing)) =
        context.both(of_accounts, of_updates)?;
    let matching = matching.unwrap_or_else(|| fleet.clone());
    let total = matching.len() as u64;
    let UpdateCounts { severities, available_since } = by_severity;
    let totals = accounts::sums::totals(&matching);
    let (attention, accounts_with_attention) = accounts::attention::attention(&fleet);
    let start = usize::try_from(filter.window.offset).unwrap_or(usize::MAX);
    let rows = matching.into_iter().skip(start).take(filter.window.limit as usize).collect();
    Ok(Overview {
        choices,
        status: accounts::sums::status_counts(&fleet),
        fleet: accounts::sums::totals(&fleet),
        totals,
        accounts: Page::of(&freshness, total, rows, filter.window),
        trend: trend_chart::chart(&days),
        severity: pending_by_severity::chart(&severities),
        severities,
        available_since,
        top_missing,
        attention,
        accounts_with_attention,
        freshness,
    })
}

pub fn calendar(context: Context<'_>, filter: &CalendarFilter) -> Result<CalendarPage, StoreError> {
    let (starts, (idle_total, idle)) =
        context.both(|context| calendar::starts(context, filter), |context| calendar::idle(context, filter))?;
    let range = calendar::Days::of(context, filter);
    let days = calendar::days(&range, &starts);
    let freshness = freshness(context, filter.into())?;
    let (total, rows) = (starts.len() as u64, rows_of(starts, Some(filter.window)));
    let rows = Page::of(&freshness, total, rows, filter.window);
    let zone = filter.zone.as_ref().map_or("UTC", ZoneName::name).to_owned();
    Ok(CalendarPage { freshness, zone, from: range.from, to: range.to, days, idle_total, idle, rows })
}

pub fn exposure(context: Context<'_>, filter: &ExposureFilter) -> Result<ExposurePage, StoreError> {
    let evidence = exposure::evidence(context, filter)?;
    let words = questions(filter.text()).1;
    let (rows, items) = match evidence.questions.is_empty() {
        true => Default::default(),
        false => context.both(
            |context| exposure::listing_by(context, filter, &evidence).rows(filter.window),
            |context| exposure::items(context, filter, &evidence),
        )?,
    };
    let is_listed = |item: &&ExposureItem| {
        filter.question.as_ref().is_none_or(|question| question.as_str() == item.question.to_string())
    };
    let total = items.iter().filter(is_listed).map(|item| item.count(filter.listed_answer())).sum();
    let freshness = freshness(context, filter.into())?;
    let rows = Page::of(&freshness, total, rows, filter.window);
    Ok(ExposurePage { freshness, items, words, feeds: exposure::feeds(context)?, rows })
}

pub fn installed(context: Context<'_>, filter: &InstalledFilter) -> Result<InstalledPage, StoreError> {
    let ((total, rows), versions) = context.both(
        |context| software::installed(context, filter)?.page(Some(filter.window)),
        |context| software::versions(context, filter),
    )?;
    let freshness = freshness(context, filter.into())?;
    let rows = Page::of(&freshness, total, rows, filter.window);
    Ok(InstalledPage { freshness, versions, rows })
}

pub fn coverage(context: Context<'_>, filter: &CoverageFilter) -> Result<CoveragePage, StoreError> {
    let ((total, rows), counts) = context.both(
        |context| coverage::listing(context, filter)?.page(Some(filter.window)),
        |context| coverage::counts(context, filter),
    )?;
    let freshness = freshness(context, filter.into())?;
    let rows = Page::of(&freshness, total, rows, filter.window);
    Ok(CoveragePage { freshness, counts, unmanaged_instances: coverage::unmanaged(context, filter)?, rows })
}

pub fn customers(context: Context<'_>, filter: &CustomersFilter) -> Result<CustomersPage, StoreError> {
    let selection =
        AccountSelection { customer: filter.customer.as_deref(), provider: filter.provider.as_deref(), account: None };
    let (rows, mut shares) = customers::customers(context, filter)?;
    let changes_filter = filter.changes();
    let mut changes = changes::counts_by_customer(context, &changes_filter)?;
    let (total, rows) = (rows.len() as u64, rows_of(rows, Some(filter.window)));
    let note = |row: &CustomerRow| CustomerNote {
        changes: changes.remove(&row.customer_id).unwrap_or_default(),
        trend: sparkline::share(&shares.remove(&row.customer_id).unwrap_or_default()),
    };
    let notes = rows.iter().map(note).collect();
    let freshness = freshness(context, selection)?;
    Ok(CustomersPage {
        since: changes::since(context, &changes_filter),
        rows: Page::of(&freshness, total, rows, filter.window),
        notes,
        freshness,
    })
}

/// Reads the page of a patch, or nothing if it is on no instance in scope.
pub fn patch(context: Context<'_>, filter: &PatchFilter) -> Result<Option<PatchPage>, StoreError> {
    let Some(patch) = updates::patch::patch(context, filter)? else { return Ok(None) };
    let updates::patch::Patch { patches, states, accounts, outcome, elsewhere, days } = patch;
    let days: Vec<_> = days.iter().map(|day| (day.day, day.started, day.ended)).collect();
    let freshness = freshness(context, filter.into())?;
    let curve = still_missing::chart(&days, day_of(context.now));
    Ok(Some(PatchPage { freshness, patches, states, accounts, outcome, elsewhere, curve }))
}

pub fn trend(context: Context<'_>, filter: &TrendFilter) -> Result<TrendPage, StoreError> {
    let trend::Trend { from, to, days } = trend::trend(context, filter)?;
    Ok(TrendPage {
        freshness: freshness(context, filter.into())?,
        chart: one_figure::chart(filter.figure, (from, to), &days),
        from,
        to,
        days,
    })
}

pub fn changes(context: Context<'_>, filter: &ChangesFilter) -> Result<ChangesPage, StoreError> {
    let freshness = freshness(context, filter.into())?;
    let (accounts, rows) = changes::page(context, filter)?;
    let totals: ChangeCounts = accounts.iter().map(|account| account.counts).sum();
    let total = filter.kind.map_or_else(|| totals.all(), |kind| totals.get(kind));
    Ok(ChangesPage {
        since: changes::since(context, filter),
        totals,
        accounts,
        rows: Page::of(&freshness, total, rows, filter.window),
        freshness,
    })
}

pub fn runs(context: Context<'_>, filter: &RunsFilter) -> Result<RunsPage, StoreError> {
    let (from, to) = filter.range(day_of(context.now));
    let of_results = filter.results();
    let (((total, rows), contradictions), (totals, causes, failed_patches)) = context.both(
        |context| {
            let rows = runs::listing(context, filter)?.page(Some(filter.window))?;
            Ok((rows, runs::contradictions(context, &of_results)?))
        },
        |context| {
            let totals = runs::totals(context, filter)?;
            Ok((totals, runs::causes(context, &of_results)?, runs::failed_patches(context, &of_results)?))
        },
    )?;
    let freshness = freshness(context, filter.into())?;
    let rows = Page::of(&freshness, total, rows, filter.window);
    let runs::Totals { results: totals, not_read } = totals;
    Ok(RunsPage { freshness, from, to, totals, not_read, causes, failed_patches, contradictions, rows })
}

/// Reads a run, or nothing if it is not in scope. Output is left out for those who may not read it.
pub fn run(context: Context<'_>, command_id: &str) -> Result<Option<RunPage>, StoreError> {
    let Some(run) = runs::run(context, command_id)? else { return Ok(None) };
    let sees_output = context.scope.sees_output();
    let of_run = RunResultsFilter { run: Some(command_id.to_owned()), ..RunResultsFilter::default() };
    Ok(Some(RunPage {
        freshness: freshness(context, AccountSelection::one(&run.account_id))?,
        causes: runs::causes(context, &of_run)?,
        failed_patches: runs::failed_patches(context, &of_run)?,
        outputs: if sees_output { runs::outputs(context, command_id)? } else { Vec::new() },
        sees_output,
        run,
    }))
}

/// The state of an account's instances and of its harvest.
struct AccountState {
    by_severity: UpdateCounts,
    days: Vec<TrendDay>,
    harvests: Vec<HarvestRow>,
    freshness: Freshness,
}

/// How an account's instances are patched.
struct AccountPlans {
    patch_groups: Vec<PatchGroupRow>,
    maintenance_windows: Vec<MaintenanceWindowRow>,
    patch_policies: Vec<PatchPolicyRow>,
    patch_baselines: Vec<PatchBaselineRow>,
    associations: Vec<AssociationRow>,
    runs: Vec<RunRow>,
}

/// Reads an account's page, or nothing if the account is not in scope.
pub fn account(context: Context<'_>, account: &AccountId) -> Result<Option<AccountPage>, StoreError> {
    let Some(row) = accounts::detail::account(context, account)? else { return Ok(None) };
    let (state, (plans, notices, unmanaged)) = context.both(
        |context| account_state(context, account),
        |context| {
            Ok((
                account_plans(context, account)?,
                accounts::hybrid_tier::notices(context, account)?,
                nodes::unmanaged(context, account)?,
            ))
        },
    )?;
    let AccountState { by_severity, days, harvests, freshness } = state;
    let AccountPlans { patch_groups, maintenance_windows, patch_policies, patch_baselines, associations, runs } = plans;
    let UpdateCounts { severities, available_since } = by_severity;
    Ok(Some(AccountPage {
        freshness,
        account: row,
        systems_account: harvests.first().map(|harvest| harvest.systems_account.clone()).unwrap_or_default(),
        harvests,
        patch_groups,
        maintenance_windows,
        patch_policies,
        patch_baselines,
        associations,
        notices,
        unmanaged,
        runs,
        trend: trend_chart::chart(&days),
        severity: pending_by_severity::chart(&severities),
        severities,
        available_since,
    }))
}

fn account_state(context: Context<'_>, account: &AccountId) -> Result<AccountState, StoreError> {
    let trend_filter = TrendFilter { account: Some(account.clone()), ..TrendFilter::default() };
    Ok(AccountState {
        by_severity: updates::counts::by_severity(context, AccountSelection::one(account))?,
        days: trend::trend(context, &trend_filter)?.days,
        harvests: last_harvests(context, account)?,
        freshness: freshness(context, AccountSelection::one(account))?,
    })
}

fn account_plans(context: Context<'_>, account: &AccountId) -> Result<AccountPlans, StoreError> {
    Ok(AccountPlans {
        patch_groups: accounts::detail::patch_groups(context, account)?,
        maintenance_windows: accounts::detail::maintenance_windows(context, account)?,
        patch_policies: patch_policies::of_account(context, account)?,
        patch_baselines: accounts::detail::patch_baselines(context, account)?,
        associations: accounts::detail::associations(context, account)?,
        runs: runs::recent(context, account)?,
    })
}

/// Reads the last harvest of an account in each Region, without AWS's own texts for those who do not operate the portal.
fn last_harvests(context: Context<'_>, account: &AccountId) -> Result<Vec<HarvestRow>, StoreError> {
    let filter = HarvestFilter { account: Some(account.clone()), ..HarvestFilter::default() };
    let mut harvests = harvest::harvests(context, &filter)?;
    if !context.scope.sees_harvest() {
        withhold_texts(&mut harvests);
    }
    Ok(harvests)
}

/// Removes AWS's own texts, which may name the systems account of another customer; the class stays.
fn withhold_texts(harvests: &mut [HarvestRow]) {
    for error in harvests.iter_mut().flat_map(|harvest| &mut harvest.errors) {
        error.code.clear();
        error.message.clear();
    }
}

pub fn harvest(
    context: Context<'_>,
    filter: &HarvestFilter,
    present: bool,
    schedule: ScheduleStatus,
) -> Result<HarvestPage, StoreError> {
    let (organization, lost_log) = match present {
        true => (harvest::organization(context)?, harvest::lost_log(context)?),
        false => (None, None),
    };
    Ok(HarvestPage {
        freshness: freshness(context, AccountSelection::default())?,
        rows: harvest::harvests(context, filter)?,
        nodes: nodes::listings(context, filter.account.as_ref())?,
        operations: harvest::operations(context, filter)?,
        organization,
        lost_log,
        schedule,
    })
}
