//! Compares versions by the rule of the system that has them.

mod debian;

use rpm_version::Evr;
use std::{borrow::Cow, cmp::Ordering};

/// How the versions of a system compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VersionRule {
    /// Epoch, version and release, as RPM compares them.
    Rpm,
    /// Epoch, upstream version and revision, as dpkg compares them.
    Debian,
    /// Numbers between dots, one by one.
    Numbers,
}

/// The systems whose packages are those of Debian, by the words in their names.
const OF_DEBIAN: [&str; 3] = ["debian", "ubuntu", "raspbian"];
const OF_NUMBERS: [&str; 2] = ["windows", "macos"];

impl VersionRule {
    /// Returns the rule of a system, by the name that Systems Manager gives it.
    pub fn of_system(platform_name: &str) -> Self {
        let name = platform_name.to_ascii_lowercase();
        let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
        match () {
            () if is(&OF_DEBIAN) => Self::Debian,
            () if is(&OF_NUMBERS) => Self::Numbers,
            () => Self::Rpm,
        }
    }

    /// What pages call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rpm => "RPM",
            Self::Debian => "dpkg",
            Self::Numbers => "number by number",
        }
    }

    /// Compares two complete versions: one without an epoch has epoch 0.
    pub fn compare(self, one: &str, other: &str) -> Ordering {
        match self {
            Self::Rpm => Evr::parse(one).cmp(&Evr::parse(other)),
            Self::Debian => debian::compare(one, other),
            Self::Numbers => compare_numbers(one, other),
        }
    }

    /// Compares an installed version with one that a person wrote: what that leaves out, an epoch or a release, does not
    /// count.
    pub fn compare_with_written(self, installed: &str, written: &str) -> Ordering {
        if self == Self::Numbers {
            return compare_numbers(installed, written);
        }
        let (epoch, rest) = split_epoch(installed);
        let (written_epoch, written_rest) = split_epoch(written);
        let epoch = if written_epoch.is_empty() { "" } else { epoch };
        let rest = match (rest.rsplit_once('-'), written_rest.contains('-')) {
            (Some((version, _)), false) => version,
            _ => rest,
        };
        self.compare(&with_epoch(epoch, rest), &with_epoch(written_epoch, written_rest))
    }
}

/// Splits `EPOCH:REST`; without an epoch it is empty.
fn split_epoch(version: &str) -> (&str, &str) {
    match version.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
        _ => ("", version),
    }
}

fn with_epoch<'a>(epoch: &str, rest: &'a str) -> Cow<'a, str> {
    if epoch.is_empty() { rest.into() } else { format!("{epoch}:{rest}").into() }
}

/// Compares runs of digits as numbers and anything else as text. What is missing is less than anything but zeros.
fn compare_numbers(one: &str, other: &str) -> Ordering {
    let parts = |version: &str| -> Vec<String> { version.split(['.', '-', '_', ' ']).map(str::to_owned).collect() };
    let (one, other) = (parts(one), parts(other));
    let count = one.len().max(other.len());
    let part = |parts: &[String], at: usize| parts.get(at).map_or("0", String::as_str).to_owned();
    let orderings = (0..count).map(|at| compare_part(&part(&one, at), &part(&other, at)));
    orderings.into_iter().find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

fn compare_part(one: &str, other: &str) -> Ordering {
    match (is_number(one), is_number(other)) {
        (true, true) => debian::compare_digits(one, other),
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => one.cmp(other),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ordering::{Equal, Greater, Less};

    #[test]
    fn systems_compare_by_their_own_rule() {
        for (system, rule) in [
            ("Red Hat Enterprise Linux", VersionRule::Rpm),
            ("Amazon Linux", VersionRule::Rpm),
            ("SLES", VersionRule::Rpm),
            ("Debian GNU/Linux", VersionRule::Debian),
            ("Ubuntu", VersionRule::Debian),
            ("Microsoft Windows Server 2022 Datacenter", VersionRule::Numbers),
        ] {
            assert_eq!(VersionRule::of_system(system), rule, "{system}");
        }
    }

    #[test]
    fn complete_versions_compare_with_their_epochs() {
        for (rule, one, other, expected) in [
            (VersionRule::Rpm, "1:1.1.1k-14.el8_6", "3.0.7-27.el9", Greater),
            (VersionRule::Rpm, "5.14.0-570.58.1.el9_6", "5.14.0-427.13.1.el9_4", Greater),
            (VersionRule::Rpm, "2.34-100.el9", "2.34-100.el9_4.2", Less),
            (VersionRule::Rpm, "1.0~rc1-1", "1.0-1", Less),
            (VersionRule::Debian, "3.0.2-0ubuntu1.20", "3.0.2-0ubuntu1.9", Greater),
            (VersionRule::Debian, "1:9.18.1-1", "9.20.0-1", Greater),
            (VersionRule::Debian, "2.36-9+deb12u9", "2.36-9+deb12u10", Less),
            (VersionRule::Numbers, "10.0.20348.2582", "10.0.20348.887", Greater),
            (VersionRule::Numbers, "24.09", "24.9", Equal),
            (VersionRule::Numbers, "7.4.6.0", "7.4.6", Equal),
            (VersionRule::Numbers, "142.0.3595.80", "99.0", Greater),
        ] {
            assert_eq!(rule.compare(one, other), expected, "{one} {other}");
            assert_eq!(rule.compare(other, one), expected.reverse(), "{other} {one}");
        }
    }

    #[test]
    fn what_a_person_leaves_out_does_not_count() {
        for (rule, installed, written, expected) in [
            (VersionRule::Rpm, "1:3.0.7-27.el9", "3.0.14", Less),
            (VersionRule::Rpm, "1:3.0.7-27.el9", "3.0.7", Equal),
            (VersionRule::Rpm, "1:3.0.7-27.el9", "0:3.0.14", Greater),
            (VersionRule::Rpm, "5.14.0-427.13.1.el9_4", "5.14.0-427", Greater),
            (VersionRule::Debian, "3.0.2-0ubuntu1.20", "3.0.14", Less),
            (VersionRule::Debian, "1:9.18.1-1", "9.20", Less),
            (VersionRule::Numbers, "9.5.0.0", "9.5", Equal),
        ] {
            assert_eq!(rule.compare_with_written(installed, written), expected, "{installed} {written}");
        }
    }
}
