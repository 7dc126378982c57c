//! The patch baselines of an account and of its instances.

use crate::builder::{Context, QueryBuilder, lines};
use duckdb::Connection;
use muster_model::{
    ids::AccountId,
    plan::{ApprovalRule, PatchBaselineRow},
};
use muster_store::error::StoreError;

pub fn patch_baselines(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<PatchBaselineRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_by("b.account_id = {}", account.to_string());
    query.rows(connection, "patch baselines", include_str!("patch_baselines.sql"), |row| {
        let rules: Option<String> = row.get(7)?;
        Ok(PatchBaselineRow {
            baseline_id: row.get(0)?,
            name: row.get(1)?,
            region: row.get(2)?,
            operating_system: row.get(3)?,
            is_default: row.get(4)?,
            patch_groups: lines(&row.get::<_, String>(5)?),
            instances: row.get(6)?,
            rules: rules.map(|rules| lines(&rules).iter().map(|rule| approval(rule)).collect()),
        })
    })
}

/// Parses `7/` or `/2026-10-31`, as the statement writes an approval rule.
fn approval(rule: &str) -> ApprovalRule {
    let (days, until) = rule.split_once('/').unwrap_or((rule, ""));
    ApprovalRule { approve_after_days: days.parse().ok(), approve_until: until.to_owned() }
}
