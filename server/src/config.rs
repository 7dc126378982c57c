//! The configuration: one TOML file, each key also an environment variable. What is misspelt is an error that names it.

use jiff::SignedDuration;
use serde::Deserialize;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Every key with its environment variable. README lists the same.
const KEYS: [(&str, &str); 22] = [
    ("listen", "MUSTER_LISTEN"),
    ("site_dir", "MUSTER_SITE_DIR"),
    ("learn_more_url", "MUSTER_LEARN_MORE_URL"),
    ("access", "MUSTER_ACCESS"),
    ("store", "MUSTER_STORE"),
    ("audit_dir", "MUSTER_AUDIT_DIR"),
    ("roster", "MUSTER_ROSTER"),
    ("service_levels", "MUSTER_SERVICE_LEVELS"),
    ("harvest_interval_minutes", "MUSTER_HARVEST_INTERVAL_MINUTES"),
    ("harvest_concurrency", "MUSTER_HARVEST_CONCURRENCY"),
    ("calls_per_second", "MUSTER_CALLS_PER_SECOND"),
    ("account_minutes_max", "MUSTER_ACCOUNT_MINUTES_MAX"),
    ("round_minutes_max", "MUSTER_ROUND_MINUTES_MAX"),
    ("harvest_log_days", "MUSTER_HARVEST_LOG_DAYS"),
    ("keep_history_days", "MUSTER_KEEP_HISTORY_DAYS"),
    ("history_follows_account", "MUSTER_HISTORY_FOLLOWS_ACCOUNT"),
    ("organization_role", "MUSTER_ORGANIZATION_ROLE"),
    ("inventory_interval_minutes", "MUSTER_INVENTORY_INTERVAL_MINUTES"),
    ("stale_scan_days", "MUSTER_STALE_SCAN_DAYS"),
    ("stale_harvest_hours", "MUSTER_STALE_HARVEST_HOURS"),
    ("verify_hour", "MUSTER_VERIFY_HOUR"),
    ("log_format", "MUSTER_LOG_FORMAT"),
];

/// What the empty portal's button shows unless a provider has a page of its own.
pub const LEARN_MORE_URL: &str = "https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager.html";

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the portal listens.
    pub listen: SocketAddr,
    /// The folder with the browser's half of the portal, `pkg` in it; beside the binary unless given.
    pub site_dir: Option<PathBuf>,
    /// Where the button of the empty portal leads.
    pub learn_more_url: String,
    /// The file that says how people sign in.
    pub access: PathBuf,
    /// The DuckDB file.
    pub store: PathBuf,
    /// The folder of the audit; `audit` beside the store unless given.
    pub audit_dir: Option<PathBuf>,
    /// The roster of accounts, TOML or CSV.
    pub roster: PathBuf,
    /// The file with the days that customers give an update; without it the built-in ones hold for all.
    pub service_levels: Option<PathBuf>,
    /// Minutes between rounds; 0 harvests only by `muster harvest`.
    pub harvest_interval_minutes: u32,
    /// Accounts harvested at the same time.
    pub harvest_concurrency: usize,
    /// Calls a second with which each operation of each account begins; 0 for an endpoint that needs no pace.
    pub calls_per_second: u32,
    /// Minutes that one account and Region may take in one round.
    pub account_minutes_max: u32,
    /// Minutes that one round may take.
    pub round_minutes_max: u32,
    /// Days for which it is kept how harvests went.
    pub harvest_log_days: u32,
    /// Days for which the history is kept; without it for ever.
    pub keep_history_days: Option<HistoryDays>,
    /// Whether whoever gets an account sees what happened to it before.
    pub history_follows_account: bool,
    /// The name of the role in the accounts of our AWS organization; without it only the roster's are harvested.
    pub organization_role: Option<String>,
    /// Minutes between readings of tags, software, baselines, windows and associations.
    pub inventory_interval_minutes: u32,
    /// Days after which a scan is stale.
    pub stale_scan_days: u32,
    /// Hours after which a harvest is stale.
    pub stale_harvest_hours: u32,
    /// The hour of the day at which the published figures are verified.
    pub verify_hour: VerifyHour,
    pub log_format: LogFormat,
}

/// Days of history: never fewer than AWS itself remembers runs, or they would come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
            format!("keep_history_days is {} or more; leave it out to keep the history for ever", Self::MIN)
        })
    }
}

/// An hour in UTC, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum VerifyHour {
    At(u8),
    Off,
}

impl TryFrom<toml::Value> for VerifyHour {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        match (value.as_integer(), value.as_str()) {
            (Some(hour @ 0..=23), _) => Ok(Self::At(hour.unsigned_abs() as u8)),
            (_, Some("off")) => Ok(Self::Off),
            _ => Err("verify_hour is an hour from 0 to 23, in UTC, or \"off\""),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            site_dir: None,
            learn_more_url: LEARN_MORE_URL.to_owned(),
            access: PathBuf::from("access.toml"),
            store: PathBuf::from("muster.duckdb"),
            audit_dir: None,
            roster: PathBuf::from("roster.toml"),
            service_levels: None,
            harvest_interval_minutes: 15,
            harvest_concurrency: 200,
            calls_per_second: 5,
            account_minutes_max: 15,
            round_minutes_max: 60,
            harvest_log_days: 90,
            keep_history_days: None,
            history_follows_account: false,
            organization_role: None,
            inventory_interval_minutes: 60,
            stale_scan_days: 7,
            stale_harvest_hours: 24,
            verify_hour: VerifyHour::At(3),
            log_format: LogFormat::Text,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration `{}`", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the configuration `{}` is not right: {message}", path.display())]
    File { path: PathBuf, message: String },
    #[error("the environment variable {variable} is not right: {message}")]
    Variable { variable: &'static str, message: String },
}

impl Config {
    pub fn audit_dir(&self) -> PathBuf {
        self.audit_dir.clone().unwrap_or_else(|| self.store.with_file_name("audit"))
    }

    /// Reads the file, if one is named, and then the environment, which wins.
    pub fn load(path: Option<&Path>, environment: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut table = match path {
            None => toml::Table::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
                // Read as the configuration first, so that a mistake in the file is told with its line.
                toml::from_str::<Self>(&text)
                    .and_then(|_| toml::from_str::<toml::Table>(&text))
                    .map_err(|error| ConfigError::File { path: path.to_owned(), message: error.to_string() })?
            }
        };
        for (key, variable) in KEYS {
            let Some(text) = environment(variable).filter(|text| !text.is_empty()) else { continue };
            table.insert(key.to_owned(), value_of(&text));
            table
                .clone()
                .try_into::<Self>()
                .map_err(|error| ConfigError::Variable { variable, message: error.message().to_owned() })?;
        }
        table.try_into().map_err(|error: toml::de::Error| ConfigError::File {
            path: path.map(Path::to_owned).unwrap_or_default(),
            message: error.to_string(),
        })
    }
}

/// A number or a truth value where the text is one: no key takes both it and a text.
fn value_of(text: &str) -> toml::Value {
    let number = text.parse().map(toml::Value::Integer);
    number.or(text.parse().map(toml::Value::Boolean)).unwrap_or_else(|_| toml::Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("muster.toml");
        std::fs::write(&path, text).expect("written");
        let variable =
            |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::load(Some(&path), variable)
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config =
            load("stale_scan_days = 3\nroster = \"a.csv\"\n", &[("MUSTER_STALE_SCAN_DAYS", "9")]).expect("good");
        assert_eq!((config.stale_scan_days, config.roster), (9, PathBuf::from("a.csv")));
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let message = load("stale_scan_day = 3\n", &[]).expect_err("misspelt").to_string();
        assert!(message.contains("stale_scan_day") && message.contains("muster.toml"), "{message}");
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let message = load("", &[("MUSTER_LISTEN", "here")]).expect_err("no address").to_string();
        assert!(message.contains("MUSTER_LISTEN"), "{message}");
    }

    #[test]
    fn the_history_follows_its_account_only_where_somebody_says_so() {
        let follows = |text: &str| load("", &[("MUSTER_HISTORY_FOLLOWS_ACCOUNT", text)]);
        assert!(!load("", &[]).expect("good").history_follows_account);
        assert!(follows("true").expect("good").history_follows_account);
        assert!(follows("yes").expect_err("neither").to_string().contains("MUSTER_HISTORY_FOLLOWS_ACCOUNT"));
    }

    #[test]
    fn the_hour_of_the_verification_can_be_off_and_is_an_hour() {
        let hour = |text: &str| load("", &[("MUSTER_VERIFY_HOUR", text)]).map(|config| config.verify_hour);
        assert_eq!(hour("off").expect("off"), VerifyHour::Off);
        assert_eq!(hour("23").expect("an hour"), VerifyHour::At(23));
        for wrong in ["24", "-1", "never"] {
            let message = hour(wrong).expect_err("no hour").to_string();
            assert!(message.contains("MUSTER_VERIFY_HOUR") && message.contains("0 to 23"), "{message}");
        }
    }

    #[test]
    fn a_history_is_kept_for_ever_or_for_a_month_at_least() {
        assert_eq!(load("", &[]).expect("good").keep_history_days, None);
        let days = load("", &[("MUSTER_KEEP_HISTORY_DAYS", "31")]).expect("a month").keep_history_days;
        assert_eq!(days.map(HistoryDays::span), Some(SignedDuration::from_hours(31 * 24)));
        for wrong in ["30", "0", "-1", "ever", "99999999999"] {
            let message = load("", &[("MUSTER_KEEP_HISTORY_DAYS", wrong)]).expect_err("too short").to_string();
            assert!(message.contains("MUSTER_KEEP_HISTORY_DAYS is not right"), "{message}");
            assert!(message.contains("31 or more; leave it out"), "{message}");
        }
        let message = load("keep_history_days = 7\n", &[]).expect_err("too short").to_string();
        assert!(message.contains("muster.toml") && message.contains("31 or more"), "{message}");
    }

    #[test]
    fn every_key_has_its_variable() {
        let fields = format!("{:?}", Config::default());
        assert_eq!(fields.matches(": ").count(), KEYS.len());
        for (key, variable) in KEYS {
            assert!(fields.contains(&format!("{key}: ")), "{key}");
            assert_eq!(variable, format!("MUSTER_{}", key.to_uppercase()));
        }
    }
}
