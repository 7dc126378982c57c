//! What was read of a vendor's feed about vulnerabilities.

use crate::records;
use jiff::{Timestamp, civil::Date};

/// One feed: a file, or a folder of files of the same vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    pub name: String,
    pub format: String,
    /// While this is the same, the files are not read again.
    pub file_key: String,
    /// The newest change that it has.
    pub published_at: Option<Timestamp>,
    pub fixes: Vec<FeedFixRecord>,
    pub exploited: Vec<ExploitedRecord>,
}

records! {
    /// A package of an operating system that fixes a CVE from a version on.
    pub struct FeedFixRecord {
        pub system: String,
        pub release: String,
        pub package: String,
        pub fixed_version: String,
        /// Empty for an advisory without one.
        pub cve: String,
        /// Empty where the vendor publishes by CVE.
        pub advisory: String,
        /// Whether the source names every package that has the vulnerability.
        pub is_complete: bool,
    }

    /// A CVE that is known to be exploited.
    pub struct ExploitedRecord {
        pub cve: String,
        pub added_on: Date,
        pub due_on: Option<Date>,
    }
}
