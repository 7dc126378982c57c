//! Values of the configuration that are checked when they are read.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Days of history: at least as many as AWS keeps runs, which would be harvested again otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "toml::Value")]
pub struct HistoryDays(u32);

impl HistoryDays {
    const MIN: u32 = 31;

    pub fn span(self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.0))
    }
}

impl TryFrom<toml::Value> for HistoryDays {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        let days = value.as_integer().and_then(|days| u32::try_from(days).ok()).filter(|days| *days >= Self::MIN);
        days.map(Self).ok_or_else(|| {
            format!("keep_history_days must be {} or more; leave it out to keep the history without limit", Self::MIN)
        })
    }
}

/// An hour in UTC; None for `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "toml::Value")]
pub struct VerifyHour(pub Option<u8>);

impl TryFrom<toml::Value> for VerifyHour {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        match (value.as_integer(), value.as_str()) {
            (Some(hour @ 0..=23), _) => Ok(Self(Some(hour.unsigned_abs() as u8))),
            (_, Some("off")) => Ok(Self(None)),
            _ => Err("verify_hour must be an hour from 0 to 23, in UTC, or \"off\""),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}
