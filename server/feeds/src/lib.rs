//! Reads the files that vendors publish about vulnerabilities, into one form.
//!
//! A folder has the feeds: each file or folder in it is one, named after it. The format of a file follows from its content.

mod folder;
mod vendors;

pub use folder::{FeedError, FeedFiles, Found, feed_at, feed_files, is_hidden, name_of, read_feed};

use muster_core::feed::Feed;

/// The feeds of the demo, each with its name and its documents.
const SAMPLES: [(&str, &[&str]); 2] = [
    (
        "almalinux",
        &[
            include_str!("../samples/almalinux/ALSA-2024-4312.json"),
            include_str!("../samples/almalinux/ALSA-2025-15019.json"),
            include_str!("../samples/almalinux/ALSA-2025-17742.json"),
            include_str!("../samples/almalinux/ALSA-2025-17760.json"),
            include_str!("../samples/almalinux/ALSA-2025-21110.json"),
            include_str!("../samples/almalinux/ALSA-2025-21255.json"),
        ],
    ),
    ("cisa-kev", &[include_str!("../samples/cisa-kev.json")]),
];

/// Returns some advisories of AlmaLinux, and some of CISA's exploited vulnerabilities.
pub fn samples() -> Vec<Feed> {
    let feeds = SAMPLES.iter().map(|(name, texts)| {
        let mut feed = Feed { name: (*name).to_owned(), file_key: "samples".to_owned(), ..Feed::default() };
        // They are read by the tests of this crate.
        texts.iter().filter_map(|text| folder::documents(text).ok()).flatten().for_each(|document| {
            folder::add(&mut feed, document);
        });
        feed
    });
    feeds.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_are_read() {
        let feeds = samples();
        assert_eq!(feeds.iter().map(|feed| feed.format.as_str()).collect::<Vec<_>>(), ["OSV", "KEV"]);
        let fix = |cve: &str, package: &str| {
            let fixes = feeds[0].fixes.iter().find(|fix| fix.cve == cve && fix.package == package);
            fixes.map(|fix| (fix.system.as_str(), fix.release.as_str(), fix.fixed_version.as_str()))
        };
        assert_eq!(fix("CVE-2024-6387", "openssh"), Some(("almalinux", "9", "8.7p1-38.el9_4.1")));
        assert_eq!(fix("CVE-2025-40778", "bind"), Some(("almalinux", "9", "32:9.16.23-34.el9_7.1")));
        let documents: usize = SAMPLES.iter().map(|(_, texts)| texts.len()).sum();
        let ids: std::collections::BTreeSet<&str> = feeds[0].fixes.iter().map(|fix| fix.advisory.as_str()).collect();
        assert_eq!(ids.len() + 1, documents, "each has fixes");
        assert!(feeds[1].exploited.iter().any(|one| one.cve == "CVE-2025-62215" && one.due_on.is_some()));
    }
}
