//! What the overview and an account's page count of updates.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use jiff::Timestamp;
use muster_model::{
    column::Columns,
    severity::{SeverityBand, SeverityCount},
};
use muster_store::error::StoreError;

/// Updates of current instances.
pub struct UpdateCounts {
    /// The pending ones by severity: every band once, with zero if it has none.
    pub severities: Vec<SeverityCount>,
    /// Since when the first of the available security updates has been waiting.
    pub available_since: Option<Timestamp>,
}

#[derive(Columns)]
struct Found {
    band: Option<SeverityBand>,
    updates: u64,
    instances: u64,
    since: Timestamp,
}

/// Counts pending updates and available security updates in one pass over the updates.
pub fn by_severity(context: Context<'_>, selection: AccountSelection<'_>) -> Result<UpdateCounts, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_accounts(selection);
    let found: Vec<Found> = query.read("updates by severity", include_str!("severity_counts.sql"))?;
    let of = |band: Option<SeverityBand>| found.iter().find(|count| count.band == band);
    let count = |band: SeverityBand| {
        let (pending_os_updates, instances) = of(Some(band)).map_or((0, 0), |found| (found.updates, found.instances));
        SeverityCount { band, pending_os_updates, instances }
    };
    Ok(UpdateCounts {
        severities: SeverityBand::ALL.map(count).into(),
        available_since: of(None).map(|available| available.since),
    })
}
