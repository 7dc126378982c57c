//! Installed software, from the inventory.

use super::{AccountId, Freshness, InstanceId, Page, Provider, code::codes, column::Columns};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// One package on an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SoftwareRow {
    #[column(heading = "Name", class = "wide-text")]
    pub name: String,
    #[column(heading = "Version", class = "mono")]
    pub version: String,
    #[column(heading = "Publisher")]
    pub publisher: String,
    #[column(heading = "Architecture")]
    pub architecture: String,
    /// None where the inventory does not say.
    #[column(heading = "Installed (UTC)", absent = "Unknown")]
    pub installed_at: Option<Timestamp>,
}

/// What is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum SoftwareKind {
    #[strum(message = "Package")]
    Package,
    /// A hotfix that Windows lists.
    #[strum(message = "Hotfix")]
    Hotfix,
}

codes!(all SoftwareKind);

/// One package of any number of current instances. The field names are the contract of the packages CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PackageRow {
    #[column(heading = "Package", class = "wide-text", sort)]
    pub name: String,
    #[column(heading = "Kind", sort)]
    pub kind: SoftwareKind,
    #[column(heading = "Publisher", absent = "Not reported", sort)]
    pub publisher: String,
    /// Different versions among those that are reported.
    #[column(heading = "Versions", sort = desc)]
    pub versions: u64,
    /// Installations on current instances: an instance with two versions has two.
    #[column(heading = "Installations", sort = desc, default)]
    pub installations: u64,
    /// Of these, installations of which the inventory has no version.
    #[column(heading = "Version not reported", sort = desc)]
    pub unreported: u64,
}

/// One package on one current instance. The field names are the contract of the installed CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstalledRow {
    #[column(heading = "Instance", sort, default)]
    pub instance_name: String,
    pub instance_id: InstanceId,
    #[column(heading = "Package", sort)]
    pub name: String,
    pub kind: SoftwareKind,
    /// Empty where the inventory does not say.
    #[column(heading = "Version", class = "mono", absent = "Not reported", sort)]
    pub version: String,
    pub architecture: String,
    pub publisher: String,
    #[column(heading = "Installed (UTC)", absent = "Unknown", sort)]
    pub installed_at: Option<Timestamp>,
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
}

/// One version of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageVersion {
    /// By which rule versions of its systems compare: `RPM`, `dpkg`…
    pub rule: String,
    /// Empty where the inventory does not say.
    pub version: String,
    /// An instance can have it for two architectures.
    pub installations: u64,
}

/// Everything on `/software/list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstalledPage {
    pub freshness: Freshness,
    /// The versions of the package that is named, the newest first of each rule; none without a name.
    pub versions: Vec<PackageVersion>,
    pub rows: Page<InstalledRow>,
}
