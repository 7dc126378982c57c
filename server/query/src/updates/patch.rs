//! One patch on all instances in scope: who has it, who lacks it, and what became of it.

use super::patches::patches;
use crate::builder::{Context, QueryBuilder};
use jiff::civil::Date;
use muster_metrics::UpdateColumns;
use muster_model::{
    Exact,
    column::Columns,
    filter::PatchFilter,
    instance::StateCount,
    patch::{OutcomeElsewhere, PatchAccountRow, PatchOutcome, PatchRow},
};
use muster_store::error::StoreError;

/// The fewest other customers, and instances of theirs, of whom shares are shown, and the steps of these in percent.
const CUSTOMERS_MIN: u64 = 5;
const INSTANCES_MIN: u64 = 20;
const SHARE_STEP: u64 = 5;

/// Leaves out what happened to an account while it was another customer's.
const OF_ITS_CUSTOMER: &str = "t.happened_at >= coalesce(
    (SELECT max(o.until_at) FROM former_owner o WHERE o.account_id = f.account_id AND o.customer_id <> f.customer_id),
    '-infinity'::TIMESTAMP
)";

pub struct Patch {
    pub patches: Vec<PatchRow>,
    pub states: Vec<StateCount>,
    pub accounts: Vec<PatchAccountRow>,
    pub outcome: PatchOutcome,
    pub elsewhere: Option<OutcomeElsewhere>,
    pub days: Vec<PatchDay>,
}

/// The instances on which a patch first became pending on a day, and those on which it stopped being so for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatchDay {
    pub day: Date,
    pub started: u64,
    pub ended: u64,
}

#[derive(Columns)]
struct FoundDay {
    day: Option<Date>,
    started: u64,
    ended: u64,
    #[column(flatten)]
    outcome: PatchOutcome,
}

/// Reads the patches that a filter names, or nothing if no current instance in scope has any of them in any state.
pub fn patch(context: Context<'_>, filter: &PatchFilter) -> Result<Option<Patch>, StoreError> {
    let filter = filter.clone().in_any_state();
    let patches = patches(context, &filter, None)?.1;
    if patches.is_empty() {
        return Ok(None);
    }
    let updates = || {
        let mut query = QueryBuilder::for_updates(context, UpdateColumns::Names);
        query.filter_columns(&filter);
        query
    };
    let elsewhere = match patches.as_slice() {
        [one] => elsewhere(context, one)?,
        _ => None,
    };
    let states = updates().read("the states of a patch", include_str!("patch_states.sql"))?;
    let accounts = updates().read("the accounts with a patch", include_str!("patch_accounts.sql"))?;
    let found: Vec<FoundDay> = history(context, &filter)?;
    let outcome = found.iter().find(|found| found.day.is_none()).map(|found| found.outcome).unwrap_or_default();
    let day = |found: &FoundDay| Some(PatchDay { day: found.day?, started: found.started, ended: found.ended });
    let days = found.iter().filter_map(day).collect();
    Ok(Some(Patch { patches, states, accounts, outcome, elsewhere, days }))
}

fn history(context: Context<'_>, filter: &PatchFilter) -> Result<Vec<FoundDay>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_accounts(filter.into());
    of_patches(&mut query, filter, include_str!("patch_history.sql"), "the history of a patch")
}

/// How installing it went for customers out of scope, in numbers that are never shown themselves.
#[derive(Columns)]
struct Elsewhere {
    #[column(flatten)]
    outcome: PatchOutcome,
    customers: u64,
}

/// Reads how installing a patch went for all other customers. Nothing if the scope has all, or if they are too few for a
/// share that tells nothing of any one of them. Days of the past would tell when who tried it.
fn elsewhere(context: Context<'_>, patch: &PatchRow) -> Result<Option<OutcomeElsewhere>, StoreError> {
    let Some(own) = context.scope.parameter().filter(|_| context.day.is_none()) else { return Ok(None) };
    let [name, title] = [&patch.name, &patch.title].map(|text| Some(Exact::new(text.clone())));
    let filter = PatchFilter { name, title, ..PatchFilter::default() };
    let everybody = context.scope.of_everybody();
    let mut query = QueryBuilder::for_instances(Context { scope: &everybody, second: None, ..context });
    query.filter_by("NOT contains({}::VARCHAR, chr(31) || customer_id || chr(31))", own).filter(OF_ITS_CUSTOMER);
    let found: Vec<Elsewhere> =
        of_patches(&mut query, &filter, include_str!("patch_elsewhere.sql"), "how a patch went elsewhere")?;
    let is_many = |found: &Elsewhere| found.customers >= CUSTOMERS_MIN && found.outcome.attempted >= INSTANCES_MIN;
    let found = found.into_iter().next().filter(is_many);
    Ok(found.map(|Elsewhere { outcome: PatchOutcome { attempted, failed, regressed }, .. }| {
        let percent = |part: u64| 100 * part / attempted.max(1) / SHARE_STEP * SHARE_STEP;
        OutcomeElsewhere { failed_percent: percent(failed), regressed_percent: percent(regressed) }
    }))
}

/// Reads a statement that follows `patch_outcome.sql` for the patches that a filter names.
fn of_patches<T: Columns>(
    query: &mut QueryBuilder<'_>,
    filter: &PatchFilter,
    statement: &str,
    what: &'static str,
) -> Result<Vec<T>, StoreError> {
    let named = [("kb_id", &filter.name), ("title", &filter.title)];
    let conditions = named
        .into_iter()
        .filter_map(|(column, value)| Some(format!("{column} = {}", query.bind(value.as_ref()?.as_str().to_owned()))));
    let conditions = conditions.collect::<Vec<_>>().join(" AND ");
    let keys = format!("SELECT patch_key FROM patch WHERE {conditions}");
    let statement = concat!(include_str!("patch_outcome.sql"), "\n").to_owned() + statement;
    query.read(what, &statement.replace("{patch_keys}", &keys))
}
