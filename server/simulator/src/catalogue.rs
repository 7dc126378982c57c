//! What vendors publish: platforms and their updates, with the day of each release. The tables are in
//! `catalogue/data/*.toml`. Which instance has what is up to the estate.

mod chain;
pub mod generated;
mod platform;
mod source;

use std::sync::LazyLock;

pub use chain::{Chain, Release, Rule};
pub use platform::{PLATFORMS, Platform, PlatformType};

/// Index of a release in the catalogue.
pub type ReleaseId = u32;

/// All releases of all platforms. Platforms that share a package share its releases.
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
        if id >= generated::FIRST_ID { generated::release(id) } else { &self.releases[id as usize] }
    }

    /// The chains of a platform, in a fixed order: instances refer to them by index.
    pub fn chains(&'static self, platform: &Platform) -> &'static [Chain] {
        self.chains.iter().find(|(key, _)| *key == platform.key).map_or(&[], |(_, chains)| chains.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_chains_sorted_by_release_day() {
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
    fn titles_contain_their_kb_id() {
        for release in &catalogue().releases {
            assert!(!release.kb_id.is_empty(), "{release:?}");
            assert!(release.title.is_empty() || release.title.contains(release.kb_id.as_str()), "{release:?}");
        }
    }

    #[test]
    fn debian_and_ubuntu_have_no_cve_ids() {
        for platform in PLATFORMS.iter().filter(|platform| platform.is_debian()) {
            for chain in catalogue().chains(platform) {
                assert!(chain.releases.iter().all(|&id| catalogue().release(id).cve_ids.is_empty()), "{}", chain.name);
            }
        }
    }
}
