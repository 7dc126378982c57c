//! `DescribeMaintenanceWindows`: when the account's patching is scheduled.

use super::{
    account::SystemsAccount, error::CollectError, pages::list_rows, targets::schedule, text::clean, time::parse,
};
use jiff::Timestamp;
use muster_core::reference_data::MaintenanceWindowRecord;

pub const OPERATION: &str = "DescribeMaintenanceWindows";

pub async fn collect(account: &SystemsAccount<'_>) -> Result<Vec<MaintenanceWindowRecord>, CollectError> {
    let rows = list_rows!(account, OPERATION, describe_maintenance_windows() => window_identities).await?;
    let records = rows.iter().map(|row| MaintenanceWindowRecord {
        window_id: clean(row.window_id()),
        name: clean(row.name()),
        enabled: row.enabled(),
        schedule: schedule(row.schedule(), row.schedule_offset()),
        schedule_timezone: clean(row.schedule_timezone()),
        duration_hours: row.duration().unwrap_or_default(),
        cutoff_hours: row.cutoff(),
        next_execution_at: row.next_execution_time().and_then(window_time),
    });
    Ok(records.collect())
}

/// Parses a window's time, which has no seconds: `2025-11-23T03:00Z`, or an offset instead of the `Z`.
fn window_time(text: &str) -> Option<Timestamp> {
    parse(text).or_else(|| parse(&text.replacen("Z", ":00Z", 1)))
}

#[cfg(test)]
mod tests {
    use super::window_time;

    #[test]
    fn accepts_times_without_seconds() {
        for text in ["2025-11-23T03:00Z", "2025-11-23T03:00:00Z", "2025-11-22T22:00-05:00"] {
            let time = window_time(text).expect(text);
            assert_eq!(time.to_string(), "2025-11-23T03:00:00Z");
        }
        assert_eq!(window_time("soon"), None);
    }
}
