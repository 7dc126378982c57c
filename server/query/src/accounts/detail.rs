//! One account's page: its row, and what Systems Manager knows of it.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use muster_model::{
    account::{AccountRow, PatchGroupRow},
    column::Columns,
    ids::AccountId,
    plan::{ApprovalRule, AssociationRow, MaintenanceWindowRow, PatchBaselineRow},
};
use muster_store::error::StoreError;

#[derive(Columns)]
struct FoundBaseline {
    #[column(flatten)]
    baseline: PatchBaselineRow,
    rules: Option<Vec<String>>,
}

/// Reads the account's row, or nothing if it is not in scope.
pub fn account(context: Context<'_>, account: &AccountId) -> Result<Option<AccountRow>, StoreError> {
    let mut query = QueryBuilder::for_accounts(context);
    query.filter_accounts(AccountSelection::one(account));
    let statement = include_str!("list.sql").replace("{order}", "");
    Ok(query.read("an account", &statement)?.into_iter().next())
}

pub fn associations(context: Context<'_>, account: &AccountId) -> Result<Vec<AssociationRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("a.account_id = {}", account.to_string());
    query.read("associations", include_str!("associations.sql"))
}

pub fn maintenance_windows(context: Context<'_>, account: &AccountId) -> Result<Vec<MaintenanceWindowRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("w.account_id = {}", account.to_string());
    query.read("maintenance windows", include_str!("maintenance_windows.sql"))
}

/// Reads the patch baselines of the account and of its instances.
pub fn patch_baselines(context: Context<'_>, account: &AccountId) -> Result<Vec<PatchBaselineRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_by("b.account_id = {}", account.to_string());
    let rows: Vec<FoundBaseline> = query.read("patch baselines", include_str!("patch_baselines.sql"))?;
    let rules = |rules: Vec<String>| rules.iter().map(|rule| approval(rule)).collect();
    Ok(rows.into_iter().map(|row| PatchBaselineRow { rules: row.rules.map(rules), ..row.baseline }).collect())
}

/// Parses `7/` or `/2026-10-31`, as the statement writes an approval rule.
fn approval(rule: &str) -> ApprovalRule {
    let (days, until) = rule.split_once('/').unwrap_or((rule, ""));
    ApprovalRule { approve_after_days: days.parse().ok(), approve_until: until.to_owned() }
}

pub fn patch_groups(context: Context<'_>, account: &AccountId) -> Result<Vec<PatchGroupRow>, StoreError> {
    let mut query = QueryBuilder::for_instance_status(context);
    query.filter_accounts(AccountSelection::one(account));
    query.read("patch groups", include_str!("patch_groups.sql"))
}
