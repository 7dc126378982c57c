//! The operating systems of the estate, as SSM names them.

use strum::IntoStaticStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(const_into_str)]
pub enum PlatformType {
    Windows,
    Linux,
}

#[derive(Debug)]
pub struct Platform {
    pub key: &'static str,
    /// The name in patch baselines.
    pub operating_system: &'static str,
    pub platform_type: PlatformType,
    /// The name in DescribeInstanceInformation.
    pub name: &'static str,
    pub version: &'static str,
    /// The data files with its releases.
    pub(super) sources: &'static [&'static str],
    /// Whether the vendor still publishes updates. Otherwise nothing can be missing.
    pub maintained: bool,
}

impl Platform {
    pub fn named(key: &str) -> Option<&'static Platform> {
        PLATFORMS.iter().find(|platform| platform.key == key)
    }

    pub fn is_windows(&self) -> bool {
        self.platform_type == PlatformType::Windows
    }

    /// Whether it is Debian or Ubuntu, where SSM knows no ApproveAfterDays, CVE ids or older installation times.
    pub fn is_debian(&self) -> bool {
        matches!(self.operating_system, "DEBIAN" | "UBUNTU")
    }

    pub fn type_name(&self) -> &'static str {
        self.platform_type.into_str()
    }
}

const fn windows(
    key: &'static str,
    name: &'static str,
    version: &'static str,
    sources: &'static [&'static str],
) -> Platform {
    let platform_type = PlatformType::Windows;
    Platform { key, operating_system: "WINDOWS", platform_type, name, version, sources, maintained: true }
}

const fn linux(
    key: &'static str,
    operating_system: &'static str,
    name: &'static str,
    version: &'static str,
    sources: &'static [&'static str],
) -> Platform {
    Platform { key, operating_system, platform_type: PlatformType::Linux, name, version, sources, maintained: true }
}

const fn ended(platform: Platform) -> Platform {
    Platform { maintained: false, ..platform }
}

#[rustfmt::skip]
pub const PLATFORMS: &[Platform] = &[
    windows("windows-2016", "Microsoft Windows Server 2016 Standard", "10.0.14393", &["windows-2016", "windows"]),
    windows("windows-2019", "Microsoft Windows Server 2019 Datacenter", "10.0.17763", &["windows-2019", "windows"]),
    windows("windows-2022", "Microsoft Windows Server 2022 Datacenter", "10.0.20348", &["windows-2022", "windows"]),
    windows("windows-2025", "Microsoft Windows Server 2025 Datacenter", "10.0.26100", &["windows-2025", "windows"]),
    ended(linux("ubuntu-20.04", "UBUNTU", "Ubuntu", "20.04", &["ubuntu-20.04"])),
    linux("ubuntu-22.04", "UBUNTU", "Ubuntu", "22.04", &["ubuntu-22.04"]),
    linux("ubuntu-24.04", "UBUNTU", "Ubuntu", "24.04", &["ubuntu-24.04"]),
    linux("debian-11", "DEBIAN", "Debian GNU/Linux", "11", &["debian-11"]),
    linux("debian-12", "DEBIAN", "Debian GNU/Linux", "12", &["debian-12"]),
    ended(linux("centos-7", "CENTOS", "CentOS Linux", "7.9", &["centos-7"])),
    linux("centos-stream-9", "CENTOS", "CentOS Stream", "9", &["centos-stream-9"]),
    linux("rhel-8", "REDHAT_ENTERPRISE_LINUX", "Red Hat Enterprise Linux", "8.10", &["el8-kernel", "el8"]),
    linux("rhel-9", "REDHAT_ENTERPRISE_LINUX", "Red Hat Enterprise Linux", "9.6", &["el9-kernel", "el9"]),
    linux("oracle-8", "ORACLE_LINUX", "Oracle Linux Server", "8.10", &["oracle-8-kernel", "el8"]),
    linux("oracle-9", "ORACLE_LINUX", "Oracle Linux Server", "9.6", &["oracle-9-kernel", "el9"]),
    linux("rocky-9", "ROCKY_LINUX", "Rocky Linux", "9.6", &["el9-kernel", "el9", "rocky-9-extra"]),
    linux("alma-9", "ALMA_LINUX", "AlmaLinux", "9.6", &["el9-kernel", "el9"]),
    ended(linux("amazon-1", "AMAZON_LINUX", "Amazon Linux AMI", "2018.03", &["amazon-1"])),
    linux("amazon-2", "AMAZON_LINUX_2", "Amazon Linux", "2", &["amazon-2"]),
    linux("amazon-2023", "AMAZON_LINUX_2023", "Amazon Linux", "2023", &["amazon-2023"]),
    linux("sles-15", "SUSE", "SLES", "15.6", &["sles-15"]),
];
