//! The calendar: when windows and patch policies start, what they will meet, and how they ended.

use super::{AccountId, Freshness, Page, Provider, code::codes, column::Columns};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// The most starts of one answer.
pub const STARTS_MAX: u64 = 50_000;

/// What starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum CalendarKind {
    #[strum(message = "Maintenance window")]
    Window,
    #[strum(message = "Policy: scan")]
    PolicyScan,
    #[strum(message = "Policy: install")]
    PolicyInstall,
}

/// How far an entry of the calendar is, and how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum CalendarState {
    #[strum(message = "Planned")]
    Planned,
    #[strum(message = "Running")]
    Running,
    #[strum(message = "Succeeded")]
    Succeeded,
    #[strum(message = "Failed")]
    Failed,
    /// It should have started, and Systems Manager lists no execution.
    #[strum(message = "Missed")]
    Missed,
    /// It should have started, and nothing tells whether it did.
    #[strum(message = "Not known")]
    Unknown,
}

/// Why a window patches nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum IdleReason {
    #[strum(message = "Disabled")]
    Disabled,
    #[strum(message = "Not scheduled again")]
    NotScheduled,
    #[strum(message = "No task that patches")]
    NoTask,
    #[strum(message = "No target")]
    NoTarget,
    #[strum(message = "Its targets match no instance that is known")]
    NoInstance,
}

codes!(all CalendarKind, CalendarState, IdleReason);

/// One start of a window or policy. The field names are the contract of the calendar CSV and JSON. The figures of updates
/// are those of the targeted instances today (or on the past day that is shown), not of the day of the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CalendarRow {
    #[column(heading = "Starts", class = "", sort, default)]
    pub starts_at: Timestamp,
    /// The start in the zone of the reader: `2026-12-01T05:00`.
    #[column(absent = "")]
    pub local_start: String,
    #[column(heading = "State", sort)]
    pub state: CalendarState,
    pub kind: CalendarKind,
    #[column(heading = "Window or policy", sort)]
    pub name: String,
    /// The id of the window, or of the policy's configuration.
    pub id: String,
    /// As Systems Manager writes it; empty for an execution that the present schedule does not explain.
    pub schedule: String,
    pub schedule_timezone: String,
    pub duration_hours: u32,
    pub cutoff_hours: u32,
    pub provider: Provider,
    pub account_id: AccountId,
    #[column(heading = "Account", sort)]
    pub account_name: String,
    #[column(no_csv)]
    pub customer_id: String,
    pub customer_name: String,
    pub region: String,
    /// Current instances that it targets.
    #[column(heading = "Instances", sort = desc)]
    pub instances: u64,
    /// Pending updates on them: approved, and missing or failed.
    #[column(heading = "Pending updates", sort = desc)]
    pub pending_updates: u64,
    pub pending_instances: u64,
    /// Security updates on them that wait for their approval.
    pub waiting_updates: u64,
    /// Instances with pending updates or a pending reboot whose last operation was allowed to reboot them.
    #[column(heading = "May reboot", sort = desc)]
    pub reboot_instances: u64,
    /// The median duration of the window's earlier executions, in minutes.
    #[column(heading = "Minutes", absent = "Unknown", sort)]
    pub usual_minutes: Option<f64>,
    /// The window's earlier executions, and those of them that did not succeed.
    pub executions: u64,
    pub failed_executions: u64,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// As Systems Manager names it; empty if there is no execution.
    pub status: String,
    /// Results of runs on the targeted instances while it ran, and those of them that succeeded.
    #[column(heading = "Results", sort = desc)]
    pub results: u64,
    pub succeeded_results: u64,
}

/// What starts at the same time under the same name, in whatever accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarGroup {
    pub starts_at: Timestamp,
    pub local_start: String,
    pub kind: CalendarKind,
    pub name: String,
    pub entries: u64,
    pub instances: u64,
    pub pending_updates: u64,
    /// Entries that failed or were missed.
    pub failed: u64,
}

/// One day of the calendar in the zone of the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarDay {
    pub day: Date,
    pub entries: u64,
    /// The first ones.
    pub groups: Vec<CalendarGroup>,
    /// Entries of groups that are not shown.
    pub more_entries: u64,
}

/// A window that patches nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct IdleWindowRow {
    pub window_id: String,
    pub name: String,
    pub reason: IdleReason,
    pub account_id: AccountId,
    pub account_name: String,
    pub provider: Provider,
    pub customer_name: String,
    pub region: String,
}

/// Everything on `/calendar`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalendarPage {
    pub freshness: Freshness,
    /// The IANA name of the zone in which days and times are shown.
    pub zone: String,
    pub from: Date,
    pub to: Date,
    /// Every day from the first to the last.
    pub days: Vec<CalendarDay>,
    /// The windows that patch nothing: how many, and the first of them.
    pub idle_total: u64,
    pub idle: Vec<IdleWindowRow>,
    pub rows: Page<CalendarRow>,
}

/// When an instance is patched next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextStart {
    pub starts_at: Timestamp,
    pub kind: CalendarKind,
    pub name: String,
}
