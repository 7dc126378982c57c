//! The last report of a patch operation on an instance. SSM keeps no earlier one.

use std::{borrow::Cow, sync::Arc};

use jiff::Timestamp;

use super::{GeneratedRows, Operation, PatchCounts, PatchRow};
use crate::catalogue::Platform;

#[derive(Clone, Debug)]
pub struct Report {
    pub(super) rows: Rows,
    pub counts: PatchCounts,
    pub baseline_id: Arc<str>,
    pub snapshot_id: Arc<str>,
    pub operation: Operation,
    pub no_reboot: bool,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub last_no_reboot_install_at: Option<Timestamp>,
}

/// The rows of a report. A generated instance does not store them; they are computed on each read.
#[derive(Clone, Debug)]
pub(super) enum Rows {
    Stored(Vec<PatchRow>),
    Generated {
        rows: GeneratedRows,
        platform: &'static Platform,
        /// How many scans there were before.
        generation: u32,
    },
}

impl Report {
    /// One row per update, ordered by release.
    pub fn rows(&self) -> Cow<'_, [PatchRow]> {
        match &self.rows {
            Rows::Stored(rows) => Cow::Borrowed(rows),
            Rows::Generated { rows, platform, generation } => Cow::Owned(rows.at(platform, *generation)),
        }
    }

    pub(super) fn generation(&self) -> u32 {
        match self.rows {
            Rows::Stored(_) => 0,
            Rows::Generated { generation, .. } => generation,
        }
    }
}
