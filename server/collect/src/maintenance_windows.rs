//! `DescribeMaintenanceWindows`: when the account's patching is planned.

use super::{account::SystemsAccount, pages::all_rows, text::clean_option, time::parse};
use muster_core::{error::CollectError, snapshot::MaintenanceWindowRecord};

pub const OPERATION: &str = "DescribeMaintenanceWindows";
const PAGE_ROWS: i32 = 50;

pub async fn collect(account: &SystemsAccount<'_>) -> Result<Vec<MaintenanceWindowRecord>, CollectError> {
    let send = |ssm: aws_sdk_ssm::Client, token| {
        ssm.describe_maintenance_windows().max_results(PAGE_ROWS).set_next_token(token).send()
    };
    let rows = all_rows(account, OPERATION, send, |page| (page.window_identities, page.next_token)).await?;
    Ok(rows
        .iter()
        .map(|row| MaintenanceWindowRecord {
            window_id: clean_option(row.window_id()),
            name: clean_option(row.name()),
            enabled: row.enabled(),
            schedule: clean_option(row.schedule()),
            schedule_timezone: clean_option(row.schedule_timezone()),
            duration_hours: row.duration().unwrap_or_default(),
            cutoff_hours: row.cutoff(),
            next_execution_at: row.next_execution_time().and_then(window_time),
        })
        .collect())
}

/// Windows give minutes only, `2025-11-23T03:00Z`, or an offset instead of the `Z`.
fn window_time(text: &str) -> Option<jiff::Timestamp> {
    parse(text).or_else(|| parse(&text.replacen("Z", ":00Z", 1)))
}

#[cfg(test)]
mod tests {
    use super::window_time;

    #[test]
    fn window_times_come_without_seconds() {
        for text in ["2025-11-23T03:00Z", "2025-11-23T03:00:00Z", "2025-11-22T22:00-05:00"] {
            let time = window_time(text).expect(text);
            assert_eq!(time.to_string(), "2025-11-23T03:00:00Z");
        }
        assert_eq!(window_time("soon"), None);
    }
}
