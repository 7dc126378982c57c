//! Service levels: the days within which customers require updates of each severity, from a TOML file.
//!
//! ```toml
//! [default]            # for every customer; missing bands keep the built-in days
//! critical = 7
//!
//! [customer.c-1001]    # missing bands use the default
//! critical = 3
//! important = 7
//! ```

use crate::spelling;
use muster_model::{severity::SeverityBand, visible::is_blank};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// The built-in days. Unrated updates have as many as moderate ones: systems with apt rate nothing, and most of their
/// updates are not urgent.
const DAYS: [(SeverityBand, u32); 5] = [
    (SeverityBand::Critical, 7),
    (SeverityBand::Important, 14),
    (SeverityBand::Moderate, 30),
    (SeverityBand::Low, 60),
    (SeverityBand::Unrated, 30),
];

/// Ten years. More must be a mistake.
const DAYS_MAX: u32 = 3_650;

/// The customer id of the default. No customer has it.
pub const DEFAULT: &str = "";

/// Days by customer and band. The default has all bands, customers have those that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLevels(BTreeMap<String, BTreeMap<SeverityBand, u32>>);

/// A file that cannot be used. Each message names the file and the problem.
#[derive(Debug, thiserror::Error)]
pub enum ServiceLevelsError {
    #[error("cannot read the service levels `{}`", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the service levels `{}` are invalid: {message}", path.display())]
    File { path: PathBuf, message: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelsFile {
    #[serde(default)]
    default: BTreeMap<SeverityBand, u32>,
    #[serde(default)]
    customer: BTreeMap<String, BTreeMap<SeverityBand, u32>>,
}

impl Default for ServiceLevels {
    fn default() -> Self {
        Self(BTreeMap::from([(DEFAULT.to_owned(), DAYS.into())]))
    }
}

impl ServiceLevels {
    /// Reads the file, if there is one.
    pub fn read(path: Option<&Path>) -> Result<Self, ServiceLevelsError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| ServiceLevelsError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|message| ServiceLevelsError::File { path: path.to_owned(), message })
    }

    /// Parses a file's text. The error is its problem.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: LevelsFile = toml::from_str(text).map_err(|error| error.to_string())?;
        let Self(mut levels) = Self::default();
        levels.entry(DEFAULT.to_owned()).or_default().extend(file.default);
        for (customer, days) in file.customer {
            if is_blank(&customer) {
                return Err("a customer id is empty".to_owned());
            }
            if customer.trim() != customer {
                return Err(format!("the customer id `{customer}` has blanks around it"));
            }
            levels.insert(customer, days);
        }
        for (customer, days) in &levels {
            if let Some((band, days)) = days.iter().find(|(_, days)| **days > DAYS_MAX) {
                let owner = if customer == DEFAULT { "default" } else { customer };
                return Err(format!("`{}` of {owner} is {days} days; the maximum is {DAYS_MAX}", band.code()));
            }
        }
        Ok(Self(levels))
    }

    /// Returns what is wrong with the first customer that is not among these. A service level without a customer has no effect.
    pub fn unknown_customer(&self, customers: &BTreeSet<&str>) -> Option<String> {
        let unknown = self.0.keys().find(|id| *id != DEFAULT && !customers.contains(id.as_str()))?;
        let nearest = spelling::nearest(unknown, customers.iter().copied());
        let advice = nearest.map(|(nearest, _)| format!("; the nearest one is `{nearest}`")).unwrap_or_default();
        Some(format!("no account belongs to customer `{unknown}`{advice}"))
    }

    /// Returns customer, band and days of each level, as they are stored.
    pub fn rows(&self) -> BTreeSet<(String, String, u32)> {
        let rows = self.0.iter().flat_map(|(customer, days)| days.iter().map(move |day| (customer, day)));
        rows.map(|(customer, (band, days))| (customer.clone(), band.code().to_owned(), *days)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(levels: &ServiceLevels, customer: &str, band: &str) -> Option<u32> {
        levels.rows().into_iter().find(|row| row.0 == customer && row.1 == band).map(|row| row.2)
    }

    #[test]
    fn changes_only_the_bands_in_the_file() {
        let levels = ServiceLevels::parse("[default]\ncritical = 5\n[customer.c-1]\nlow = 90\n").expect("valid");
        assert_eq!((days(&levels, "", "critical"), days(&levels, "", "important")), (Some(5), Some(14)));
        assert_eq!((days(&levels, "c-1", "low"), days(&levels, "c-1", "critical")), (Some(90), None));
        assert_eq!(ServiceLevels::parse("").expect("valid"), ServiceLevels::default());
    }

    #[test]
    fn names_misspelt_and_invalid_entries() {
        for (text, word) in [
            ("[default]\ncritcal = 5\n", "critcal"),
            ("[customer.c-1]\nurgent = 5\n", "urgent"),
            ("[defaults]\ncritical = 5\n", "defaults"),
            ("[default]\ncritical = -1\n", "-1"),
            ("[default]\nlow = 4000\n", "4000"),
            ("[customer.\"\"]\nlow = 4\n", "empty"),
            ("[customer.\" c-1\"]\nlow = 4\n", "blanks"),
        ] {
            let message = ServiceLevels::parse(text).expect_err(text);
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn names_a_customer_without_an_account() {
        let levels = ServiceLevels::parse("[default]\nlow = 9\n[customer.c-1001]\nlow = 90\n").expect("valid");
        assert_eq!(levels.unknown_customer(&BTreeSet::from(["c-1001", "c-2"])), None);
        let problem = levels.unknown_customer(&BTreeSet::from(["c-1002", "d"])).expect("unknown");
        assert_eq!(problem, "no account belongs to customer `c-1001`; the nearest one is `c-1002`");
        assert!(levels.unknown_customer(&BTreeSet::new()).is_some());
    }

    #[test]
    fn names_a_missing_file() {
        let message = ServiceLevels::read(Some(Path::new("nowhere.toml"))).expect_err("no file").to_string();
        assert!(message.contains("nowhere.toml"), "{message}");
    }
}
