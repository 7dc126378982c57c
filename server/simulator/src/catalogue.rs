//! What vendors publish: platforms, and the updates each of them has had, with the day of each release.
//!
//! Data only; the tables are in `catalogue/data/*.toml`. Which machine has what is the estate's business.

mod chain;
pub mod filler;
mod platform;
mod source;

use std::sync::LazyLock;

pub use chain::{Chain, Release, Rule};
pub use platform::{PLATFORMS, Platform, PlatformType};

/// Index of a release in the catalogue.
pub type ReleaseId = u32;

/// Every release of every platform, each title once: platforms that share a package share the release.
pub struct Catalogue {
    releases: Vec<Release>,
    chains: Vec<(&'static str, Vec<Chain>)>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(source::load);

pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

impl Catalogue {
    pub fn release(&'static self, id: ReleaseId) -> &'static Release {
        if id >= filler::FIRST { filler::release(id) } else { &self.releases[id as usize] }
    }

    /// The chains of a platform, in a fixed order: machines refer to them by index.
    pub fn chains(&'static self, platform: &Platform) -> &'static [Chain] {
        self.chains.iter().find(|(key, _)| *key == platform.key).map_or(&[], |(_, chains)| chains.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_rows_and_sorted_chains() {
        for platform in PLATFORMS {
            let chains = catalogue().chains(platform);
            assert!(chains.len() >= 20, "{} has {} chains", platform.key, chains.len());
            for chain in chains {
                let days: Vec<_> = chain.releases.iter().map(|&id| catalogue().release(id).released).collect();
                assert!(days.is_sorted(), "{}: {} is out of order", platform.key, chain.name);
            }
        }
    }

    #[test]
    fn titles_carry_their_kb_id() {
        for release in &catalogue().releases {
            assert!(!release.kb_id.is_empty(), "{release:?}");
            assert!(release.title.is_empty() || release.title.contains(release.kb_id.as_str()), "{release:?}");
        }
    }

    #[test]
    fn debian_families_name_no_cves() {
        for platform in PLATFORMS.iter().filter(|one| !one.names_cves()) {
            for chain in catalogue().chains(platform) {
                assert!(chain.releases.iter().all(|&id| catalogue().release(id).cve_ids.is_empty()), "{}", chain.name);
            }
        }
    }
}
