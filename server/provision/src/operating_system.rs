//! The operating systems that Patch Manager has baselines for.

use serde::Deserialize;

/// Filters of a patch rule: keys and their values.
pub type Filters = &'static [(&'static str, &'static [&'static str])];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperatingSystem {
    Windows,
    Ubuntu,
    Debian,
    Centos,
    Rhel,
    OracleLinux,
    AmazonLinux,
    #[serde(rename = "amazon-linux-2")]
    AmazonLinux2,
    #[serde(rename = "amazon-linux-2023")]
    AmazonLinux2023,
    Alma,
    Rocky,
    Suse,
}

const WINDOWS_FILTERS: Filters =
    &[("PRODUCT", &["*"]), ("CLASSIFICATION", &["CriticalUpdates", "SecurityUpdates"]), ("MSRC_SEVERITY", &["*"])];
const APT_FILTERS: Filters =
    &[("PRODUCT", &["*"]), ("PRIORITY", &["Required", "Important", "Standard", "Optional", "Extra"])];
const RPM_FILTERS: Filters = &[("PRODUCT", &["*"]), ("CLASSIFICATION", &["Security", "Bugfix"]), ("SEVERITY", &["*"])];
const SUSE_FILTERS: Filters =
    &[("PRODUCT", &["*"]), ("CLASSIFICATION", &["Security", "Recommended"]), ("SEVERITY", &["*"])];

impl OperatingSystem {
    /// Those that have baselines unless a file says otherwise.
    pub const DEFAULTS: [Self; 8] = [
        Self::Windows,
        Self::Ubuntu,
        Self::Debian,
        Self::Centos,
        Self::Rhel,
        Self::OracleLinux,
        Self::AmazonLinux,
        Self::AmazonLinux2,
    ];

    /// The name in settings, and in the names of baselines.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Windows => "windows",
            Self::Ubuntu => "ubuntu",
            Self::Debian => "debian",
            Self::Centos => "centos",
            Self::Rhel => "rhel",
            Self::OracleLinux => "oracle-linux",
            Self::AmazonLinux => "amazon-linux",
            Self::AmazonLinux2 => "amazon-linux-2",
            Self::AmazonLinux2023 => "amazon-linux-2023",
            Self::Alma => "alma",
            Self::Rocky => "rocky",
            Self::Suse => "suse",
        }
    }

    /// The name that people know.
    pub fn title(self) -> &'static str {
        match self {
            Self::Windows => "Windows",
            Self::Ubuntu => "Ubuntu",
            Self::Debian => "Debian",
            Self::Centos => "CentOS",
            Self::Rhel => "Red Hat Enterprise Linux",
            Self::OracleLinux => "Oracle Linux",
            Self::AmazonLinux => "Amazon Linux",
            Self::AmazonLinux2 => "Amazon Linux 2",
            Self::AmazonLinux2023 => "Amazon Linux 2023",
            Self::Alma => "AlmaLinux",
            Self::Rocky => "Rocky Linux",
            Self::Suse => "SUSE Linux Enterprise Server",
        }
    }

    /// AWS's name.
    pub fn aws_name(self) -> &'static str {
        match self {
            Self::Windows => "WINDOWS",
            Self::Ubuntu => "UBUNTU",
            Self::Debian => "DEBIAN",
            Self::Centos => "CENTOS",
            Self::Rhel => "REDHAT_ENTERPRISE_LINUX",
            Self::OracleLinux => "ORACLE_LINUX",
            Self::AmazonLinux => "AMAZON_LINUX",
            Self::AmazonLinux2 => "AMAZON_LINUX_2",
            Self::AmazonLinux2023 => "AMAZON_LINUX_2023",
            Self::Alma => "ALMA_LINUX",
            Self::Rocky => "ROCKY_LINUX",
            Self::Suse => "SUSE",
        }
    }

    /// Whether Systems Manager can approve updates some days after their release. It cannot on Debian and Ubuntu, whose
    /// repositories have no release dates.
    pub fn has_approval_delay(self) -> bool {
        !matches!(self, Self::Debian | Self::Ubuntu)
    }

    /// Whether a baseline approves updates without a classification too. The repositories of CentOS have no `updateinfo.xml`,
    /// which is where classifications come from, so nothing else would ever be approved there.
    pub fn approves_unclassified(self) -> bool {
        matches!(self, Self::Centos)
    }

    /// What a baseline approves.
    pub fn filters(self) -> Filters {
        match self {
            Self::Windows => WINDOWS_FILTERS,
            Self::Debian | Self::Ubuntu => APT_FILTERS,
            Self::Suse => SUSE_FILTERS,
            _ => RPM_FILTERS,
        }
    }
}
