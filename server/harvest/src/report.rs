//! The results of a harvest and of a round, for progress and logs.

use muster_core::snapshot::{HarvestOutcome, OperationError, Snapshot};
use muster_store::write::Written;
use serde::Serialize;

/// One systems account and Region. Its JSON is the line that `muster harvest` prints.
#[derive(Clone, Debug, Serialize)]
pub struct HarvestReport {
    pub account_id: String,
    pub region: String,
    pub outcome: HarvestOutcome,
    pub duration_ms: i64,
    pub api_calls: u64,
    pub rows: u64,
    pub transitions: u64,
    pub errors: Vec<ReportedError>,
    /// The operations that were called, those that failed included.
    #[serde(skip)]
    pub operations: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ReportedError {
    #[serde(flatten)]
    pub error: OperationError,
    pub advice: &'static str,
}

/// All accounts of one round.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RoundReport {
    pub harvests: u64,
    pub failed: u64,
    pub partial: u64,
    /// Not started before the round's timeout; the next round starts with them.
    pub skipped: u64,
    pub api_calls: u64,
    pub rows: u64,
    pub transitions: u64,
}

impl HarvestReport {
    pub fn of(snapshot: &Snapshot, written: Written) -> Self {
        let mut errors: Vec<ReportedError> = Vec::new();
        for error in &snapshot.errors {
            let is_same =
                |known: &ReportedError| (known.error.operation, &known.error.code) == (error.operation, &error.code);
            if !errors.iter().any(is_same) {
                errors.push(ReportedError { error: error.clone(), advice: error.class.advice(&error.code) });
            }
        }
        Self {
            account_id: snapshot.account_id.to_string(),
            region: snapshot.region.clone(),
            outcome: snapshot.outcome(),
            duration_ms: (snapshot.finished_at.as_millisecond() - snapshot.started_at.as_millisecond()).max(0),
            api_calls: snapshot.total_calls(),
            rows: snapshot.total_rows(),
            transitions: written.transitions,
            errors,
            operations: snapshot.calls.keys().cloned().collect(),
        }
    }
}

impl RoundReport {
    pub fn add(&mut self, report: &HarvestReport) {
        self.harvests += 1;
        self.failed += u64::from(report.outcome == HarvestOutcome::Failed);
        self.partial += u64::from(report.outcome == HarvestOutcome::Partial);
        self.api_calls += report.api_calls;
        self.rows += report.rows;
        self.transitions += report.transitions;
    }
}
