//! The results of runs: which of an instance counts, and what the latest says of its operating system.

use super::{
    meaning::run_outcome,
    rows::{Install, InstallResult, Instance},
};
use jiff::Timestamp;
use muster_model::column::Columns;

#[derive(Columns)]
pub struct RunResult {
    pub instance_key: i64,
    requested_at: Timestamp,
    finished_at: Option<Timestamp>,
    command_id: String,
    status: String,
    is_install: bool,
    /// Whether it says that the operating system is not supported; none if it has no exit code.
    is_unsupported: Option<bool>,
}

/// Read by account, because there may be many results.
pub const RUN_RESULTS: &str = include_str!("results.sql");

impl Instance {
    /// Adds a result of a run, and keeps the latest Install run and the latest finished one.
    pub fn add_result(&mut self, result: RunResult) {
        self.runs += 1;
        if let Some(is_unsupported) = result.is_unsupported {
            let at = (result.requested_at, result.command_id.clone());
            if self.latest_exit.as_ref() < Some(&at) {
                self.latest_exit = Some(at);
                self.unsupported_at = is_unsupported.then_some(result.requested_at);
            }
        }
        let Some(succeeded) = run_outcome(&result.status).filter(|_| result.is_install) else { return };
        let latest = self.latest_results.first().map(|latest| latest.requested_at);
        if latest < Some(result.requested_at) {
            self.latest_results.clear();
        }
        if latest <= Some(result.requested_at) {
            let RunResult { requested_at, finished_at, command_id, status, .. } = &result;
            let (command_id, status) = (command_id.clone(), status.clone());
            let (requested_at, finished_at) = (*requested_at, *finished_at);
            self.latest_results.push(InstallResult { requested_at, finished_at, command_id, status });
        }
        let run = Install { requested_at: result.requested_at, command_id: result.command_id, succeeded };
        let time = |run: &Install| (run.requested_at, run.command_id.clone());
        if self.latest_install.as_ref().map(time) < Some(time(&run)) {
            self.latest_install = Some(run);
        }
    }
}
