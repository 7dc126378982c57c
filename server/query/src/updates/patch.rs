//! One patch on all instances in scope: who has it, who lacks it, and what became of it.

use super::patches::patches;
use crate::builder::{Context, QueryBuilder};
use jiff::civil::Date;
use muster_metrics::UpdateColumns;
use muster_model::{
    column::Columns,
    filter::PatchFilter,
    instance::StateCount,
    patch::{PatchAccountRow, PatchOutcome, PatchRow},
};
use muster_store::error::StoreError;

pub struct Patch {
    pub patches: Vec<PatchRow>,
    pub states: Vec<StateCount>,
    pub accounts: Vec<PatchAccountRow>,
    pub outcome: PatchOutcome,
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
    let states = updates().read("the states of a patch", include_str!("patch_states.sql"))?;
    let accounts = updates().read("the accounts with a patch", include_str!("patch_accounts.sql"))?;
    let found: Vec<FoundDay> = history(context, &filter)?;
    let outcome = found.iter().find(|found| found.day.is_none()).map(|found| found.outcome).unwrap_or_default();
    let day = |found: &FoundDay| Some(PatchDay { day: found.day?, started: found.started, ended: found.ended });
    let days = found.iter().filter_map(day).collect();
    Ok(Some(Patch { patches, states, accounts, outcome, days }))
}

fn history(context: Context<'_>, filter: &PatchFilter) -> Result<Vec<FoundDay>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    let named = [("kb_id", &filter.name), ("title", &filter.title)];
    let conditions = named
        .into_iter()
        .filter_map(|(column, value)| Some(format!("{column} = {}", query.bind(value.as_ref()?.as_str().to_owned()))));
    let conditions = conditions.collect::<Vec<_>>().join(" AND ");
    let keys = format!("SELECT patch_key FROM patch WHERE {conditions}");
    query.filter_accounts(filter.into());
    query.read("the history of a patch", &include_str!("patch_history.sql").replace("{patch_keys}", &keys))
}
