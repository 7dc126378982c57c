//! The operating systems that feeds of vulnerabilities know, with the release that their packages belong to.

use crate::version::VersionRule;

/// An operating system and its release.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct System {
    /// The code of the system, as in the table `feed_fix`.
    pub system: &'static str,
    /// The major version; of Ubuntu and Amazon Linux the whole one.
    pub release: String,
}

/// The systems: how the name that Systems Manager gives begins, their code, and whether minor versions share their packages.
const SYSTEMS: [(&str, &str, bool); 11] = [
    ("red hat enterprise linux", "rhel", true),
    ("almalinux", "almalinux", true),
    ("rocky linux", "rocky", true),
    ("oracle linux", "oracle", true),
    ("centos stream", "centos-stream", true),
    ("centos", "centos", true),
    ("amazon linux", "amazon", false),
    ("debian", "debian", true),
    ("ubuntu", "ubuntu", false),
    ("sles", "suse", false),
    ("microsoft windows", System::WINDOWS, false),
];

impl System {
    /// The code of the system whose packages are updates.
    pub const WINDOWS: &str = "windows";

    /// Returns the system of an instance, by what Systems Manager reports; none of one that no feed knows.
    pub fn of_platform(name: &str, version: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (_, system, is_major) = SYSTEMS.into_iter().find(|(start, ..)| name.starts_with(start))?;
        let version = version.trim();
        let release = if is_major { version.split('.').next().unwrap_or(version) } else { version };
        Some(Self { system, release: release.to_owned() })
    }

    /// Returns the system with this code.
    pub fn of_code(system: &str, release: impl Into<String>) -> Option<Self> {
        let (_, system, _) = SYSTEMS.into_iter().find(|(_, code, _)| *code == system)?;
        Some(Self { system, release: release.into() })
    }
}

/// Splits the title of an update of a package: `name.arch:version` into the name and the version, without an epoch of 0.
/// None of an update of Windows, and of one whose rule is not known.
pub fn package_of_title<'a>(title: &'a str, kb_id: &str, rule: VersionRule) -> Option<(&'a str, &'a str)> {
    if rule == VersionRule::Numbers {
        return None;
    }
    let version = title.strip_prefix(kb_id)?.strip_prefix(':')?;
    let name = title[..kb_id.len()].rsplit_once('.').map_or(&title[..kb_id.len()], |(name, _)| name);
    Some((name, version.strip_prefix("0:").unwrap_or(version)))
        .filter(|(name, version)| !name.is_empty() && !version.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_have_the_release_of_their_packages() {
        for (name, version, system, release) in [
            ("Red Hat Enterprise Linux", "9.6", "rhel", "9"),
            ("CentOS Stream", "9", "centos-stream", "9"),
            ("CentOS Linux", "7.9", "centos", "7"),
            ("Debian GNU/Linux", "12", "debian", "12"),
            ("Ubuntu", "22.04", "ubuntu", "22.04"),
            ("Amazon Linux", "2023", "amazon", "2023"),
            ("Microsoft Windows Server 2022 Datacenter", "10.0.20348", "windows", "10.0.20348"),
        ] {
            let found = System::of_platform(name, version).expect(name);
            assert_eq!((found.system, found.release.as_str()), (system, release), "{name}");
            assert_eq!(System::of_code(system, release), Some(found));
        }
        assert_eq!(System::of_platform("TempleOS", "5"), None);
    }

    #[test]
    fn titles_of_packages_have_a_name_and_a_version() {
        let rpm = |title, kb_id| package_of_title(title, kb_id, VersionRule::Rpm);
        assert_eq!(rpm("openssl.x86_64:1:3.0.7-27.el9", "openssl.x86_64"), Some(("openssl", "1:3.0.7-27.el9")));
        assert_eq!(rpm("glibc.x86_64:0:2.34-100.el9", "glibc.x86_64"), Some(("glibc", "2.34-100.el9")));
        assert_eq!(rpm("python3.11.x86_64:0:3.11.7-1", "python3.11.x86_64"), Some(("python3.11", "3.11.7-1")));
        assert_eq!(rpm("", ""), None);
        assert_eq!(rpm("Security Update (KB5034439)", "KB5034439"), None);
    }
}
