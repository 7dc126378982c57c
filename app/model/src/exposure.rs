//! "Are we exposed?": for each question, what is known of every instance.

mod question;

pub use question::{PackageQuestion, QUESTION_CHARS_MAX, QUESTIONS_MAX, Question, Relation, has_question, questions};

use super::{AccountId, Freshness, InstanceId, Page, Provider, code::codes, column::Columns};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// What is known of an instance. Each instance has exactly one answer to each question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Exposure {
    #[strum(message = "Affected")]
    Affected,
    #[strum(message = "Unknown")]
    Unknown,
    #[strum(message = "Fixed")]
    Fixed,
    #[strum(message = "Not affected")]
    NotAffected,
}

/// Why an instance has its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ExposureReason {
    /// The state of the update that fixes it.
    #[strum(message = "Update")]
    Update,
    /// The installed version of a package.
    #[strum(message = "Inventory")]
    Inventory,
    /// Windows lists the hotfix.
    #[strum(message = "Hotfix")]
    Hotfix,
    /// None of the packages is installed.
    #[strum(message = "Package not installed")]
    NotInstalled,
    /// It is about another operating system.
    #[strum(message = "Another operating system")]
    OtherSystem,
    #[strum(message = "No inventory")]
    NoInventory,
    #[strum(message = "Never scanned")]
    NeverScanned,
    /// No feed and no update says what fixes it on this operating system.
    #[strum(message = "No data for this operating system")]
    NoSource,
    /// The update is neither listed as missing nor as installed.
    #[strum(message = "Update not listed")]
    NotListed,
    /// Its version lies between the fixes of several streams, or is not reported.
    #[strum(message = "Version tells nothing")]
    VersionUnclear,
    /// Systems Manager does not report the build number.
    #[strum(message = "Build number not reported")]
    NoBuild,
}

codes!(all Exposure, ExposureReason);

impl ExposureReason {
    /// The reason in one sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Update => "The state of the update that fixes it, as of the last scan.",
            Self::Inventory => "The installed version, compared by the rule of the system.",
            Self::Hotfix => "Windows lists the hotfix as installed.",
            Self::NotInstalled => "None of the packages in question is installed.",
            Self::OtherSystem => "The question is about another operating system.",
            Self::NoInventory => "Systems Manager has no inventory of its software.",
            Self::NeverScanned => "It was never scanned, and there is no inventory of its software.",
            Self::NoSource => "No feed and no update says what fixes this on its operating system.",
            Self::NotListed => {
                "The update is listed neither as missing nor as installed: superseded, not approved, or not applicable."
            }
            Self::VersionUnclear => {
                "The inventory has no version of the package, or one between the fixes of several streams of it."
            }
            Self::NoBuild => {
                "Systems Manager reports its version of Windows, not the build number, and no update tells whose build a feed knows."
            }
        }
    }
}

/// One question and one instance. The field names are the contract of the exposure CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExposureRow {
    #[column(heading = "Question", sort, default)]
    pub question: String,
    #[column(heading = "Answer")]
    pub answer: Exposure,
    pub reason: ExposureReason,
    #[column(heading = "Instance", sort)]
    pub instance_name: String,
    pub instance_id: InstanceId,
    pub provider: Provider,
    pub account_id: AccountId,
    #[column(heading = "Account", sort)]
    pub account_name: String,
    #[column(no_csv)]
    pub customer_id: String,
    pub customer_name: String,
    pub region: String,
    #[column(heading = "Operating system", sort)]
    pub platform_name: String,
    pub platform_version: String,
    /// The package or update that decided.
    #[column(heading = "Evidence", absent = "\u{2014}")]
    pub package: String,
    #[column(heading = "Installed", class = "mono", absent = "\u{2014}")]
    pub installed_version: String,
    #[column(heading = "Needed", class = "mono", absent = "\u{2014}")]
    pub needed_version: String,
    /// The state of the deciding update; empty if none did.
    pub update_state: String,
    /// Who says what is needed: a feed, or `Systems Manager`; empty where nothing is.
    pub source: String,
    /// Affected since then, or fixed on that day, as far as the history knows.
    #[column(heading = "Since (UTC)", absent = "Unknown")]
    pub since: Option<Timestamp>,
    /// Of one that an update fixed: since when it had been missing, until it was installed at `since`.
    pub exposed_from: Option<Timestamp>,
    pub last_scan_at: Option<Timestamp>,
}

/// The number of instances with an answer, for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct ExposureCount {
    /// The question's place.
    pub number: u64,
    pub answer: Exposure,
    pub reason: ExposureReason,
    pub instances: u64,
}

/// One question with its answers, which add up to the current instances of the chosen accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExposureItem {
    pub question: Question,
    pub affected: u64,
    pub unknown: u64,
    pub fixed: u64,
    pub not_affected: u64,
    /// The reasons of the unknown ones, with how many.
    pub unknown_reasons: Vec<(ExposureReason, u64)>,
    /// Who says what fixes it.
    pub sources: Vec<String>,
    /// Since when it is known to be exploited, by CISA's catalogue, and until when CISA wants it fixed.
    pub exploited: Option<(Date, Option<Date>)>,
}

impl ExposureItem {
    /// The number of instances with an answer.
    pub fn count(&self, answer: Exposure) -> u64 {
        match answer {
            Exposure::Affected => self.affected,
            Exposure::Unknown => self.unknown,
            Exposure::Fixed => self.fixed,
            Exposure::NotAffected => self.not_affected,
        }
    }
}

/// A feed that was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct FeedRow {
    pub name: String,
    pub format: String,
    /// The newest change that it has.
    pub published_at: Option<Timestamp>,
    pub imported_at: Timestamp,
    pub entries: u64,
}

/// Everything on `/exposure`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExposurePage {
    pub freshness: Freshness,
    pub items: Vec<ExposureItem>,
    /// Words of the text that are no questions.
    pub words: Vec<String>,
    pub feeds: Vec<FeedRow>,
    pub rows: Page<ExposureRow>,
}
