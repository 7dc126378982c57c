//! When an instance is patched next.

use super::occurrences::{StoredSchedule, occurrences};
use crate::{
    builder::{Context, QueryBuilder},
    instances::found::FoundKey,
};
use jiff::{SignedDuration, Timestamp};
use muster_metrics::WINDOW_INSTANCES;
use muster_model::{
    calendar::{CalendarKind, NextStart},
    column::Columns,
    plan::PatchPolicyRow,
};
use muster_store::error::StoreError;

/// A start that is further away is not looked for.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 92);
/// The operation of policies that install.
const INSTALLS: &str = "ScanAndInstall";

#[derive(Columns)]
struct Window {
    name: String,
    #[column(flatten)]
    schedule: StoredSchedule,
}

/// Finds the next start among the windows that target an instance and its policies that install.
pub fn next_start(
    context: Context<'_>,
    instance: &FoundKey,
    policies: &[PatchPolicyRow],
) -> Result<Option<NextStart>, StoreError> {
    let sql = include_str!("../instances/next_windows.sql").replace("{window_instances}", WINDOW_INSTANCES);
    let windows: Vec<Window> = QueryBuilder::by_key(context, instance).read("an instance's windows", &sql)?;
    let until = context.now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
    let first = |schedule: &StoredSchedule| occurrences(schedule, context.now, (context.now, until)).into_iter().next();
    let windows = windows.into_iter().filter_map(|Window { name, schedule }| {
        Some(NextStart { starts_at: first(&schedule)?, kind: CalendarKind::Window, name })
    });
    let installs = policies.iter().filter(|policy| policy.is_known && policy.operation == INSTALLS);
    let installs = installs.filter_map(|policy| {
        let starts_at = first(&StoredSchedule::of_policy(&policy.install_schedule))?;
        Some(NextStart { starts_at, kind: CalendarKind::PolicyInstall, name: policy.name.clone() })
    });
    Ok(windows.chain(installs).min_by_key(|start| start.starts_at))
}
