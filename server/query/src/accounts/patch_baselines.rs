//! The patch baselines of an account and of its instances.

use crate::builder::{Context, QueryBuilder};
use duckdb::Connection;
use muster_model::{
    column::Columns,
    ids::AccountId,
    plan::{ApprovalRule, PatchBaselineRow},
};
use muster_store::error::StoreError;

#[derive(Columns)]
struct Found {
    #[column(flatten)]
    baseline: PatchBaselineRow,
    rules: Option<Vec<String>>,
}

pub fn patch_baselines(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<PatchBaselineRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_by("b.account_id = {}", account.to_string());
    let rows: Vec<Found> = query.read(connection, "patch baselines", include_str!("patch_baselines.sql"))?;
    let rules = |rules: Vec<String>| rules.iter().map(|rule| approval(rule)).collect();
    Ok(rows.into_iter().map(|row| PatchBaselineRow { rules: row.rules.map(rules), ..row.baseline }).collect())
}

/// Parses `7/` or `/2026-10-31`, as the statement writes an approval rule.
fn approval(rule: &str) -> ApprovalRule {
    let (days, until) = rule.split_once('/').unwrap_or((rule, ""));
    ApprovalRule { approve_after_days: days.parse().ok(), approve_until: until.to_owned() }
}
