//! Which package manager reported an instance's updates, by what it reports. The name of an operating system does not
//! tell: every derivative of Debian has another one.

use muster_core::snapshot::PatchRecord;

/// Architectures as dpkg names them, and no other package manager.
const OF_DPKG: [&str; 7] = ["all", "amd64", "arm64", "armel", "armhf", "mips64el", "ppc64el"];
/// Architectures as RPM names them, and no other package manager.
const OF_RPM: [&str; 7] = ["aarch64", "armv7hl", "i586", "i686", "noarch", "ppc64le", "x86_64"];
/// The priorities of apt that are no vendor's severity.
const PRIORITIES: [&str; 4] = ["Required", "Standard", "Optional", "Extra"];

/// Returns whether apt reported these patches; nothing if they do not tell. An id ends in the architecture of the
/// package, as in `libc6.armhf` and `kernel.x86_64`.
pub fn uses_apt<'a>(patches: impl Iterator<Item = &'a PatchRecord>) -> Option<bool> {
    let (mut of_dpkg, mut of_rpm, mut has_priority) = (0_usize, 0_usize, false);
    for patch in patches {
        let architecture = patch.kb_id.rsplit_once('.').map_or("", |(_, architecture)| architecture);
        of_dpkg += usize::from(OF_DPKG.contains(&architecture));
        of_rpm += usize::from(OF_RPM.contains(&architecture));
        has_priority |= PRIORITIES.contains(&patch.severity.as_str());
    }
    if of_dpkg == of_rpm { has_priority.then_some(true) } else { Some(of_dpkg > of_rpm) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(rows: &[(&str, &str)]) -> Option<bool> {
        let patch = |(kb_id, severity): &(&str, &str)| PatchRecord {
            kb_id: (*kb_id).to_owned(),
            severity: (*severity).to_owned(),
            ..PatchRecord::default()
        };
        let patches: Vec<_> = rows.iter().map(patch).collect();
        uses_apt(patches.iter())
    }

    #[test]
    fn tells_apt_from_other_package_managers_by_what_they_report() {
        assert_eq!(reported(&[("libc6.armhf", "Important")]), Some(true));
        assert_eq!(reported(&[("python3.11.amd64", "Important"), ("tzdata.all", "")]), Some(true));
        assert_eq!(reported(&[("kernel.x86_64", "Important"), ("tzdata.noarch", "")]), Some(false));
        assert_eq!(
            reported(&[("bash.s390x", "Required"), ("curl.s390x", "Important")]),
            Some(true),
            "a priority tells"
        );
        assert_eq!(reported(&[("bash.s390x", "Important")]), None, "both name this architecture");
        assert_eq!(reported(&[("KB5066835", "Important")]), None);
        assert_eq!(reported(&[]), None);
        assert_eq!(reported(&[("a.x86_64", ""), ("b.x86_64", ""), ("all", "Extra"), ("c.all", "")]), Some(false));
    }
}
