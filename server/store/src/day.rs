//! Records each account's figures of each day. The last round of a day counts.

use super::{
    connection::Writer,
    error::StoreError,
    value::{day, day_of, time},
};
use duckdb::{params, types::Value};
use jiff::Timestamp;
use muster_metrics::{INSTANCE_RUNS, Limits, definitions::expand};

const RECORD_DAY: &str = include_str!("record_day.sql");

/// Writes today's figures of every account, and replaces those of earlier rounds of today.
pub fn record(writer: &mut Writer, limits: &Limits, now: Timestamp) -> Result<(), StoreError> {
    let today = day(day_of(now));
    writer.transaction_apart("store the day's figures", |transaction| {
        transaction.execute("DELETE FROM account_day WHERE day = $1", [&today])?;
        transaction.execute(
            &expand(&format!("{INSTANCE_RUNS}{RECORD_DAY}")),
            params![
                Value::Null,
                time(limits.stale_harvest_before(now)),
                time(limits.stale_scan_before(now)),
                time(limits.runs_since(now)),
                today
            ],
        )?;
        Ok(())
    })
}
