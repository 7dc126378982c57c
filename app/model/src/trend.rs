//! The figures of each day.

use super::{
    Freshness, PatchStatus, SeverityBand,
    column::{ColumnValue, Columns, Kind, Value},
    filter::{Input, ParameterValue},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The figures of some accounts, as the last round of a day left them. The field names are the contract of the trend's
/// CSV and JSON. A figure that is none was not recorded on that day yet, or had nothing to count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrendDay {
    pub day: Date,
    pub instances: u64,
    pub online_instances: u64,
    pub pending_os_updates: u64,
    pub instances_pending_os_updates: u64,
    pub pending_agent_updates: u64,
    pub run_success_percent: Option<f64>,
    pub runs_succeeded: Option<u64>,
    pub runs_total: Option<u64>,
    pub no_data: u64,
    pub stale: u64,
    pub failed: u64,
    pub pending: u64,
    pub pending_reboot: u64,
    pub up_to_date: u64,
    pub pending_critical: Option<u64>,
    pub pending_important: Option<u64>,
    pub pending_moderate: Option<u64>,
    pub pending_low: Option<u64>,
    pub pending_unrated: Option<u64>,
    pub details_missing: Option<u64>,
    pub non_compliant: Option<u64>,
    pub unsupported: Option<u64>,
}

/// A figure that has a trend: those of the cards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrendFigure {
    Instances,
    OnlineInstances,
    #[default]
    PendingOsUpdates,
    InstancesPendingOsUpdates,
    PendingAgentUpdates,
    RunSuccess,
    Status(PatchStatus),
    Severity(SeverityBand),
}

impl TrendFigure {
    /// The figures with their codes and labels, in the order of the form.
    pub const ALL: [(&'static str, &'static str, Self); 20] = [
        ("pending_os_updates", "Pending OS updates", Self::PendingOsUpdates),
        ("instances_pending_os_updates", "Instances with pending OS updates", Self::InstancesPendingOsUpdates),
        ("pending_critical", "Pending OS updates, critical", Self::Severity(SeverityBand::Critical)),
        ("pending_important", "Pending OS updates, important", Self::Severity(SeverityBand::Important)),
        ("pending_moderate", "Pending OS updates, moderate", Self::Severity(SeverityBand::Moderate)),
        ("pending_low", "Pending OS updates, low", Self::Severity(SeverityBand::Low)),
        ("pending_unrated", "Pending OS updates, unrated", Self::Severity(SeverityBand::Unrated)),
        ("pending_agent_updates", "Pending agent updates", Self::PendingAgentUpdates),
        ("run_success_percent", "Run success in percent", Self::RunSuccess),
        ("instances", "Instances", Self::Instances),
        ("online_instances", "Instances online", Self::OnlineInstances),
        ("up_to_date", "Instances up to date", Self::Status(PatchStatus::UpToDate)),
        ("pending", "Instances in status Pending", Self::Status(PatchStatus::Pending)),
        ("failed", "Instances in status Failed", Self::Status(PatchStatus::Failed)),
        ("pending_reboot", "Instances in status Pending reboot", Self::Status(PatchStatus::PendingReboot)),
        ("non_compliant", "Instances in status Non-compliant", Self::Status(PatchStatus::NonCompliant)),
        ("details_missing", "Instances in status Details missing", Self::Status(PatchStatus::DetailsMissing)),
        ("unsupported", "Instances in status Unsupported", Self::Status(PatchStatus::Unsupported)),
        ("stale", "Instances in status Stale", Self::Status(PatchStatus::Stale)),
        ("no_data", "Instances in status No data", Self::Status(PatchStatus::NoData)),
    ];

    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(.., figure)| *figure == self).map_or("", |(code, ..)| code)
    }

    pub fn label(self) -> &'static str {
        Self::ALL.iter().find(|(.., figure)| *figure == self).map_or("", |(_, label, _)| label)
    }

    /// The figure's value on a day: the column of its code.
    pub fn of(self, day: &TrendDay) -> Option<f64> {
        let place = TrendDay::columns().iter().position(|column| column.name == self.code())?;
        day.values().get(place)?.number()
    }
}

impl ColumnValue for TrendFigure {
    const KIND: Kind = Kind::Code;

    fn from_value(value: Value<'_>) -> Option<Self> {
        Self::ALL.into_iter().find(|(code, ..)| *code == value.text()).map(|(.., figure)| figure)
    }

    fn to_value(&self) -> Value<'_> {
        Value::Code(self.code())
    }
}

impl ParameterValue for TrendFigure {
    const INPUT: Input = Input::Choice;

    fn options() -> Vec<(&'static str, &'static str)> {
        Self::ALL.map(|(code, label, _)| (code, label)).to_vec()
    }
}

/// Everything on `/trends`: one figure of some accounts over some days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrendPage {
    pub freshness: Freshness,
    /// The first and the last day of the request, recorded or not.
    pub from: Date,
    pub to: Date,
    /// The days with a record, the oldest first.
    pub days: Vec<TrendDay>,
    pub chart: super::chart::Chart,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_a_code_a_label_and_a_field_of_that_name() {
        let day = TrendDay {
            day: Date::constant(2025, 11, 23),
            instances: 1,
            online_instances: 2,
            pending_os_updates: 3,
            instances_pending_os_updates: 4,
            pending_agent_updates: 5,
            run_success_percent: Some(93.3),
            runs_succeeded: Some(14),
            runs_total: Some(15),
            no_data: 6,
            stale: 7,
            failed: 8,
            pending: 9,
            pending_reboot: 10,
            up_to_date: 11,
            pending_critical: Some(12),
            pending_important: Some(13),
            pending_moderate: Some(16),
            pending_low: Some(17),
            pending_unrated: None,
            details_missing: Some(18),
            non_compliant: Some(19),
            unsupported: Some(20),
        };
        let json = serde_json::to_value(day).expect("JSON");
        let bands = SeverityBand::ALL.map(TrendFigure::Severity);
        for figure in PatchStatus::ALL.map(TrendFigure::Status).into_iter().chain(bands) {
            assert_ne!(figure.code(), "", "{figure:?}");
        }
        for (code, _, figure) in TrendFigure::ALL {
            assert_eq!(figure.of(&day), json[code].as_f64(), "{code}");
            assert!(!figure.label().is_empty());
        }
    }
}
