//! `ListAssociations`: State Manager's schedules (scans, inventory, agent updates) and their last results.

use super::{
    account::SystemsAccount,
    error::CollectError,
    pages::list_rows,
    targets::{schedule, targets},
    text::clean,
    time::timestamp,
};
use muster_core::reference_data::AssociationRecord;

pub const OPERATION: &str = "ListAssociations";

pub async fn collect(account: &SystemsAccount<'_>) -> Result<Vec<AssociationRecord>, CollectError> {
    let rows = list_rows!(account, OPERATION, list_associations() => associations).await?;
    let records = rows.iter().map(|row| {
        let overview = row.overview();
        let counts = overview.and_then(|overview| overview.association_status_aggregated_count());
        let count = |status: &str| counts.and_then(|counts| counts.get(status)).copied().unwrap_or_default();
        AssociationRecord {
            association_id: clean(row.association_id()),
            name: clean(row.association_name()),
            document_name: clean(row.name()),
            schedule: schedule(row.schedule_expression(), row.schedule_offset()),
            targets: targets(row.targets()),
            status: clean(overview.and_then(|overview| overview.status())),
            detailed_status: clean(overview.and_then(|overview| overview.detailed_status())),
            succeeded: count("Success"),
            failed: count("Failed"),
            last_execution_at: row.last_execution_date().and_then(timestamp),
        }
    });
    Ok(records.collect())
}
