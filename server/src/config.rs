//! The configuration: a TOML file, and an environment variable for each key, which wins. Unknown keys and invalid values
//! are errors that name them.

mod values;

pub use values::{HistoryDays, LogFormat, VerifyHour};

use muster_core::{queue_url::QueueUrl, spelling};
use muster_harvest::round::HELD_ROWS_MAX;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

/// AWS's page on Patch Manager.
pub const LEARN_MORE_URL: &str = "https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager.html";

/// Events never make an account due again before this time.
const EVENTS_INTERVAL_MINUTES: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);

const VARIABLE_PREFIX: &str = "MUSTER_";

/// Returns the environment variable of a key: `MUSTER_` and its name in capitals.
fn variable(name: &str) -> String {
    format!("{VARIABLE_PREFIX}{}", name.to_uppercase())
}

/// Declares each key once: help, name, former name, type and default.
macro_rules! config {
    ($($(#[doc = $help:literal])+ $key:ident $(formerly $old:literal)?: $type:ty = $default:expr,)+) => {
        #[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Config {
            $($(#[doc = $help])+ $(#[serde(alias = $old)])? pub $key: $type,)+
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($key: $default,)+ }
            }
        }

        /// Each key with the lines of its help.
        const HELP: &[(&str, &[&str])] = &[$((stringify!($key), &[$($help),+]),)+];

        /// Each key with its former name, if it had one, which still works.
        const KEYS: &[(&str, &[&str])] = &[$((stringify!($key), &[$($old)?]),)+];
    };
}

config! {
    /// The address on which the portal listens.
    listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
    /// The access file: how people sign in.
    access: PathBuf = "access.toml".into(),
    /// The DuckDB file.
    store: PathBuf = "muster.duckdb".into(),
    /// The folder of the audit log, written by one process at a time. Default: `audit` beside the store.
    audit_dir: Option<PathBuf> = None,
    /// The roster of accounts, `.toml` or `.csv`.
    roster: PathBuf = "roster.toml".into(),
    /// The name of the harvest role in every account of the AWS organization. When set, accounts of the organization are
    /// harvested too.
    organization_role: Option<String> = None,
    /// The URL of the SQS queue with events of Systems Manager, which make an account due before the next round. `muster events`
    /// prints the CloudFormation templates for it.
    events_queue_url: Option<QueueUrl> = None,
    /// Minutes between two harvests of an account and Region that events cause, at least 1.
    events_interval_minutes: NonZeroU32 = EVENTS_INTERVAL_MINUTES,
    /// The TOML file with the days within which customers require updates. Default: the built-in service levels.
    service_levels: Option<PathBuf> = None,
    /// The folder of feeds about vulnerabilities: each file or folder in it is one, imported when it changes.
    feeds: Option<PathBuf> = None,
    /// Minutes between rounds. 0 harvests only by `muster harvest`.
    harvest_interval_minutes: u32 = 15,
    /// Accounts that are harvested at the same time. In one account at most two requests are in flight.
    harvest_concurrency: usize = 200,
    /// Rows of updates and inventory that all pulls together hold in memory before they are stored.
    harvest_rows_max: usize = HELD_ROWS_MAX,
    /// The initial request rate of each operation in each account; it adapts to throttling. 0 sets no limit.
    calls_per_second: u32 = 5,
    /// The time limit of one account and Region in one round. The next round continues from there.
    account_timeout_minutes formerly "account_minutes_max": u32 = 15,
    /// The time limit of one round. The next round starts with the accounts that this one skips.
    round_timeout_minutes formerly "round_minutes_max": u32 = 60,
    /// Minutes between readings of reference data: inventory, baselines, windows and associations.
    reference_data_interval_minutes formerly "inventory_interval_minutes": u32 = 60,
    /// Documents of one's own that patch, separated by spaces. AWS's patch documents are always followed.
    patch_documents: Option<String> = None,
    /// Days for which the records of harvests are kept.
    harvest_log_days: u32 = 90,
    /// Days for which the history is kept, at least 31. Default: without limit.
    keep_history_days: Option<HistoryDays> = None,
    /// Whether a customer who gets an account sees what happened to it before.
    history_follows_account: bool = false,
    /// Days after which a scan is stale.
    stale_scan_days: u32 = 7,
    /// Hours after which a harvest is stale.
    stale_harvest_hours: u32 = 24,
    /// The hour, in UTC, at which the published figures are verified each day. `off` verifies only by `muster verify`.
    verify_hour: VerifyHour = VerifyHour(Some(3)),
    /// The link of the empty portal's button.
    learn_more_url: String = LEARN_MORE_URL.to_owned(),
    /// The address of the enrollment server, as the portal reaches it: https, or http on this machine. Set it together with
    /// enrollment_secret_file.
    enrollment_url: Option<String> = None,
    /// The file with the secret, of 32 bytes or more, that the enrollment server has for the portal.
    enrollment_secret_file: Option<PathBuf> = None,
    /// The folder with the browser's files. Default: `site` beside the binary.
    site_dir: Option<PathBuf> = None,
    /// The format of the log on standard error: `text` or `json`. The variable `RUST_LOG` filters it.
    log_format: LogFormat = LogFormat::Text,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration `{}`", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the configuration `{}` is invalid: {message}", path.display())]
    File { path: PathBuf, message: String },
    #[error("the environment variable {variable} is invalid: {message}")]
    Variable { variable: String, message: String },
    #[error("the environment variable {variable} is not one of Muster; did you mean {nearest}?")]
    UnknownVariable { variable: String, nearest: String },
}

impl Config {
    pub fn audit_dir(&self) -> PathBuf {
        self.audit_dir.clone().unwrap_or_else(|| self.store.with_file_name("audit"))
    }

    /// Formats a file with every key, its help and its default, all of them commented out.
    pub fn commented() -> Result<String, toml::ser::Error> {
        let defaults = toml::Table::try_from(Self::default())?;
        let key = |(name, help): &(&str, &[&str])| {
            let help: String = help.iter().map(|line| format!("#{line}\n")).collect();
            // A key without a default is filled in by hand.
            let default = defaults.get(*name).map_or("…".to_owned(), ToString::to_string);
            format!("{help}# {name} = {default}\n")
        };
        Ok(HELP.iter().map(key).collect::<Vec<_>>().join("\n"))
    }

    /// Reads the file, if there is one, and then the environment, which wins. Calls `warn` for each former name and each
    /// unknown variable.
    pub fn load(
        path: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        mut warn: impl FnMut(String),
    ) -> Result<Self, ConfigError> {
        let own = environment.into_iter().filter(|(name, _)| name.starts_with(VARIABLE_PREFIX));
        let environment: BTreeMap<String, String> = own.collect();
        check_variables(environment.keys(), &mut warn)?;
        let environment = |name: &str| environment.get(name).cloned();
        let invalid_file = |message| ConfigError::File { path: path.map(Path::to_owned).unwrap_or_default(), message };
        let mut table = match path {
            None => toml::Table::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
                // Parsed as the configuration first, so that an error has its line.
                toml::from_str::<Self>(&text)
                    .and_then(|_| toml::from_str::<toml::Table>(&text))
                    .map_err(|error| invalid_file(error.to_string()))?
            }
        };
        for (name, old_names) in KEYS {
            for old_name in *old_names {
                if let Some(value) = table.remove(*old_name) {
                    warn(format!("the configuration key `{old_name}` is deprecated: use `{name}`"));
                    table.insert((*name).to_owned(), value);
                }
            }
            let value = |name: &&str| Some((variable(name), environment(&variable(name)).filter(|it| !it.is_empty())?));
            let Some((set, text)) = std::iter::once(name).chain(*old_names).find_map(value) else { continue };
            if set != variable(name) {
                warn(format!("the variable {set} is deprecated: use {}", variable(name)));
            }
            table.insert((*name).to_owned(), parse_value(&text));
            if let Err(error) = table.clone().try_into::<Self>() {
                return Err(ConfigError::Variable { variable: set, message: error.message().to_owned() });
            }
        }
        table.try_into().map_err(|error: toml::de::Error| invalid_file(error.to_string()))
    }
}

/// Refuses a variable that is a slip of one of Muster, and warns of others: a container platform may set some of that prefix.
fn check_variables<'a>(
    names: impl Iterator<Item = &'a String>,
    warn: &mut impl FnMut(String),
) -> Result<(), ConfigError> {
    let known: Vec<String> = KEYS
        .iter()
        .flat_map(|(name, old_names)| std::iter::once(name).chain(*old_names))
        .map(|name| variable(name))
        .collect();
    for name in names.filter(|name| !known.contains(name)) {
        let word = name.trim_start_matches(VARIABLE_PREFIX);
        let Some((nearest, edits)) = spelling::nearest(name, known.iter().map(String::as_str)) else { continue };
        if spelling::is_slip(word, edits) {
            return Err(ConfigError::UnknownVariable { variable: name.clone(), nearest: nearest.to_owned() });
        }
        warn(format!("the variable {name} is not one of Muster and has no effect; the nearest one is {nearest}"));
    }
    Ok(())
}

/// Parses a number or a boolean where the text is one: no key accepts both these and other texts.
fn parse_value(text: &str) -> toml::Value {
    let number = text.parse().map(toml::Value::Integer);
    number.or(text.parse().map(toml::Value::Boolean)).unwrap_or_else(|_| toml::Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn load_with_warnings(text: &str, environment: &[(&str, &str)]) -> Result<(Config, Vec<String>), ConfigError> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("muster.toml");
        std::fs::write(&path, text).expect("written");
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut warnings = Vec::new();
        let config = Config::load(Some(&path), environment, |warning| warnings.push(warning))?;
        Ok((config, warnings))
    }

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        load_with_warnings(text, environment).map(|(config, _)| config)
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config =
            load("stale_scan_days = 3\nroster = \"a.csv\"\n", &[("MUSTER_STALE_SCAN_DAYS", "9")]).expect("valid");
        assert_eq!((config.stale_scan_days, config.roster), (9, PathBuf::from("a.csv")));
    }

    #[test]
    fn reads_a_file_of_an_editor_on_windows() {
        let config = load("\u{feff}stale_scan_days = 3\r\nstore = \"a\"\r\n", &[]).expect("valid");
        assert_eq!((config.stale_scan_days, config.store), (3, PathBuf::from("a")));
    }

    #[test]
    fn accepts_former_names_with_one_warning_each() {
        let file = "account_minutes_max = 4\nround_timeout_minutes = 9\n";
        let variables = [("MUSTER_ROUND_MINUTES_MAX", "5")];
        let (config, warnings) = load_with_warnings(file, &variables).expect("valid");
        assert_eq!((config.account_timeout_minutes, config.round_timeout_minutes), (4, 5));
        let expected = [
            "the configuration key `account_minutes_max` is deprecated: use `account_timeout_minutes`",
            "the variable MUSTER_ROUND_MINUTES_MAX is deprecated: use MUSTER_ROUND_TIMEOUT_MINUTES",
        ];
        assert_eq!(warnings, expected);
        let (config, warnings) =
            load_with_warnings("", &[("MUSTER_ACCOUNT_TIMEOUT_MINUTES", "6"), ("MUSTER_ACCOUNT_MINUTES_MAX", "4")])
                .expect("valid");
        assert_eq!((config.account_timeout_minutes, warnings.len()), (6, 0));
        assert!(load("account_minutes_max = 4\naccount_timeout_minutes = 4\n", &[]).is_err());
    }

    #[test]
    fn the_commented_file_has_every_key_with_its_default() {
        let text = Config::commented().expect("TOML");
        assert_eq!(load(&text, &[]).expect("only comments"), Config::default());
        let keys = text.lines().filter_map(|line| line.strip_prefix("# ")).filter(|line| line.contains(" = "));
        let (filled, open): (Vec<&str>, Vec<&str>) = keys.partition(|line| !line.ends_with("= …"));
        assert_eq!((filled.len() + open.len(), open.is_empty()), (KEYS.len(), false));
        assert_eq!(load(&filled.join("\n"), &[]).expect("the defaults"), Config::default());
    }

    #[test]
    fn names_a_misspelt_key() {
        let message = load("stale_scan_day = 3\n", &[]).expect_err("misspelt").to_string();
        assert!(message.contains("stale_scan_day") && message.contains("muster.toml"), "{message}");
    }

    /// Every variable with one letter removed, doubled or replaced.
    #[test]
    fn refuses_a_misspelt_variable_and_names_the_one_that_was_meant() {
        let message = load("", &[("MUSTER_LISTN", "127.0.0.1:1")]).expect_err("misspelt").to_string();
        assert_eq!(message, "the environment variable MUSTER_LISTN is not one of Muster; did you mean MUSTER_LISTEN?");
        for (name, _) in KEYS {
            let name = variable(name);
            for at in VARIABLE_PREFIX.len()..name.len() {
                let (before, after) = name.split_at(at);
                for slip in [
                    format!("{before}{}", &after[1..]),
                    format!("{before}Q{after}"),
                    format!("{before}Q{}", &after[1..]),
                ] {
                    let message = load("", &[(&slip, "1")]).expect_err(&slip).to_string();
                    assert!(message.contains(&slip) && message.contains(&name), "{message}");
                }
            }
        }
    }

    #[test]
    fn warns_of_unknown_variables_of_a_platform() {
        let platform =
            [("MUSTER_PORT_8080_TCP", "tcp://10.0.0.1:8080"), ("MUSTER_SERVICE_HOST", "10.0.0.1"), ("HOME", "/")];
        let (config, warnings) = load_with_warnings("", &platform).expect("valid");
        assert_eq!((config, warnings.len()), (Config::default(), 2));
        assert!(warnings[0].contains("MUSTER_PORT_8080_TCP") && warnings[0].contains("no effect"), "{warnings:?}");
    }

    #[test]
    fn names_an_invalid_variable() {
        let message = load("", &[("MUSTER_LISTEN", "here")]).expect_err("no address").to_string();
        assert!(message.contains("MUSTER_LISTEN"), "{message}");
    }

    #[test]
    fn the_history_follows_an_account_only_if_configured() {
        let follows = |text: &str| load("", &[("MUSTER_HISTORY_FOLLOWS_ACCOUNT", text)]);
        assert!(!load("", &[]).expect("valid").history_follows_account);
        assert!(follows("true").expect("valid").history_follows_account);
        assert!(follows("yes").expect_err("neither").to_string().contains("MUSTER_HISTORY_FOLLOWS_ACCOUNT"));
    }

    #[test]
    fn verify_hour_is_an_hour_or_off() {
        let hour = |text: &str| load("", &[("MUSTER_VERIFY_HOUR", text)]).map(|config| config.verify_hour);
        assert_eq!(hour("off").expect("off"), VerifyHour(None));
        assert_eq!(hour("23").expect("an hour"), VerifyHour(Some(23)));
        for invalid in ["24", "-1", "never"] {
            let message = hour(invalid).expect_err("no hour").to_string();
            assert!(message.contains("MUSTER_VERIFY_HOUR") && message.contains("0 to 23"), "{message}");
        }
    }

    #[test]
    fn keeps_history_without_limit_or_for_at_least_a_month() {
        assert_eq!(load("", &[]).expect("valid").keep_history_days, None);
        let days = load("", &[("MUSTER_KEEP_HISTORY_DAYS", "31")]).expect("a month").keep_history_days;
        assert_eq!(days.map(HistoryDays::span), Some(SignedDuration::from_hours(31 * 24)));
        for invalid in ["30", "0", "-1", "ever", "99999999999"] {
            let message = load("", &[("MUSTER_KEEP_HISTORY_DAYS", invalid)]).expect_err("too short").to_string();
            assert!(message.contains("MUSTER_KEEP_HISTORY_DAYS is invalid"), "{message}");
            assert!(message.contains("31 or more; leave it out"), "{message}");
        }
        let message = load("keep_history_days = 7\n", &[]).expect_err("too short").to_string();
        assert!(message.contains("muster.toml") && message.contains("31 or more"), "{message}");
    }

    #[test]
    fn events_need_the_url_of_a_queue() {
        const URL: &str = "https://sqs.eu-central-1.amazonaws.com/111122223333/muster-events";
        let config = load(&format!("events_queue_url = \"{URL}\"\n"), &[]).expect("a queue");
        assert_eq!(config.events_queue_url.expect("a queue").as_str(), URL);
        let wrong = "stale_scan_days = 3\nevents_queue_url = \"https://sqs.cn-north-1.amazonaws.com/111122223333/a\"\n";
        let message = load(wrong, &[]).expect_err("another partition").to_string();
        assert!(message.contains("line 2") && message.contains("end in amazonaws.com.cn"), "{message}");
        let message = load("", &[("MUSTER_EVENTS_QUEUE_URL", "muster-events")]).expect_err("a name").to_string();
        assert!(message.contains("MUSTER_EVENTS_QUEUE_URL") && message.contains("muster-events"), "{message}");
        assert!(load("events_interval_minutes = 0\n", &[]).is_err());
    }

    #[test]
    fn every_key_is_documented() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let documents = ["README.md", "docs/operating.md"].map(|file| std::fs::read_to_string(root.join(file)));
        let text = documents.into_iter().flatten().collect::<String>();
        for (name, _) in KEYS {
            assert!(text.contains(&format!("| `{name}` |")), "no table in the documentation has `{name}`");
        }
    }
}
