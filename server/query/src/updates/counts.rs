//! What the overview and an account's page count of updates.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use muster_model::{
    severity::{SeverityBand, SeverityCount},
    update::MissingPatch,
};
use muster_store::error::StoreError;

/// Reads the updates that are missing on most instances.
pub fn missing_patches(context: Context<'_>, selection: AccountSelection<'_>) -> Result<Vec<MissingPatch>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_accounts(selection);
    query.read("missing updates", include_str!("missing_patches.sql"))
}

/// Reads the pending updates by severity: every band once, with zero if it has none.
pub fn by_severity(context: Context<'_>, selection: AccountSelection<'_>) -> Result<Vec<SeverityCount>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_accounts(selection);
    let found: Vec<SeverityCount> = query.read("updates by severity", include_str!("severity_counts.sql"))?;
    let count = |band: SeverityBand| {
        let none = SeverityCount { band, pending_os_updates: 0, instances: 0 };
        found.iter().copied().find(|count| count.band == band).unwrap_or(none)
    };
    Ok(SeverityBand::ALL.map(count).into())
}
