//! Reports the progress of a round: a bar on a terminal, otherwise one JSON line for each harvest.

use super::report::{HarvestReport, RoundReport};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};

pub trait Progress: Send + Sync {
    fn started(&self, harvests: usize);
    fn finished(&self, report: &HarvestReport);
    fn done(&self, round: &RoundReport);
}

/// Logs errors and the result, for rounds on a schedule.
pub struct LogProgress;

impl Progress for LogProgress {
    fn started(&self, _harvests: usize) {}

    fn finished(&self, report: &HarvestReport) {
        for error in &report.errors {
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

impl Progress for NoProgress {
    fn started(&self, _harvests: usize) {}
    fn finished(&self, _report: &HarvestReport) {}
    fn done(&self, _round: &RoundReport) {}
}

/// Shows a bar, with errors above it.
pub struct ProgressBars {
    bar: ProgressBar,
}

/// Prints one JSON line for each harvest to standard output.
pub struct JsonLines;

/// Returns a bar for a terminal and JSON lines otherwise.
pub fn for_output() -> Box<dyn Progress> {
    if std::io::stdout().is_terminal() { Box::new(ProgressBars::new()) } else { Box::new(JsonLines) }
}

impl ProgressBars {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{spinner} {pos}/{len} accounts and Regions [{wide_bar}] {msg}");
        let bar = ProgressBar::new(0);
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar }
    }
}

impl Progress for ProgressBars {
    fn started(&self, harvests: usize) {
        self.bar.set_length(harvests as u64);
    }

    fn finished(&self, report: &HarvestReport) {
        for error in &report.errors {
            self.bar.println(format!(
                "{} {}: {} failed, {} ({}). {}",
                report.account_id, report.region, error.operation, error.message, error.code, error.advice
            ));
        }
        self.bar.set_message(format!("{} {}", report.account_id, report.region));
        self.bar.inc(1);
    }

    fn done(&self, round: &RoundReport) {
        self.bar.finish_with_message(format!(
            "{} calls, {} rows, {} transitions; {} partial, {} failed, {} skipped",
            round.api_calls, round.rows, round.transitions, round.partial, round.failed, round.skipped
        ));
    }
}

impl Progress for JsonLines {
    fn started(&self, _harvests: usize) {}

    fn finished(&self, report: &HarvestReport) {
        write_line(report);
    }

    fn done(&self, _round: &RoundReport) {}
}

/// Ignores errors: harvesting continues when the reader has closed the pipe.
fn write_line(line: &impl serde::Serialize) {
    if let Ok(text) = serde_json::to_string(line) {
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }
}
