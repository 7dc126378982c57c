//! Runs and their results over all accounts in scope, within a range of days.

use crate::{
    builder::{Context, QueryBuilder, order_by},
    instances::found::find_runs,
    listing::Listing,
};
use duckdb::types::Value;
use jiff::{Timestamp, civil::Date};
use muster_model::{
    column::Columns,
    exact::Exact,
    filter::{InstanceRunsFilter, OfInstance, RunResultsFilter, RunsFilter},
    ids::AccountId,
    run::{ContradictionCount, FailedPatchRow, InvocationRow, RunCauseRow, RunOutcome, RunOutput, RunResults, RunRow},
};
use muster_store::{
    error::StoreError,
    value::{day_of, start_of, time},
};
use std::sync::LazyLock;

/// The newest runs that an account's page shows.
const NEWEST_FIRST: &str = "ORDER BY f.requested_at DESC, f.command_id LIMIT 10";

/// A statement on results, of which several statements are made.
fn on_results(statement: &str) -> String {
    statement.replace("{results}", indented(include_str!("runs/results_of.sql")).trim_end())
}

/// A statement on results that are compared with the instances as they are.
fn on_compared(statement: &str) -> String {
    let compared = on_results(include_str!("runs/compared.sql"));
    statement.replace("{compared}", indented(&compared).trim_end())
}

static RESULTS: LazyLock<String> = LazyLock::new(|| on_compared(include_str!("runs/results.sql")));
static COUNT: LazyLock<String> = LazyLock::new(|| on_results(include_str!("runs/count.sql")));
static CONTRADICTIONS: LazyLock<String> = LazyLock::new(|| on_compared(include_str!("runs/contradictions.sql")));
static FAILED_PATCHES: LazyLock<String> = LazyLock::new(|| on_results(include_str!("runs/failed_patches.sql")));
static CAUSES: LazyLock<String> = LazyLock::new(|| on_results(include_str!("runs/causes.sql")));
static RUNS: LazyLock<String> = LazyLock::new(|| {
    let by_run = indented(&on_results(include_str!("runs/results_by_run.sql")));
    include_str!("runs/list.sql").replace("{by_run}", by_run.trim_end())
});
static TOTALS: LazyLock<String> = LazyLock::new(|| {
    include_str!("runs/totals.sql").replace("{runs}", indented(&RUNS.replace("{order}", "")).trim_end())
});

/// A statement within another, whose own source of rows starts a line.
fn indented(statement: &str) -> String {
    statement.lines().map(|line| format!("    {line}\n")).collect()
}

/// Prepares the runs that match the filter, newest first unless it says otherwise.
pub fn listing<'a>(context: Context<'a>, filter: &RunsFilter) -> Result<Listing<'a, RunRow>, StoreError> {
    let order = format!("{}, f.requested_at DESC, f.command_id, f.account_id", order_by(&filter.order, &[]));
    Ok(Listing::from_query(of_runs(context, filter), "runs", &RUNS, order))
}

/// Prepares the results of runs that match the filter.
pub fn results<'a>(context: Context<'a>, filter: &RunResultsFilter) -> Result<Listing<'a, InvocationRow>, StoreError> {
    let order =
        format!("{}, f.requested_at DESC, f.command_id, f.instance_id, f.account_id", order_by(&filter.order, &[]));
    let results = Listing::from_query(of_results(context, filter)?, "run results", &RESULTS, order);
    Ok(if filter.contradiction.is_none() { results.count_by(&COUNT) } else { results })
}

/// All runs that match a filter together.
#[derive(Default, Columns)]
pub struct Totals {
    #[column(flatten)]
    pub results: RunResults,
    pub not_read: u64,
}

/// Reads how the results of all runs that match the filter ended.
pub fn totals(context: Context<'_>, filter: &RunsFilter) -> Result<Totals, StoreError> {
    let rows: Vec<Totals> = of_runs(context, filter).read("the results of runs", &TOTALS)?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// Prepares the results of runs of an instance, newest first.
pub fn of_instance<'a>(
    context: Context<'a>,
    filter: &OfInstance<InstanceRunsFilter>,
) -> Result<Listing<'a, InvocationRow>, StoreError> {
    let found = find_runs(context, &filter.instance)?;
    if found.is_empty() {
        return Ok(Listing::from_rows(Vec::new()));
    }
    let mut query = QueryBuilder::for_found(context, &found);
    within(&mut query, context, (Date::MIN, Date::MAX), None, None);
    Ok(Listing::from_query(query, "runs", &RESULTS, "f.requested_at DESC, f.command_id"))
}

/// Reads why results that match the filter did not succeed.
pub fn causes(context: Context<'_>, filter: &RunResultsFilter) -> Result<Vec<RunCauseRow>, StoreError> {
    of_results(context, filter)?.read("the causes of failed runs", &CAUSES)
}

/// Reads the patches that are failed where results that match the filter failed.
pub fn failed_patches(context: Context<'_>, filter: &RunResultsFilter) -> Result<Vec<FailedPatchRow>, StoreError> {
    of_results(context, filter)?.read("the patches of failed runs", &FAILED_PATCHES)
}

/// Reads how many results that match the filter are contradicted, by how.
pub fn contradictions(context: Context<'_>, filter: &RunResultsFilter) -> Result<Vec<ContradictionCount>, StoreError> {
    of_results(context, filter)?.read("contradicted results", &CONTRADICTIONS)
}

/// Reads the newest runs of an account in the days that the list of runs shows.
pub fn recent(context: Context<'_>, account: &AccountId) -> Result<Vec<RunRow>, StoreError> {
    let filter = RunsFilter { account: Some(account.clone()), ..RunsFilter::default() };
    let query = of_runs(context, &filter);
    query.read("the newest runs", &RUNS.replace("{order}", NEWEST_FIRST))
}

/// Reads one run, or nothing if it is not in scope.
pub fn run(context: Context<'_>, command_id: &str) -> Result<Option<RunRow>, StoreError> {
    let Some(day) = day_of_run(context, command_id)? else { return Ok(None) };
    // Its results may be requested after midnight.
    let filter = RunsFilter { from: Some(day), to: day.tomorrow().ok(), ..RunsFilter::default() };
    let mut query = of_runs(context, &filter);
    query.filter_by("f.command_id = {}", command_id.to_owned());
    Ok(query.read("a run", &RUNS.replace("{order}", ""))?.into_iter().next())
}

/// Reads what the failed steps of a run printed.
pub fn outputs(context: Context<'_>, command_id: &str) -> Result<Vec<RunOutput>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_by("o.command_id = {}", command_id.to_owned());
    query.read("the output of a run", include_str!("runs/outputs.sql"))
}

fn day_of_run(context: Context<'_>, command_id: &str) -> Result<Option<Date>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("r.command_id = {}", command_id.to_owned());
    let requested: Option<i64> = query.row("a run", include_str!("runs/found.sql"), |row| row.get(0))?;
    Ok(requested.and_then(|at| Timestamp::from_microsecond(at).ok()).map(day_of))
}

fn of_runs<'a>(context: Context<'a>, filter: &RunsFilter) -> QueryBuilder<'a> {
    let mut query = QueryBuilder::for_instance_runs(context);
    within(&mut query, context, filter.range(day_of(context.now)), filter.account.as_ref(), None);
    query.filter_columns(filter);
    match filter.outcome {
        None => &mut query,
        Some(RunOutcome::Succeeded) => query.filter("f.succeeded > 0"),
        Some(RunOutcome::Failed) => query.filter("f.failed > 0"),
        Some(RunOutcome::NotReached) => query.filter("f.not_reached > 0"),
        Some(RunOutcome::Unfinished) => query.filter("f.unfinished > 0"),
    };
    query
}

fn of_results<'a>(context: Context<'a>, filter: &RunResultsFilter) -> Result<QueryBuilder<'a>, StoreError> {
    let mut query = QueryBuilder::for_instance_runs(context);
    // A run is found on whatever day it was.
    let of_run = match (&filter.run, filter.from, filter.to) {
        (Some(command_id), None, None) => {
            day_of_run(context, command_id)?.map(|day| (day, day.tomorrow().unwrap_or(day)))
        }
        _ => None,
    };
    let days = of_run.unwrap_or_else(|| filter.range(day_of(context.now)));
    within(&mut query, context, days, filter.account.as_ref(), filter.run.as_deref());
    if filter.name.is_some() || filter.title.is_some() {
        query
            .bind_name("{name}", text(filter.name.as_ref().map(Exact::as_str)))
            .bind_name("{title}", text(filter.title.as_ref().map(Exact::as_str)))
            .filter(FAILED_ON);
    }
    query.filter_columns(filter).search("instance_name, instance_id, command_id", filter.q.as_deref());
    Ok(query)
}

/// Results that failed where an update of this name, this title, or both is failed.
const FAILED_ON: &str = "f.outcome = 'failed' AND f.operation = 'Install' AND f.gone_at IS NULL AND f.instance_key IN (
    SELECT u.instance_key
    FROM instance_update u
    JOIN patch p ON p.patch_key = u.patch_key
    WHERE u.state = 'Failed' AND ({name} IS NULL OR p.kb_id = {name}) AND ({title} IS NULL OR p.title = {title})
)";

fn text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| Value::Text(text.to_owned()))
}

/// Limits a statement to the results of some days, and of an account and a run if they are given.
fn within(
    query: &mut QueryBuilder<'_>,
    context: Context<'_>,
    (from, to): (Date, Date),
    account: Option<&AccountId>,
    run: Option<&str>,
) {
    let until = to.tomorrow().map_or(Timestamp::MAX, start_of);
    query
        .bind_name("{scans_since}", time(context.limits.runs_since(context.now)))
        .bind_name("{from}", time(start_of(from)))
        .bind_name("{until}", time(until))
        .bind_name("{account}", text(account.map(AccountId::as_str)))
        .bind_name("{run}", text(run));
}
