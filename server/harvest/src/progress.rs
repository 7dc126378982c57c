//! Reports the progress of a round: a bar on a terminal, otherwise one JSON line for each harvest.

use super::{
    report::{HarvestReport, ReportedError, RoundReport},
    standing_failures::StandingFailures,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};

/// Is called as a round proceeds. By default nothing is reported.
pub trait Progress: Send + Sync {
    fn started(&self, _harvests: usize) {}
    fn finished(&self, _report: &HarvestReport) {}
    fn done(&self, _round: &RoundReport) {}
}

/// Logs errors that are new since the last round, and the result, for rounds on a schedule.
#[derive(Default)]
pub struct LogProgress {
    failures: StandingFailures,
}

impl Progress for LogProgress {
    fn finished(&self, report: &HarvestReport) {
        let what = |operation: &str| format!("{} {} {operation}", report.account_id, report.region);
        let fails = |operation: &str| report.errors.iter().any(|reported| reported.error.operation == operation);
        for operation in report.operations.iter().filter(|operation| !fails(operation)) {
            if self.failures.ends(&what(operation)) {
                tracing::info!(
                    account.id = report.account_id,
                    account.region = report.region,
                    "{operation} succeeds again"
                );
            }
        }
        for ReportedError { error, .. } in &report.errors {
            if !self.failures.starts(&what(error.operation), &error.code) {
                continue;
            }
            tracing::warn!(
                account.id = report.account_id,
                account.region = report.region,
                error.operation = error.operation,
                error.class = error.class.code(),
                error.code = error.code,
                "harvest incomplete: {}",
                error.message
            );
        }
    }

    fn done(&self, round: &RoundReport) {
        tracing::info!(
            round.harvests = round.harvests,
            round.failed = round.failed,
            round.partial = round.partial,
            round.skipped = round.skipped,
            round.api_calls = round.api_calls,
            round.rows = round.rows,
            round.transitions = round.transitions,
            "round done"
        );
    }
}

/// Reports nothing.
pub struct NoProgress;

impl Progress for NoProgress {}

/// Shows a bar, with errors above it.
struct Bar(ProgressBar);

/// Prints one JSON line for each harvest to standard output.
struct JsonLines;

/// Returns a bar for a terminal and JSON lines otherwise.
pub fn for_output() -> Box<dyn Progress> {
    if std::io::stdout().is_terminal() { Box::new(Bar::new()) } else { Box::new(JsonLines) }
}

impl Bar {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{spinner} {pos}/{len} accounts and Regions [{wide_bar}] {msg}");
        let bar = ProgressBar::new(0);
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }
}

impl Progress for Bar {
    fn started(&self, harvests: usize) {
        self.0.set_length(harvests as u64);
    }

    fn finished(&self, report: &HarvestReport) {
        for ReportedError { error, advice } in &report.errors {
            self.0.println(format!(
                "{} {}: {} failed, {} ({}). {}",
                report.account_id, report.region, error.operation, error.message, error.code, advice
            ));
        }
        self.0.set_message(format!("{} {}", report.account_id, report.region));
        self.0.inc(1);
    }

    fn done(&self, round: &RoundReport) {
        self.0.finish_with_message(format!(
            "{} calls, {} rows, {} transitions; {} partial, {} failed, {} skipped",
            round.api_calls, round.rows, round.transitions, round.partial, round.failed, round.skipped
        ));
    }
}

impl Progress for JsonLines {
    /// Ignores errors: harvesting continues when the reader has closed the pipe.
    fn finished(&self, report: &HarvestReport) {
        if let Ok(text) = serde_json::to_string(report) {
            let _ = writeln!(std::io::stdout().lock(), "{text}");
        }
    }
}
